//! A score, unless there is too little evidence for one.

use serde::Serialize;

use super::robots_ladder::RobotsState;
use crate::assess::statistics::rate::Interval;

/// Minimum first attempts for a score (ours).
pub const FEWEST_LOOKS: u64 = 5;

/// A score, or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Score {
    /// 0..100 with its bounds.
    Known(Interval),
    /// Too little evidence.
    Inconclusive {
        /// First attempts seen.
        first_attempts: u64,
        /// First attempts needed.
        needed: u64,
    },
}

impl Score {
    /// Returns an inconclusive score if there are fewer than [`FEWEST_LOOKS`] first attempts. If
    /// robots.txt fails, nothing could be requested and the score is conclusive.
    pub fn lacks_evidence(first_attempts: u64, robots: RobotsState) -> Option<Score> {
        let enough = first_attempts >= FEWEST_LOOKS || robots.is_failing();
        (!enough).then(|| Score::inconclusive(first_attempts))
    }

    pub(super) const fn inconclusive(first_attempts: u64) -> Score {
        Score::Inconclusive {
            first_attempts,
            needed: FEWEST_LOOKS,
        }
    }

    /// Returns the score, if there is one.
    pub const fn known(self) -> Option<Interval> {
        match self {
            Score::Known(score) => Some(score),
            Score::Inconclusive { .. } => None,
        }
    }
}
