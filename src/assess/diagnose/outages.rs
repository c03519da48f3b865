//! Times in which all requests to a host, a section or a family failed: how often, how long, and with
//! which rhythm.

use std::fmt;
use std::time::Duration;

use super::context::Ratio;
use crate::model::Moment;

/// Maximum time without a request of the group at the edge of an outage, so that the edge is known
/// (ours): six requests of a confirmation pass.
const SHARP: Duration = Duration::from_secs(6);

/// Maximum duration of an outage that may be a deploy or a restart (ours: the time of a slow application start).
const RESTART: Duration = Duration::from_mins(2);

/// Tolerance of the time between two outages from a multiple of the period, as a share of it (ours). If
/// the edges were observed less exactly, their uncertainty is the tolerance.
const JITTER: f64 = 0.01;

/// Maximum periods from one outage to the next (ours): if many periods were allowed, any time would be near a
/// multiple.
const MOST_PERIODS: f64 = 3.0;

/// Maximum probability that random outages fit a period as well (ours).
const BY_CHANCE: f64 = 0.04;

/// Uncertainty of a step, as a share of the period, above which it is not evidence (ours).
const VAGUE: f64 = 0.3;

/// Minimum pages of an outage that shows that a part of the site goes down as a whole (ours).
const WIDE: u32 = 5;

/// A time in which all requests failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// The time of the first failure.
    pub from: Moment,
    /// The time of the last failure.
    pub until: Moment,
    /// The last success before it.
    pub before: Option<Moment>,
    /// The first success after it.
    pub after: Option<Moment>,
    /// Maximum time in it without any request.
    pub unseen: Duration,
    /// Number of requests that failed.
    pub failed: u64,
    /// Number of their pages. Of pages that succeeded at other times, at most [`Outage::MOST_PAGES`] are
    /// counted.
    pub pages: u32,
}

/// The duration of an outage. It began between the last good answer and the first failure, and ended between the last
/// failure and the first good answer: more is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lasted {
    /// From the first failure to the last.
    pub at_least: Duration,
    /// From the last good answer before it to the first one after it; `None` if either was not observed.
    pub at_most: Option<Duration>,
}

impl Lasted {
    /// Returns the outage between the first and the last failure, with the good answers around them.
    pub fn between(
        (before, from): (Option<Moment>, Moment),
        (until, after): (Moment, Option<Moment>),
    ) -> Lasted {
        let around = before.zip(after);
        Lasted {
            at_least: until.since(from),
            at_most: around.map(|(before, after)| after.since(before)),
        }
    }
}

/// In whole seconds, minutes or hours: `9 to 24 s`, `20 s`, `at least 9 s`.
impl fmt::Display for Lasted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let longest = self.at_most.unwrap_or(self.at_least);
        let (unit, name) = match longest.as_secs() {
            0..120 => (1.0, "s"),
            120..7_200 => (60.0, "min"),
            _ => (3_600.0, "h"),
        };
        let least = (self.at_least.as_secs_f64() / unit).floor();
        match self.at_most.map(|most| (most.as_secs_f64() / unit).ceil()) {
            Some(most) if most > least => write!(f, "{least:.0} to {most:.0} {name}"),
            Some(most) => write!(f, "{most:.0} {name}"),
            None => write!(f, "at least {least:.0} {name}"),
        }
    }
}

/// The rhythm of repeated outages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// Time from one outage to the next.
    pub every: Duration,
    /// Duration of each, if it was observed.
    pub down: Option<Duration>,
    /// Whether chance does not explain it.
    pub sure: bool,
}

/// All outages of a host, a section or a family.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outages {
    /// The kept ones in time order.
    pub times: Vec<Outage>,
    /// Number of those that were not kept.
    pub unkept: u64,
    /// If only a part of the requests failed in it, whichever page: the first requests that failed, out of all.
    pub mixed: Option<Ratio>,
}

impl Outage {
    /// Maximum pages of an outage that are counted.
    pub const MOST_PAGES: u32 = 32;

    /// Returns whether requests of the group succeeded again.
    pub fn is_over(&self) -> bool {
        self.after.is_some()
    }

    /// Returns the bounds of its duration.
    pub fn bounds(&self) -> Lasted {
        Lasted::between((self.before, self.from), (self.until, self.after))
    }

