//! The view of search engines: whether they may index a page, and how well links lead to it.

pub(super) mod indexability;
pub(super) mod link_score;
