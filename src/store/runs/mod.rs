//! The list of runs, and the data kept about each besides its URLs.

mod asked;
pub(super) mod id;
pub(super) mod list;
pub(super) mod log_lines;
pub(super) mod login_pages;
pub(super) mod logs;
pub(super) mod traffic;
