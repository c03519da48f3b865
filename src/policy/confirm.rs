//! Which failing URLs a confirmation pass asks again, and how fast. A pass is slow on purpose: a
//! failure that goes away when nobody hurries was the crawl's own doing.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::Outcome;

/// The first of each host are asked one at a time, so that the crawl's own load is no reason to
/// fail.
const CAREFUL: usize = 20;

/// Least time between two of those: one request a second.
const CAREFUL_INTERVAL: Duration = Duration::from_secs(1);

/// Share of the careful ones that must still fail for the rest to be asked faster.
const STILL_FAILING: f64 = 0.5;

/// Passes in a row without any failure before a URL that had recovered is left alone.
const RECOVERED: u32 = 2;

/// A URL that failed at least once, as a pass sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which host; equal for URLs of one host.
    pub host: u32,
    /// Which section; equal for URLs of one section.
    pub section: u32,
    /// How it failed last.
    pub failure: Outcome,
    /// Attempts so far.
    pub attempts: u32,
    /// Passes so far.
    pub passes: u32,
    /// Whether any attempt succeeded.
    pub ever_ok: bool,
    /// Passes without any failure since the last that had one.
    pub ok_in_a_row: u32,
    /// From the first to the last failed attempt.
    pub span: Duration,
}

/// What is enough to call a URL persistently failing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enough {
    /// Passes without success.
    pub passes: u32,
    /// Attempts without success.
    pub attempts: u32,
    /// From the first to the last of them.
    pub span: Duration,
}

/// What a pass asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Candidates to ask, by their place in the list, in the order in which to ask them.
    pub asked: Vec<usize>,
    /// Candidates left out because the budget does not reach.
    pub left_out: Vec<usize>,
}

/// How fast a pass may ask a host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConfirmPace {
    /// Time that the passes may still take.
    pub budget: Duration,
    /// Least time between two requests once the careful ones showed no effect of load.
    pub interval: Duration,
}

impl Candidate {
    /// Whether asking again would teach nothing more.
    pub fn is_settled(&self, enough: Enough) -> bool {
        let proven = !self.ever_ok
            && self.passes >= enough.passes
            && self.attempts >= enough.attempts
            && self.span >= enough.span;
        proven || self.ok_in_a_row >= RECOVERED
    }
}

/// How many of a host's candidates come one at a time.
pub fn careful(count: usize) -> usize {
    count.min(CAREFUL)
}

/// Least time between two careful requests.
pub fn careful_interval() -> Duration {
    CAREFUL_INTERVAL
}

/// Whether the careful ones fail as they did in the crawl, so that load was not the reason.
pub fn agrees(still_failing: usize, asked: usize) -> bool {
    asked > 0 && still_failing as f64 >= STILL_FAILING * asked as f64
}

/// Chooses what a pass asks: everything that is not settled, if the budget reaches; otherwise of
/// each host a sample of every section and kind of failure. `roll` is the dice: below its argument.
pub fn select(
    candidates: &[Candidate],
    enough: Enough,
    pace: ConfirmPace,
    roll: &mut dyn FnMut(usize) -> usize,
) -> Selection {
    let mut hosts: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (at, candidate) in candidates.iter().enumerate() {
        if !candidate.is_settled(enough) {
            hosts.entry(candidate.host).or_default().push(at);
        }
    }
    let mut selection = Selection::default();
    for mut places in hosts.into_values() {
        shuffle(&mut places, roll);
        let most = capacity(pace);
        if places.len() <= most {
            selection.asked.append(&mut places);
        } else {
            let (asked, left_out) = sample(candidates, places, most);
            selection.asked.extend(asked);
            selection.left_out.extend(left_out);
        }
    }
    shuffle(&mut selection.asked, roll);
    selection
}

/// How many requests to one host fit into the budget.
fn capacity(pace: ConfirmPace) -> usize {
    let careful_time = CAREFUL_INTERVAL * CAREFUL as u32;
    if pace.budget <= careful_time {
        return (pace.budget.as_secs_f64() / CAREFUL_INTERVAL.as_secs_f64()) as usize;
    }
    let left = pace.budget.saturating_sub(careful_time).as_secs_f64();
    let interval = pace.interval.max(Duration::from_millis(1)).as_secs_f64();
    CAREFUL + (left / interval) as usize
}

