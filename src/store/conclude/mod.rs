//! What can be concluded only when a run has ended, and the rows for it.

pub(super) mod conclusions;
mod dead_links;
pub(super) mod examine;
mod followed;
pub(super) mod graph;
mod run;
pub(super) mod unlinked;
