//! Whether a host fails because of the crawl's own load, tried in the confirmation passes: a few
//! failing URLs are requested one at a time, one a second. If they fail as well, load is not the
//! reason. If they are fine, the plan's pace is tried; failures that come back convict the load.

/// Careful requests to a host before load may be excluded, and most of them before the plan's pace is
/// tried all the same: one at a time, one a second.
const FEWEST_CAREFUL: u32 = 5;
const MOST_CAREFUL: u32 = 10;

/// Share of the requests that fails if load is not the reason (of careful ones), or if it is (of
/// faster ones, where hardly any careful one failed). Ours.
const FAILING: f64 = 0.25;

/// Failures at the plan's pace that are no accident. Ours.
const NO_ACCIDENT: u32 = 3;

/// How many times as large the share of failures must be at the plan's pace as of careful requests: what
/// fails by chance does so at any pace. Ours.
const MUCH_MORE: f64 = 5.0;

/// Whether load makes a host fail, found in its confirmation passes. It lasts for all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadTrial {
    careful: Seen,
    fast: Seen,
    stage: Stage,
}

/// Requests, and those of them that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    all: u32,
    failed: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// One request at a time, one a second.
    #[default]
    Careful,
    /// At the plan's pace, with an eye on failures.
    Trial,
    /// Load is not the reason.
    Excluded,
    /// Load is the reason.
    Convicted,
}

impl LoadTrial {
    /// Most careful requests before the plan's pace is tried.
    pub(super) const MOST_CAREFUL: u32 = MOST_CAREFUL;

    /// Whether requests may be made at the plan's pace.
    pub const fn may_be_fast(&self) -> bool {
        matches!(self.stage, Stage::Trial | Stage::Excluded)
    }

    /// Whether load is not the reason.
    pub const fn is_excluded(&self) -> bool {
        matches!(self.stage, Stage::Excluded)
    }

    /// Whether load is the reason.
    pub const fn is_convicted(&self) -> bool {
        matches!(self.stage, Stage::Convicted)
    }

    /// Takes in an answer for a failing URL. Returns whether the pace may be another from now on.
    pub fn answered(&mut self, failed: bool) -> bool {
        let before = self.may_be_fast();
        let seen = if before {
            &mut self.fast
        } else {
            &mut self.careful
        };
        seen.all += 1;
        seen.failed += u32::from(failed);
        self.stage = match self.stage {
            Stage::Careful if self.careful.all >= FEWEST_CAREFUL && self.careful.many() => {
                Stage::Excluded
            }
            Stage::Careful if self.careful.all >= MOST_CAREFUL => Stage::Trial,
            Stage::Trial if self.fast.failed >= NO_ACCIDENT && self.fast.many() => {
                if self.fast.share() >= MUCH_MORE * self.careful.share() {
                    Stage::Convicted
                } else {
                    Stage::Excluded
                }
            }
            stage => stage,
        };
        self.may_be_fast() != before
    }
}

impl Seen {
    fn share(self) -> f64 {
        f64::from(self.failed) / f64::from(self.all.max(1))
    }

    fn many(self) -> bool {
        f64::from(self.failed) >= FAILING * f64::from(self.all)
    }
}
