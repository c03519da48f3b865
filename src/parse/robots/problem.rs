use std::fmt;

/// Maximum number of problems listed for one file; further ones are only counted.
pub const PROBLEM_LIMIT: usize = 100;

/// Maximum bytes of a line kept with its problem.
const TEXT_LIMIT: usize = 200;

/// A problem in a robots.txt that its author would want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// The kind of problem.
    pub kind: ProblemKind,
    /// The beginning of that line.
    pub text: String,
}

/// The kinds of problems in a robots.txt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProblemKind {
    /// A key that neither RFC 9309 nor Google knows.
    UnknownDirective,
    /// A misspelt key that is understood anyway.
    TypoAccepted,
    /// White space in place of the colon, understood anyway.
    MissingColon,
    /// Neither a key with a value nor a comment.
    NotADirective,
    /// A rule or delay that no `User-agent` line precedes; it is ignored.
    OutsideGroup,
    /// A `User-agent` without a name made of letters, `-` and `_`; it matches no crawler.
    NamelessAgent,
    /// A path that starts with neither `/` nor `*`, so that it can never match.
    RelativePath,
    /// A `Crawl-delay` that is not a number of seconds.
    BadDelay,
    /// One of more than [`SEARCH_LIMIT`](super::SEARCH_LIMIT) rules with an inner `*` for the same
    /// crawler; it is ignored.
    TooManyWildcards,
    /// Longer than [`LINE_LIMIT`](super::LINE_LIMIT); the rest is ignored.
    LineTooLong,
    /// Bytes that are not UTF-8; they are matched byte for byte.
    NotUtf8,
    /// The file is longer than [`SIZE_LIMIT`](super::SIZE_LIMIT); the rest is ignored.
    FileTooLong,
    /// The file begins like an HTML or XML document.
    LooksLikeHtml,
}

impl ProblemKind {
    /// Returns the kind in words.
    pub const fn describe(self) -> &'static str {
        match self {
            ProblemKind::UnknownDirective => "unknown directive",
            ProblemKind::TypoAccepted => "misspelt directive, accepted",
            ProblemKind::MissingColon => "missing colon, accepted",
            ProblemKind::NotADirective => "not a directive",
            ProblemKind::OutsideGroup => "no User-agent before it",
            ProblemKind::NamelessAgent => "User-agent without a usable name",
            ProblemKind::RelativePath => "path does not start with / or *",
            ProblemKind::BadDelay => "delay is not a number of seconds",
            ProblemKind::TooManyWildcards => "over 2,000 rules with *, ignored",
            ProblemKind::LineTooLong => "line too long, cut",
            ProblemKind::NotUtf8 => "not UTF-8",
            ProblemKind::FileTooLong => "file over 500 KiB, rest ignored",
            ProblemKind::LooksLikeHtml => "looks like HTML",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.kind.describe())?;
        if !self.text.is_empty() {
            write!(f, ": {}", self.text)?;
        }
        Ok(())
    }
}

/// The problems of one file: the first hundred, and their total number.
#[derive(Clone, Debug, Default)]
pub(super) struct Problems {
    pub(super) listed: Vec<Problem>,
    pub(super) count: usize,
}

impl Problems {
    pub(super) fn add(&mut self, line: usize, kind: ProblemKind, text: &[u8]) {
        self.count += 1;
        if self.listed.len() < PROBLEM_LIMIT {
            let text = &text[..text.len().min(TEXT_LIMIT)];
            let text = String::from_utf8_lossy(text).into_owned();
            self.listed.push(Problem { line, kind, text });
        }
    }
}
