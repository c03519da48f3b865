//! Sitemaps in every form that search engines take: XML, its index, RSS, Atom and plain text, each
//! also compressed. The bytes are walked once, entries are handed out as they are met, and memory
//! does not grow with the file. A broken file gives all that stands before the break. Resolving,
//! filtering and fetching are absent; what is wrong with a file is told, not judged.

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
