//! Two runs of a site side by side.

pub(super) mod baseline;
mod pairs;
mod runs;
pub(super) mod sights;
mod sitemaps;
mod states;
mod targets;
