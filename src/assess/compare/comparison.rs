//! The result of comparing two runs of a site, as reports show it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::assess::{Interval, ScoreModel, Verdict};

use super::change::{Change, ChangeCounts};
use super::groups::{DeadLinks, Group, Lost, MarksChange, Move, Standing};
use super::judge::Yardstick;
use super::newcombe::difference;
use super::sight::PageState;

/// The changes from one run to another. Bounded in size for sites of any size.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Comparison {
    /// The baseline run.
    pub old: Side,
    /// The newer run.
    pub new: Side,
    /// Exact numbers of pages by their change.
    pub counts: ChangeCounts,
    /// Exact numbers of pages that fail and did not, for the texts about the run; exports have the changes.
    #[serde(skip)]
    pub failures: NewFailures,
    /// Number of pages that both runs requested.
    pub compared: u64,
    /// Number of pages that one run did not request, by reason, such as `new: robots`.
    pub not_compared: BTreeMap<String, u64>,
    /// Pages that answer 5xx in the new run and are [`Change::New`] or unknown to the old run. The
    /// metric `new-5xx` counts them.
    pub new_5xx: u64,
    /// Pages that answer 5xx in the new run and may be new: the old run knew but did not request them,
    /// or there were too few looks.
    pub maybe_new_5xx: u64,
    /// The failure rate of the site's pages that do not fail permanently, 0..1. Changes that it explains
    /// do not count.
    pub background: f64,
    /// The highest probability by chance at which a change counts, 0..1; 0 if no change stands out.
    pub chance: f64,
    /// Pages that redirect now but did not before, by old and new folder; the largest moves first.
    pub moves: Vec<Move>,
    /// Number of appeared pages to which others redirect now.
    pub moved_here: u64,
    /// Pages that the site no longer serves though it does not fail, by cause and place, the most pages first. For the
    /// texts about the run, as what follows: exports have the changes.
    #[serde(skip)]
    pub lost: Vec<Lost>,
    /// Pages that are as ill as they were.
    #[serde(skip)]
    pub standing: Standing,
    /// Pages that are [`Change::Back`].
    #[serde(skip)]
    pub back: Group,
    /// Missing and refused URLs that only the new run knows, by status.
    #[serde(skip)]
    pub dead_links: Vec<DeadLinks>,
    /// Number of appeared pages that are refused, which [`Comparison::dead_links`] count.
    #[serde(skip)]
    pub refused_appeared: u64,
    /// Changes of what pages say to search engines.
    #[serde(skip)]
    pub marks: MarksChange,
    /// Sitemaps that could be read before but not now, at most [`Comparison::MOST_LOST_SITEMAPS`].
    pub lost_sitemaps: Vec<String>,
    /// Sitemaps that can be read now but could not before, as many at most.
    #[serde(skip)]
    pub regained_sitemaps: Vec<String>,
    /// How the scopes and limits of the two runs differ, in words; absent if they do not.
    #[serde(skip)]
    pub rescoped: Option<String>,
    /// Number of pages that are [`Change::Gone`] because they are out of the new run's scope.
    #[serde(skip)]
    pub out_of_scope: u64,
    /// Scores of the site.
    pub scores: SiteScores<ScoreChange>,
    /// The models that the scores follow.
    pub models: ScoreModels,
    /// Notes in sentences about facts that could not be known, and why.
    pub notes: Vec<String>,
    /// Sections of either run: changed ones first, the worst of them first.
    pub sections: Vec<SectionChange>,
    /// Pages that changed, the worst first; at most [`Comparison::MOST_CHANGES`].
    pub changes: Vec<PageChange>,
    /// Number of changed pages that are not among them.
    pub more_changes: u64,
}

/// One of two runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// `run 3`, with its file unless that is the current database.
    pub name: String,
    /// The site, as it was named for the run.
    pub site: String,
    /// Its start, RFC 3339; empty if unknown.
    pub started: String,
    /// `finished`, `interrupted` or `running`.
    pub state: String,
}

