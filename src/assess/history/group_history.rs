//! The attempts at a group of URLs (a host, a section or a family) in time order, and whether they fail
//! and recover together. Of bounded size.
//!
//! An outage is a run of failures at several pages with no success in between, nor right before and after. Single
//! runs prove little: if half of all requests fail by chance, runs of three are common. So all runs are tested
//! against chance (Wald and Wolfowitz 1940, "On a test whether two samples are from the same population"), and
//! nearly all failures must lie in outages.

use std::collections::HashSet;
use std::time::Duration;

use crate::model::Moment;

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

/// How often two parts must fail one right after the other to count as down together (ours), in standard deviations
/// above chance, which exceeds this once in twenty times.
const TOGETHER: f64 = 1.64;

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

/// Attempts at two parts, one right after the other: by whether the first failed, and the second.
#[derive(Clone, Copy, Debug, Default)]
struct Neighbours([[u64; 2]; 2]);

/// A run of failures that has not ended.
#[derive(Clone, Debug)]
struct Run {
    outage: Outage,
    pages: Vec<i64>,
    part: u32,
    has_parts: bool,
    family: u32,
    has_families: bool,
    files: Vec<i64>,
    /// Failures at files.
    of_files: u64,
    open: u64,
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

impl Neighbours {
    /// Returns whether one part fails while the others answer well: both fail one right after the other no more often
    /// than by chance, although chance would have made it happen at least once.
    fn fail_apart(self) -> bool {
        let [[neither, second], [first, both]] = self.0.map(|row| row.map(|count| count as f64));
        let all = neither + second + first + both;
        let (before, after) = (first + both, second + both);
        let expected = before * after / all.max(1.0);
        let variance = expected * (all - before) * (all - after) / (all * (all - 1.0)).max(1.0);
        expected >= 1.0 && both <= expected + TOGETHER * variance.sqrt()
    }
}

impl Run {
    fn new(first: TimedAttempt, before: Option<Moment>) -> Run {
        Run {
            outage: Outage {
                from: first.started,
                until: first.started,
                before,
                after: None,
                unseen: Duration::ZERO,
                failed: 0,
                pages: 0,
            },
            pages: Vec::new(),
            part: first.part,
            has_parts: false,
            family: first.family,
            has_families: false,
            files: Vec::new(),
            of_files: 0,
            open: 0,
        }
    }

    fn add(&mut self, seen: TimedAttempt, unseen: Duration) {
        self.count(seen, unseen);
        let has_room = self.pages.len() < Outage::MOST_PAGES as usize;
        if has_room && !self.pages.contains(&seen.url) {
            self.pages.push(seen.url);
        }
    }

    fn add_file(&mut self, seen: TimedAttempt) {
        self.count(seen, Duration::ZERO);
        self.of_files += 1;
        let has_room = self.files.len() < Outage::MOST_PAGES as usize;
        if has_room && !self.files.contains(&seen.url) {
            self.files.push(seen.url);
        }
    }

    fn count(&mut self, seen: TimedAttempt, unseen: Duration) {
        let outage = &mut self.outage;
        if outage.failed > 0 {
            outage.unseen = outage.unseen.max(unseen);
        }
        outage.failed += 1;
        outage.until = seen.started;
        self.has_parts |= self.part != seen.part;
        self.has_families |= self.family != seen.family;
        self.open += u64::from(seen.open);
    }
}

#[cfg(test)]
mod tests {
    use super::super::timed_attempt::Nth;
    use super::*;

    /// One attempt per second, at one page after the other. `F` fails and `.` succeeds; `f` and `,` are
    /// the same at a page of another part; `r` is a failing retry of the page before.
    fn history(marks: &str) -> GroupHistory {
        let mut history = GroupHistory::default();
        let mut url = 0;
        for (second, mark) in (0..).zip(marks.chars()) {
            url += i64::from(mark != 'r');
            history.add(TimedAttempt {
                url,
                part: u32::from(matches!(mark, 'f' | ',')),
                family: 0,
                started: Moment::from_millis(second * 1000),
                failed: matches!(mark, 'F' | 'f' | 'r'),
                ever_fine: true,
                open: 1,
                nth: Nth::Other,
            });
        }
        history
    }

