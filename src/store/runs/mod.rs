//! The list of runs, and what is kept of each besides its URLs.

mod asked;
pub(super) mod id;
pub(super) mod list;
pub(super) mod login_pages;
