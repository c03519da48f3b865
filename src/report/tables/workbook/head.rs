//! How the files of workbooks begin.

/// What a workbook begins with: a ZIP archive that was written as a stream, its first entry dated 1980.
/// Excel and LibreOffice write theirs otherwise, so one that a user kept under our name is foreign.
pub(in crate::report) const HEAD: &str = "PK\u{3}\u{4}\u{14}\0\u{8}\0\u{8}\0\0\0!\0";
