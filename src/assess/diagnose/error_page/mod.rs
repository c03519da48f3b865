//! Whether an answer is an error page, and which server made it.

#[cfg(test)]
mod captured;
pub(super) mod catalogue;
pub(super) mod fingerprints;
pub(super) mod layer;
pub(super) mod maker;
mod patterns;
pub(super) mod soft_error;
mod text;
mod wording;
