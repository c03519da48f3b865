//! Reads a run into an examination.

mod earlier_runs;
pub(in crate::store) mod families;
mod folders;
pub(in crate::store) mod histories;
pub(in crate::store) mod run;
pub(super) mod site_files;
pub(in crate::store) mod speeds;
pub(in crate::store) mod texts;
