//! The beginning of workbook files.

/// The first bytes of our workbooks: a ZIP archive that was written as a stream, its first entry dated 1980. Excel and
/// LibreOffice write other bytes, so a workbook that a user saved under our name is foreign.
pub(in crate::report) const HEAD: &str = "PK\u{3}\u{4}\u{14}\0\u{8}\0\u{8}\0\0\0!\0";
