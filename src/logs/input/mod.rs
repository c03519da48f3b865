//! Files to lines: which files, in which order, decompressed, in blocks of whole lines.

pub(super) mod blocks;
pub(super) mod expand;
pub(super) mod open;
pub(super) mod resume;
