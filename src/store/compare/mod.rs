//! Comparison of two runs of a site.

pub(super) mod baseline;
mod pairs;
mod runs;
pub(super) mod sights;
mod sitemaps;
mod states;
pub(super) mod targets;
