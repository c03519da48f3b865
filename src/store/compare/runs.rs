//! Comparison of two runs: which pages changed, and the notes about it.

use std::collections::BTreeMap;

use crate::assess::compare::{
    Comparing, Comparison, Noise, PageChange, ScoreChange, ScoreModels, SectionChange,
    SectionState, SiteScores, Yardstick,
};
use crate::assess::{Interval, ScoreModel};

use super::baseline::Baseline;
use super::pairs::{Old, Prepared};
use super::sights;
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::read::summary::found::{self, RunScores, StoredScore};
use crate::store::runs::list::RunRow;

impl Store {
    /// Compares a run with a baseline. Walks the pages twice and keeps a bounded number of them.
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

    /// Passes every changed page to `each`, in the order of URLs, until it returns false.
    /// `yardstick` is the result of [`Store::compare`] for the same two runs.
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

    /// Fills in the parts that are not about single pages.
    fn frame(
        &self,
        run: &RunRow,
        prepared: &Prepared<'_>,
        found: &mut Comparison,
    ) -> Result<(), StoreError> {
        found.new = self.side(run, self);
        let (new_model, new, new_sections) = self.site_and_sections(run)?;
        let (old_model, old, old_sections) = match &prepared.old {
            Old::Run {
                store, run: old, ..
            } => {
                found.old = store.side(old, self);
                (found.lost_sitemaps, found.regained_sitemaps) =
                    self.changed_sitemaps(run, store, old)?;
                found.rescoped = (old.site == run.site).then(|| rescoped(old, run)).flatten();
                store.site_and_sections(old)?
            }
            Old::Listed { listed, .. } => {
                found.old = listed.side.clone();
                let sections = listed.sections.iter().cloned().collect();
                (listed.model, listed.scores, sections)
            }
        };
        let models = ScoreModels {
            old: old_model,
            new: new_model,
        };
        found.models = models;
        found.scores = SiteScores {
            crawlability: models.compare(old.crawlability, new.crawlability),
            indexing_risk: models.compare(old.indexing_risk, new.indexing_risk),
            error_rate: ScoreChange::new(old.error_rate, new.error_rate),
        };
        found.sections = sections(old_sections, new_sections);
        found.notes = prepared.doubts(found);
        found.notes.extend(models.note());
        found.notes.extend(prepared.unreached(found)?);
        let notes = prepared.notes(run, found);
        found.notes.extend(notes);
        Ok(())
    }

    /// Returns the scores of a run with their model, and its sections.
    fn site_and_sections(
        &self,
        run: &RunRow,
    ) -> Result<(ScoreModel, Scores, Sections), StoreError> {
        let scores = self.scores(run.id)?;
        Ok((scores.model, known_scores(&scores), section_states(&scores)))
    }
}

type Scores = SiteScores<Option<Interval>>;
type Sections = BTreeMap<String, SectionState>;

fn known_scores(scores: &RunScores) -> Scores {
    let known = |score: &Option<StoredScore>| score.as_ref().and_then(|found| found.score.known());
    SiteScores {
        crawlability: known(&scores.crawlability),
        indexing_risk: known(&scores.indexing_risk),
        error_rate: scores.error_rate,
    }
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

/// Sorts changed sections first, the largest difference first, then by name.
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
    /// Returns signs that the user meant to compare other runs.
    fn doubts(&self, found: &Comparison) -> Vec<String> {
        let (old, new) = (&found.old, &found.new);
        let is_mapped = match &self.old {
            Old::Run { mapped, .. } => mapped.is_some(),
            Old::Listed { pages, .. } => pages.iter().any(|(address, own, _)| address != own),
        };
        let doubt = match (is_mapped, old.site == new.site) {
            _ if old == new => "both are the same run",
            (true, _) if found.compared == 0 => {
                "--map produces no address of the new run; check its pattern"
            }
            (false, false) if found.compared == 0 => {
                "the runs have no page in common; use --map to map the old site's addresses to the new site"
            }
            (false, true) if old.started > new.started => {
                "the old run began after the new one; with the runs swapped, pages reported as new would be reported as fixed"
            }
            _ => return Vec::new(),
        };
        vec![doubt.to_owned()]
    }

    /// Returns a note that new pages may only have been unreachable before.
    fn unreached(&self, found: &Comparison) -> Result<Option<String>, StoreError> {
        let Old::Run { store, run, .. } = &self.old else {
            return Ok(None);
        };
        // Pages that others moved to appeared for that reason.
        if found.counts.appeared <= found.moved_here {
            return Ok(None);
        }
        let unanswered = sights::unanswered(&*store.connect()?, run.id);
        let unanswered = unanswered.map_err(|source| store.fault(source))?;
        Ok((unanswered > 0).then(|| {
            format!("pages that failed throughout the old run: {unanswered}; what only they link to counts as new")
        }))
    }

    /// Returns notes on what the comparison could not know, and why.
    fn notes(&self, run: &RunRow, found: &Comparison) -> Vec<String> {
        let mut notes = Vec::new();
        let mut blind = |which: &str, why: Option<&str>| {
            if let Some(why) = why {
                notes.push(format!(
                    "pages that only the {which} run knows are not counted, because the other may have missed them ({why})"
                ));
            }
        };
        // The new run started from the old one's pages, so there is often none of these.
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
                        "the two runs had different scopes; pages may differ only because of that"
                            .to_owned(),
                    );
                }
            }
            Old::Listed { listed, .. } => {
                let pages = listed.pages.len() as u64;
                notes.push(
                    "the baseline lists only failing pages: all others count as fine, and appeared pages are unknown"
                        .to_owned(),
                );
                if listed.total > pages {
                    notes.push(format!(
                        "the baseline lists {pages} of {} failing pages: the others count as fine",
                        listed.total
                    ));
                }
            }
        }
        if run.plan.confirm.delays.len() < 2 {
            notes.push(
                "the new run confirmed failing pages less than twice, which is too little evidence for most changes; see --confirm"
                    .to_owned(),
            );
        }
        notes
    }
}

/// Returns in words how the scopes and limits of two runs differ; `None` if they do not.
fn rescoped(old: &RunRow, new: &RunRow) -> Option<String> {
    let (old, new) = (limits(old), limits(new));
    if old == new {
        return None;
    }
    let listed = |patterns: &[String]| match patterns {
        [] => "none".to_owned(),
        patterns => patterns.join(", "),
    };
    let most = |pages: Option<u64>| pages.map_or("no limit".to_owned(), |most| most.to_string());
    let named = [
        ("include", listed(&old.include), listed(&new.include)),
        ("exclude", listed(&old.exclude), listed(&new.exclude)),
        ("max-pages", most(old.max_pages), most(new.max_pages)),
    ];
    let named = named.into_iter().filter(|(_, old, new)| old != new);
    let named: Vec<String> = named
        .map(|(name, old, new)| format!("{name}: {new}, before {old}"))
        .collect();
    Some(match named.as_slice() {
        [] => "other options".to_owned(),
        named => named.join("; "),
    })
}

/// Returns the parts of a plan that decide which pages are found, without the starting points.
fn limits(run: &RunRow) -> crate::model::ScopePlan {
    crate::model::ScopePlan {
        seeds: Vec::new(),
        hosts: Vec::new(),
        select: Vec::new(),
        segments: Vec::new(),
        known: false,
        ..run.plan.scope.clone()
    }
}
