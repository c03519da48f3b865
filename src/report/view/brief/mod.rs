//! The short account of a run, in order of weight: what changed, the state of the site, its problems and who
//! fixes them, and the last runs. Mails, chats, webhooks and reports render this and have no rules of their own,
//! so they cannot disagree. Only [`Brief::read`], which gathers the facts, is not pure.

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
pub use lists::{BriefPage, ListKind, PageList};
pub use news::{News, Tone, UnauditedCause};
pub use outage::OutageBrief;
pub use read::JudgedRun;
pub(in crate::report) use read::recent_runs;
pub use state::Headline;
pub use table::Fact;
pub use trend::Trend;
