//! Outages of a whole host whose parts have faults of their own. Each request is compared with what is usual in its part
//! of the site: a section that fails all the time, or at times, in one way tells nothing when it fails in this way again,
//! and other sections do.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::assess::diagnose::Outage;
use crate::model::{Moment, Outcome};

/// Maximum attempts kept, 24 bytes each; later ones are not examined.
const MOST_ATTEMPTS: usize = 200_000;

/// Minimum pages that fail in an unusual way in one outage, and minimum parts that they belong to (ours).
const FEWEST_PAGES: usize = 3;
const FEWEST_PARTS: usize = 2;

/// Share of a part's answers from which an outcome is usual there (ours).
const USUAL: f64 = 0.5;

/// Probability below which chance does not explain that all requests fail in one way (ours).
const BY_CHANCE: f64 = 0.001;

/// Share of the failures of an outcome, in parts where it is unusual, that must lie in outages (ours). Otherwise
/// only a part of the requests fails, for a longer time.
const MOST: f64 = 0.8;

/// An attempt at a page of the host.
#[derive(Clone, Copy, Debug)]
pub(in crate::assess) struct UnusualAttempt {
    /// The number of the URL.
    pub(in crate::assess) url: i64,
    /// The number of its section.
    pub(in crate::assess) part: u32,
    /// When it began.
    pub(in crate::assess) started: Moment,
    /// The outcome.
    pub(in crate::assess) outcome: Outcome,
}

/// The attempts at pages of a host, in time order.
#[derive(Debug, Default)]
pub(in crate::assess) struct UnusualRuns {
    attempts: Vec<UnusualAttempt>,
    /// Answers by part.
    of_part: HashMap<u32, u32>,
    /// The same by outcome, only failures.
    failures: HashMap<(u32, Outcome), u32>,
}

/// Attempts with one outcome, with none of another between them.
#[derive(Debug)]
struct Run {
    outcome: Outcome,
    /// Their numbers.
    at: Range<usize>,
    /// Numbers of those that are unusual in their part.
    unusual: Vec<usize>,
}

impl UnusualRuns {
    /// Adds the next attempt, in time order.
    pub(in crate::assess) fn add(&mut self, seen: UnusualAttempt) {
        if self.attempts.len() >= MOST_ATTEMPTS {
            return;
        }
        self.attempts.push(seen);
        *self.of_part.entry(seen.part).or_default() += 1;
        if seen.outcome.is_failure() {
            *self.failures.entry((seen.part, seen.outcome)).or_default() += 1;
        }
    }

    /// Returns the times in which all requests failed in one way that is unusual in several parts of the host.
    pub(in crate::assess) fn outages(&self) -> Vec<Outage> {
        let mut runs = self.runs();
        let outcomes: HashSet<Outcome> = runs.iter().map(|run| run.outcome).collect();
        for outcome in outcomes {
            let of_it = || runs.iter().filter(|run| run.outcome == outcome);
            let within: usize = of_it().map(|run| run.unusual.len()).sum();
            let parts: HashSet<u32> = of_it().flat_map(|run| self.parts(run)).collect();
            let count = |part: &u32| self.failures.get(&(*part, outcome)).copied().unwrap_or(0);
            let all: u32 = parts.iter().map(count).sum();
            if (within as f64) < MOST * f64::from(all) {
                runs.retain(|run| run.outcome != outcome);
            }
        }
        runs.iter().filter_map(|run| self.outage(run)).collect()
    }

    /// Returns the runs of failures that neither chance nor what is usual in their parts explains.
    fn runs(&self) -> Vec<Run> {
        let mut runs = Vec::new();
        let mut from = 0;
        for alike in (self.attempts).chunk_by(|one, next| one.outcome == next.outcome) {
            let at = from..from + alike.len();
            from = at.end;
            if alike[0].outcome.is_failure() && alike.len() >= FEWEST_PAGES {
                runs.extend(self.unexplained(alike[0].outcome, at));
            }
        }
        runs
    }

