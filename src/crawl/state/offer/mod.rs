//! URLs that are queued besides the links of pages: those of an interrupted run, those that an
//! earlier run knew, and sitemaps that are pages.

pub(in crate::crawl) mod earlier;
pub(super) mod known;
mod linked_sitemaps;
mod resume;
