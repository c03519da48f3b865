//! Data that a crawl reads back: to resume a run, to start from an earlier one, to confirm failures
//! and to run experiments.

pub(super) mod addresses;
pub(super) mod clusters;
pub(super) mod doubted;
pub(super) mod earlier;
pub(super) mod failures;
mod fine_pages;
pub(super) mod linked_sitemaps;
mod reached;
mod refusals;
pub(super) mod resume;
pub(super) mod sampling;
