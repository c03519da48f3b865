//! What the schedule and its notifications keep over restarts.

pub(super) mod notices;
pub(super) mod state;
