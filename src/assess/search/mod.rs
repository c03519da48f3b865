//! What search engines make of a page: whether they may index it, and how well links lead to it.

pub(super) mod indexability;
pub(super) mod link_score;
