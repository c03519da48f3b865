//! Results of a run, read back for people and gates.

mod attempts;
pub(super) mod course;
pub(super) mod failing;
pub(super) mod given_up;
pub(super) mod history;
pub(super) mod outages;
pub(super) mod recheck;
mod refusals;
pub(super) mod starts;
pub(super) mod still;
pub(super) mod summary;
pub(super) mod timeline;
