//! What to do next, decided from values alone: what belongs to the crawl, when to ask again, what
//! looks endless. No clock, no dice of its own: the moment and the roll come in as arguments.

mod confirm;
mod pattern;
mod retry;
mod scope;
mod trap;

pub use confirm::{
    Candidate, ConfirmPace, Enough, Selection, agrees, careful, careful_interval, select,
};
pub use pattern::Globs;
pub use retry::{Decision, RetryBudget, Tried, after};
pub use scope::{Scope, ScopeError, Via};
pub use trap::Traps;
