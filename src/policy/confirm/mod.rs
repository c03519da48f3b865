//! Which failing URLs a confirmation pass requests again, how fast, and how often. Each pass
//! requests every URL whose verdict is open. Sampling begins only where the time budget ends. A few
//! careful requests first show whether the crawl's own load was the reason.

pub(super) mod doubted;
mod load_trial;
pub(super) mod sample;
mod shuffle;

use std::collections::BTreeMap;
use std::time::Duration;

use super::retry::LONGEST_ANNOUNCED;
use crate::model::{Frequency, LOOK_SPACING, Looks, Moment, Outcome, Role};

pub use load_trial::LoadTrial;

use super::pace::CAREFUL;
use shuffle::shuffle;

/// Maximum careful requests to a host: one at a time, one per second.
const MOST_CAREFUL: u32 = LoadTrial::MOST_CAREFUL;

/// Passes in a row without any failure after which an intermittent URL is no longer requested.
const RECOVERED: u32 = 2;

/// Maximum looks at one URL in one pass: a test that does not end must not hold up the run.
pub const MOST_LOOKS: u32 = 24;

/// Maximum looks at one URL in each pass but the last, so that looks are spread over time.
pub const MOST_EARLY_LOOKS: u32 = 6;

/// Returns the needed failed looks and some to spare. The looks themselves show how many are
/// needed, and the number grows with each page that is fine in the end. Ours.
const fn with_spare(needed: u32) -> u32 {
    needed + needed.div_ceil(2) + 2
}

/// A URL that failed at least once, as a pass sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The host; equal for URLs of one host.
    pub host: u32,
    /// The section; equal for URLs of one section.
    pub section: u32,
    /// The outcome of the last failure.
    pub failure: Outcome,
    /// Attempts so far.
    pub attempts: u32,
    /// Passes so far.
    pub passes: u32,
    /// The looks so far.
    pub looks: Looks,
    /// Failed looks that chance does not explain on its host, if nothing is ever fine; 0 on hosts
    /// without intermittent pages.
    pub needed: u32,
    /// Its role: a sitemap that was read is not requested again.
    pub role: Role,
    /// Whether any attempt succeeded.
    pub ever_ok: bool,
    /// Whether the last attempt failed.
    pub last_failed: bool,
    /// Whether outages of its host or the speed of the crawl explain all failures.
    pub is_explained: bool,
    /// Passes without any failure since the last that had one.
    pub ok_in_a_row: u32,
    /// From the first to the last failed attempt.
    pub span: Duration,
    /// The end of failing that the last answer announced (`Retry-After`).
    pub announced: Option<Moment>,
}

/// The evidence that is enough to call a URL persistently failing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enough {
    /// Passes without success.
    pub passes: u32,
    /// Attempts without success.
    pub attempts: u32,
    /// From the first to the last of them.
    pub span: Duration,
}

/// The candidates of one pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Candidates to request, as indexes into the list, in the order of the requests.
    pub chosen: Vec<usize>,
    /// Candidates left out because the budget is too small.
    pub left_out: Vec<usize>,
    /// Candidates whose announced end is after the start of the pass.
    pub announced: Vec<usize>,
}

/// The start of a pass and its pace on a host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConfirmPace {
    /// When it begins.
    pub starts: Moment,
    /// Time that the passes may still take.
    pub budget: Duration,
    /// Minimum time between two requests once the careful ones showed no effect of load.
    pub interval: Duration,
}

impl Candidate {
    /// Returns whether another request would show nothing new.
    pub fn is_settled(&self, enough: Enough) -> bool {
        if (self.is_explained || self.role == Role::Sitemap) && self.ever_ok {
            return true;
        }
        let proven = !self.ever_ok
            && self.passes >= enough.passes
            && self.attempts >= enough.attempts
            && self.span >= enough.span
            && self.has_looks_enough();
        match self.looks.frequency() {
            Some(Frequency::Rarely) => true,
            Some(Frequency::Often) => self.ok_in_a_row >= RECOVERED,
            None => proven,
        }
    }

    /// Returns whether chance cannot explain its failures, even if more turn out to be needed.
    fn has_looks_enough(&self) -> bool {
        self.needed == 0
            || self.failure == Outcome::Client429
            || self.looks.all() >= with_spare(self.needed)
    }

