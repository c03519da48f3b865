//! Scores and risks, of URLs and of the site, and the deductions that explain them.

pub(super) mod crawlability;
pub(super) mod deduction;
pub(super) mod first_looks;
pub(super) mod identity;
pub(super) mod indexing;
pub(super) mod mean;
pub(super) mod obstacles;
pub(super) mod points;
pub(super) mod risk;
pub(super) mod robots_ladder;
pub(super) mod site;
pub(super) mod weight;
