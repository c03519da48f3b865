//! Rates with their intervals, exact probabilities, histograms, and how much was missed by chance.

pub(super) mod chance;
pub(super) mod latency;
pub(super) mod rate;
pub(super) mod uncaught;
