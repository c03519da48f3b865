//! Draws the conclusions of an examined run.

pub(super) mod conclusions;
mod merge;
mod repeats;
pub(super) mod scores;
mod site_files;
pub(super) mod told;
