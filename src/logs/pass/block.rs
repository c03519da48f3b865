//! A block of lines that one thread parses and counts.

use crate::parse::log::Format;

/// A block of whole lines.
pub(super) struct Block {
    /// Number of the file in the order of reading.
    pub(super) file: u32,
    /// Number of the first line, from 1.
    pub(super) line: u64,
    pub(super) format: Format,
    /// Offset from UTC of times without a zone, in milliseconds.
    pub(super) offset: i64,
    pub(super) bytes: Vec<u8>,
}
