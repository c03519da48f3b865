//! Two runs of a site side by side: what a reader is told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::assess::Interval;

use super::change::{Change, ChangeCounts};
use super::judge::Yardstick;
use super::moves::Move;
use super::newcombe::difference;
use super::sight::PageState;

/// What changed from one run to another. Bounded in size, whatever the size of the site.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Comparison {
    /// The run that is compared with.
    pub old: Side,
    /// The run that is looked at.
    pub new: Side,
    /// How many pages changed in which way; exact.
    pub counts: ChangeCounts,
    /// Pages that both runs looked at.
    pub compared: u64,
    /// Pages that one of them did not look at, and was able to: by reason, such as `new: robots`.
    pub not_compared: BTreeMap<String, u64>,
    /// Pages that answer 5xx in the new run and are [`Change::New`], or that the old run did not have; what `new-5xx`
    /// counts.
    pub new_5xx: u64,
    /// Pages that answer 5xx in the new run and may be new ones: the old one knew and did not request them, or
    /// there were too few looks.
    pub maybe_new_5xx: u64,
    /// The rate at which pages of the site fail that do not fail for good, 0..1: changes that it
    /// explains are not counted.
    pub background: f64,
    /// How improbable by chance a change had to be to count, 0..1; 0 if none stands out.
    pub chance: f64,
    /// Pages that redirect now and did not, by where they were and where they are; the greatest moves first.
    pub moves: Vec<Move>,
    /// Pages among those that appeared to which others redirect now.
    pub moved_here: u64,
    /// Sitemaps that could be read before and cannot be read now, at most [`Comparison::MOST_LOST_SITEMAPS`].
    pub lost_sitemaps: Vec<String>,
    /// Scores of the site.
    pub scores: SiteScores,
    /// What is to be kept in mind, in sentences: what could not be known, and why.
    pub notes: Vec<String>,
    /// Sections that either run has, those that changed first, the worst of them first.
    pub sections: Vec<SectionChange>,
    /// Pages that changed, the worst first; at most [`Comparison::MOST_CHANGES`].
    pub changes: Vec<PageChange>,
    /// How many pages changed that are not among them.
    pub more_changes: u64,
}

/// One of two runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// `run 3`, with the file it was read from unless that is the database at hand.
    pub name: String,
    /// What was asked for.
    pub site: String,
    /// When it began, RFC 3339; empty if that is not known.
    pub started: String,
    /// `finished`, `interrupted` or `running`.
    pub state: String,
}

/// Scores of a site in two runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct SiteScores {
    /// 0..100, 100 is best.
    pub crawlability: ScoreChange,
    /// 0..100, 0 is best.
    pub indexing_risk: ScoreChange,
    /// Share of first attempts that failed, 0..1.
    pub error_rate: ScoreChange,
}

/// A score in two runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ScoreChange {
    /// Before; absent where there was too little evidence.
    pub old: Option<Interval>,
    /// Now; absent where there is too little evidence.
    pub new: Option<Interval>,
    /// Whether their bands overlap: then they may be the same. Absent unless both are there.
    pub overlap: Option<bool>,
}

/// A page that changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PageChange {
    /// Its address in the new run.
    pub address: String,
    /// Its address in the old run, where that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_address: Option<String>,
    /// What changed.
    pub change: Change,
    /// What the old run saw; absent if it did not look.
    pub old: Option<PageState>,
    /// What the new run saw; absent if it did not look.
    pub new: Option<PageState>,
    /// The new rate less the old one with its 95 % interval, -1..1, if both looked.
    pub difference: Option<Interval>,
    /// What shows it, in words.
    pub evidence: String,
}

/// A section in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SectionState {
    /// Pages.
    pub urls: u64,
    /// Those that failed at least once.
    pub failing: u64,
    /// Share of first attempts that failed, 0..1.
    pub error_rate: Interval,
    /// 0..100; absent where there is too little evidence.
    pub crawlability: Option<Interval>,
}

/// A section in two runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SectionChange {
    /// Its name.
    pub section: String,
    /// `worse` or `better` if the intervals of its rates do not even touch: stricter than for pages,
    /// for there is no other guard against the number of sections. Absent if it is as it was.
    pub change: Option<Change>,
    /// Before; absent if the old run did not have it.
    pub old: Option<SectionState>,
    /// Now; absent if the new run does not have it.
    pub new: Option<SectionState>,
    /// The new rate less the old one with its 95 % interval, -1..1, if both have it.
    pub difference: Option<Interval>,
}

impl Comparison {
    /// Most changes that are kept; the export has them all.
    pub const MOST_CHANGES: usize = 1_000;

    /// Most lost sitemaps that are named.
    pub const MOST_LOST_SITEMAPS: usize = 100;

    /// What the pages were measured with, to judge the same pages again.
    pub const fn yardstick(&self) -> Yardstick {
        Yardstick {
            background: self.background,
            chance: self.chance,
        }
    }

    /// What changed in a sentence: `3 new, 1 fixed`, that nothing did, or that nothing can be said.
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

impl ScoreChange {
    /// A score in two runs.
    pub fn new(old: Option<Interval>, new: Option<Interval>) -> ScoreChange {
        ScoreChange {
            old,
            new,
            overlap: old.zip(new).map(|(old, new)| touch(old, new)),
        }
    }
}

impl SectionChange {
    /// A section in two runs.
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

/// The failing pages of a run that a `summary.json` lists, and what else it says that a comparison
/// needs. Pages that it does not list count as fine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// Which run it is.
    pub side: Side,
    /// Failing pages with their addresses.
    pub pages: Vec<(String, PageState)>,
    /// How many pages failed, whether listed or not.
    pub total: u64,
    /// Crawlability, indexing risk and error rate of the site, where there was enough evidence.
    pub scores: [Option<Interval>; 3],
    /// Sections with their names.
    pub sections: Vec<(String, SectionState)>,
}
