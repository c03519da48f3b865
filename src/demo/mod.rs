//! A small site with faults, which the program serves itself on a free port of this machine. New users crawl it
//! first, without a network and without another server. Every fault that the crawler distinguishes has a page that
//! shows it; the pages around it are fine. Sizes, times and open connections are bounded. Dropping the guard stops
//! the server. Absent: a framework, TLS, and any fault that would need more than a minute to be seen.

mod answer;
mod blog;
mod html;
mod page;
mod server;
mod shop;
mod site;

pub use server::{DemoSite, serve};
