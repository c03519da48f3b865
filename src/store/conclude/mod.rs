//! Conclusions that need the whole run, and the rows for them.

pub(super) mod conclusions;
mod dead_links;
pub(super) mod examine;
mod findings;
mod followed;
pub(super) mod graph;
mod over_runs;
mod run;
mod traffic;
pub(super) mod unlinked;