/// Scores of a site: of one run, or their changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct SiteScores<T> {
    /// 0..100, 100 is best.
    pub crawlability: T,
    /// 0..100, 0 is best.
    pub indexing_risk: T,
    /// Share of first attempts that failed, 0..1.
    pub error_rate: T,
}

/// The versions of the scoring model of two runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ScoreModels {
    /// That of the baseline.
    pub old: ScoreModel,
    /// That of the newer run.
    pub new: ScoreModel,
}

impl ScoreModels {
    /// Returns why the scores of the runs are not comparable, in a sentence; `None` if they are.
    pub fn note(self) -> Option<String> {
        ScoreModel::not_comparable(self.old, self.new)
    }

    /// Compares a score of the two runs. Between different models only the values are known.
    pub fn compare(self, old: Option<Interval>, new: Option<Interval>) -> ScoreChange {
        let found = ScoreChange::new(old, new);
        ScoreChange {
            overlap: found.overlap.filter(|_| self.old == self.new),
            ..found
        }
    }
}

/// A score in two runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ScoreChange {
    /// Before; absent if there was too little evidence.
    pub old: Option<Interval>,
    /// Now; absent if there is too little evidence.
    pub new: Option<Interval>,
    /// Whether the intervals overlap, so that the scores may be equal. Absent unless both are known and follow
    /// one model.
    pub overlap: Option<bool>,
}

/// A page that changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PageChange {
    /// Its URL in the new run.
    pub address: String,
    /// Its URL in the old run, if different.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_address: Option<String>,
    /// The change.
    pub change: Change,
    /// The old run's state; absent if it did not request the page.
    pub old: Option<PageState>,
    /// The new run's state; absent if it did not request the page.
    pub new: Option<PageState>,
    /// The new rate less the old one with its 95 % interval, -1..1, if both requested it.
    pub difference: Option<Interval>,
    /// The evidence in words.
    pub evidence: String,
}

/// Pages that fail and did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NewFailures {
    /// Pages that were fine or new before they failed ([`PageChange::is_broken`]).
    pub broken: u64,
    /// Pages whose failures came and went ([`PageChange::has_died`]).
    pub died: u64,
    /// Pages of both kinds that answer 5xx to every request.
    pub lasting_5xx: u64,
}

/// A section in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SectionState {
    /// Pages.
    pub urls: u64,
    /// Number of those that failed at least once.
    pub failing: u64,
    /// Share of first attempts that failed, 0..1.
    pub error_rate: Interval,
    /// 0..100; absent if there is too little evidence.
    pub crawlability: Option<Interval>,
}

/// A section in two runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SectionChange {
    /// The name of the section.
    pub section: String,
    /// `worse` or `better` if the intervals of its rates do not even touch. This is stricter than for
    /// pages, because nothing else guards against the number of sections. Absent if nothing changed.
    pub change: Option<Change>,
    /// Before; absent if the old run did not have it.
    pub old: Option<SectionState>,
    /// Now; absent if the new run does not have it.
    pub new: Option<SectionState>,
    /// The new rate less the old one with its 95 % interval, -1..1, if both have it.
    pub difference: Option<Interval>,
}

impl Comparison {
    /// Maximum changes that are kept; the export has all.
    pub const MOST_CHANGES: usize = 1_000;

    /// Maximum lost sitemaps that are named.
    pub const MOST_LOST_SITEMAPS: usize = 100;

    /// Returns the measure that the pages were judged by, to judge the same pages again.
    pub const fn yardstick(&self) -> Yardstick {
        Yardstick {
            background: self.background,
            chance: self.chance,
        }
    }

    /// Returns the number of pages that only the new run has, that do not fail, and to which nothing moved.
    pub fn appeared_fine(&self) -> u64 {
        let failing_or_moved = self.failures.broken + self.moved_here + self.refused_appeared;
        (self.counts.new + self.counts.appeared).saturating_sub(failing_or_moved)
    }