    /// Returns its start: between the last success and the first failure.
    fn began(&self) -> Option<Edge> {
        Some(Edge::between(self.before?, self.from))
    }

    /// Returns its end: between the last failure and the first success.
    fn ended(&self) -> Option<Edge> {
        Some(Edge::between(self.until, self.after?))
    }

    /// Returns its duration in seconds, if all of it was observed.
    fn lasted(&self) -> Option<f64> {
        let (began, ended) = self.began().zip(self.ended())?;
        let sharp = SHARP.as_secs_f64() / 2.0;
        let is_seen = self.unseen <= SHARP && began.off <= sharp && ended.off <= sharp;
        is_seen.then_some(ended.at - began.at)
    }
}

/// A change between two moments, in seconds.
#[derive(Clone, Copy, Debug)]
struct Edge {
    /// The middle between the moments.
    at: f64,
    /// The uncertainty of the middle, in seconds.
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

    /// Returns the time to the same change of the next outage.
    fn to(self, next: Edge) -> Edge {
        Edge {
            at: next.at - self.at,
            off: self.off + next.off,
        }
    }
}

impl Outages {
    /// Returns the number of outages.
    pub fn count(&self) -> u64 {
        self.times.len() as u64 + self.unkept
    }

    /// Returns whether there were none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Returns whether each was short and one is over, as in a deploy, a restart or a crash loop.
    pub fn is_restart(&self) -> bool {
        // The longest possible duration: there may have been no requests for a while.
        let is_short = |outage: &Outage| {
            let from = outage.before.unwrap_or(outage.from);
            outage.after.unwrap_or(outage.until).since(from) <= RESTART
        };
        // The last one may have continued when the crawl ended.
        self.mixed.is_none()
            && self.times.iter().any(Outage::is_over)
            && self.times.iter().all(is_short)
    }

    /// Returns the number of the outage in which a request was made: after the last success before it
    /// and before the first success after it.
    pub fn at(&self, moment: Moment) -> Option<usize> {
        let is_before = |outage: &Outage| outage.after.is_some_and(|after| after <= moment);
        let number = self.times.partition_point(is_before);
        let outage = self.times.get(number)?;
        let has_begun = outage.before.is_none_or(|before| before < moment);
        has_begun.then_some(number)
    }

    /// Adds failures of a page that never succeeded, if all of them lie in outages.
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

