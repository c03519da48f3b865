//! The failed requests themselves, up to a bound: for episodes, for causes, and to join error logs.

use xxhash_rust::xxh3::xxh3_64;

use super::urls::UrlId;
use crate::model::Cause;

/// Maximum failed requests that are kept, the newest, of 56 bytes each. The counts include all. Ours.
pub(in crate::logs) const MOST: usize = 400_000;

/// A failed request.
#[derive(Clone, Copy, Debug)]
pub(in crate::logs) struct Failure {
    /// Milliseconds since 1970-01-01 UTC; 0 if unknown.
    pub(in crate::logs) millis: i64,
    pub(in crate::logs) url: UrlId,
    pub(in crate::logs) status: u16,
    pub(in crate::logs) backend: u16,
    /// Hashes, of which 0 is absent.
    pub(in crate::logs) client: u64,
    pub(in crate::logs) target: u64,
    pub(in crate::logs) request_id: u64,
    /// How long the request took, in milliseconds; 0 if unknown.
    pub(in crate::logs) took: u32,
    /// Whether a record of an error log explains it.
    pub(in crate::logs) is_joined: bool,
    pub(in crate::logs) cause: Option<Cause>,
}

/// A failed request of a crawl of this program.
#[derive(Clone, Copy, Debug)]
pub(in crate::logs) struct OwnFailure {
    pub(in crate::logs) failure: Failure,
    /// Its line in the access log.
    pub(in crate::logs) access: Place,
    /// The record that explains it.
    pub(in crate::logs) record: Option<Place>,
}

/// A line of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::logs) struct Place {
    /// Number of the file in the order of reading.
    pub(in crate::logs) file: u32,
    /// Number of the line in it, from 1.
    pub(in crate::logs) line: u64,
    /// The message of an error log.
    pub(in crate::logs) pattern: Option<u16>,
}

impl Place {
    /// Returns the place of a line without a known message.
    pub(in crate::logs) const fn of_line(file: u32, line: u64) -> Place {
        Place {
            file,
            line,
            pattern: None,
        }
    }
}

/// A record of an error log.
#[derive(Clone, Debug)]
pub(in crate::logs) struct ErrorLine {
    pub(in crate::logs) millis: i64,
    pub(in crate::logs) client: u64,
    pub(in crate::logs) target: u64,
    pub(in crate::logs) request_id: u64,
    pub(in crate::logs) thread: u64,
    pub(in crate::logs) pattern: Option<u16>,
    pub(in crate::logs) cause: Option<Cause>,
    /// Number of the file in the order of reading, and of the line in it from 1.
    pub(in crate::logs) file: u32,
    pub(in crate::logs) line: u64,
}

impl ErrorLine {
    /// Returns where it is.
    pub(in crate::logs) const fn place(&self) -> Place {
        Place {
            file: self.file,
            line: self.line,
            pattern: self.pattern,
        }
    }
}

/// Returns a hash that is 0 for an absent text.
pub(in crate::logs) fn hash(text: &[u8]) -> u64 {
    if text.is_empty() {
        0
    } else {
        xxh3_64(text) | 1
    }
}