    /// Returns whether a last look is due after all passes. It is due if the URL was fine once but
    /// failed at the last request, as a control may in an outage that ends soon. An intermittent
    /// URL needs none.
    pub fn is_left_failing(&self) -> bool {
        let comes_and_goes = self.looks.frequency() == Some(Frequency::Often);
        self.ever_ok && self.last_failed && (self.is_explained || !comes_and_goes)
    }

    /// Records an answer of the current pass.
    pub fn saw(&mut self, pass: u32, started: Moment, failed: bool) {
        self.attempts += 1;
        self.ever_ok |= !failed;
        self.last_failed = failed;
        self.looks.add(pass, started, failed);
    }

    /// Returns whether it takes one more look in a pass that has made `made` so far. It does while
    /// the test is open. On hosts with intermittent pages, it does until chance does not explain
    /// the failures. A server that limits us (429) gets one look in each pass: more would be refused for the same
    /// reason.
    pub fn wants_more(&self, made: u32, is_last: bool) -> bool {
        let most = if is_last {
            MOST_LOOKS
        } else {
            MOST_EARLY_LOOKS
        };
        let open = if self.ever_ok {
            !self.is_explained && self.role != Role::Sitemap && self.looks.frequency().is_none()
        } else {
            !self.has_looks_enough()
        };
        open && made < most && self.failure != Outcome::Client429
    }
}

/// Returns the minimum time between two looks at one URL when a host's URLs are requested in turn:
/// each gets one look before any gets another.
pub fn look_spacing(urls: usize, interval: Duration) -> Duration {
    interval.saturating_mul(urls as u32).max(LOOK_SPACING)
}

/// Chooses the candidates of a pass: all that are not settled, if the budget is enough. Otherwise
/// it samples every section and kind of failure of each host. `roll` returns a random number below
/// its argument.
pub fn select(
    candidates: &[Candidate],
    enough: Enough,
    pace: ConfirmPace,
    roll: &mut dyn FnMut(usize) -> usize,
) -> Selection {
    let mut hosts: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let mut selection = Selection::default();
    for (at, candidate) in candidates.iter().enumerate() {
        if candidate.is_settled(enough) {
            continue;
        }
        let patience = pace.starts + LONGEST_ANNOUNCED;
        if candidate.announced.is_some_and(|end| end > patience) {
            selection.announced.push(at);
        } else {
            hosts.entry(candidate.host).or_default().push(at);
        }
    }
    for mut places in hosts.into_values() {
        shuffle(&mut places, roll);
        let most = capacity(pace);
        if places.len() <= most {
            selection.chosen.append(&mut places);
        } else {
            let (chosen, left_out) = sample(candidates, places, most);
            selection.chosen.extend(chosen);
            selection.left_out.extend(left_out);
        }
    }
    shuffle(&mut selection.chosen, roll);
    selection
}

/// Returns how many requests to one host fit into the budget.
fn capacity(pace: ConfirmPace) -> usize {
    let careful_time = CAREFUL.interval * MOST_CAREFUL;
    if pace.budget <= careful_time {
        return (pace.budget.as_secs_f64() / CAREFUL.interval.as_secs_f64()) as usize;
    }
    let left = pace.budget.saturating_sub(careful_time).as_secs_f64();
    let interval = pace.interval.max(Duration::from_millis(1)).as_secs_f64();
    MOST_CAREFUL as usize + (left / interval) as usize
}

/// Takes from every stratum (section and kind of failure) in turn, so that no stratum comes twice
/// before all came once.
fn sample(candidates: &[Candidate], places: Vec<usize>, most: usize) -> (Vec<usize>, Vec<usize>) {
    let mut strata: BTreeMap<(u32, Outcome), Vec<usize>> = BTreeMap::new();
    for at in places {
        let candidate = candidates[at];
        let stratum = (candidate.section, candidate.failure);
        strata.entry(stratum).or_default().push(at);
    }
    let mut chosen = Vec::with_capacity(most);
    while chosen.len() < most {
        let before = chosen.len();
        for stratum in strata.values_mut() {
            if chosen.len() < most {
                chosen.extend(stratum.pop());
            }
        }
        if chosen.len() == before {
            break;
        }
    }
    (chosen, strata.into_values().flatten().collect())
}

#[cfg(test)]
mod tests;