    fn unexplained(&self, outcome: Outcome, at: Range<usize>) -> Option<Run> {
        let mut here: HashMap<u32, u32> = HashMap::new();
        for seen in &self.attempts[at.clone()] {
            *here.entry(seen.part).or_default() += 1;
        }
        // The share of the outcome in the rest of its part, by the rule of succession (P. S. Laplace, 1814).
        let usual = |part: u32| {
            let less = |counted: Option<&u32>| {
                f64::from(counted.copied().unwrap_or(0).saturating_sub(here[&part]))
            };
            let (alike, all) = (
                less(self.failures.get(&(part, outcome))),
                less(self.of_part.get(&part)),
            );
            (alike + 1.0) / (all + 2.0)
        };
        let unusual: Vec<usize> = (at.clone())
            .filter(|number| usual(self.attempts[*number].part) < USUAL)
            .collect();
        // Further requests for the same page prove nothing more.
        let pages: HashMap<i64, u32> = (unusual.iter())
            .map(|number| (self.attempts[*number].url, self.attempts[*number].part))
            .collect();
        let chance: f64 = pages.values().map(|part| usual(*part)).product();
        let run = Run {
            outcome,
            at,
            unusual,
        };
        // There are as many places for a run as attempts.
        let is_chance = chance * self.attempts.len() as f64 > BY_CHANCE;
        let is_wide = pages.len() >= FEWEST_PAGES && self.parts(&run).len() >= FEWEST_PARTS;
        (is_wide && !is_chance).then_some(run)
    }

    /// Returns the parts in which a run is unusual.
    fn parts(&self, run: &Run) -> HashSet<u32> {
        let parts = run.unusual.iter().map(|number| self.attempts[*number].part);
        parts.collect()
    }

    fn outage(&self, run: &Run) -> Option<Outage> {
        let started = |number: &usize| self.attempts[*number].started;
        let fine = |seen: &&UnusualAttempt| !seen.outcome.is_failure();
        let before = self.attempts[..run.at.start].iter().rfind(fine);
        let after = self.attempts[run.at.end..].iter().find(fine);
        let all = &self.attempts[run.at.clone()];
        let gaps = all
            .windows(2)
            .map(|pair| pair[1].started.since(pair[0].started));
        let pages: HashSet<i64> = (run.unusual.iter())
            .map(|number| self.attempts[*number].url)
            .collect();
        Some(Outage {
            from: started(run.unusual.first()?),
            until: started(run.unusual.last()?),
            before: before.map(|seen| seen.started),
            after: after.map(|seen| seen.started),
            unseen: gaps.max().unwrap_or_default(),
            failed: run.unusual.len() as u64,
            pages: pages.len().min(Outage::MOST_PAGES as usize) as u32,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounds of attempts half a second apart: letters are sections, each round at the next page; `x` is 500, `5` is 502
    /// and `.` is fine. The outage answers 502 to everything.
    fn outages(
        rounds: u32,
        outage: Range<u32>,
        outcome_of: fn(u32, u32) -> Outcome,
    ) -> Vec<Outage> {
        let mut runs = UnusualRuns::default();
        for round in 0..rounds {
            for part in 0..4 {
                let number = round * 4 + part;
                runs.add(UnusualAttempt {
                    url: number.into(),
                    part,
                    started: Moment::from_millis(i64::from(number) * 500),
                    outcome: if outage.contains(&number) {
                        Outcome::Server502
                    } else {
                        outcome_of(part, round)
                    },
                });
            }
        }
        runs.outages()
    }

    /// One section always fails, one at every second request, two are fine.
    fn sick(part: u32, round: u32) -> Outcome {
        match (part, round % 2) {
            (0, _) => Outcome::Server502,
            (1, 0) => Outcome::Server500,
            _ => Outcome::OkHtml,
        }
    }

    #[test]
    fn an_outage_of_the_host_is_found_beside_faults_of_its_parts() {
        let found = outages(40, 60..72, sick);
        let at = |number: i64| Moment::from_millis(number * 500);
        let told = found
            .iter()
            .map(|it| (it.from, it.until, it.before, it.after));
        // The section that always fails so tells nothing: the first attempt in the outage was there.
        let expected = (at(61), at(71), Some(at(59)), Some(at(74)));
        assert_eq!(told.collect::<Vec<_>>(), [expected]);
        assert_eq!((found[0].failed, found[0].pages), (9, 9));
    }

    #[test]
    fn faults_of_parts_alone_are_no_outage() {
        assert_eq!(outages(200, 0..0, sick), []);
        // Every third request meets a dead backend, whatever the part.
        let backend = |part: u32, round: u32| match (round * 4 + part) % 3 {
            0 => Outcome::Server502,
            _ => Outcome::OkHtml,
        };
        assert_eq!(outages(200, 0..0, backend), []);
        // For a while, three of four requests fail.
        let mixed = |part: u32, round: u32| {
            if (50..90).contains(&round) && part != 3 {
                Outcome::Server502
            } else {
                Outcome::OkHtml
            }
        };
        let found = outages(200, 0..0, mixed);
        assert_eq!(found.len(), 0, "{found:?}");
    }
}
