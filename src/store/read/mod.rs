//! Results of a run, read back for people and gates.

mod attempts;
pub(super) mod failing;
pub(super) mod given_up;
pub(super) mod marks;
pub(super) mod outages;
pub(super) mod overview;
pub(super) mod recheck;
mod refused;
pub(super) mod starts;
pub(super) mod still;
pub(super) mod summary;
pub(super) mod timeline;
