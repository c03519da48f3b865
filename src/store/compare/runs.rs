//! Two runs side by side: what changed of their pages, and what is to be said of it.

use std::collections::BTreeMap;

use crate::assess::Interval;
use crate::assess::compare::{
    Comparing, Comparison, Noise, PageChange, ScoreChange, SectionChange, SectionState, SiteScores,
    Yardstick,
};

use super::baseline::Baseline;
use super::pairs::{Old, Prepared};
use super::sights;
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::read::summary::found::{self, RunScores, StoredScore};
use crate::store::runs::list::RunRow;

impl Store {
    /// What changed since a baseline. Pages are walked twice, and what is kept of them has a bound.
    pub fn compare(&self, run: &RunRow, baseline: &Baseline) -> Result<Comparison, StoreError> {
        self.conclude(run.id)?;
        let prepared = Prepared::new(self, run, baseline)?;
        let mut noise = Noise::default();
        prepared.each(&mut |pair| {
            noise.add(pair);
            true
        })?;
        let mut comparing = Comparing::new(&noise);
        prepared.each(&mut |pair| {
            comparing.add(pair);
            true
        })?;
        let mut comparison = comparing.finish();
        self.frame(run, &prepared, &mut comparison)?;
        Ok(comparison)
    }

    /// Hands over every page that changed, in the order of addresses, until `each` says to stop by
    /// returning false. `yardstick` is that of [`Store::compare`] of the same two.
    pub fn each_change(
        &self,
        run: &RunRow,
        baseline: &Baseline,
        yardstick: Yardstick,
        each: &mut dyn FnMut(PageChange) -> bool,
    ) -> Result<(), StoreError> {
        let prepared = Prepared::new(self, run, baseline)?;
        prepared.each(&mut |pair| yardstick.page_change(pair).is_none_or(&mut *each))
    }

    /// Fills in what is not about single pages.
    fn frame(
        &self,
        run: &RunRow,
        prepared: &Prepared<'_>,
        found: &mut Comparison,
    ) -> Result<(), StoreError> {
        found.new = self.side(run, self);
        let (new, new_sections) = self.site_and_sections(run)?;
        let (old, old_sections) = match &prepared.old {
            Old::Run {
                store, run: old, ..
            } => {
                found.old = store.side(old, self);
                found.lost_sitemaps = self.lost_sitemaps(run, (store, old))?;
                store.site_and_sections(old)?
            }
            Old::Listed { listed, .. } => {
                found.old = listed.side.clone();
                (listed.scores, listed.sections.iter().cloned().collect())
            }
        };
        let score = |at: usize| ScoreChange::new(old[at], new[at]);
        found.scores = SiteScores {
            crawlability: score(0),
            indexing_risk: score(1),
            error_rate: score(2),
        };
        found.sections = sections(old_sections, new_sections);
        found.notes = prepared.doubts(found);
        found.notes.extend(prepared.unreached(found)?);
        let notes = prepared.notes(run, found);
        found.notes.extend(notes);
        Ok(())
    }

    /// Crawlability, indexing risk and error rate of a run, and its sections.
    fn site_and_sections(&self, run: &RunRow) -> Result<(Scores, Sections), StoreError> {
        let scores = self.scores(run.id)?;
        Ok((known_scores(&scores), section_states(&scores)))
    }

    /// The scores of a run that was concluded; empty if it was not.
    pub fn scores(&self, run: crate::store::RunId) -> Result<RunScores, StoreError> {
        let connection = self.connect()?;
        found::scores(&connection, run.0).map_err(|source| self.fault(source))
    }
}

type Scores = [Option<Interval>; 3];
type Sections = BTreeMap<String, SectionState>;

fn known_scores(scores: &RunScores) -> Scores {
    let known = |score: &Option<StoredScore>| score.as_ref().and_then(|found| found.score.known());
    [
        known(&scores.crawlability),
        known(&scores.indexing_risk),
        scores.error_rate,
    ]
}

fn section_states(scores: &RunScores) -> Sections {
    let state = |part: &found::StoredPart| SectionState {
        urls: part.urls,
        failing: part.failing,
        error_rate: part.error_rate,
        crawlability: part.crawlability,
    };
    let parts = scores.sections.iter();
    parts.map(|part| (part.name.clone(), state(part))).collect()
}

