//! What a crawl takes in: each URL once, within bounds, by the rules of robots.txt files, from seeds, links, sitemaps and
//! earlier runs.

pub(super) mod admit;
mod appetite;
pub(super) mod earlier;
mod found;
mod known;
pub(super) mod levels;
mod link_intake;
mod linked_sitemaps;
pub(super) mod rules;
mod sitemap_bounds;