    /// The same as [`history`], where `f` and `,` are pages of another family too, and `X` and `O` are attempts at a
    /// file that fails or is fine.
    fn of_families(marks: &str) -> GroupHistory {
        let mut history = GroupHistory::default();
        let mut url = 0;
        for (second, mark) in (0..).zip(marks.chars()) {
            url += i64::from(!matches!(mark, 'r' | 'X' | 'O'));
            let is_file = matches!(mark, 'X' | 'O');
            let other = u32::from(matches!(mark, 'f' | ','));
            let seen = TimedAttempt {
                url: if is_file { 0 } else { url },
                part: if is_file { 9 } else { other },
                family: if is_file { 9 } else { other },
                started: Moment::from_millis(second * 1000),
                failed: matches!(mark, 'F' | 'f' | 'r' | 'X'),
                ever_fine: true,
                open: 1,
                nth: Nth::Other,
            };
            if is_file {
                history.add_file(seen);
            } else {
                history.add(seen);
            }
        }
        history
    }

    #[test]
    fn two_families_that_fail_at_one_moment_are_an_outage() {
        let fine = ".,".repeat(20);
        let down = |marks: &str| of_families(&format!("{fine}{marks}{fine}")).outages();
        let found = down("Frrfr");
        assert_eq!(found.count(), 1, "two pages, five requests");
        assert_eq!((found.times[0].pages, found.times[0].failed), (2, 5));
        for (marks, why) in [
            ("FrrFr", "one family"),
            ("Frfr", "too few requests"),
            ("Frr.frr", "something fine between"),
        ] {
            assert_eq!(down(marks).count(), 0, "{why}");
        }
    }

    #[test]
    fn an_outage_at_the_start_that_only_files_met_is_known() {
        let fine = ".,".repeat(20);
        let found = of_families(&format!("XXXO{fine}")).outage_at_start();
        let found = found.expect("an outage");
        assert_eq!((found.pages, found.failed), (0, 3));
        assert_eq!(found.after, Some(Moment::from_millis(3_000)));
        for (marks, why) in [
            (format!("XO{fine}"), "a single request"),
            (format!("OXXO{fine}"), "a file was fine before"),
            (format!("XX.O{fine}"), "a page was fine meanwhile"),
            (format!("{fine}XXO{fine}"), "later"),
        ] {
            assert_eq!(of_families(&marks).outage_at_start(), None, "{why}");
        }
        let with_page = of_families(&format!("OXFXrXr{fine}")).outages();
        let first = with_page.times.first().expect("an outage");
        assert_eq!(
            (first.pages, first.failed),
            (1, 6),
            "a page and the sitemap"
        );
    }

    fn count(marks: &str) -> u64 {
        history(marks).outages().count()
    }

    #[test]
    fn pages_that_fail_and_recover_together_are_an_outage() {
        let fine = ".".repeat(20);
        let once = format!("{fine}FFFFFF{fine}");
        let found = history(&once).outages();
        assert_eq!(found.count(), 1);
        let outage = found.times[0];
        assert_eq!(
            (outage.failed, outage.pages, outage.is_over()),
            (6, 6, true)
        );
        assert_eq!(outage.until.since(outage.from), Duration::from_secs(5));
        let often = format!("{fine}FFFFFFF").repeat(4);
        assert_eq!(count(&often), 4);
    }

    #[test]
    fn a_page_that_failed_with_others_fails_for_the_same_reason_alone() {
        let (before, between) = (".".repeat(20), ".".repeat(10));
        let mut found = history(&format!("{before}FFFFFFF{between}"));
        for (second, url) in [(100, 22), (110, 999)] {
            for (later, failed) in [(0, true), (1, true), (2, false)] {
                found.add(TimedAttempt {
                    url,
                    part: 0,
                    family: 0,
                    started: Moment::from_millis((second + later) * 1000),
                    failed,
                    ever_fine: true,
                    open: 1,
                    nth: Nth::Other,
                });
            }
        }
        let found = found.outages();
        assert_eq!(found.count(), 2);
        assert_eq!(found.times[1].from, Moment::from_millis(100_000));
    }

    #[test]
    fn a_group_of_which_other_pages_are_fine_within_the_second_is_not_down() {
        let ten_a_second = |marks: &str| {
            let mut history = GroupHistory::default();
            for (tenth, mark) in (0..).zip(marks.chars()) {
                history.add(TimedAttempt {
                    started: Moment::from_millis(tenth * 100),
                    ..at(0, tenth, mark == 'F', true)
                });
            }
            history.outages().count()
        };
        let fine = ".".repeat(200);
        let short = format!("{fine}FFFF").repeat(3);
        assert_eq!(ten_a_second(&format!("{short}{fine}")), 0);
        let long = format!("{fine}{}", "F".repeat(15)).repeat(3);
        assert_eq!(ten_a_second(&format!("{long}{fine}")), 3);
    }