/// Those that changed first, the greatest difference first; then by name.
fn sections(old: Sections, mut new: Sections) -> Vec<SectionChange> {
    let both = old.into_iter().map(|(name, old)| {
        let new = new.remove(&name);
        (name, Some(old), new)
    });
    let mut all: Vec<_> = both.collect();
    all.extend(new.into_iter().map(|(name, new)| (name, None, Some(new))));
    let mut all: Vec<_> = all
        .into_iter()
        .map(|(name, old, new)| SectionChange::new(name, old, new))
        .collect();
    all.sort_by(|one, other| {
        let rose = |section: &SectionChange| section.difference.map_or(0.0, |found| found.value);
        let rank = |section: &SectionChange| section.change.is_none();
        (rank(one).cmp(&rank(other)))
            .then_with(|| rose(other).total_cmp(&rose(one)))
            .then_with(|| one.section.cmp(&other.section))
    });
    all
}

impl Prepared<'_> {
    /// What makes it likely that other runs were meant.
    fn doubts(&self, found: &Comparison) -> Vec<String> {
        let (old, new) = (&found.old, &found.new);
        let is_mapped = match &self.old {
            Old::Run { mapped, .. } => mapped.is_some(),
            Old::Listed { pages, .. } => pages.iter().any(|(address, own, _)| address != own),
        };
        let doubt = match (is_mapped, old.site == new.site) {
            _ if old == new => "both are the same run",
            (true, _) if found.compared == 0 => {
                "no page of the new run has an address that --map makes: look at its pattern"
            }
            (false, false) if found.compared == 0 => {
                "the runs have no page in common; --map tells how the old site's addresses are called on the new one"
            }
            (false, true) if old.started > new.started => {
                "the old run began after the new one: the other way round, what is called new here would be called fixed"
            }
            _ => return Vec::new(),
        };
        vec![doubt.to_owned()]
    }

    /// That pages are called appeared which may only have been out of reach before.
    fn unreached(&self, found: &Comparison) -> Result<Option<String>, StoreError> {
        let Old::Run { store, run, .. } = &self.old else {
            return Ok(None);
        };
        // Pages that others moved to appeared for that reason.
        if found.counts.appeared <= found.moved_here {
            return Ok(None);
        }
        let mute = sights::mute(&*store.connect()?, run.id.0);
        let mute = mute.map_err(|source| store.fault(source))?;
        Ok((mute > 0).then(|| {
            format!("pages that failed throughout the old run: {mute}; what only they link to is called appeared")
        }))
    }

    /// What could not be known, and why.
    fn notes(&self, run: &RunRow, found: &Comparison) -> Vec<String> {
        let mut notes = Vec::new();
        let mut blind = |which: &str, why: Option<&str>| {
            if let Some(why) = why {
                notes.push(format!(
                    "pages that only the {which} run has are not counted: the other may have missed them ({why})"
                ));
            }
        };
        // The new run had the old one's pages to start from, so that often there are none.
        let is_missed = |why: &&str| found.not_compared.contains_key(&format!("new: {why}"));
        blind("old", self.new_blind.filter(is_missed));
        match &self.old {
            Old::Run {
                blind: why,
                run: old,
                ..
            } => {
                blind("new", *why);
                if limits(old) != limits(run) {
                    notes.push(
                        "the two runs had different scopes: pages may differ for that alone"
                            .to_owned(),
                    );
                }
            }
            Old::Listed { listed, .. } => {
                let pages = listed.pages.len() as u64;
                notes.push(
                    "the baseline lists failing pages only: all others count as fine, and what appeared is not known"
                        .to_owned(),
                );
                if listed.total > pages {
                    notes.push(format!(
                        "the baseline lists {pages} of {} failing pages: those that are missing count as fine",
                        listed.total
                    ));
                }
            }
        }
        if run.plan.confirm.delays.len() < 2 {
            notes.push(
                "the new run looked again at failing pages less than twice: with so few looks hardly any change can be told; see --confirm"
                    .to_owned(),
            );
        }
        notes
    }
}

/// What of a plan decides which pages are found, besides where it starts.
fn limits(run: &RunRow) -> crate::model::ScopePlan {
    crate::model::ScopePlan {
        seeds: Vec::new(),
        hosts: Vec::new(),
        select: Vec::new(),
        known: false,
        ..run.plan.scope.clone()
    }
}
