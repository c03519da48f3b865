//! What is queued besides what pages link to: what an interrupted run had, what an earlier run knew, sitemaps that are
//! pages.

pub(in crate::crawl) mod earlier;
pub(super) mod known;
mod linked_sitemaps;
mod resume;
