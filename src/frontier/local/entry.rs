//! One URL that waits.

use crate::model::{Fingerprint, Role};

/// One URL of a host; the host's own part of the text is kept once, by the host.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) place: Place,
    pub(super) depth: u32,
    pub(super) tries: u32,
    pub(super) hops: u8,
    pub(super) role: Role,
    pub(super) pass: u8,
}

/// Where a URL is on its host.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Its path and query.
    Path(Box<str>),
    /// On the shelf, by the fingerprint of the whole URL.
    Shelved(Fingerprint),
}
