//! What the crawl takes in.

pub(super) mod admissions;
pub(super) mod appetite;
pub(super) mod levels;
pub(super) mod link_intake;
