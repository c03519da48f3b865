//! The order of an audit, checked before anything is requested.

use crate::model::{CrawlPlan, CrawlUrl};
use crate::store::{Baseline, RunRow, Store};

use super::asked::Asked;
use super::crawl::network::Network;
use super::error::AuditError;

/// An audit to make.
#[derive(Debug)]
pub struct Order {
    /// The work to do.
    pub work: Work,
    /// The results to deliver.
    pub asked: Asked,
    /// Who remembers the requested results until they are delivered.
    pub remembered: Remembered,
    /// The database of the run.
    pub store: Store,
}

/// The work of an order.
#[derive(Debug)]
pub enum Work {
    /// The crawl, or the rest of it; then the requested results.
    Crawl(Box<CrawlOrder>),
    /// Only the requested results: the run has ended, and its process was killed before all were delivered.
    Deliver(Box<RunRow>),
}

/// A crawl to make.
#[derive(Clone, Debug)]
pub struct CrawlOrder {
    /// The plan of the crawl.
    pub plan: CrawlPlan,
    /// The connection to the site.
    pub network: Network,
    /// The run of the crawl.
    pub run: RunOrder,
}

/// The run of an order. The plan of a continued run is merged into the order's plan.
#[derive(Clone, Debug)]
pub enum RunOrder {
    /// A new run.
    New {
        /// The token that is sent to the site as `X-Gatecrawl-Run`.
        token: String,
        /// The start pages.
        seeds: Vec<CrawlUrl>,
    },
    /// An interrupted or incomplete run.
    Resume(Box<RunRow>),
    /// A run that has ended: its failing URLs are requested again, in a pass with this number.
    Recheck(Box<RunRow>, u8),
}

/// Who remembers the requested results until all of them are delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// The database: they are stored with the run. A run that is interrupted delivers what it has.
    WithRun,
    /// The caller, who orders the run again until it has ended. Nothing is delivered before the end.
    ByCaller,
}

/// An order without any error that can be found before the crawl.
#[derive(Debug)]
pub struct Checked {
    pub(super) order: Order,
    pub(super) baseline: Option<Baseline>,
}

impl Order {
    /// Checks that the exports can be written and that the baseline exists.
    pub fn check(self) -> Result<Checked, AuditError> {
        self.asked.check_out()?;
        super::logs::check(&self.asked.logs)?;
        Ok(Checked {
            baseline: self.asked.baseline(&self.store)?,
            order: self,
        })
    }
}

impl Checked {
    /// Returns the crawl to make, if there is one.
    pub fn crawl(&self) -> Option<&CrawlOrder> {
        match &self.order.work {
            Work::Crawl(crawl) => Some(crawl),
            Work::Deliver(_) => None,
        }
    }
}

impl RunOrder {
    /// Returns the token that is sent to the site as `X-Gatecrawl-Run`.
    pub fn token(&self) -> &str {
        match self {
            RunOrder::New { token, .. } => token,
            RunOrder::Resume(run) | RunOrder::Recheck(run, _) => &run.token,
        }
    }
}

/// Returns a new token for `X-Gatecrawl-Run`: 48 random bits in hex.
pub fn new_token() -> String {
    format!("{:012x}", fastrand::u64(..) >> 16)
}

/// Returns the label of a run: the origin of its first URL, and the number of others.
pub fn label(seeds: &[CrawlUrl]) -> String {
    let mut origins: Vec<String> = seeds
        .iter()
        .map(|seed| seed.host_key().to_string())
        .collect();
    origins.dedup();
    match origins.len() {
        0 | 1 => origins.concat(),
        many => format!("{} and {} more", origins[0], many - 1),
    }
}
