use thiserror::Error;

/// Where the URLs of a file were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// The part of the file: a sheet, or a file in a zip file.
    pub part: Option<String>,
    /// The column; `None` for a plain list.
    pub column: Option<Column>,
    /// Other parts with URLs, which were not read.
    pub others: Vec<String>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// By its header.
    Named(String),
    /// By its number in the row, counted from 1.
    Number(usize),
}

/// Why a file gives no URLs. Each message ends with what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ListFault {
    /// The file could not be read.
    #[error("{0}")]
    Unreadable(String),
    /// Nothing but white space and comments.
    #[error("an empty file; {ADVICE}")]
    Empty,
    /// Text without a single URL.
    #[error("no URL in it; {ADVICE}")]
    NoUrl,
    /// Another kind of file.
    #[error("{0}")]
    Foreign(&'static str),
    /// A row without an end.
    #[error(
        "line {line}: a quote that is not closed, or a row of over 1 MiB; save the file as CSV again"
    )]
    LongRow {
        /// Where the row begins.
        line: u64,
    },
    /// More than is read.
    #[error("{0}")]
    TooLarge(&'static str),
    /// Compressed data that cannot be decompressed.
    #[error("it cannot be unpacked ({0}); download or pack it again")]
    Broken(String),
    /// A zip file without a list or table of URLs.
    #[error("no table with URLs in it, only {0}; export one that lists pages")]
    NoTable(String),
}

const ADVICE: &str = "give one URL per line, or an export with a column of URLs";
