//! Bounds of a run: its disk, its sitemaps, pages with the same content, URLs without end.

pub(super) mod copies;
pub(super) mod disk;
pub(super) mod sitemaps;
pub(super) mod trap;
