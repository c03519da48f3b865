//! The experiments with URLs of a cluster or a host: how often another way of requesting succeeded, and
//! how often the crawl's own way did, next to it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::url::Seen;
use crate::assess::diagnose::{ExperimentResult, Ratio};
use crate::model::{Experiment, Outcome, Purpose};

/// The results of experiments.
#[derive(Clone, Debug, Default)]
pub(super) struct ExperimentCounts {
    tried: [Tried; Experiment::ALL.len()],
    addresses: BTreeMap<IpAddr, Ratio>,
    /// Results of the crawl's own way for URLs that were requested at each IP address.
    own_at_addresses: Ratio,
    /// Other spellings of URLs of which at least one was fine: a page that fails in any spelling says nothing about
    /// them.
    respelled: Ratio,
    /// The crawl's own requests for all of the URLs, after the first failure of each.
    crawl: Ratio,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tried {
    fine: Ratio,
    own: Ratio,
}

impl ExperimentCounts {
    /// Returns the experiments with one URL.
    pub(super) fn of(seen: &Seen<'_>) -> ExperimentCounts {
        let mut experiments = ExperimentCounts::default();
        experiments.take(seen);
        experiments
    }

    pub(super) fn take(&mut self, seen: &Seen<'_>) {
        let experiments = || {
            seen.attempts
                .iter()
                .filter_map(|attempt| match attempt.purpose {
                    Purpose::Experiment(experiment) => Some((experiment, attempt)),
                    _ => None,
                })
        };
        let mut own = Ratio::default();
        for (_, attempt) in experiments().filter(|(experiment, _)| *experiment == Experiment::Alone)
        {
            own.count(is_fine(attempt.facts.outcome));
        }
        for experiment in Experiment::ALL {
            let mut fine = Ratio::default();
            for (_, attempt) in experiments().filter(|(made, _)| *made == experiment) {
                // An application that knows no such query or spelling says nothing of the page.
                let is_other =
                    matches!(experiment, Experiment::CacheBusting | Experiment::Respelled);
                if is_other && !is_about_page(attempt.facts.outcome) {
                    continue;
                }
                fine.count(is_fine(attempt.facts.outcome));
                if let (Experiment::Address, Some(address)) = (experiment, attempt.facts.address)
                    && !attempt.facts.outcome.is_untried()
                {
                    let known = self.addresses.entry(address).or_default();
                    known.count(!attempt.facts.outcome.is_failure());
                }
            }
            if fine.of > 0 {
                let tried = &mut self.tried[experiment as usize];
                tried.fine = sum(tried.fine, fine);
                tried.own = sum(tried.own, own);
                if experiment == Experiment::Respelled && fine.part > 0 {
                    self.respelled = sum(self.respelled, fine);
                }
            }
        }
        if experiments().any(|(experiment, _)| experiment == Experiment::Address) {
            self.own_at_addresses = sum(self.own_at_addresses, own);
        }
        let crawl = seen
            .evidence()
            .map(|attempt| is_fine(attempt.facts.outcome));
        for fine in crawl.skip_while(|fine| *fine).skip(1) {
            self.crawl.count(fine);
        }
    }

    /// Adds the experiments with other URLs.
    pub(super) fn merge(&mut self, other: &ExperimentCounts) {
        for (known, more) in self.tried.iter_mut().zip(&other.tried) {
            known.fine = sum(known.fine, more.fine);
            known.own = sum(known.own, more.own);
        }
        for (address, fine) in &other.addresses {
            let known = self.addresses.entry(*address).or_default();
            *known = sum(*known, *fine);
        }
        self.own_at_addresses = sum(self.own_at_addresses, other.own_at_addresses);
        self.respelled = sum(self.respelled, other.respelled);
        self.crawl = sum(self.crawl, other.crawl);
    }

