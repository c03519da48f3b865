//! A time in which a part of all requests to a host failed, whichever page was requested, while before and after it all
//! were fine: a server of several was missing, or had no room. Of bounded size.
//!
//! The time is the one in which first requests fail so much more often than at others that chance explains it least (a
//! scan statistic, M. Kulldorff, "A spatial scan statistic", Communications in Statistics 26, 1997). Only first
//! requests are compared: retries and passes request failing pages alone. What pages did later shows that they
//! recovered.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::timed_attempt::{Nth, TimedAttempt};
use crate::assess::diagnose::{Outage, Outages, Ratio};
use crate::assess::statistics::chance::{hits_or_more, runs_or_fewer};
use crate::model::Moment;

/// Maximum failed first requests that are kept; of later requests, four times as many.
const MOST: usize = 2_048;

/// Minimum first requests that failed, each at a page of its own (ours).
const FEWEST: usize = 8;

/// The share of all failures that must lie in it (ours, that of whole outages).
const NEARLY_ALL: f64 = 0.8;

/// The share of first requests that fail in it, at least and at most (ours): fewer are pages that fail at times, more
/// are an outage of all.
const SHARE: std::ops::RangeInclusive<f64> = 0.15..=0.85;

/// Minimum duration of a mixed outage, from its first failure to its last (ours).
const SHORTEST: Duration = Duration::from_secs(5);

/// Later failures of its pages this soon after the outage belong to it (ours): they are retries.
const CLOSE: Duration = Duration::from_secs(10);

/// Minimum logarithm of the likelihood ratio, with a thousand times to choose from (ours): by chance, one run in ten
/// thousand has such a time.
const UNLIKELY: f64 = 16.0;

/// Probability below which failures in it are not mixed with good answers by chance, and its pages not fine later by
/// chance.
const BY_CHANCE: f64 = 0.001;

/// Maximum share of later requests to its pages that fail (ours): otherwise the pages fail at times by themselves.
const LATER: f64 = 0.1;

/// The requests of one host in time order.
#[derive(Clone, Debug, Default)]
pub(in crate::assess) struct MixedOutage {
    failed: Vec<TimedAttempt>,
    /// First requests that were fine, by part: those before each failure, and those after the last.
    fine: Vec<Fine>,
    /// All other requests to pages that failed: when, and whether they failed.
    later: Vec<(Moment, bool)>,
    has_more: bool,
}

/// First requests in a row that were fine.
#[derive(Clone, Debug, Default)]
struct Fine {
    by_part: BTreeMap<u32, u32>,
    first: Option<Moment>,
    last: Option<Moment>,
}

impl Fine {
    fn count(&self) -> usize {
        self.by_part.values().sum::<u32>() as usize
    }
}

impl MixedOutage {
    /// Adds the next request, in time order. Pages that are never fine prove nothing.
    pub(in crate::assess) fn add(&mut self, seen: TimedAttempt) {
        if !seen.ever_fine || seen.nth == Nth::Other {
            return;
        }
        if self.failed.len() >= MOST || self.later.len() >= 4 * MOST {
            self.has_more = true;
        } else if seen.nth == Nth::Again {
            self.later.push((seen.started, seen.failed));
        } else if seen.failed {
            self.fine.resize_with(self.failed.len() + 1, Fine::default);
            self.failed.push(seen);
        } else {
            self.fine.resize_with(self.failed.len() + 1, Fine::default);
            if let Some(fine) = self.fine.last_mut() {
                *fine.by_part.entry(seen.part).or_default() += 1;
                fine.first.get_or_insert(seen.started);
                fine.last = Some(seen.started);
            }
        }
    }

    /// Returns the time in which a part of the requests failed, as the only outage.
    pub(in crate::assess) fn find(mut self) -> Option<Outages> {
        if self.has_more || self.failed.len() < FEWEST {
            return None;
        }
        self.fine.resize_with(self.failed.len() + 1, Fine::default);
        let (from, to) = self.most_unlikely()?;
        let (first, last) = (self.failed.get(from)?, self.failed.get(to)?);
        let share = (to - from + 1) as f64 / self.requests(from, to) as f64;
        let is_long = last.started.since(first.started) >= SHORTEST;
        if !SHARE.contains(&share) || !is_long || !self.is_everywhere(from, to) {
            return None;
        }
        self.is_mixed(from, to).then(|| self.outage(from, to))?
    }

