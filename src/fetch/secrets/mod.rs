//! Secrets of the site, and how they are cut out of answers.

mod canonical;
pub(super) mod confided;
pub(super) mod echo;
pub(super) mod echoes;
pub(super) mod packed;
pub(super) mod redact;
mod windows;
