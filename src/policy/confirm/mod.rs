//! Which failing URLs a confirmation pass requests again, how fast, and how often. Every URL whose
//! verdict is open is requested in every pass; sampling begins only where the time budget ends. A few
//! careful requests first show whether the crawl's own load was the reason.

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

/// Most careful requests to a host: one at a time, one a second.
const MOST_CAREFUL: u32 = LoadTrial::MOST_CAREFUL;

/// Passes in a row without any failure before a URL that comes and goes is left alone.
const RECOVERED: u32 = 2;

/// Most looks at one URL in one pass: nobody waits longer for a test that does not end.
const MOST_LOOKS: u32 = 24;

/// The same in all passes but the last, so that looks are spread over time.
const MOST_EARLY_LOOKS: u32 = 6;

/// Failed looks that are made beyond those needed: what is needed is learned from the looks themselves,
/// and grows with each page that is fine at last. Ours.
const fn with_spare(needed: u32) -> u32 {
    needed + needed.div_ceil(2) + 2
}

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
    /// The looks so far.
    pub looks: Looks,
    /// Failed looks that chance does not explain on its host, if nothing is ever fine; 0 where pages
    /// do not come and go.
    pub needed: u32,
    /// Its role: a sitemap that was read is not requested again.
    pub role: Role,
    /// Whether any attempt succeeded.
    pub ever_ok: bool,
    /// Whether the last one failed.
    pub last_failed: bool,
    /// Whether all failures lie in outages of its host.
    pub in_outage: bool,
    /// Passes without any failure since the last that had one.
    pub ok_in_a_row: u32,
    /// From the first to the last failed attempt.
    pub span: Duration,
    /// Until when the last answer announced to fail (`Retry-After`).
    pub announced: Option<Moment>,
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
    /// Candidates whose announced end lies beyond the start of the pass.
    pub announced: Vec<usize>,
}

/// When a pass begins, and how fast it may ask a host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConfirmPace {
    /// When it begins.
    pub starts: Moment,
    /// Time that the passes may still take.
    pub budget: Duration,
    /// Least time between two requests once the careful ones showed no effect of load.
    pub interval: Duration,
}

impl Candidate {
    /// Whether asking again would teach nothing more.
    pub fn is_settled(&self, enough: Enough) -> bool {
        if (self.in_outage || self.role == Role::Sitemap) && self.ever_ok {
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

    /// Whether chance will not explain its failures, even if more turn out to be needed.
    fn has_looks_enough(&self) -> bool {
        self.needed == 0 || self.looks.all() >= with_spare(self.needed)
    }

    /// Whether a last look is due when all passes are over: it was fine, and failed when it was requested
    /// last, as a control in an outage that ends soon may. Of what comes and goes by itself nothing is
    /// expected.
    pub fn is_left_failing(&self) -> bool {
        let comes_and_goes = self.looks.frequency() == Some(Frequency::Often);
        self.ever_ok && self.last_failed && (self.in_outage || !comes_and_goes)
    }

    /// Takes in an answer of the pass under way.
    pub fn saw(&mut self, pass: u32, started: Moment, failed: bool) {
        self.attempts += 1;
        self.ever_ok |= !failed;
        self.last_failed = failed;
        self.looks.add(pass, started, failed);
    }

    /// Whether it takes one more look in a pass that has made `made` so far: as long as the test is
    /// open, and on hosts where pages come and go until chance does not explain the failures.
    pub fn wants_more(&self, made: u32, is_last: bool) -> bool {
        let most = if is_last {
            MOST_LOOKS
        } else {
            MOST_EARLY_LOOKS
        };
        let open = if self.ever_ok {
            !self.in_outage && self.role != Role::Sitemap && self.looks.frequency().is_none()
        } else {
            !self.has_looks_enough()
        };
        open && made < most
    }
}

/// Least time between two looks at one URL, where a host is asked for so many in turn: each is looked
/// at once before any is looked at again.
pub fn look_spacing(urls: usize, interval: Duration) -> Duration {
    interval.saturating_mul(urls as u32).max(LOOK_SPACING)
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
    let careful_time = CAREFUL.interval * MOST_CAREFUL;
    if pace.budget <= careful_time {
        return (pace.budget.as_secs_f64() / CAREFUL.interval.as_secs_f64()) as usize;
    }
    let left = pace.budget.saturating_sub(careful_time).as_secs_f64();
    let interval = pace.interval.max(Duration::from_millis(1)).as_secs_f64();
    MOST_CAREFUL as usize + (left / interval) as usize
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

#[cfg(test)]
mod tests;
