//! The verdict on a URL from its attempts.

pub(super) mod earlier_runs;
pub(super) mod judgement;
pub(super) mod kind;
pub(super) mod observation;
mod passes;
pub(super) mod rules;
pub(super) mod tally;
