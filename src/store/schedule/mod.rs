//! State of the schedule and its notifications that survives restarts.

pub(super) mod notices;
pub(super) mod state;
