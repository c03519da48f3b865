//! Sick sites, audited by the real program in real time. `site` and `behaviour` describe a site in
//! a few lines; `origin` serves and records it, or real nginx does. Each scenario says what its
//! audit must show, and leaves a line for the table of `tests/sick.sh`. Scenarios that take minutes
//! are ignored unless `cargo nextest run --test real sick --run-ignored all` asks for them.

mod behaviour;
mod connection;
mod error_page;
mod fifty;
mod flaky;
mod hosts;
mod limits;
mod origin;
mod record;
mod request;
pub(crate) mod run;
mod sections;
mod site;
mod table;
mod want;
