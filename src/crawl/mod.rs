//! The crawl: the only room that decides order and concurrency. `state` knows the crawl and
//! decides, without waiting. `dispatch` owns it, leases due URLs and carries out its decisions. A
//! `visit` requests and reads one URL and shares no mutable state. Results are sent as events;
//! nothing here prints. A URL's failure is data; an error is a failure of this program or machine.

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
pub use event::{Event, Forecast, Gauge, Observer, Rest};
pub use parts::{CrawlError, Ended, Parts, Start};
pub use run::run;
pub use single::single;
pub use site::{Site, SiteError};
pub use state::first_pace;
pub use stop::{Stop, StopLevel, stop_switch};
