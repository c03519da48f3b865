//! Sitemaps in every format that search engines accept: XML, its index, RSS, Atom and plain text,
//! each also compressed. The bytes are read once, entries are passed on as they are found, and
//! memory does not grow with the file. A broken file gives everything before the break. Resolving,
//! filtering and fetching are absent; problems of a file are reported, not judged.

mod date;
mod read;
mod report;
mod source;
mod tag;
#[cfg(test)]
mod tests;
mod text;
mod xml;

pub use read::{belongs, read};
pub use report::{
    ENTRY_LIMIT, Entry, Format, Kind, LOCATION_LIMIT, PROBLEM_LIMIT, Problem, ProblemKind, Report,
};
pub use source::SIZE_LIMIT;
pub(super) use source::Source;