/// Takes from every stratum (section and kind of failure) in turn, so that each is heard before
/// any is heard twice.
fn sample(candidates: &[Candidate], places: Vec<usize>, most: usize) -> (Vec<usize>, Vec<usize>) {
    let mut strata: BTreeMap<(u32, Outcome), Vec<usize>> = BTreeMap::new();
    for at in places {
        let candidate = candidates[at];
        let stratum = (candidate.section, candidate.failure);
        strata.entry(stratum).or_default().push(at);
    }
    let mut asked = Vec::with_capacity(most);
    while asked.len() < most {
        let before = asked.len();
        for stratum in strata.values_mut() {
            if asked.len() < most {
                asked.extend(stratum.pop());
            }
        }
        if asked.len() == before {
            break;
        }
    }
    (asked, strata.into_values().flatten().collect())
}

/// Fisher and Yates.
fn shuffle(places: &mut [usize], roll: &mut dyn FnMut(usize) -> usize) {
    for last in (1..places.len()).rev() {
        places.swap(last, roll(last + 1).min(last));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ENOUGH: Enough = Enough {
        passes: 2,
        attempts: 3,
        span: Duration::from_mins(1),
    };

    const PACE: ConfirmPace = ConfirmPace {
        budget: Duration::from_mins(10),
        interval: Duration::from_millis(200),
    };

    fn failing() -> Candidate {
        Candidate {
            host: 1,
            section: 1,
            failure: Outcome::Server502,
            attempts: 3,
            passes: 1,
            ever_ok: false,
            ok_in_a_row: 0,
            span: Duration::from_secs(3),
        }
    }

    #[test]
    fn nothing_is_asked_that_teaches_nothing() {
        let proven = Candidate {
            passes: 2,
            attempts: 4,
            span: Duration::from_secs(61),
            ..failing()
        };
        let recovered = Candidate {
            ever_ok: true,
            ok_in_a_row: 2,
            ..failing()
        };
        let doubtful = Candidate {
            ever_ok: true,
            ok_in_a_row: 1,
            ..failing()
        };
        let all = [failing(), proven, recovered, doubtful];
        let mut selection = select(&all, ENOUGH, PACE, &mut |_| 0);
        selection.asked.sort_unstable();
        assert_eq!(selection.asked, [0, 3]);
    }

    #[test]
    fn beyond_the_budget_every_section_and_kind_is_heard() {
        let mut all = vec![failing(); 50_000];
        all[7].section = 2;
        all[9].failure = Outcome::TtfbTimeout;
        let selection = select(&all, ENOUGH, PACE, &mut |below| below / 2);
        // 20 careful ones, then five a second for the rest of ten minutes.
        assert_eq!(selection.asked.len(), 20 + 580 * 5);
        assert!(selection.asked.contains(&7) && selection.asked.contains(&9));
        assert_eq!(selection.asked.len() + selection.left_out.len(), all.len());
    }

    #[test]
    fn load_is_excluded_when_most_still_fail() {
        let cases = [
            (20, 20, true),
            (10, 20, true),
            (9, 20, false),
            (0, 0, false),
        ];
        for (failing, asked, expected) in cases {
            assert_eq!(agrees(failing, asked), expected, "{failing} of {asked}");
        }
    }

    proptest! {
        #[test]
        fn each_unsettled_candidate_is_asked_or_left_out_once(
            hosts in proptest::collection::vec((0..4_u32, 0..3_u32), 0..200),
            seconds in 0..60_u64,
            seed in any::<u64>(),
        ) {
            let all: Vec<Candidate> = hosts
                .iter()
                .map(|(host, section)| Candidate { host: *host, section: *section, ..failing() })
                .collect();
            let pace = ConfirmPace { budget: Duration::from_secs(seconds), ..PACE };
            let mut dice = fastrand::Rng::with_seed(seed);
            let selection = select(&all, ENOUGH, pace, &mut |below| dice.usize(..below));
            let mut places = [selection.asked, selection.left_out].concat();
            places.sort_unstable();
            prop_assert_eq!(places, (0..all.len()).collect::<Vec<_>>());
        }
    }
}
