//! Times in which all that was requested of a host, a section or a family failed: how often, how long,
//! in which rhythm.

use std::time::Duration;

use crate::model::Moment;

/// Longest time without an answer of the group at the edge of an outage, for the edge to be known
/// (ours): six requests of a confirmation pass.
const SHARP: Duration = Duration::from_secs(6);

/// A deploy or a restart is over within this time (ours: what a slow start of an application takes).
const RESTART: Duration = Duration::from_mins(2);

/// How far the time from one outage to the next may lie from a multiple of the period, at the least, as a
/// part of it (ours); if its ends were not seen as exactly, by as much as they may be off.
const JITTER: f64 = 0.01;

/// Most periods from one outage to the next (ours): with enough of them anything is a multiple.
const MOST_PERIODS: f64 = 3.0;

/// How rarely outages at random may fit a period as well (ours).
const BY_CHANCE: f64 = 0.04;

/// A step that may be off by more than this part of the period says nothing of it (ours).
const VAGUE: f64 = 0.3;

/// Fewest pages of an outage that shows that a part of the site goes down as a whole (ours).
const WIDE: u32 = 5;

/// A time in which everything failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Its first failure.
    pub from: Moment,
    /// Its last.
    pub until: Moment,
    /// The last good answer before it.
    pub before: Option<Moment>,
    /// The first good answer after it.
    pub after: Option<Moment>,
    /// Longest time in it without any request.
    pub unseen: Duration,
    /// Requests that failed.
    pub failed: u64,
    /// Pages that they were made for; of those that were fine at other times no more than
    /// [`Outage::MOST_PAGES`] are counted.
    pub pages: u32,
}

/// What repeats itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// From one outage to the next.
    pub every: Duration,
    /// How long each lasts, if that was seen.
    pub down: Option<Duration>,
    /// Whether chance does not explain it.
    pub sure: bool,
}

/// All outages of a host, a section or a family.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outages {
    /// In time order; as many as are kept.
    pub times: Vec<Outage>,
    /// Those beyond.
    pub unkept: u64,
}

impl Outage {
    /// Most pages of an outage that are counted.
    pub const MOST_PAGES: u32 = 32;

    /// Whether requests of the group were fine again.
    pub fn is_over(&self) -> bool {
        self.after.is_some()
    }

    /// When it began: between the last good answer and the first failure.
    fn began(&self) -> Option<Edge> {
        Some(Edge::between(self.before?, self.from))
    }

    /// When it ended: between the last failure and the first good answer.
    fn ended(&self) -> Option<Edge> {
        Some(Edge::between(self.until, self.after?))
    }

    /// Seconds that it lasted, if all of it was seen.
    fn lasted(&self) -> Option<f64> {
        let (began, ended) = self.began().zip(self.ended())?;
        let sharp = SHARP.as_secs_f64() / 2.0;
        let is_seen = self.unseen <= SHARP && began.off <= sharp && ended.off <= sharp;
        is_seen.then_some(ended.at - began.at)
    }
}

/// A change that lies between two moments, in seconds.
#[derive(Clone, Copy, Debug)]
struct Edge {
    /// The middle between them.
    at: f64,
    /// How far it may be off.
    off: f64,
}

impl Edge {
    fn between(one: Moment, other: Moment) -> Edge {
        let off = other.since(one).as_secs_f64() / 2.0;
        Edge {
            at: one.millis() as f64 / 1000.0 + off,
            off,
        }
    }

    /// The time to the same change of the next outage.
    fn to(self, next: Edge) -> Edge {
        Edge {
            at: next.at - self.at,
            off: self.off + next.off,
        }
    }
}

