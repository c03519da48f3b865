//! The messages of error logs that explain failures: `patterns.toml`, one pattern each with its cause.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes::{Regex, RegexSet};
use serde::Deserialize;

use crate::model::Cause;

/// A message that explains failures.
#[derive(Debug, Deserialize)]
pub struct Pattern {
    /// Its name.
    pub id: String,
    server: String,
    re: String,
    /// The statuses that clients get, in words such as `500 (502 in old versions)`.
    #[serde(default)]
    status: String,
    cause: String,
    #[serde(default)]
    by_errno: BTreeMap<String, String>,
    #[serde(default)]
    by_msg: BTreeMap<String, String>,
    #[cfg(test)]
    example: String,
}

#[derive(Debug, Deserialize)]
struct File {
    pat: Vec<Pattern>,
}

/// All patterns, with the one expression that finds the right one.
struct Patterns {
    all: Vec<Pattern>,
    set: RegexSet,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("patterns.toml")).unwrap_or(File { pat: vec![] });
    let set = RegexSet::new(file.pat.iter().map(|pattern| &pattern.re));
    Patterns {
        set: set.unwrap_or_else(|_| RegexSet::empty()),
        all: file.pat,
    }
});

/// Apache's number of the error, such as `(111)` or `(EAI 2)`.
static ERRNO: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\((\d+)\)").ok());

/// Returns the pattern with a number.
pub fn pattern(number: u16) -> Option<&'static Pattern> {
    PATTERNS.all.get(usize::from(number))
}

/// Returns the number of the pattern of this name.
pub fn pattern_number(id: &str) -> Option<u16> {
    let number = PATTERNS.all.iter().position(|pattern| pattern.id == id);
    number.map(|number| number as u16)
}

/// Returns the pattern of a message of a server, and the cause.
pub(super) fn recognise(server: &str, message: &[u8]) -> Option<(u16, Option<Cause>)> {
    let found = PATTERNS.set.matches(message);
    let number = found.iter().find(|at| PATTERNS.all[*at].server == server)?;
    let pattern = &PATTERNS.all[number];
    Some((number as u16, pattern.cause_of(message)))
}

impl Pattern {
    /// Returns the program that writes it.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Returns whether a client gets this status after it; `None` if that is unknown.
    pub fn answers(&self, status: u16) -> Option<bool> {
        (!self.status.is_empty()).then(|| self.status.contains(&status.to_string()))
    }

    /// Returns whether it and another one are answered with different statuses, and so are not of one request.
    pub fn differs(&self, other: &Pattern) -> bool {
        let is_known = |pattern: &Pattern| pattern.status.len() == 3;
        is_known(self) && is_known(other) && self.status != other.status
    }

    /// Returns the name of its cause; empty if only the message names it.
    pub fn cause(&self) -> &str {
        Cause::from_id(&self.cause).map_or("", Cause::id)
    }

    fn cause_of(&self, message: &[u8]) -> Option<Cause> {
        let mut id = self.cause.as_str();
        if !self.by_errno.is_empty()
            && let Some(errno) = ERRNO.as_ref().and_then(|it| it.captures(message))
            && let Ok(errno) = std::str::from_utf8(&errno[1])
        {
            id = self.by_errno.get(errno).map_or(id, String::as_str);
        }
        // The longer key is the more exact one.
        let of_message = self.by_msg.iter();
        let of_message =
            of_message.filter(|(key, _)| memmem::find(message, key.as_bytes()).is_some());
        if let Some((_, cause)) = of_message.max_by_key(|(key, _)| key.len()) {
            id = cause;
        }
        Cause::from_id(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_recognises_its_example() {
        assert!(PATTERNS.all.len() >= 51);
        for (at, pattern) in PATTERNS.all.iter().enumerate() {
            let found = recognise(&pattern.server, pattern.example.as_bytes());
            assert_eq!(
                found.map(|(number, _)| usize::from(number)),
                Some(at),
                "{}",
                pattern.id
            );
            assert!(pattern.cause == "unknown" || Cause::from_id(&pattern.cause).is_some());
        }
    }
}
