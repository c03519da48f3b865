//! Drives one crawl: the only place where order and concurrency live. One dispatcher owns the
//! crawl's state, leases what is due, judges robots.txt and hosts, and absorbs what comes back; a visit
//! fetches and parses and shares nothing that changes. Everything worth knowing is said as an
//! event; nothing here prints. What a URL does is data; an error is our own trouble.

mod admit;
mod answered;
mod appetite;
mod attempt;
mod clock;
mod confirm;
mod disk;
mod dispatch;
mod echoes;
mod event;
mod experiment;
mod hosts;
mod intake;
mod known;
mod levels;
mod link_intake;
mod linked_sitemaps;
mod memo;
mod outage;
mod own_network;
mod page;
mod places;
mod resolved;
mod resume;
mod robots;
mod rules;
mod run;
mod series;
mod shelf;
mod single;
mod site;
mod sitemap;
mod sitemap_bounds;
mod stop;
#[cfg(test)]
mod tests;
mod visit;

pub use clock::Clock;
pub use event::{Event, Gauge, Observer};
pub use hosts::first_pace;
pub use run::{CrawlError, Ended, Parts, Start, run};
pub use single::single;
pub use site::{Site, SiteError};
pub use stop::{Stop, StopLevel, stop_switch};
