//! A small site with faults, served by the program itself on a free port of this machine: what a
//! newcomer crawls first, with no network and nobody else's server. Every fault that the crawler
//! tells apart has a page that shows it, and the pages around it are in order. Sizes, times and
//! open connections are bounded; dropping the guard ends it all. Absent: a framework, TLS, and any
//! fault that would need more than a minute to be seen.

mod answer;
mod blog;
mod html;
mod page;
mod server;
mod shop;
mod site;

pub use server::{DemoSite, serve};