    #[test]
    fn failures_that_chance_explains_are_not_an_outage() {
        let every_third = "..F".repeat(30);
        let random = ".F.FF..FFF.F..F.FF.F...FF.F.FFF..F.F.FF...F.";
        let one_page = format!("{0}Frrrrr{0}", ".".repeat(20));
        for marks in [every_third.as_str(), random, &one_page, "FFFFFF"] {
            assert_eq!(count(marks), 0, "{marks}");
        }
    }

    fn at(second: i64, url: i64, failed: bool, ever_fine: bool) -> TimedAttempt {
        TimedAttempt {
            url,
            part: 0,
            family: 0,
            started: Moment::from_millis(second * 1000),
            failed,
            ever_fine,
            open: 1,
            nth: Nth::Other,
        }
    }

    #[test]
    fn a_page_that_never_succeeded_is_explained_by_outages_and_explains_none() {
        let run = |dead: &[i64]| {
            let mut history = GroupHistory::default();
            for second in 0..60 {
                let down = (20..28).contains(&second);
                history.add(at(second, second, down, true));
                if dead.contains(&second) {
                    history.add(at(second, 999, true, false));
                }
            }
            let found = history.outages();
            found.times.iter().map(|it| it.failed).sum::<u64>()
        };
        assert_eq!((run(&[]), run(&[21, 26]), run(&[21, 40])), (8, 10, 8));
    }

    #[test]
    fn pages_down_from_the_start_and_twice_again_make_a_first_outage() {
        let run = |again: &[i64]| {
            let mut history = GroupHistory::default();
            for second in 0..120 {
                let dead = second < 20 || again.contains(&second);
                for url in (1_000..1_004).filter(|_| dead) {
                    history.add(at(second, url, true, false));
                }
                let down = (40..48).contains(&second) || (80..88).contains(&second);
                if second >= 20 {
                    history.add(at(second, second, down, true));
                }
            }
            let found = history.outages();
            let failed: Vec<u64> = found.times.iter().map(|it| it.failed).collect();
            failed
        };
        assert_eq!(run(&[42, 84]), [80, 12, 12]);
        assert_eq!(run(&[42]), [8, 8], "once may be chance");
        assert_eq!(run(&[42, 60, 84]), [8, 8], "dead while others are fine");
    }

    #[test]
    fn an_outage_of_a_part_is_not_one_of_the_whole() {
        let fine = ".,".repeat(10);
        assert_eq!(count(&format!("{fine}FFFFFFFF{fine}")), 0);
        assert_eq!(count(&format!("{fine}FfFFfFFf{fine}")), 1);
        assert_eq!(count(&format!("{fine}FFF{fine}fff{fine}")), 2, "in turn");
    }

    #[test]
    fn a_part_that_fails_beside_good_answers_of_the_others_is_down_alone() {
        let fine = ".,".repeat(10);
        let beside = "FFF,FF,F,FFF,F,FF,,F,FFFF,FF,FFF,F,FF,".repeat(2);
        assert_eq!(count(&format!("{fine}{beside}{fine}")), 0);
        let noisy = beside.replacen("FFF,", "FfF,", 2);
        assert_eq!(count(&format!("{fine}{noisy}{fine}")), 0, "and two others");
        let down = format!("{fine}FfFFfFFfF").repeat(4);
        assert_eq!(count(&format!("{down}{fine}")), 4, "all of them");
    }

    #[test]
    fn failures_at_a_load_that_never_succeeded_may_be_caused_by_the_crawl() {
        let at = |second: i64, failed, open| TimedAttempt {
            url: second,
            part: 0,
            family: 0,
            started: Moment::from_millis(second * 1000),
            failed,
            ever_fine: true,
            open,
            nth: Nth::Other,
        };
        let run = |borne| {
            let mut history = GroupHistory::default();
            for second in 0..60 {
                let failed = (20..28).contains(&second);
                let open = if failed { 6 } else { borne };
                history.add(at(second, failed, open));
            }
            history.outages().count()
        };
        assert_eq!((run(4), run(6)), (0, 1));
    }

    #[test]
    fn memory_has_a_bound() {
        let mut history = GroupHistory::default();
        for n in 0..100_000_i64 {
            history.add(TimedAttempt {
                url: n,
                part: 0,
                family: 0,
                started: Moment::from_millis(n * 1000),
                failed: (n / 40) % 2 == 1,
                ever_fine: true,
                open: 1,
                nth: Nth::Other,
            });
        }
        let found = history.outages();
        assert_eq!(found.times.len(), MOST_OUTAGES);
        assert!(found.unkept > 0);
        assert_eq!(found.times[0].pages, Outage::MOST_PAGES);
    }
}
