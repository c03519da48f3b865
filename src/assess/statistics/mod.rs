//! Rates with their intervals, exact probabilities, histograms, and estimates of missed failures.

pub(super) mod chance;
pub(super) mod latency;
pub(super) mod rate;
pub(super) mod uncaught;
