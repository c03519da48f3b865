//! Scheduled audits: which project is due when, what runs next, and the notifications about it. Decisions are pure
//! and take the time as an argument. The caller of the runner supplies the port that makes audits. Nothing here
//! prints.

pub mod edit;
pub mod emit;
mod event;
mod measured;
pub mod notify;
pub mod out;
mod project;
mod runner;
#[cfg(test)]
mod tests;

pub use event::{Event, Listener, RunEnded, RunOutcome};
pub use measured::Measured;
pub use project::ladder::Ladder;
pub use project::quiet::QuietHours;
pub use project::timing::{FORMS, Timing, zone};
pub use project::{BadKey, KEYS, Keep, Key, Project, bad_name, read};
pub use runner::auditor::{AuditMade, AuditOrder, AuditWork, Auditor, Unmade};
pub use runner::due::{Next, Task, next};
pub use runner::{Clock, Runner, Tally};
