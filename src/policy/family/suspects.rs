//! Which families of a host are in trouble: most of their URLs failed lately at their first request. If nearly all did,
//! or failures take long, waiting URLs of the family go through a slow lane, until more are fine: good pages among
//! them must not come last. If other families are fine at the same time, the failures are not evidence
//! about the host or the load. Without other families to compare, the load may well be the reason. Families without
//! recent failures are not kept.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::Moment;

use super::Family;
use crate::policy::retry::LONGEST_ANNOUNCED;

/// Number of recent first attempts considered. Ours, as are the next four.
const RECENT: usize = 8;

/// Minimum weight of failures for a family in trouble: three URLs, or two slow ones.
const ENOUGH: u32 = 3;

/// The pages of a family in trouble wait if fewer than one in this number of first attempts is fine.
const FEW_FINE: usize = 4;

/// A failure that took this long counts twice: it occupies a request that other URLs could use.
const SLOW: Duration = Duration::from_secs(5);

/// Failures of two families within this time may have one reason.
const LATELY: Duration = Duration::from_secs(30);

/// Good answers of other families, since a family began to fail, that show that it alone is in
/// trouble: as many as failures are needed. One may be luck, if the host refuses a part of our
/// requests.
const ELSEWHERE: u32 = 3;

/// Maximum time for which all of a family waits because it limits us (429). After that the rest of
/// it is requested in any case, slowly. Ours.
const LONGEST_HELD: Duration = Duration::from_mins(2);

/// Maximum total time of a family's first attempts that end in our time limits while none is fine:
/// 80 of the longest, 240 that wait for a first byte. With three open at a time this is 40 minutes.
/// Quick failures in between neither count nor restart it. Ours.
const LONGEST_HUNG: Duration = Duration::from_hours(2);

/// Requests of a family that waited for all of a time limit, with no answer to any, before the others wait less: if a
/// third of its pages did answer, one of so many would have (0.67^8 is 4 %). Ours.
const SILENT: u32 = 8;

/// Minimum wait for a page of a family that is silent, and the factor of its host's usual time. Ours: a page that
/// recovers answers like the others of its host.
const SHORTEST_WAIT: Duration = Duration::from_secs(2);
const OF_USUAL: u32 = 10;

/// Maximum families kept of a host, some hundred bytes each.
const MOST_FAMILIES: usize = 256;

/// The first attempt at a URL, as its family sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstAttempt {
    /// Whether it failed for search engines.
    pub failed: bool,
    /// How long it took.
    pub took: Duration,
    /// Whether it ended in one of our time limits.
    pub hung: bool,
    /// The pause that its answer announced.
    pub announced: Option<Duration>,
}

/// What changed for a family by a first attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Noted {
    /// A family alone is in trouble, and not the host.
    pub alone: bool,
    /// URLs of the family need not wait in its slow lane any more: enough of its last first attempts succeeded.
    pub released: bool,
}

/// First attempts at a family that ended in our time limits, since one was fine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hung {
    /// Number of these attempts.
    pub requests: u32,
    /// The sum of their durations.
    pub took: Duration,
}

/// The families of one host with recent failures.
#[derive(Debug, Default)]
pub struct Suspects {
    families: BTreeMap<Family, Record>,
}

#[derive(Debug, Default)]
struct Record {
    /// Weights of the last first attempts, zero for a success; the newest last.
    recent: Vec<u8>,
    /// Failures in a row that announced their end.
    announced: u32,
    last_failed: Moment,
    /// Good answers of other families since it began to fail, and since another failed.
    elsewhere: u32,
    /// Whether it is known that it alone is in trouble, and not the host.
    alone: bool,
    /// Whether its URLs wait in its slow lane.
    waits: bool,
    /// Whether its last retry was fine: its URLs fail at their first request only.
    heals: bool,
    /// The end of the pause for the whole family.
    held: Option<Moment>,
    /// How long it waited in total because it limits us.
    limited: Duration,
    hung: Hung,
    /// Whether its open requests take much longer than usual, until the next answer.
    overdue: bool,
    /// Requests of the passes that waited longer than the crawl and got no answer, since one was fine.
    silent: u32,
    /// Whether one of its answers took seconds: whoever waits learns something.
    answers_late: bool,
}

impl Suspects {
    /// Returns whether nothing failed lately.
    pub fn is_empty(&self) -> bool {
        self.families.is_empty()
    }