    /// Returns whether pages changed between failing and fine for certain.
    pub fn is_certain(&self) -> bool {
        let (counts, failures) = (&self.counts, &self.failures);
        failures.broken + failures.died + counts.fixed + counts.worse + counts.better > 0
    }

    /// Returns the number of pages that the site has no more.
    pub fn gone_from_site(&self) -> u64 {
        self.counts.gone.saturating_sub(self.out_of_scope)
    }

    /// Summarises the changes: `3 new, 1 fixed`, that no page changed, or that no page is in both runs.
    pub fn headline(&self) -> String {
        let named = Change::ALL.into_iter().filter_map(|change| {
            let pages = self.counts.of(change);
            (pages > 0).then(|| format!("{pages} {}", change.name()))
        });
        match named.collect::<Vec<_>>().join(", ") {
            text if text.is_empty() => match self.compared {
                0 => "no page is in both runs".to_owned(),
                _ => "no page changed".to_owned(),
            },
            text => text,
        }
    }
}

impl PageChange {
    /// Returns whether the page fails and did not, or was not there.
    pub fn is_broken(&self) -> bool {
        let fails = self.new.is_some_and(|state| state.fails());
        self.change == Change::New || (self.change == Change::Appeared && fails)
    }

    /// Returns whether the site has the page no more: it is gone, and not only out of the new run's scope.
    pub fn is_gone_from_site(&self) -> bool {
        self.change == Change::Gone && self.new.is_some()
    }

    /// Returns whether the page came and went, was fine in the baseline and now fails at every look.
    pub fn has_died(&self) -> bool {
        let was_fine = self.old.is_some_and(|state| !state.fails());
        let fails = |state: PageState| state.verdict == Verdict::Persistent;
        self.change == Change::Flapping && was_fine && self.new.is_some_and(fails)
    }
}

impl NewFailures {
    /// Counts one page.
    pub fn add(&mut self, page: &PageChange) {
        let (broken, died) = (page.is_broken(), page.has_died());
        let is_lasting = page.new.is_some_and(|state| {
            state.verdict == Verdict::Persistent && (500..=599).contains(&state.status)
        });
        self.broken += u64::from(broken);
        self.died += u64::from(died);
        self.lasting_5xx += u64::from((broken || died) && is_lasting);
    }
}

impl ScoreChange {
    /// Compares a score of two runs.
    pub fn new(old: Option<Interval>, new: Option<Interval>) -> ScoreChange {
        ScoreChange {
            old,
            new,
            overlap: old.zip(new).map(|(old, new)| touch(old, new)),
        }
    }
}

impl SectionChange {
    /// Compares a section of two runs.
    pub fn new(
        section: String,
        old: Option<SectionState>,
        new: Option<SectionState>,
    ) -> SectionChange {
        let rates =
            (old.as_ref().zip(new.as_ref())).map(|(old, new)| (old.error_rate, new.error_rate));
        let change = rates.filter(|(old, new)| !touch(*old, *new));
        SectionChange {
            section,
            change: change.map(|(old, new)| {
                if new.value > old.value {
                    Change::Worse
                } else {
                    Change::Better
                }
            }),
            old,
            new,
            difference: rates.map(|(old, new)| difference(old, new)),
        }
    }
}

fn touch(one: Interval, other: Interval) -> bool {
    one.low <= other.high && other.low <= one.high
}

/// The failing pages listed in a `summary.json`, and its other values that a comparison needs. Pages
/// that it does not list count as fine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// The run.
    pub side: Side,
    /// Failing pages with their URLs.
    pub pages: Vec<(String, PageState)>,
    /// Number of failing pages, listed or not.
    pub total: u64,
    /// Scores of the site, if there was enough evidence.
    pub scores: SiteScores<Option<Interval>>,
    /// The model that they follow.
    pub model: ScoreModel,
    /// Sections with their names.
    pub sections: Vec<(String, SectionState)>,
}