    /// Returns the rhythm, if the times between outages are multiples of one period, and whether chance
    /// explains it. One time sets the period. Each other time fits by chance with a probability of twice
    /// its uncertainty, as a share of the period.
    pub fn rhythm(&self) -> Option<Rhythm> {
        let mut steps = self.steps();
        steps.sort_by(|one, other| one.off.total_cmp(&other.off));
        // An edge that was hardly observed sets no period, but must not contradict it.
        let least = steps.iter().map(|step| step.at).reduce(f64::min)?;
        let exact: Vec<Edge> = (steps.iter().copied())
            .filter(|step| step.off <= VAGUE * least)
            .collect();
        let shortest = exact.iter().map(|step| step.at).reduce(f64::min)?;
        if exact.len() < 2 || shortest <= 0.0 {
            return None;
        }
        // Least squares of the deviations, in units of their uncertainty.
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

    /// Returns whether they have a rhythm that chance does not explain: then more will follow.
    pub fn goes_on(&self) -> bool {
        self.rhythm().is_some_and(|rhythm| rhythm.sure)
    }

    /// Returns the share of time that they take, 0..1, if they go on in a rhythm.
    pub fn down(&self) -> f64 {
        let whole = self
            .rhythm()
            .filter(|rhythm| rhythm.sure && self.mixed.is_none());
        let share = |rhythm: Rhythm| {
            let down = rhythm.down.or_else(|| self.usual_least())?;
            Some(down.as_secs_f64() / rhythm.every.as_secs_f64())
        };
        whole.and_then(share).unwrap_or(0.0).clamp(0.0, 1.0)
    }

    /// Returns the median of the times from the first failure to the last: a lower bound of the duration.
    fn usual_least(&self) -> Option<Duration> {
        let ended = self.times.iter().filter(|outage| outage.is_over());
        let mut least: Vec<Duration> = ended.map(|outage| outage.bounds().at_least).collect();
        least.sort();
        least.get(least.len() / 2).copied()
    }

    /// Returns the times between outages, from start to start or from end to end, whichever is more
    /// exact.
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

    /// Returns whether it went down as a whole, with several pages, at least twice.
    pub fn comes_again(&self) -> bool {
        let wide = self.times.iter().filter(|outage| outage.pages >= WIDE);
        wide.count() >= 2 || self.rhythm().is_some_and(|rhythm| rhythm.sure)
    }

    /// Returns the median duration, if at least `fewest` outages were observed completely.
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

    /// An outage between two seconds, observed completely.
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
            mixed: None,
        }
    }

    #[test]
    fn how_long_an_outage_was_is_known_as_well_as_it_was_seen() {
        let told = |before: Option<i64>, from: i64, until: i64, after: Option<i64>| {
            let at = Moment::from_millis;
            let outage = Outage {
                before: before.map(at),
                after: after.map(at),
                ..outage((0, 0))
            };
            let (from, until) = (at(from), at(until));
            Outage {
                from,
                until,
                ..outage
            }
            .bounds()
            .to_string()
        };
        // The breaker allows few requests while a host is down: the last failure is long before the first good
        // answer.
        let breaker = told(Some(11_900), 12_000, 21_000, Some(36_000));
        assert_eq!(breaker, "9 to 25 s");
        assert_eq!(told(Some(0), 0, 20_000, Some(20_000)), "20 s");
        assert_eq!(told(None, 0, 9_000, Some(12_000)), "at least 9 s");
        assert_eq!(told(Some(0), 1_000, 200_000, Some(230_000)), "3 to 4 min");
        assert_eq!(told(Some(0), 0, 7_200_000, None), "at least 2 h");
    }

    #[test]
    fn multiples_of_one_period_are_a_rhythm() {
        let half_a_minute = outages(&[(0, 29), (60, 89), (180, 209)]);
        let found = half_a_minute.rhythm().expect("a rhythm");
        assert_eq!(found.every, Duration::from_mins(1));
        assert_eq!(found.down, Some(Duration::from_secs(30)));
        let irregular = outages(&[(0, 29), (60, 89), (150, 170), (260, 275)]);
        assert_eq!(irregular.rhythm(), None);
        assert_eq!(outages(&[(0, 29), (60, 89)]).rhythm(), None, "too few");
    }

    #[test]
    fn the_share_of_time_that_is_down_is_known_with_a_rhythm_alone() {
        let down = |times: &[(i64, i64)]| outages(times).down();
        assert!((down(&[(0, 29), (60, 89), (180, 209)]) - 0.5).abs() < 1e-9);
        assert!(down(&[(0, 29), (60, 89)]).abs() < 1e-9);
        // Without a request at their ends, they took at least as long as they were seen.
        let mut unseen = outages(&[(0, 24), (60, 84), (180, 204)]);
        for outage in &mut unseen.times {
            outage.after = Some(Moment::from_millis(outage.until.millis() + 9_000));
        }
        assert!(unseen.rhythm().is_some_and(|rhythm| rhythm.down.is_none()));
        assert!((unseen.down() - 0.4).abs() < 0.01, "{}", unseen.down());
    }

    #[test]
    fn random_outages_rarely_have_a_rhythm() {
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
    fn an_unobserved_edge_is_not_part_of_a_rhythm() {
        let mut found = outages(&[(0, 29), (60, 89), (195, 209), (240, 269)]);
        assert_eq!(found.rhythm(), None, "the third began fifteen seconds late");
        found.times[2].before = Some(Moment::from_millis(100_000));
        assert_eq!(
            found.rhythm().map(|it| it.every),
            Some(Duration::from_mins(1))
        );
    }

    #[test]
    fn a_short_outage_that_is_over_is_a_restart() {
        assert!(outages(&[(0, 20)]).is_restart());
        assert!(!outages(&[(0, 20), (60, 300)]).is_restart());
        let mut lasting = outages(&[(0, 20)]);
        lasting.times[0].after = None;
        assert!(!lasting.is_restart() && !Outages::default().is_restart());
    }

    #[test]
    fn a_request_belongs_to_the_outage_of_its_time() {
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
