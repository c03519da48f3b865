//! Rows of the exports' tables as typed values, for code that decides on them.

mod cells;
pub(super) mod failing;
pub(super) mod redirects;
pub(super) mod robots;
pub(super) mod row;
pub(super) mod sitemaps;
pub(super) mod skipped;
