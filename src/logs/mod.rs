//! Server logs, read once and streaming, into counts by URL, hour, bot and backend, and into episodes of failures.
//! Memory is bounded: URLs beyond a limit count for their family. IP addresses of clients are used in memory and
//! never returned. Nothing here prints or judges a site; `parse::log` reads the lines.

mod bots;
mod error;
mod found;
mod input;
mod kept;
mod order;
mod own;
mod pass;
mod tally;
#[cfg(test)]
mod tests;

pub use bots::resolve::{Lookup, Resolve};
pub use bots::verify::Verified;
pub use error::LogsError;
pub use found::{
    BotCount, CauseCount, CrawlFound, Difference, Differences, Episode, EpisodeKind, Explained,
    FamilyCount, FileCount, Found, HourCount, Joining, LogPage, LogSummary, LogTable, MessageCount,
    NamedCount, Requests, Since, Strip, StripCell, TimeSpan, UrlCount,
};
pub use input::expand::set_of;
pub use kept::Keep;
pub use order::{Event, NamedLogs, Order, USUAL_MAX_URLS};
pub use own::CrawlTime;
pub use pass::{Follow, read};