impl Outages {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.times.len() as u64 + self.unkept
    }

    /// Whether there were none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Whether each was short, and they end: as in a deploy, a restart or a crash loop.
    pub fn is_restart(&self) -> bool {
        // As long as it may have lasted: nobody may have asked for a while.
        let is_short = |outage: &Outage| {
            let from = outage.before.unwrap_or(outage.from);
            outage.after.unwrap_or(outage.until).since(from) <= RESTART
        };
        // The last may still have gone on when the crawl ended.
        self.times.iter().any(Outage::is_over) && self.times.iter().all(is_short)
    }

    /// The outage in which a request was made: after the last good answer before it, and before the
    /// first after it.
    pub fn at(&self, moment: Moment) -> Option<usize> {
        let is_before = |outage: &Outage| outage.after.is_some_and(|after| after <= moment);
        let number = self.times.partition_point(is_before);
        let outage = self.times.get(number)?;
        let has_begun = outage.before.is_none_or(|before| before < moment);
        has_begun.then_some(number)
    }

    /// Takes failures of a page that never was fine, if all of them lie in outages.
    pub fn explain(&mut self, failures: &[Moment]) {
        let numbers: Option<Vec<usize>> = failures.iter().map(|at| self.at(*at)).collect();
        let Some(numbers) = numbers else { return };
        let mut last = None;
        for (number, at) in numbers.into_iter().zip(failures) {
            let outage = &mut self.times[number];
            outage.from = outage.from.min(*at);
            outage.until = outage.until.max(*at);
            outage.failed += 1;
            outage.pages += u32::from(last != Some(number));
            last = Some(number);
        }
    }

    /// The rhythm, if the times from one outage to the next are multiples of one period, and whether chance
    /// explains that: one of them sets the period, and each other lies as near to a multiple by chance
    /// as often as twice what it may be off is of the period.
    pub fn rhythm(&self) -> Option<Rhythm> {
        let mut steps = self.steps();
        steps.sort_by(|one, other| one.off.total_cmp(&other.off));
        // An edge that was hardly seen sets no period; it must not contradict it.
        let least = steps.iter().map(|step| step.at).reduce(f64::min)?;
        let exact: Vec<Edge> = (steps.iter().copied())
            .filter(|step| step.off <= VAGUE * least)
            .collect();
        let shortest = exact.iter().map(|step| step.at).reduce(f64::min)?;
        if exact.len() < 2 || shortest <= 0.0 {
            return None;
        }
        // The least squares of what each lies off, in units of what it may be off.
        let sums = exact.iter().fold((0.0, 0.0), |(sum, weights), step| {
            let multiple = (step.at / shortest).round();
            let weight = step.off.max(JITTER * shortest).powi(-2);
            (
                sum + weight * multiple * step.at,
                weights + weight * multiple * multiple,
            )
        });
        let period = sums.0 / sums.1;
        let off = |step: &Edge| step.off.max(JITTER * period);
        let nearest = |step: &Edge| (step.at / period).round().max(1.0);
        let fits = |step: &Edge| {
            let multiple = nearest(step);
            (step.at - multiple * period).abs() <= off(step)
                && (multiple <= MOST_PERIODS || step.off > VAGUE * period)
        };
        let by_chance = |step: &Edge| (2.0 * off(step) / period).min(1.0);
        let chance: f64 = exact.iter().skip(1).map(by_chance).product();
        if !steps.iter().all(fits) {
            return None;
        }
        Some(Rhythm {
            every: Duration::from_secs_f64(period),
            down: self.usual_length(1),
            sure: chance <= BY_CHANCE,
        })
    }

    /// The times from each outage to the next, from start to start or from end to end, whichever was seen
    /// better.
    fn steps(&self) -> Vec<Edge> {
        let between = |pair: &[Outage]| {
            let starts = pair[0].began().zip(pair[1].began());
            let ends = pair[0].ended().zip(pair[1].ended());
            let steps = starts.into_iter().chain(ends);
            steps
                .map(|(one, next)| one.to(next))
                .min_by(|one, other| one.off.total_cmp(&other.off))
        };
        self.times.windows(2).filter_map(between).collect()
    }

    /// Whether it went down as a whole, with several pages, twice or more.
    pub fn comes_again(&self) -> bool {
        let wide = self.times.iter().filter(|outage| outage.pages >= WIDE);
        wide.count() >= 2 || self.rhythm().is_some_and(|rhythm| rhythm.sure)
    }

    /// How long each lasted, the median, if so many were seen whole.
    pub fn usual_length(&self, fewest: usize) -> Option<Duration> {
        let mut lasted: Vec<f64> = self.times.iter().filter_map(Outage::lasted).collect();
        lasted.sort_by(f64::total_cmp);
        let usual = lasted.get(lasted.len() / 2).copied();
        usual
            .filter(|_| lasted.len() >= fewest)
            .map(Duration::from_secs_f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An outage from one second to another, seen whole.
    fn outage((from, until): (i64, i64)) -> Outage {
        let at = |millis| Moment::from_millis(millis);
        Outage {
            from: at(from * 1000),
            until: at(until * 1000),
            before: Some(at(from * 1000 - 1000)),
            after: Some(at(until * 1000 + 1000)),
            unseen: Duration::from_secs(1),
            failed: 9,
            pages: 4,
        }
    }

    fn outages(times: &[(i64, i64)]) -> Outages {
        Outages {
            times: times.iter().copied().map(outage).collect(),
            unkept: 0,
        }
    }

    #[test]
    fn times_that_are_multiples_of_one_period_are_a_rhythm() {
        let half_a_minute = outages(&[(0, 29), (60, 89), (180, 209)]);
        let found = half_a_minute.rhythm().expect("a rhythm");
        assert_eq!(found.every, Duration::from_mins(1));
        assert_eq!(found.down, Some(Duration::from_secs(30)));
        let irregular = outages(&[(0, 29), (60, 89), (150, 170), (260, 275)]);
        assert_eq!(irregular.rhythm(), None);
        assert_eq!(outages(&[(0, 29), (60, 89)]).rhythm(), None, "too few");
    }

    #[test]
    fn outages_at_random_rarely_have_a_rhythm() {
        let mut dice = fastrand::Rng::with_seed(5);
        for (count, most) in [(3, 80), (4, 40), (6, 20)] {
            let mut found = 0;
            for _ in 0..1_000 {
                let mut at = 0;
                let times: Vec<(i64, i64)> = (0..count)
                    .map(|_| {
                        at += 25 + (-dice.f64().ln() * 120.0) as i64;
                        (at, at + 20)
                    })
                    .collect();
                found += u32::from(outages(&times).rhythm().is_some_and(|it| it.sure));
            }
            assert!(found <= most, "{found} of 1,000 with {count} outages");
        }
    }

    #[test]
    fn of_three_outages_two_exact_times_are_enough() {
        let unseen = |mut all: Outages| {
            for outage in &mut all.times {
                outage.before = None;
            }
            all.rhythm().map(|found| found.every.as_secs_f64().round())
        };
        assert_eq!(
            unseen(outages(&[(0, 29), (75, 88), (130, 147)])),
            Some(59.0)
        );
        assert_eq!(unseen(outages(&[(0, 29), (75, 88), (130, 153)])), None);
        assert_eq!(unseen(outages(&[(0, 29), (60, 89)])), None);
    }

    #[test]
    fn an_edge_that_nobody_saw_is_no_part_of_a_rhythm() {
        let mut found = outages(&[(0, 29), (60, 89), (195, 209), (240, 269)]);
        assert_eq!(found.rhythm(), None, "the third began fifteen seconds late");
        found.times[2].before = Some(Moment::from_millis(100_000));
        assert_eq!(
            found.rhythm().map(|it| it.every),
            Some(Duration::from_mins(1))
        );
    }

    #[test]
    fn what_is_short_and_over_is_a_restart() {
        assert!(outages(&[(0, 20)]).is_restart());
        assert!(!outages(&[(0, 20), (60, 300)]).is_restart());
        let mut lasting = outages(&[(0, 20)]);
        lasting.times[0].after = None;
        assert!(!lasting.is_restart() && !Outages::default().is_restart());
    }

    #[test]
    fn a_request_lies_in_the_outage_of_its_time() {
        let found = outages(&[(0, 20), (60, 80)]);
        let at = |second: i64| found.at(Moment::from_millis(second * 1000));
        let seconds = [0, 20, 21, 60, 81];
        assert_eq!(seconds.map(at), [Some(0), Some(0), None, Some(1), None]);
        let moments = |seconds: &[i64]| -> Vec<Moment> {
            let millis = seconds.iter().map(|second| second * 1000 - 500);
            millis.map(Moment::from_millis).collect()
        };
        let mut more = found.clone();
        more.explain(&moments(&[0, 21, 60]));
        let told = more.times.iter().map(|it| (it.failed, it.pages));
        assert_eq!(told.collect::<Vec<_>>(), [(11, 5), (10, 5)]);
        let lasted = more.times[0].until.since(more.times[0].from);
        assert_eq!(lasted, Duration::from_secs(21));
        more.explain(&moments(&[1, 40]));
        assert_eq!(more.times[0].failed, 11, "it failed in good times too");
    }
}