    /// Records a first attempt at a URL of this family.
    pub fn note(&mut self, family: Family, seen: FirstAttempt, now: Moment) -> Noted {
        let mut released = false;
        self.note_elsewhere(family, seen.failed);
        if seen.failed && !self.families.contains_key(&family) {
            self.make_room();
        }
        if seen.failed {
            self.families.entry(family).or_default();
        }
        if let Some(record) = self.families.get_mut(&family) {
            released = record.note(seen, now);
            if record.recent.len() == RECENT && record.is_fine() {
                self.families.remove(&family);
            }
        }
        Noted {
            alone: self.find_alone(now),
            released,
        }
    }

    /// Records a control that was requested next to a failing URL, at the same load.
    pub fn note_control(&mut self, control: Family, failed: bool) {
        self.note_elsewhere(control, failed);
    }

    /// Returns whether a family failed at its last request and too little is known of others since
    /// then. If it fails again, a control decides.
    pub fn is_doubtful(&self, family: Family) -> bool {
        let record = self.families.get(&family);
        record.is_some_and(|record| {
            let failed = record.recent.last().is_some_and(|weight| *weight > 0);
            failed && !record.alone && record.elsewhere < ELSEWHERE
        })
    }

    /// Records that the host is up: a page that was fine before is fine while everything else
    /// fails. So each family in trouble is in trouble alone.
    pub fn host_is_up(&mut self) {
        let troubled = self.families.values_mut();
        for record in troubled.filter(|record| record.is_in_trouble()) {
            record.alone = true;
        }
    }

    /// Returns whether anything of a family failed lately.
    pub fn knows(&self, family: Family) -> bool {
        self.families.contains_key(&family)
    }

    /// Returns whether a family is in trouble.
    pub fn is_in_trouble(&self, family: Family) -> bool {
        let record = self.families.get(&family);
        record.is_some_and(Record::is_in_trouble)
    }

    /// Returns whether URLs of a family wait in its slow lane.
    pub fn waits(&self, family: Family) -> bool {
        let record = self.families.get(&family);
        record.is_some_and(|record| record.waits)
    }

    /// Returns whether a family is known to be in trouble alone, and not the host. Its failures are
    /// then no evidence about the load.
    pub fn is_alone(&self, family: Family) -> bool {
        let record = self.families.get(&family);
        record.is_some_and(|record| record.alone)
    }

    /// Records that open requests of a family take much longer than usual. Its URLs wait in its slow lane until it
    /// answers, so that it does not occupy all open requests of the host.
    pub fn is_overdue(&mut self, family: Family) {
        if !self.families.contains_key(&family) {
            self.make_room();
        }
        let record = self.families.entry(family).or_default();
        record.overdue = true;
        record.waits = true;
    }

    /// Records a request of the passes that waited as long as a request of the crawl, or got an answer.
    pub fn confirmed(&mut self, family: Family, seen: FirstAttempt) {
        if seen.hung && !self.families.contains_key(&family) {
            self.make_room();
            self.families.insert(family, Record::default());
        }
        if let Some(record) = self.families.get_mut(&family) {
            record.note_wait(seen);
            match (seen.failed, seen.hung) {
                (false, _) => record.silent = 0,
                (true, true) => record.silent += 1,
                (true, false) => {}
            }
        }
    }

    /// Returns how long a request of the family need wait: not for all of a time limit if it is known that nothing
    /// of the family answers. `usual` is the usual time of its host. `in_pass` is true if the passes must have
    /// shown it, as they wait longer; `still` is the number of open requests that have waited for long.
    pub fn enough_wait(
        &self,
        family: Family,
        usual: Duration,
        (in_pass, still): (bool, u32),
    ) -> Option<Duration> {
        let record = self.families.get(&family)?;
        let waited = if in_pass {
            record.silent
        } else {
            record.hung.requests
        };
        (waited + still >= SILENT && !record.answers_late)
            .then(|| SHORTEST_WAIT.max(usual * OF_USUAL))
    }

    /// Records that a URL of the family was fine, at the first attempt or later: the family does
    /// not hang as a whole.
    pub fn is_fine(&mut self, family: Family) {
        if let Some(record) = self.families.get_mut(&family) {
            record.hung = Hung::default();
        }
    }

