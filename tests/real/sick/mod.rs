//! Sick sites, audited by the real program in real time: each is described in a few lines
//! (`site`, `behaviour`), served and recorded in this process (`origin`) or by real nginx, and each
//! scenario says what an audit of it has to come to. A scenario leaves one line for the table that
//! `tests/sick.sh` prints. Those that take minutes run only when they are named.

mod behaviour;
mod connection;
mod door;
mod episodes;
mod error_page;
mod fifty;
mod flaky;
mod hosts;
mod known;
mod limits;
mod origin;
mod record;
mod request;
mod retry_after;
mod run;
mod sections;
mod site;
mod table;
mod want;
