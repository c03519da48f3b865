//! The attempts at a group of URLs (a host, a section or a family) in time order, and whether they fail
//! and recover together. Of bounded size.
//!
//! An outage is a run of failures at several pages with no success in between, nor right before and after. Single
//! runs prove little: if half of all requests fail by chance, runs of three are common. So all runs are tested
//! against chance (Wald and Wolfowitz 1940, "On a test whether two samples are from the same population"), and
//! nearly all failures must lie in outages.

mod neighbours;
mod run;

use std::collections::HashSet;
use std::time::Duration;

use crate::model::Moment;

use self::neighbours::Neighbours;
use self::run::Run;
use super::first_requests::{FailsFirst, FirstRequests};
use super::timed_attempt::TimedAttempt;
use crate::assess::diagnose::{Outage, Outages};
use crate::assess::statistics::chance::runs_or_fewer;

/// Minimum pages of an outage. If one page fails alone, the page is the reason.
const FEWEST_PAGES: u32 = 2;

/// Minimum pages of all outages together, for any to count (ours): three in one, or two in each of two.
const FEWEST_PAGES_IN_ALL: u32 = 3;

/// Minimum failed requests of an outage.
const FEWEST_FAILURES: u64 = 2;

/// Minimum failed requests of outages of two families, if no more than two pages failed (ours): all requests of one
/// page, with its quick retries, and two of another. While a host is down a careful crawl requests few pages.
const FEWEST_OF_TWO: u64 = 5;

/// Minimum time from the first failure to the last, if several requests were open. Requests that fail in
/// one instant may fail because they were open together (ours).
const SHORTEST: Duration = Duration::from_millis(300);

/// Maximum time from the last success before failures to the first after them, for the group to have been up
/// meanwhile (ours).
const BESIDE: Duration = Duration::from_secs(1);

/// Maximum failures kept of pages that never succeeded.
const MOST_DEAD: usize = 2_048;

/// The share of failures that must lie in outages (ours).
const MOST: f64 = 0.8;

/// Probability below which the number of runs is not explained by chance.
const BY_CHANCE: f64 = 0.001;

/// Distance from the expected number of runs that chance does not explain, in standard deviations, where counts
/// exceed [`FEW`].
const DEVIATIONS: f64 = 3.1;

/// Maximum number of failures, or of successes, for which the probability is computed exactly (ours).
const FEW: u64 = 50;

/// Minimum successes at a load no lower than that of the failures, so that the load is not the reason
/// (ours).
const AS_HARD: u64 = 5;

/// Maximum outages kept.
const MOST_OUTAGES: usize = 256;

/// Number of open requests up to which loads are counted separately.
const LOADS: usize = 65;

/// The attempts at one group in time order.
#[derive(Clone, Debug)]
pub(in crate::assess) struct GroupHistory {
    failed: u64,
    fine: u64,
    runs: u64,
    last: Option<TimedAttempt>,
    first_fine: Option<Moment>,
    last_fine: Option<Moment>,
    part: Option<u32>,
    has_parts: bool,
    run: Option<Run>,
    at_start: AtStart,
    /// Failures of pages in outages.
    in_outages: u64,
    /// Failures of files in outages.
    of_files: u64,
    pages: u32,
    /// The part of the first outage, and whether another part had an outage.
    down_part: Option<u32>,
    down_parts: bool,
    /// Whether pages of several families failed in one outage.
    down_families: bool,
    /// Runs of failures at a single page.
    single: Vec<(i64, Outage)>,
    /// Pages that failed in outages.
    down_pages: HashSet<i64>,
    /// Failures of pages that never succeeded. By themselves they prove nothing.
    dead: Vec<(i64, Moment)>,
    outages: Outages,
    neighbours: Neighbours,
    /// Successes by the number of open requests.
    fine_by_open: Box<[u32; LOADS]>,
    /// Failures by the number of open requests.
    failed_by_open: Box<[u32; LOADS]>,
    first_requests: FirstRequests,
}

/// How requests for files went before any was fine.
#[derive(Clone, Copy, Debug)]
enum AtStart {
    /// No file was fine so far.
    Unknown,
    /// All of them failed for a time, and nothing else was requested meanwhile.
    Down(Outage),
    /// The first was fine, or failed only once.
    Up,
}

impl Default for GroupHistory {
    fn default() -> GroupHistory {
        GroupHistory {
            failed: 0,
            fine: 0,
            runs: 0,
            last: None,
            first_fine: None,
            last_fine: None,
            part: None,
            has_parts: false,
            run: None,
            at_start: AtStart::Unknown,
            in_outages: 0,
            of_files: 0,
            pages: 0,
            down_part: None,
            down_parts: false,
            down_families: false,
            single: Vec::new(),
            down_pages: HashSet::new(),
            dead: Vec::new(),
            outages: Outages::default(),
            neighbours: Neighbours::default(),
            fine_by_open: Box::new([0; LOADS]),
            failed_by_open: Box::new([0; LOADS]),
            first_requests: FirstRequests::default(),
        }
    }
}

