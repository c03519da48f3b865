//! The files of the exports: their formats, their directory, and their errors.

pub(super) mod browser;
pub(super) mod cover;
pub(super) mod directory;
pub(super) mod error;
pub(super) mod fault;
pub(super) mod format;
mod name;
