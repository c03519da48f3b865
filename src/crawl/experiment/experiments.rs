//! The experiments of one crawl, as far as they are.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::frontier::Lease;
use crate::model::{Fingerprint, Moment, Probe, ProbePlan};
use crate::policy::{Failing, Subject};
use crate::store::FailingUrl;

use super::series::{LONGEST_WAIT, NextStep, without_query};

/// Most requests that are announced and not heard of yet; what comes after them is not announced. Ours.
const MOST_STEPS: usize = 64;

/// The experiments of one crawl.
#[derive(Debug)]
pub(in crate::crawl) struct Experiments {
    pub(super) plan: ProbePlan,
    pub(super) begun: Option<Begun>,
    /// Requests that series are about to make, to be shown to people.
    pub(super) steps: mpsc::Receiver<NextStep>,
    pub(super) announce: mpsc::Sender<NextStep>,
}

/// Experiments under way.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) pass: u8,
    pub(super) deadline: Moment,
    /// What is asked, until it was, each with the number of its group.
    pub(super) subjects: HashMap<Fingerprint, (Subject, usize)>,
    /// Requests so far for each group of failures: those of one host, outcome and error page.
    pub(super) spent: Vec<usize>,
}

impl Experiments {
    pub(in crate::crawl) fn new(plan: ProbePlan) -> Experiments {
        let (announce, steps) = mpsc::channel(MOST_STEPS);
        Experiments {
            plan,
            begun: None,
            steps,
            announce,
        }
    }

    /// The next request that a series is about to make.
    pub(super) fn step(&mut self) -> Option<NextStep> {
        self.steps.try_recv().ok()
    }

    /// Whether nothing but experiments is left.
    pub(in crate::crawl) fn have_begun(&self) -> bool {
        self.begun.is_some()
    }

    /// Whether a lease is for an experiment.
    pub(in crate::crawl) fn own(&self, lease: &Lease) -> bool {
        let begun = self.begun.as_ref();
        begun.is_some_and(|begun| begun.pass == lease.found.pass)
    }

    /// They could not go on for so long: that is none of their time.
    pub(in crate::crawl) fn extend(&mut self, by: Duration) {
        if let Some(begun) = &mut self.begun {
            begun.deadline = begun.deadline + by;
        }
    }

    pub(super) fn subject(&self, cause: &FailingUrl) -> Subject {
        let failing = match cause.announced {
            Some(wait) if wait > LONGEST_WAIT => Failing::Announced,
            _ if cause.ever_ok => Failing::AtTimes,
            _ => Failing::Always,
        };
        let ways = [
            (Probe::FreshConnection, cause.reused),
            (Probe::Http1, cause.http2),
            (Probe::CacheBusting, cause.cached && self.plan.cache),
            (Probe::WithoutQuery, without_query(&cause.url).is_some()),
        ];
        let ways = ways.into_iter().filter(|(_, open)| *open);
        Subject {
            failing,
            ways: ways.map(|(probe, _)| probe).collect(),
        }
    }
}