impl GroupHistory {
    /// Adds the next attempt, in time order. URLs that never succeeded may fail in good times too, so
    /// they are read again once the outages are known.
    pub(in crate::assess) fn add(&mut self, seen: TimedAttempt) {
        self.first_requests.add(seen);
        if !seen.ever_fine {
            if seen.failed && self.dead.len() < MOST_DEAD {
                self.dead.push((seen.url, seen.started));
            }
            return;
        }
        let part = *self.part.get_or_insert(seen.part);
        self.has_parts |= part != seen.part;
        if let Some(last) = self.last.filter(|last| last.part != seen.part) {
            self.neighbours.0[usize::from(last.failed)][usize::from(seen.failed)] += 1;
        }
        self.runs += u64::from(self.last.is_none_or(|last| last.failed != seen.failed));
        let by_open = if seen.failed {
            &mut self.failed_by_open
        } else {
            &mut self.fine_by_open
        };
        let slot = &mut by_open[(seen.open as usize).min(LOADS - 1)];
        *slot = slot.saturating_add(1);
        if seen.failed {
            self.failed += 1;
            let unseen = self.last.map(|last| seen.started.since(last.started));
            let before = self.last_fine;
            let run = self.run.get_or_insert_with(|| Run::new(seen, before));
            run.add(seen, unseen.unwrap_or_default());
        } else {
            self.fine += 1;
            self.first_fine.get_or_insert(seen.started);
            self.last_fine = Some(seen.started);
            self.close(Some(seen.started));
        }
        self.last = Some(seen);
    }

    /// Adds the next attempt at robots.txt or at a sitemap, in time order. They show that pages of other families failed
    /// at the same moment, and are the only ones that an outage at the start meets. They are no pages: nothing else
    /// counts them.
    pub(in crate::assess) fn add_file(&mut self, seen: TimedAttempt) {
        if !seen.ever_fine {
            return;
        }
        if seen.failed {
            let before = self.last_fine;
            let run = self.run.get_or_insert_with(|| Run::new(seen, before));
            run.add_file(seen);
            return;
        }
        let run = self.run.take_if(|run| run.pages.is_empty());
        if matches!(self.at_start, AtStart::Unknown) {
            let is_long = |run: &Run| run.outage.failed >= FEWEST_FAILURES;
            let first = run.filter(|run| run.outage.before.is_none() && is_long(run));
            self.at_start = first.map_or(AtStart::Up, |run| {
                AtStart::Down(Outage {
                    after: Some(seen.started),
                    ..run.outage
                })
            });
        }
    }

    /// Returns the time from the start in which all requests for files failed, and nothing else was requested.
    pub(in crate::assess) fn outage_at_start(&self) -> Option<Outage> {
        match self.at_start {
            AtStart::Down(outage) => Some(outage),
            AtStart::Unknown | AtStart::Up => None,
        }
    }

    /// Returns the outages of the group as a whole. There are none if failures are isolated, belong to a
    /// part of the group, or may be caused by the crawl's own load.
    pub(in crate::assess) fn outages(mut self) -> Outages {
        self.close(None);
        self.add_single();
        let together = self.in_outages as f64 >= MOST * self.failed as f64
            && (self.pages >= FEWEST_PAGES_IN_ALL || self.are_two_families())
            // If a group has several parts, outages of one part belong to that part.
            && (self.down_parts || !self.has_parts)
            && !self.neighbours.fail_apart()
            && self.has_too_few_runs();
        if !together || !self.was_requested_as_hard() {
            return Outages::default();
        }
        self.dead.sort_unstable();
        self.add_first();
        for of_page in self.dead.chunk_by(|one, next| one.0 == next.0) {
            let failures: Vec<Moment> = of_page.iter().map(|(_, at)| *at).collect();
            self.outages.explain(&failures);
        }
        self.outages
    }

    /// Returns whether two pages of different families failed again and again at the same moment, with nothing fine
    /// between.
    fn are_two_families(&self) -> bool {
        self.down_families && self.in_outages + self.of_files >= FEWEST_OF_TWO
    }

    /// Returns the counts if nearly all pages fail at their first request only.
    pub(in crate::assess) fn fails_first(&self) -> Option<FailsFirst> {
        self.first_requests.fails_first()
    }

