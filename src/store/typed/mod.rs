//! Rows of the exports' tables in the types of what they say, for code that decides on them.

mod cells;
pub(super) mod failing;
pub(super) mod redirects;
pub(super) mod robots;
pub(super) mod row;
pub(super) mod sitemaps;
pub(super) mod skipped;
