//! A queued URL.

use crate::model::{Fingerprint, Role};

/// A URL of a host. The host keeps the origin part of the text once for all its URLs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) place: Place,
    pub(super) depth: u32,
    pub(super) tries: u32,
    pub(super) hops: u8,
    pub(super) role: Role,
    pub(super) pass: u8,
}

/// How a queued URL is stored on its host.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Its path and query.
    Path(Box<str>),
    /// On the shelf, by the fingerprint of the whole URL.
    Shelved(Fingerprint),
}