    /// Records a retry of a URL of the family.
    pub fn retried(&mut self, family: Family, failed: bool) {
        if let Some(record) = self.families.get_mut(&family) {
            record.heals = !failed;
        }
    }

    /// Returns whether retries help in a family: its last one was fine.
    pub fn heals(&self, family: Family) -> bool {
        let record = self.families.get(&family);
        record.is_some_and(|record| record.heals)
    }

    /// Returns how long the run waited for a family, if that is too long to request more of it.
    pub fn given_up(&self, family: Family) -> Option<Hung> {
        let record = self.families.get(&family)?;
        (record.hung.took >= LONGEST_HUNG).then_some(record.hung)
    }

    /// Returns when the family's announced pause ends, if that is in the future.
    pub fn held(&self, family: Family, now: Moment) -> Option<Moment> {
        let record = self.families.get(&family)?;
        record.held.filter(|until| *until > now)
    }

    /// Pauses the whole family because it limits us, up to the maximum total.
    pub fn limited(&mut self, family: Family, wait: Duration, now: Moment) {
        if let Some(record) = self.families.get_mut(&family) {
            let wait = wait.min(LONGEST_HELD.saturating_sub(record.limited));
            let until = now + wait;
            let held = record.held.map_or(now, |held| held.max(now));
            record.limited += until.since(held);
            record.held = Some(until.max(held));
        }
    }

    /// Counts a first attempt for all families but its own.
    fn note_elsewhere(&mut self, family: Family, failed: bool) {
        // Another failure of a family that is known to be in trouble alone is not news.
        if failed && self.is_alone(family) {
            return;
        }
        for (_, record) in self.families.iter_mut().filter(|(of, _)| **of != family) {
            record.elsewhere = if failed { 0 } else { record.elsewhere + 1 };
        }
    }

    fn find_alone(&mut self, now: Moment) -> bool {
        let lately = |record: &Record| now.since(record.last_failed) < LATELY;
        let doubtful = |record: &Record| !record.is_in_trouble() && lately(record);
        let others = self.families.values().filter(|record| doubtful(record));
        if others.count() > 0 {
            return false;
        }
        let mut found = false;
        for record in self.families.values_mut() {
            if !record.alone && record.is_in_trouble() && record.elsewhere >= ELSEWHERE {
                (record.alone, found) = (true, true);
            }
        }
        found
    }

    /// Forgets the family whose last failure is the oldest, if there is no room for another.
    fn make_room(&mut self) {
        if self.families.len() < MOST_FAMILIES {
            return;
        }
        let healthy = self.families.iter().filter(|(_, it)| !it.is_in_trouble());
        let oldest = healthy.min_by_key(|(family, it)| (it.last_failed, **family));
        let oldest = oldest.or_else(|| self.families.iter().next());
        if let Some(family) = oldest.map(|(family, _)| *family) {
            self.families.remove(&family);
        }
    }
}

impl Record {
    /// Records a first attempt. Returns whether its URLs need not wait any more.
    fn note(&mut self, seen: FirstAttempt, now: Moment) -> bool {
        // What others answered while its requests were overdue counts.
        if seen.failed && self.is_fine() && !self.overdue {
            self.elsewhere = 0;
        }
        if self.recent.len() == RECENT {
            self.recent.remove(0);
        }
        self.note_wait(seen);
        if !seen.failed {
            self.hung = Hung::default();
        } else if seen.hung {
            self.hung.requests += 1;
            self.hung.took += seen.took;
        }
        let weight = 1 + u8::from(seen.took >= SLOW);
        self.recent.push(if seen.failed { weight } else { 0 });
        self.announced = match (seen.failed, seen.announced) {
            (true, Some(_)) => self.announced + 1,
            (true, None) | (false, _) => 0,
        };
        // Its URLs keep announcing a pause: all of it waits, once. A longer wait is for later
        // passes.
        let wait = seen.announced.filter(|wait| *wait <= LONGEST_ANNOUNCED);
        if let Some(wait) = wait.filter(|_| seen.failed)
            && self.held.is_none()
            && self.announced >= ENOUGH
        {
            self.held = Some(now + wait);
        }
        if seen.failed {
            self.last_failed = now;
        }
        self.alone &= self.is_in_trouble();
        // One that was overdue and failed is no reason for the others to go on.
        self.overdue &= seen.failed;
        let waits = self.is_hopeless() || self.overdue;
        let waited = std::mem::replace(&mut self.waits, waits);
        waited && !self.waits
    }

