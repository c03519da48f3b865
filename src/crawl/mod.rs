//! Drives one crawl: the only room that decides order and concurrency. `state` knows the crawl and decides, without waiting;
//! `dispatch` owns it, leases what is due and carries out what is decided; a `visit` requests and reads one URL and
//! shares nothing that changes. Everything worth knowing is said as an event; nothing here prints. What a URL does is
//! data; an error is our own trouble.

mod clock;
mod confirm;
mod dispatch;
mod event;
mod parts;
mod run;
mod single;
mod site;
mod state;
mod stop;
#[cfg(test)]
mod tests;
mod visit;

pub use clock::Clock;
pub use event::{Event, Gauge, Observer};
pub use parts::{CrawlError, Ended, Parts, Start};
pub use run::run;
pub use single::single;
pub use site::{Site, SiteError};
pub use state::first_pace;
pub use stop::{Stop, StopLevel, stop_switch};
