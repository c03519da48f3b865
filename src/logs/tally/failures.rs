//! The failed requests themselves, up to a bound: for episodes, for causes, and to join error logs.

use super::urls::UrlId;
use crate::model::Cause;

/// Most failed requests that are kept, the newest; the counts have all. 56 bytes each. Ours.
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