    /// Returns the ways of requesting that make a difference; `None` if no experiment was made.
    pub(super) fn helping(&self) -> Option<Vec<Experiment>> {
        self.each().next()?;
        let made = self.experiments(false).into_iter();
        let helping = made
            .filter(|made| made.helps() || made.parts_addresses() || made.differs_by_spelling());
        let mut helping: Vec<Experiment> = helping.map(|made| made.experiment).collect();
        helping.sort();
        Some(helping)
    }

    /// Returns each experiment with its successes, and those of the crawl's own way.
    pub(super) fn each(&self) -> impl Iterator<Item = (Experiment, Ratio, Ratio)> {
        let made = Experiment::ALL.into_iter().zip(&self.tried);
        made.filter(|(_, tried)| tried.fine.of > 0)
            .map(|(experiment, tried)| (experiment, tried.fine, tried.own))
    }

    /// Returns whether URLs that always fail are fine in some other spellings.
    pub(super) fn is_fine_respelled(&self) -> bool {
        let tried = self.tried[Experiment::Respelled as usize];
        tried.own.part == 0 && tried.fine.part > 0
    }

    /// Returns whether chance does not explain that.
    pub(super) fn differs_by_spelling(&self) -> bool {
        let mut made = self.experiments(false).into_iter();
        made.any(|made| made.differs_by_spelling())
    }

    /// Returns the experiments as evidence for a cause. A URL that is fine at a slow pace proves load only if it
    /// failed at speed alone: others have recovered meanwhile.
    pub(super) fn experiments(&self, at_speed: bool) -> Vec<ExperimentResult> {
        // One URL may fail by chance while its neighbours succeed in our own way too.
        let own = self.tried[Experiment::Alone as usize].fine;
        let mut found: Vec<ExperimentResult> = self
            .each()
            .filter_map(|(experiment, mut fine, own_next_to_it)| {
                let crawler_fine = match experiment {
                    Experiment::Alone if at_speed => Ratio::new(0, fine.of),
                    Experiment::Alone => fine,
                    Experiment::Browser
                    | Experiment::FreshConnection
                    | Experiment::Http1
                    | Experiment::CacheBusting
                    | Experiment::Uncompressed
                    | Experiment::WithoutQuery
                    | Experiment::WithoutCookies => own,
                    Experiment::Respelled => {
                        fine = self.respelled;
                        own_next_to_it
                    }
                    // The addresses are compared with each other, and a burst with its own beginning.
                    Experiment::Address | Experiment::Burst => return None,
                };
                Some(ExperimentResult {
                    experiment,
                    fine,
                    crawler_fine,
                    crawl_fine: self.crawl,
                })
            })
            .collect();
        if self.addresses.len() > 1 {
            let fine = (self.addresses.values()).filter(|fine| fine.share() > 0.5);
            found.push(ExperimentResult {
                experiment: Experiment::Address,
                fine: Ratio::new(fine.count() as u64, self.addresses.len() as u64),
                crawler_fine: self.own_at_addresses,
                crawl_fine: self.crawl,
            });
        }
        found
    }

    /// Returns whether a browser's user agent succeeds but the crawler's does not. For an intermittent
    /// URL this may be chance.
    pub(super) fn is_crawler_only(&self) -> bool {
        self.browser().is_some_and(|experiment| experiment.helps())
    }

    /// Returns the experiment with a browser's user agent, if it was made.
    pub(super) fn browser(&self) -> Option<ExperimentResult> {
        let mut found = self.experiments(false).into_iter();
        found.find(|experiment| experiment.experiment == Experiment::Browser)
    }
}

/// Returns whether the answer is a page; a block is not one.
fn is_fine(outcome: Outcome) -> bool {
    !outcome.is_failure() && !matches!(outcome, Outcome::Client401 | Outcome::Client403)
}

/// Returns whether an answer is the page or its failure, not a redirect or an unknown page.
fn is_about_page(outcome: Outcome) -> bool {
    outcome.is_content() || outcome.is_failure()
}

fn sum(one: Ratio, other: Ratio) -> Ratio {
    Ratio::new(one.part + other.part, one.of + other.of)
}
