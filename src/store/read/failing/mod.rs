//! Failing URLs, for reports: the most urgent ones, those of each finding, and the links that lead to them.

pub(in crate::store) mod missing;
pub(in crate::store) mod of_findings;
pub(in crate::store) mod sources;
pub(in crate::store) mod worst;
