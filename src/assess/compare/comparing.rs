//! Collects the pages of two runs into a [`Comparison`].

use std::cmp::Ordering;

use super::change::Change;
use super::comparison::{Comparison, PageChange};
use super::groups::{Losses, MarkChanges, Moves};
use super::judge::{Judged, Yardstick};
use super::noise::Noise;
use super::sight::{PageState, Pair, Sight};

/// A comparison in progress. Its size is bounded.
#[derive(Clone, Debug)]
pub struct Comparing {
    yardstick: Yardstick,
    moves: Moves,
    losses: Losses,
    marks: MarkChanges,
    found: Comparison,
}

impl Comparing {
    /// Starts an empty comparison, which judges pages by the noise of the site.
    pub fn new(noise: &Noise) -> Comparing {
        let yardstick = noise.yardstick();
        Comparing {
            yardstick,
            moves: Moves::default(),
            losses: Losses::default(),
            marks: MarkChanges::default(),
            found: Comparison {
                compared: noise.compared(),
                background: yardstick.background,
                chance: yardstick.chance,
                ..Comparison::default()
            },
        }
    }

    /// Adds a pair.
    pub fn add(&mut self, pair: &Pair<'_>) {
        let found = &mut self.found;
        match self.yardstick.new_5xx(pair) {
            Some(true) => found.new_5xx += 1,
            Some(false) => {}
            None => found.maybe_new_5xx += 1,
        }
        let unseen = match (&pair.old, &pair.new) {
            (Sight::NotSeen(why), Sight::Seen(_)) => Some(format!("old: {why}")),
            (Sight::Seen(_), Sight::NotSeen(why)) => Some(format!("new: {why}")),
            _ => None,
        };
        if let Some(why) = unseen {
            *found.not_compared.entry(why).or_default() += 1;
        }
        self.losses.dead_link(pair);
        self.marks.add(pair);
        found.standing.add(pair);
        if let Some(judged) = self.yardstick.judge(pair) {
            found.counts.add(judged.change);
            let is_refused = pair.new.state().is_some_and(PageState::is_refused);
            found.refused_appeared += u64::from(
                judged.change == Change::Appeared && is_refused && pair.old == Sight::Absent,
            );
            match (judged.change, pair.target) {
                (Change::Moved, Some(target)) => self.moves.moved(pair.address, target.address),
                (Change::Lost, _) => self.losses.lost(pair),
                (Change::Back, _) => found.back.add(pair.address),
                (Change::Appeared, _) => self.moves.appeared(pair.address),
                _ => {}
            }
            let page = page_change(pair, judged);
            let is_scope = page.change == Change::Gone && !page.is_gone_from_site();
            found.out_of_scope += u64::from(is_scope);
            found.failures.add(&page);
            found.changes.push(page);
            if found.changes.len() >= 2 * Comparison::MOST_CHANGES {
                self.cut();
            }
        }
    }

    /// Returns the result. The caller adds sides, scores, sections and notes.
    pub fn finish(mut self) -> Comparison {
        self.cut();
        (self.found.moves, self.found.moved_here) = self.moves.finish();
        (self.found.lost, self.found.dead_links) = self.losses.finish(&self.found.standing);
        self.found.marks = self.marks.finish();
        self.found
    }

    fn cut(&mut self) {
        let found = &mut self.found;
        found.changes.sort_by(worst_first);
        let surplus = found.changes.len().saturating_sub(Comparison::MOST_CHANGES);
        found.more_changes += surplus as u64;
        found.changes.truncate(Comparison::MOST_CHANGES);
    }
}

/// Returns the report's row for a judged page.
fn page_change(pair: &Pair<'_>, judged: Judged) -> PageChange {
    let mapped = pair.old_address != pair.address;
    PageChange {
        address: pair.address.to_owned(),
        old_address: mapped.then(|| pair.old_address.to_owned()),
        change: judged.change,
        old: pair.old.state().copied(),
        new: pair.new.state().copied(),
        difference: judged.difference,
        evidence: judged.evidence,
    }
}

impl Yardstick {
    /// Returns the report's row for a page, or `None` if it did not change.
    pub fn page_change(&self, pair: &Pair<'_>) -> Option<PageChange> {
        Some(page_change(pair, self.judge(pair)?))
    }
}

/// Orders changes by their kind, then by priority.
fn worst_first(one: &PageChange, other: &PageChange) -> Ordering {
    let rank = |page: &PageChange| match page.change {
        // A new page that fails is as bad as one that broke.
        Change::Appeared if page.is_broken() => Change::New,
        change => change,
    };
    let priority = |page: &PageChange| page.new.or(page.old).map_or(0.0, |state| state.priority);
    rank(one)
        .cmp(&rank(other))
        .then_with(|| priority(other).total_cmp(&priority(one)))
        .then_with(|| one.address.cmp(&other.address))
}
