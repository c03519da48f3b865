//! Draws the conclusions of an examined run.

pub(super) mod conclusions;
pub(super) mod dead_backend;
mod findings;
mod merge;
mod repeats;
pub(super) mod scores;
mod site_files;
pub(super) mod told;
