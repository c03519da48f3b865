//! The experiments of one crawl: those planned, and those in progress.

use std::collections::HashMap;
use std::time::Duration;

use crate::crawl::visit::series::{LONGEST_WAIT, without_query};
use crate::frontier::Lease;
use crate::model::{Experiment, ExperimentPlan, Fingerprint, Moment};
use crate::policy::{Failing, Subject};
use crate::store::FailingUrl;

/// Minimum URLs that fail alike before other spellings are tried: with two, spellings hardly show anything (ours).
const FEWEST_SPELLED: u64 = 3;

/// The experiments of one crawl.
#[derive(Debug)]
pub(in crate::crawl::state) struct Experiments {
    pub(super) plan: ExperimentPlan,
    pub(super) begun: Option<Begun>,
}

/// Experiments under way.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) pass: u8,
    pub(super) deadline: Moment,
    /// The URLs still to be requested, each with the number of its group.
    pub(super) subjects: HashMap<Fingerprint, (Subject, usize)>,
    /// Requests so far for each group of failures: those of one host, outcome and error page.
    pub(super) spent: Vec<usize>,
}

impl Experiments {
    pub(in crate::crawl::state) fn new(plan: ExperimentPlan) -> Experiments {
        Experiments { plan, begun: None }
    }

    /// Returns whether only experiments are left.
    pub(in crate::crawl::state) fn have_begun(&self) -> bool {
        self.begun.is_some()
    }

    /// Returns whether a lease is for an experiment.
    pub(in crate::crawl::state) fn is_for(&self, lease: &Lease) -> bool {
        let begun = self.begun.as_ref();
        begun.is_some_and(|begun| begun.pass == lease.found.pass)
    }

    /// Extends their time by a pause in which they could not continue.
    pub(in crate::crawl::state) fn extend(&mut self, by: Duration) {
        if let Some(begun) = &mut self.begun {
            begun.deadline = begun.deadline + by;
        }
    }

    /// Returns a failing URL as the policy sees it. `alike` is the number of URLs that fail in the same way.
    pub(super) fn subject(&self, cause: &FailingUrl, alike: u64) -> Subject {
        let failing = match cause.announced {
            Some(wait) if wait > LONGEST_WAIT => Failing::Announced,
            _ if cause.ever_ok => Failing::AtTimes,
            _ if cause.hangs => Failing::Silently,
            _ => Failing::Always,
        };
        let ways = [
            (Experiment::FreshConnection, cause.reused),
            (Experiment::Http1, cause.http2),
            (Experiment::CacheBusting, self.plan.cache),
            (
                Experiment::WithoutQuery,
                without_query(&cause.url).is_some(),
            ),
            (
                Experiment::Respelled,
                alike >= FEWEST_SPELLED && cause.url.respelled(1).is_some(),
            ),
        ];
        let ways = ways.into_iter().filter(|(_, open)| *open);
        Subject {
            failing,
            ways: ways.map(|(experiment, _)| experiment).collect(),
        }
    }
}
