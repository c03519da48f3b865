//! Audits that come again by themselves: which project is due when, what runs next, and what is told
//! of it. What decides is pure, with the time handed in; how an audit is made is a port that whoever
//! starts the runner fills. Nothing here prints or knows of the command line.

mod auditor;
mod clock_fault;
mod due;
pub mod edit;
pub mod emit;
mod event;
mod ladder;
mod measured;
pub mod notify;
pub mod out;
mod project;
mod quiet;
mod retention;
mod runner;
#[cfg(test)]
mod tests;
mod timing;

pub use auditor::{AuditMade, AuditOrder, AuditWork, Auditor, Unmade};
pub use due::{Next, Task, next};
pub use event::{Event, Listener, RunEnded, RunOutcome};
pub use ladder::Ladder;
pub use measured::Measured;
pub use project::{BadKey, KEYS, Keep, Key, Project, bad_name, read};
pub use quiet::QuietHours;
pub use runner::{Clock, Runner, Tally};
pub use timing::{FORMS, Timing, zone};
