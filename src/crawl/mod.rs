//! Drives one crawl: the only place where order and concurrency live. One dispatcher owns the
//! crawl's state, leases what is due, judges robots.txt and hosts, and absorbs what comes back; a visit
//! fetches and parses and shares nothing that changes. Everything worth knowing is said as an
//! event; nothing here prints. What a URL does is data; an error is our own trouble.

mod admit;
mod confirm;
mod dispatch;
mod experiment;
mod hosts;
mod network;
mod run;
#[cfg(test)]
mod tests;
mod visit;

pub use hosts::first_pace;
pub use run::clock::Clock;
pub use run::crawl::run;
pub use run::event::{Event, Gauge, Observer};
pub use run::parts::{CrawlError, Ended, Parts, Start};
pub use run::single::single;
pub use run::site::{Site, SiteError};
pub use run::stop::{Stop, StopLevel, stop_switch};
