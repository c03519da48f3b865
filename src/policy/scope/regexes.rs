//! The regular expressions of the user, compiled within bounds.

use regex::{RegexSet, RegexSetBuilder};

/// Memory that one regular expression of `--include`, `--exclude` or `--segment` may take, in bytes (ours). Time
/// grows with it: at this size, the slowest pattern takes a third of a second for the longest URL.
pub const PATTERN_SIZE: usize = 1 << 20;

/// Memory that one set of regular expressions may take, in bytes.
const REGEX_SIZE: usize = 4 << 20;

/// Why a scope cannot be compiled.
#[derive(Debug, thiserror::Error)]
pub enum ScopeError {
    /// A regular expression of `--include`, `--exclude` or `--segment` is invalid or too large.
    #[error("--{flag}")]
    Pattern {
        /// The flag it came with.
        flag: &'static str,
        /// Why it cannot be used.
        #[source]
        source: Box<regex::Error>,
    },
}

/// Compiles the patterns of a flag.
pub(super) fn compile(flag: &'static str, patterns: &[String]) -> Result<RegexSet, ScopeError> {
    RegexSetBuilder::new(patterns)
        .size_limit(REGEX_SIZE)
        .build()
        .map_err(|source| ScopeError::Pattern {
            flag,
            source: Box::new(source),
        })
}