    /// Records whether waiting for an answer showed something.
    fn note_wait(&mut self, seen: FirstAttempt) {
        self.answers_late |= !seen.hung && seen.took >= SHORTEST_WAIT;
    }

    fn is_in_trouble(&self) -> bool {
        let weight: u32 = self.recent.iter().map(|weight| u32::from(*weight)).sum();
        let failed = self.recent.iter().filter(|weight| **weight > 0).count();
        weight >= ENOUGH && failed * 2 > self.recent.len()
    }

    /// Returns whether nearly all failed lately, or most and slowly. Quick failures among good answers cost less than
    /// the wait of the good pages.
    fn is_hopeless(&self) -> bool {
        let failed = self.recent.iter().filter(|weight| **weight > 0).count();
        let is_slow = self.recent.iter().any(|weight| *weight > 1);
        self.is_in_trouble() && (is_slow || failed * FEW_FINE > self.recent.len() * (FEW_FINE - 1))
    }

    fn is_fine(&self) -> bool {
        self.recent.iter().all(|weight| *weight == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Families;
    use super::*;
    use crate::model::CrawlUrl;

    fn family(path: &str) -> Family {
        let url = CrawlUrl::parse(&format!("http://site.test{path}")).expect("a URL");
        Families::default().of(&url)
    }

    /// Returns whether a family is in trouble after these attempts. `F` fails at once, `S` after a
    /// long time, `.` succeeds.
    fn noted(attempts: &str) -> bool {
        let (mut suspects, shop) = (Suspects::default(), family("/shop/1"));
        for mark in attempts.chars() {
            let seen = FirstAttempt {
                failed: mark != '.',
                took: Duration::from_secs(if mark == 'S' { 30 } else { 0 }),
                hung: mark == 'S',
                announced: None,
            };
            suspects.note(shop, seen, Moment::default());
        }
        assert!(!suspects.is_in_trouble(family("/other?page=1")));
        suspects.is_in_trouble(shop)
    }

    #[test]
    fn a_family_is_in_trouble_while_most_of_its_urls_fail() {
        let cases = [
            ("FF", false),
            ("FFF", true),
            ("SS", true),
            ("F..F..F", false),
            // Successes before the first failure are not kept.
            ("....FFF", true),
            ("FFFF...", true),
            ("FFFF....", false),
            ("FFFFFFFFFFFFFFFF....", false),
            ("FFFFFFFFFFFFFFFF...", true),
        ];
        for (attempts, expected) in cases {
            assert_eq!(noted(attempts), expected, "{attempts}");
        }
    }

    /// Returns after which attempts URLs of a family wait.
    fn waits(attempts: &str) -> String {
        let (mut suspects, shop) = (Suspects::default(), family("/shop/1"));
        let attempts = attempts.chars();
        let waits = attempts.map(|mark| {
            let seen = FirstAttempt {
                took: Duration::from_secs(if mark == 'S' { 30 } else { 0 }),
                ..if mark == '.' { FINE } else { FAILED }
            };
            suspects.note(shop, seen, Moment::default());
            if suspects.waits(shop) { 'w' } else { '-' }
        });
        waits.collect()
    }

    #[test]
    fn the_pages_of_a_family_wait_while_nearly_all_fail_or_failures_are_slow() {
        let cases = [
            ("FFF.F.F.F", "--w-w----"),
            ("FFFF.FFFFFFF", "--wwwwwwwwww"),
            ("FFFFFFFF..F", "--wwwwwww--"),
            ("SS.SS.S..S.", "-wwwwwww---"),
        ];
        for (attempts, expected) in cases {
            assert_eq!(waits(attempts), expected, "{attempts}");
        }
    }

    #[test]
    fn a_family_that_never_answers_is_given_less_time_until_one_answers_late() {
        let (shop, usual) = (family("/shop/1"), Duration::from_millis(300));
        let hung = FirstAttempt {
            took: Duration::from_secs(30),
            hung: true,
            ..FAILED
        };
        let mut suspects = Suspects::default();
        for _ in 0..7 {
            suspects.note(shop, hung, Moment::default());
        }
        assert_eq!(suspects.enough_wait(shop, usual, (false, 0)), None);
        let enough = Some(Duration::from_secs(3));
        assert_eq!(suspects.enough_wait(shop, usual, (false, 1)), enough);
        suspects.note(shop, hung, Moment::default());
        assert_eq!(suspects.enough_wait(shop, usual, (false, 0)), enough);
        assert_eq!(suspects.enough_wait(shop, usual, (true, 0)), None);
        for _ in 0..8 {
            suspects.confirmed(shop, hung);
        }
        let quick = suspects.enough_wait(shop, Duration::ZERO, (true, 0));
        assert_eq!(quick, Some(Duration::from_secs(2)));
        // It always takes 40 s.
        let late = FirstAttempt {
            took: Duration::from_secs(40),
            hung: false,
            ..FAILED
        };
        suspects.confirmed(shop, late);
        assert_eq!(suspects.enough_wait(shop, usual, (true, 0)), None);
        assert_eq!(suspects.enough_wait(shop, usual, (false, 0)), None);
    }

    #[test]
    fn a_family_waits_while_its_requests_are_overdue_and_what_others_answer_counts() {
        let (shop, blog) = (family("/shop/1"), family("/blog/x?page=1"));
        let mut suspects = Suspects::default();
        suspects.is_overdue(shop);
        assert!(suspects.waits(shop));
        for _ in 0..3 {
            suspects.note(blog, FINE, Moment::default());
        }
        let hung = FirstAttempt {
            took: Duration::from_secs(30),
            hung: true,
            ..FAILED
        };
        suspects.note(shop, hung, Moment::default());
        assert!(suspects.waits(shop), "one failure is no reason to go on");
        suspects.note(shop, hung, Moment::default());
        assert!(suspects.is_alone(shop));
        let (later, mut released) = (FirstAttempt { ..FINE }, false);
        for _ in 0..8 {
            released |= suspects.note(shop, later, Moment::default()).released;
        }
        assert!(released && !suspects.waits(shop));
    }

    const FAILED: FirstAttempt = FirstAttempt {
        failed: true,
        took: Duration::ZERO,
        hung: false,
        announced: None,
    };
    const FINE: FirstAttempt = FirstAttempt {
        failed: false,
        ..FAILED
    };

    fn at(seconds: u64) -> Moment {
        Moment::default() + Duration::from_secs(seconds)
    }

    /// Makes attempts a second apart: `F` and `.` of the shop, `f` and `o` of the blog, failed and
    /// fine. Returns when it was first known that a family alone is in trouble.
    fn alone_at(attempts: &str) -> Option<usize> {
        let (shop, blog) = (family("/shop/1"), family("/blog/x?page=1"));
        let mut suspects = Suspects::default();
        attempts.chars().enumerate().position(|(second, mark)| {
            let family = if "F.".contains(mark) { shop } else { blog };
            let seen = if "Ff".contains(mark) { FAILED } else { FINE };
            suspects.note(family, seen, at(second as u64)).alone
        })
    }

    #[test]
    fn a_family_is_alone_in_trouble_if_others_are_fine_meanwhile() {
        let cases = [
            // Nothing else is requested: the reason may be the host, or our load on it.
            ("FFFFFFFF", None),
            ("oooooooFFFFFF", None),
            ("FoFoFoF", Some(5)),
            ("FFFooo", Some(5)),
            ("FoooFF", Some(5)),
            // Another fails as well, or did lately.
            ("FoofoFoFF", None),
            ("fFoFoFoFo", None),
            // A family in trouble with it is no reason to doubt it.
            ("F.F.FFoooo", Some(8)),
        ];
        for (attempts, expected) in cases {
            assert_eq!(alone_at(attempts), expected, "{attempts}");
        }
    }

    #[test]
    fn a_fine_control_shows_that_a_family_is_alone() {
        let (mut suspects, shop) = (Suspects::default(), family("/shop/1"));
        for second in 0..8 {
            assert!(!suspects.note(shop, FAILED, at(second)).alone);
        }
        assert!(!suspects.is_alone(shop));
        suspects.host_is_up();
        assert!(suspects.is_alone(shop));
        assert!(suspects.waits(shop));
        let seconds = [8, 9, 10, 11, 12, 13, 14, 15];
        let released = seconds.map(|second| suspects.note(shop, FINE, at(second)).released);
        assert_eq!(
            released.iter().position(|it| *it),
            Some(1),
            "a quarter is fine"
        );
        assert_eq!(released.iter().filter(|it| **it).count(), 1);
        assert!(!suspects.is_alone(shop) && suspects.is_empty());
    }

    #[test]
    fn a_family_heals_while_its_retries_are_fine() {
        let (mut suspects, shop) = (Suspects::default(), family("/shop/1"));
        suspects.note(shop, FAILED, at(0));
        assert!(!suspects.heals(shop));
        for failed in [false, true, false] {
            suspects.retried(shop, failed);
            assert_eq!(suspects.heals(shop), !failed);
        }
    }

    #[test]
    fn single_failures_of_many_families_leave_room_for_one_in_trouble() {
        let mut suspects = Suspects::default();
        let mut families = Families::default();
        for n in 0..300 {
            let path = |leaf: usize| format!("http://site.test/section{n}/{leaf}");
            let urls: Vec<CrawlUrl> = (0..9)
                .filter_map(|leaf| CrawlUrl::parse(&path(leaf)).ok())
                .collect();
            for url in &urls {
                families.learn(url);
            }
            suspects.note(families.of(&urls[0]), FAILED, at(n));
        }
        assert!(suspects.families.len() <= MOST_FAMILIES);
        let shop = family("/shop/1");
        for second in 300..303 {
            suspects.note(shop, FAILED, at(second));
        }
        assert!(suspects.is_in_trouble(shop));
    }

    #[test]
    fn a_family_that_hangs_is_given_up_after_two_hours_unless_one_url_is_fine() {
        let dripping = FirstAttempt {
            took: Duration::from_secs(90),
            hung: true,
            ..FAILED
        };
        let (mut suspects, shop) = (Suspects::default(), family("/shop/1"));
        let mut requests = |seen: FirstAttempt, most: u32| {
            (0..most).find(|second| {
                suspects.note(shop, seen, at(u64::from(*second)));
                suspects.given_up(shop).is_some()
            })
        };
        assert_eq!(requests(dripping, 79), None);
        assert_eq!(requests(FAILED, 1_000), None, "quick failures cost nothing");
        assert_eq!(requests(dripping, 1), Some(0), "nor do they restart it");
        assert_eq!(requests(FINE, 1), None);
        assert_eq!(requests(dripping, 100), Some(79), "one was fine");
        let hung = Hung {
            requests: 80,
            took: Duration::from_hours(2),
        };
        assert_eq!(suspects.given_up(shop), Some(hung));
        assert_eq!(suspects.given_up(family("/blog/x?page=1")), None);
        suspects.is_fine(shop);
        assert_eq!(
            suspects.given_up(shop),
            None,
            "slow at first, fine when requested again"
        );
    }

    #[test]
    fn a_family_that_limits_us_pauses_but_not_for_ever() {
        let (mut suspects, shop) = (Suspects::default(), family("/shop/1"));
        suspects.note(shop, FAILED, at(0));
        suspects.limited(shop, Duration::from_mins(1), at(0));
        suspects.limited(shop, Duration::from_mins(1), at(10));
        assert_eq!(suspects.held(shop, at(10)), Some(at(70)));
        for minute in 2..20 {
            suspects.limited(shop, Duration::from_mins(1), at(60 * minute));
        }
        assert_eq!(suspects.held(shop, at(1_200)), None);
    }

    #[test]
    fn a_family_whose_urls_keep_announcing_a_pause_waits_once() {
        let (mut suspects, shop) = (Suspects::default(), family("/shop/1"));
        let closed = |seconds| FirstAttempt {
            failed: true,
            took: Duration::ZERO,
            hung: false,
            announced: Some(Duration::from_secs(seconds)),
        };
        let at = |seconds| Moment::default() + Duration::from_secs(seconds);
        for second in 0..3 {
            assert_eq!(suspects.held(shop, at(second)), None);
            suspects.note(shop, closed(30), at(second));
        }
        assert_eq!(suspects.held(shop, at(3)), Some(at(32)));
        suspects.note(shop, closed(30), at(33));
        assert_eq!(suspects.held(shop, at(33)), None);
        let blog = family("/blog/x?page=1");
        for second in 0..5 {
            suspects.note(blog, closed(3_600), at(second));
        }
        assert_eq!(suspects.held(blog, at(5)), None);
    }
}