    /// Returns the first and the last failure of the time that chance explains least.
    fn most_unlikely(&self) -> Option<(usize, usize)> {
        let failed = self.failed.len();
        let fewest = FEWEST.max((NEARLY_ALL * failed as f64).ceil() as usize);
        let all = failed + self.fine.iter().map(Fine::count).sum::<usize>();
        let mut best: Option<(f64, (usize, usize))> = None;
        for from in 0..=failed - fewest {
            let mut fine: usize = self.fine[from + 1..from + fewest]
                .iter()
                .map(Fine::count)
                .sum();
            for to in from + fewest - 1..failed {
                let (here, requests) = (to - from + 1, to - from + 1 + fine);
                let found = likelihood_ratio((here, requests), (failed, all));
                if best.is_none_or(|(most, _)| found > most) {
                    best = Some((found, (from, to)));
                }
                fine += self.fine[to + 1].count();
            }
        }
        best.filter(|(found, _)| *found >= UNLIKELY)
            .map(|(_, span)| span)
    }

    /// Returns the first requests from one failure to another.
    fn requests(&self, from: usize, to: usize) -> usize {
        let fine: usize = self.fine[from + 1..=to].iter().map(Fine::count).sum();
        to - from + 1 + fine
    }

    /// Returns whether the failures are spread over the host, rather than one part being down. Nearly all failures
    /// are in parts where other requests were fine. Also, pages of several parts failed, or hardly any page of
    /// another part was requested.
    fn is_everywhere(&self, from: usize, to: usize) -> bool {
        let mut fine: BTreeMap<u32, u32> = BTreeMap::new();
        for (part, count) in self.fine[from + 1..=to].iter().flat_map(|it| &it.by_part) {
            *fine.entry(*part).or_default() += count;
        }
        let here = &self.failed[from..=to];
        let failing: BTreeSet<u32> = here.iter().map(|it| it.part).collect();
        let beside = here.iter().filter(|it| fine.contains_key(&it.part)).count();
        let of_others = fine.iter().filter(|(part, _)| !failing.contains(part));
        let of_others: u32 = of_others.map(|(_, count)| *count).sum();
        let requests = self.requests(from, to) as f64;
        beside as f64 >= NEARLY_ALL * here.len() as f64
            && (failing.len() > 1 || f64::from(of_others) <= (1.0 - NEARLY_ALL) * requests)
    }

    /// Returns whether failures and good answers are mixed, as if each request were left to chance.
    fn is_mixed(&self, from: usize, to: usize) -> bool {
        let between = || self.fine[from + 1..=to].iter().map(Fine::count);
        let turns = between().filter(|fine| *fine > 0).count() as u64;
        let (failed, fine) = ((to - from + 1) as u64, between().sum::<usize>() as u64);
        let pages: BTreeSet<i64> = self.failed[from..=to].iter().map(|it| it.url).collect();
        pages.len() >= FEWEST && runs_or_fewer(2 * turns + 1, failed, fine) > BY_CHANCE
    }

    /// Returns the outage with all failures around it, if its pages recovered.
    fn outage(&self, from: usize, to: usize) -> Option<Outages> {
        let (first, last) = (self.failed[from].started, self.failed[to].started);
        let is_near = |at: Moment, until: Moment| at >= first && at.since(until) <= CLOSE;
        let until =
            (self.later.iter())
                .filter(|(_, failed)| *failed)
                .fold(last, |until, (at, _)| {
                    if is_near(*at, until) {
                        until.max(*at)
                    } else {
                        until
                    }
                });
        let mut after = Ratio::default();
        let first_requests = Ratio::new((to - from + 1) as u64, self.requests(from, to) as u64);
        let mut within = first_requests;
        for (at, failed) in &self.later {
            if *at > until {
                after.count(*failed);
            } else if *at >= first {
                within.count(*failed);
            }
        }
        let later = self.failed[to + 1..].iter().filter(|it| it.started > until);
        let outside = from + later.count() + after.part as usize;
        let before = self.fine[from].last;
        let good = (self.fine[to + 1..].iter())
            .flat_map(|fine| [fine.first, fine.last])
            .chain((self.later.iter()).map(|(at, failed)| (!failed).then_some(*at)))
            .flatten();
        let recovered = good.filter(|at| *at > until).min()?;
        let fine_after: usize = self.fine[to + 1..].iter().map(Fine::count).sum();
        let is_over = fine_after as u64 + after.of - after.part >= FEWEST as u64;
        // Pages that fail at times by themselves would fail as often as all did, or more (Fisher's exact test).
        let (failed, all) = (first_requests.part, first_requests.of);
        let chance = hits_or_more(failed, all, failed + after.part, all + after.of);
        let stays_fine = after.share() <= LATER && chance < BY_CHANCE;
        let is_most = outside as f64 <= (1.0 - NEARLY_ALL) * (outside as f64 + within.part as f64);
        let pages: BTreeSet<i64> = self.failed[from..=to].iter().map(|it| it.url).collect();
        (is_over && stays_fine && is_most).then(|| Outages {
            times: vec![Outage {
                from: first,
                until,
                before,
                after: Some(recovered),
                unseen: Duration::ZERO,
                failed: within.part,
                pages: pages.len() as u32,
            }],
            unkept: 0,
            mixed: Some(first_requests),
        })
    }
}

