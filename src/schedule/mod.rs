//! Audits that come again by themselves: which project is due when, what runs next, and what is told
//! of it. What decides is pure, with the time handed in; how an audit is made is a port that whoever
//! starts the runner fills. Nothing here prints or knows of the command line.

mod event;
mod measured;
pub mod notify;

pub use event::{Event, Listener, RunEnded, RunOutcome};
pub use measured::Measured;
