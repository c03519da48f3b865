//! The dispatcher owns the crawl's state; each file beside it is a part of its work.

pub(super) mod dispatcher;
mod earlier;
mod intake;
mod known;
mod linked_sitemaps;
mod resume;
pub(super) mod returned;
pub(super) mod shelf;
mod sitemap_bounds;
