//! The changes between two runs. Rates are compared, not codes: a single 502 proves little, and a change
//! counts only if there are enough looks.
//!
//! Two tests must both agree:
//!
//! - The interval of the difference of the two rates excludes 0 ([`difference`]: Newcombe 1998, method
//!   10).
//! - The site's background rate does not explain the failures ([`Noise`]: a binomial tail over that
//!   rate, with the false discovery rate of Benjamini and Hochberg 1995 over all pages). Of ten thousand
//!   pages that fail now and then, some fail three times in a row.
//!
//! The steps: [`Noise`] reads every [`Pair`] once and becomes a [`Yardstick`]; this judges every pair; a
//! [`Comparing`] collects the changes.

mod chance;
mod change;
mod comparing;
mod comparison;
mod evidence;
mod groups;
mod judge;
mod map;
mod newcombe;
mod noise;
mod sight;
#[cfg(test)]
mod tests;

pub use change::{Change, ChangeCounts};
pub use comparing::Comparing;
pub use comparison::{
    Comparison, Listed, NewFailures, PageChange, ScoreChange, ScoreModels, SectionChange,
    SectionState, Side, SiteScores,
};
pub use groups::{
    Canonical, DeadLinks, Group, Ill, Lost, LostCause, MarksChange, Move, Noindex, Standing, loss,
};
pub use judge::{Judged, Yardstick};
pub use map::{AddressMap, MapFault};
pub use newcombe::difference;
pub use noise::{FALSE_DISCOVERIES, Noise};
pub use sight::{
    FLAPPING_CHANGES, FLAPPING_RUNS, Marks, PageState, Pair, Sight, Target, state_changes,
};
