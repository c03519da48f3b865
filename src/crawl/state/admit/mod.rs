//! Which URLs the crawl accepts, and which it leaves out.

pub(super) mod admissions;
pub(super) mod appetite;
pub(super) mod levels;
pub(super) mod link_intake;
pub(super) mod rules;
mod sitemap_bounds;
