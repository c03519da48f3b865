//! What an audit is to be, checked before anything is requested.

use crate::model::{CrawlPlan, CrawlUrl};
use crate::store::{Baseline, RunRow, Store};

use super::asked::Asked;
use super::crawl::network::Network;
use super::error::AuditError;

/// An audit to be made.
#[derive(Debug)]
pub struct Order {
    /// What is to be done.
    pub work: Work,
    /// What is to be delivered of the run.
    pub asked: Asked,
    /// Who remembers that until it is delivered.
    pub remembered: Remembered,
    /// Where the run is kept.
    pub store: Store,
}

/// What is to be done.
#[derive(Debug)]
pub enum Work {
    /// The crawl, or what is left of it; then what is asked for.
    Crawl(Box<CrawlOrder>),
    /// Only what is asked for: the run is at its end, and its process was killed before all was delivered.
    Deliver(Box<RunRow>),
}

/// A crawl to be made.
#[derive(Clone, Debug)]
pub struct CrawlOrder {
    /// What to crawl, and how.
    pub plan: CrawlPlan,
    /// How the site is reached.
    pub network: Network,
    /// Which run it is.
    pub run: RunOrder,
}

/// Which run an order is about. The plan of one that goes on has been put into the order's plan.
#[derive(Clone, Debug)]
pub enum RunOrder {
    /// A new one.
    New {
        /// What it is called towards the site.
        token: String,
        /// The URLs that it starts from.
        seeds: Vec<CrawlUrl>,
    },
    /// An interrupted or incomplete one.
    Resume(Box<RunRow>),
    /// One at its end: its failures are requested in this pass and no further one.
    Recheck(Box<RunRow>, u8),
}

/// Who remembers what is asked for until all of it is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// The run: it is stored with it. Of an interrupted run everything is delivered that is there.
    WithRun,
    /// The caller, who orders the run again until it is at its end. Nothing is delivered before.
    ByCaller,
}

/// An order in which nothing is wrong that can be known before the crawl.
#[derive(Debug)]
pub struct Checked {
    pub(super) order: Order,
    pub(super) baseline: Option<Baseline>,
}

impl Order {
    /// Makes sure that the exports can be written and that the baseline is there.
    pub fn check(self) -> Result<Checked, AuditError> {
        self.asked.check_out()?;
        Ok(Checked {
            baseline: self.asked.baseline(&self.store)?,
            order: self,
        })
    }
}

impl Checked {
    /// The crawl to be made, if there is one.
    pub fn crawl(&self) -> Option<&CrawlOrder> {
        match &self.order.work {
            Work::Crawl(crawl) => Some(crawl),
            Work::Deliver(_) => None,
        }
    }
}

impl RunOrder {
    /// What the run is called towards the site.
    pub fn token(&self) -> &str {
        match self {
            RunOrder::New { token, .. } => token,
            RunOrder::Resume(run) | RunOrder::Recheck(run, _) => &run.token,
        }
    }
}

/// A name for a run towards the site: 48 random bits in hex.
pub fn new_token() -> String {
    format!("{:012x}", fastrand::u64(..) >> 16)
}

/// What a run is called: the origin of its first URL, and how many others there are.
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
