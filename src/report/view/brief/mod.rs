//! What a run has to say, in the order of its weight: what changed, how the site is, what is wrong and who fixes it, and
//! how the last runs went. Mails, chats, webhooks and reports render this and have no rules of their own, so they
//! cannot disagree. Everything here is pure but [`Brief::read`], which gathers the facts.

mod compose;
mod facts;
mod findings;
mod lists;
mod news;
mod outage;
mod read;
mod state;
mod table;
#[cfg(test)]
mod tests;
mod trend;

pub use compose::Brief;
pub use facts::BriefFacts;
pub use findings::FindingBrief;
pub(super) use findings::age;
pub use lists::{BriefPage, PageList};
pub use news::{News, Tone};
pub use outage::OutageBrief;
pub(in crate::report) use read::recent_runs;
pub use state::Headline;
pub use table::Fact;
pub use trend::Trend;
