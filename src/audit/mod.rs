//! One audit from a checked order to a typed result: the crawl, the comparison with a baseline, the gates, the exports,
//! and why a site could not be audited or a run has not ended. A command line, a scheduler and a test start and follow
//! audits in the same way: by [`Order::check`], [`make`] and an [`Observer`](crate::crawl::Observer). Only this room
//! names the concrete types of a crawl. Nothing here prints.

mod asked;
mod baseline;
mod crawl;
mod deliver;
mod error;
mod gates;
mod logs;
mod make;
mod order;
mod starts;
mod unaudited;

pub use asked::{Asked, Out};
pub use baseline::{BadBaseline, BaselineError, Place, compare, find, named};
pub use crawl::network::{Network, settings};
pub use crawl::offline::Offline;
pub use deliver::{Delivered, Reported, report};
pub use error::{AuditError, BrokenOff, CrawlFault, Left};
pub use logs::export_logs;
pub use make::{Audited, make, settle};
pub use order::{Checked, CrawlOrder, Order, Remembered, RunOrder, Work, label, new_token};
pub use starts::Away;
pub use unaudited::Unaudited;
