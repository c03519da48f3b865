//! What bounds a run: its disk, its sitemaps, pages that say the same, URLs without end.

pub(super) mod copies;
pub(super) mod disk;
pub(super) mod sitemaps;
pub(super) mod trap;
