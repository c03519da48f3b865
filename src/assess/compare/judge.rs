//! Judges one page in two runs: its change, and the evidence for it.

use crate::assess::start::has_login_words;
use crate::assess::{Interval, Verdict};

use super::chance::by_chance;
use super::chance::is_apart;
use super::change::Change;
use super::evidence;
use super::groups;
use super::newcombe::difference;
use super::sight::Pair;
use super::sight::{FLAPPING_CHANGES, PageState, Sight, state_changes};

/// The measure by which the pages of two runs are judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Yardstick {
    /// The failure rate of the site's pages that do not fail permanently, 0..1.
    pub background: f64,
    /// The maximum probability by chance at which a change counts, 0..1. 0 if no change stands out.
    pub chance: f64,
}

/// The change of a page, and its evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The change.
    pub change: Change,
    /// The new rate less the old one with its 95 % interval, -1..1, if both runs requested the page.
    pub difference: Option<Interval>,
    /// The evidence in words.
    pub evidence: String,
}

impl Yardstick {
    /// Returns the change of a page, or `None` if nothing changed or neither run knows.
    pub fn judge(&self, pair: &Pair<'_>) -> Option<Judged> {
        let change = self.change(pair)?;
        let states = (pair.old.state(), pair.new.state());
        Some(Judged {
            change,
            difference: match states {
                (Some(old), Some(new)) => Some(difference(old.error_rate, new.error_rate)),
                _ => None,
            },
            evidence: evidence::of(pair, change),
        })
    }

    /// Returns whether the page answers 5xx and did not fail before; `None` if there were too few looks.
    /// It uses the test of [`Yardstick::judge`], so that intermittent pages are not new in every second
    /// run.
    pub(super) fn new_5xx(&self, pair: &Pair<'_>) -> Option<bool> {
        let Some(new) = pair.new.state().filter(|new| new.is_server_error()) else {
            return Some(false);
        };
        match &pair.old {
            Sight::Absent | Sight::OutOfScope(_) => Some(true),
            Sight::NotSeen(_) => None,
            Sight::Seen(old) => match self.of_both(old, new) {
                Some(Change::New) => Some(true),
                Some(Change::Unclear) if new.verdict != Verdict::Intermittent => None,
                _ => Some(false),
            },
        }
    }

    fn change(&self, pair: &Pair<'_>) -> Option<Change> {
        let fails = pair.new.state().is_some_and(PageState::fails);
        if !fails && is_way_back(pair.address) {
            return None;
        }
        match (&pair.old, &pair.new) {
            // Neither its status nor its links are known.
            (Sight::Seen(old), Sight::Seen(new)) if old.assumed && !new.fails() => None,
            // What a page that failed is now comes before how often it failed: a lost page has not recovered.
            (Sight::Seen(old), Sight::Seen(new))
                if groups::cause(old, new, (pair.address, pair.target)).is_some() =>
            {
                Some(Change::Lost)
            }
            (Sight::Seen(old), Sight::Seen(new)) if new.is_gone() && !old.is_missing() => {
                Some(Change::Gone)
            }
            (Sight::Seen(_), Sight::Seen(_)) if state_changes(pair.states) >= FLAPPING_CHANGES => {
                Some(Change::Flapping)
            }
            (Sight::Seen(old), Sight::Seen(new)) => self.of_both(old, new).or_else(|| {
                let is_there = pair.old_address == pair.address && new.is_fine();
                if is_there && (old.is_gone() || old.is_refused() || old.is_redirect()) {
                    return Some(Change::Back);
                }
                if pair.target.is_some() && old.is_fine() && new.is_redirect() {
                    return Some(Change::Moved);
                }
                let is_unlinked = pair.unlinked && new.is_fine();
                is_unlinked.then_some(Change::Unlinked)
            }),
            // A link to a missing page does not create a page.
            (Sight::Absent, Sight::Seen(new)) => (!new.is_missing()).then_some(Change::Appeared),
            (Sight::Seen(old), Sight::OutOfScope(_)) => (!old.is_missing()).then_some(Change::Gone),
            // It was not requested, so its state is unknown.
            (Sight::Seen(old), Sight::Absent) => (!old.is_missing()).then_some(Change::Unclear),
            (Sight::NotSeen(_), Sight::Seen(seen)) | (Sight::Seen(seen), Sight::NotSeen(_)) => {
                seen.fails().then_some(Change::Unclear)
            }
            _ => None,
        }
    }

    fn of_both(&self, old: &PageState, new: &PageState) -> Option<Change> {
        let between = difference(old.error_rate, new.error_rate);
        let is_sure = is_apart(old, new) && by_chance(old, new, self.background) <= self.chance;
        let (rose, fell) = (is_sure && between.low > 0.0, is_sure && between.high < 0.0);
        match (old.fails(), new.fails()) {
            (false, true) if rose => Some(Change::New),
            (true, false) if fell => Some(Change::Fixed),
            (false, true) | (true, false) => Some(Change::Unclear),
            (true, true) if rose => Some(Change::Worse),
            (true, true) if fell => Some(Change::Better),
            _ => None,
        }
    }
}

/// Returns whether a URL is a login that is told where to return to: there is one for each page behind it, and none is a
/// page of its own.
fn is_way_back(address: &str) -> bool {
    address.contains('?') && has_login_words(address)
}
