//! The summary of a run: counts, scores and findings.

pub(in crate::store) mod counts;
pub(in crate::store) mod fact;
pub(in crate::store) mod found;
pub(in crate::store) mod run;
pub(in crate::store) mod tally;
pub(in crate::store) mod url_counts;
