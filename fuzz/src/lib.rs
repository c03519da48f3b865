//! What must hold for any bytes at all, one file for each reader of what others wrote. The targets of
//! the fuzzer call `check` with bytes of its choice; `tests/it/fuzzed.rs` calls it with all that is in
//! `fixtures`, on every run of the tests.

pub mod charset;
pub mod config;
pub mod csv;
pub mod html;
pub mod link_header;
pub mod log;
mod parts;
pub mod retry_after;
pub mod robots;
pub mod sitemap;
pub mod url;
pub mod url_list;