/// Returns the logarithm of the likelihood ratio of two models: these requests and the others have different failure
/// rates, or all have the same rate. 0 if the others fail more often.
fn likelihood_ratio((failed, requests): (usize, usize), all: (usize, usize)) -> f64 {
    let of = |failed: usize, requests: usize| {
        let (failed, requests) = (failed as f64, requests as f64);
        let term = |count: f64| {
            if count > 0.0 {
                count * (count / requests).ln()
            } else {
                0.0
            }
        };
        term(failed) + term(requests - failed)
    };
    let others = (all.0 - failed, all.1 - requests);
    if failed * others.1 <= others.0 * requests {
        return 0.0;
    }
    of(failed, requests) + of(others.0, others.1) - of(all.0, all.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One first request per second, each at a page of its own. `F` fails and `.` succeeds; `f` and `,` are the same at
    /// a page of another part. Each failing page is requested again a minute after the end, if `again` says whether that
    /// fails.
    fn found(marks: &str, again: Option<bool>) -> Option<Outages> {
        let mut history = MixedOutage::default();
        let mut at = |second: i64, url: i64, part: bool, failed: bool, nth: Nth| {
            history.add(TimedAttempt {
                url,
                part: u32::from(part),
                family: 0,
                started: Moment::from_millis(second * 1_000),
                failed,
                ever_fine: true,
                open: 1,
                nth,
            });
        };
        for (second, mark) in (0..).zip(marks.chars()) {
            let failed = matches!(mark, 'F' | 'f');
            at(
                second,
                second,
                matches!(mark, 'f' | ','),
                failed,
                Nth::First,
            );
        }
        let end = marks.len() as i64 + 60;
        for (second, _) in (0..)
            .zip(marks.chars())
            .filter(|(_, mark)| matches!(mark, 'F' | 'f'))
        {
            if let Some(fails) = again {
                at(end + second, second, false, fails, Nth::Again);
            }
        }
        history.find()
    }

    /// Failures at random, with this probability.
    fn random(seed: u64, chance: f64, count: usize) -> String {
        let mut dice = fastrand::Rng::with_seed(seed);
        let mark = |_| match (dice.f64() < chance, dice.bool()) {
            (true, true) => 'F',
            (true, false) => 'f',
            (false, true) => '.',
            (false, false) => ',',
        };
        (0..count).map(mark).collect()
    }

    #[test]
    fn half_of_the_requests_of_a_minute_are_one_outage() {
        let fine = ".,".repeat(60);
        for seed in 0..20 {
            let minute = format!("{fine}F{}f{fine}", random(seed, 0.5, 58));
            let found = found(&minute, Some(false)).expect("an outage");
            let outage = found.times[0];
            assert_eq!(found.count(), 1);
            assert_eq!(outage.from, Moment::from_millis(120_000), "{seed}");
            assert_eq!(outage.until, Moment::from_millis(179_000), "{seed}");
            assert_eq!(outage.after, Some(Moment::from_millis(180_000)));
            let mixed = found.mixed.expect("counts");
            assert_eq!((mixed.of, mixed.part), (60, outage.failed));
        }
    }

    #[test]
    fn what_has_another_explanation_is_no_mixed_outage() {
        let fine = ".,".repeat(60);
        let half = random(3, 0.5, 60);
        let one_part = half.replace('F', ".");
        let whole = "Ff".repeat(30);
        let by_turns = format!("{}{fine}", "FfFfFf").repeat(6);
        let apart = "FFF,FF,F,FFF,F,FF,,F,FFFF,FF,FFF,F,FF,".repeat(2);
        for (marks, why) in [
            (random(1, 0.1, 300), "pages that fail at times"),
            (format!("{fine}{whole}{fine}"), "all of the host"),
            (by_turns, "again and again all of the host"),
            (format!("{fine}{one_part}{fine}"), "one part"),
            (format!("{fine}{apart}{fine}"), "all of one part"),
            (format!("{fine}FfF.f{fine}"), "too few"),
        ] {
            assert_eq!(found(&marks, Some(false)), None, "{why}");
        }
        let minute = format!("{fine}{half}{fine}");
        assert_eq!(found(&minute, Some(true)), None, "the pages fail later too");
        assert_eq!(found(&minute, None), None, "the pages may fail later too");
    }

    #[test]
    fn random_failures_rarely_look_like_a_mixed_outage() {
        let alike = (0..200).filter(|seed| found(&random(*seed, 0.08, 300), Some(false)).is_some());
        assert_eq!(alike.count(), 0);
    }
}