    /// Returns whether failures come together in time, be it in outages or in a time in which more fails.
    pub(in crate::assess) fn comes_together(&self) -> bool {
        self.has_too_few_runs()
    }

    fn close(&mut self, after: Option<Moment>) {
        let Some(run) = self.run.take() else { return };
        let pages = run.pages.len() as u32;
        if pages == 0 {
            return;
        }
        // Pages, and files beside them.
        let alike = pages + run.files.len() as u32;
        let lasted = run.outage.until.since(run.outage.from);
        let together = lasted < SHORTEST && run.open > run.outage.failed;
        let around = run.outage.before.zip(after);
        let was_up = around.is_some_and(|(before, after)| after.since(before) < BESIDE);
        if alike < FEWEST_PAGES || together || was_up {
            let is_alone = alike < FEWEST_PAGES && run.outage.failed >= FEWEST_FAILURES && !was_up;
            if is_alone && self.single.len() < MOST_OUTAGES {
                let page = run.pages.first();
                let outage = Outage {
                    after,
                    pages,
                    ..run.outage
                };
                self.single.extend(page.map(|page| (*page, outage)));
            }
            return;
        }
        self.down_pages.extend(&run.pages);
        let part = *self.down_part.get_or_insert(run.part);
        self.down_parts |= run.has_parts || part != run.part;
        self.down_families |= run.has_families;
        self.in_outages += run.outage.failed - run.of_files;
        self.of_files += run.of_files;
        self.pages += alike;
        if self.outages.times.len() < MOST_OUTAGES {
            self.outages.times.push(Outage {
                after,
                pages,
                ..run.outage
            });
        } else {
            self.outages.unkept += 1;
        }
    }

    /// Adds outages with a single page that failed in others too: it fails for the same reason when it
    /// is the only page requested.
    fn add_single(&mut self) {
        let known = &self.down_pages;
        for (_, outage) in self.single.iter().filter(|(page, _)| known.contains(page)) {
            self.in_outages += outage.failed;
            self.outages.times.push(*outage);
        }
        self.outages.times.sort_by_key(|outage| outage.from);
    }

    /// Adds an outage from the start, before anything of the group succeeded. It needs several pages
    /// that failed then, never succeeded, and later failed only in outages, in at least two of them.
    fn add_first(&mut self) {
        let Some(first_fine) = self.first_fine else {
            return;
        };
        let (mut from, mut until, mut pages) = (first_fine, None, 0);
        for of_page in self.dead.chunk_by(|one, next| one.0 == next.0) {
            let early = of_page.partition_point(|(_, at)| *at < first_fine);
            let (early, later) = of_page.split_at(early);
            let numbers: Option<HashSet<usize>> =
                later.iter().map(|(_, at)| self.outages.at(*at)).collect();
            if let (Some(first), Some(last)) = (early.first(), early.last())
                && numbers.is_some_and(|numbers| numbers.len() >= 2)
            {
                from = from.min(first.1);
                until = until.max(Some(last.1));
                pages += 1;
            }
        }
        let is_known = self.outages.times.iter().any(|it| it.before.is_none());
        if let Some(until) = until.filter(|_| pages >= FEWEST_PAGES_IN_ALL && !is_known) {
            let first = Outage {
                from,
                until,
                before: None,
                after: Some(first_fine),
                unseen: Duration::ZERO,
                failed: 0,
                pages: 0,
            };
            self.outages.times.insert(0, first);
        }
    }

    /// Returns whether there are fewer runs of failures and successes than chance explains.
    fn has_too_few_runs(&self) -> bool {
        if self.failed.min(self.fine) <= FEW {
            return runs_or_fewer(self.runs, self.failed, self.fine) <= BY_CHANCE;
        }
        let (failed, fine) = (self.failed as f64, self.fine as f64);
        let (all, product) = (failed + fine, 2.0 * failed * fine);
        let mean = product / all + 1.0;
        let variance = product * (product - all) / (all * all * (all - 1.0));
        self.runs as f64 <= mean - DEVIATIONS * variance.sqrt()
    }

    /// Returns whether most failures came at a load at which the group succeeded as well.
    pub(in crate::assess) fn was_requested_as_hard(&self) -> bool {
        let mut fine = 0;
        let borne = (0..LOADS).rev().find(|open| {
            fine += u64::from(self.fine_by_open[*open]);
            fine >= AS_HARD
        });
        let within = |borne: usize| -> u64 {
            let failed = self.failed_by_open[..=borne].iter();
            failed.map(|count| u64::from(*count)).sum()
        };
        borne.is_some_and(|borne| 2 * within(borne) >= self.failed)
    }
}

#[cfg(test)]
mod tests;
