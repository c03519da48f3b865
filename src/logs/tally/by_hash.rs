//! A hasher for keys that are hashes already.

use std::hash::BuildHasherDefault;

use crate::model::AsIs;

/// Builds hashers that return the key.
pub(in crate::logs) type ByHash = BuildHasherDefault<AsIs>;
