//! What changed between two runs. Rates are compared, not codes: a page that answered 502 once says
//! little, and a change counts only when the numbers of looks at it allow that to be said.
//!
//! Two tests must both agree. The interval of the difference of the two rates excludes 0
//! ([`difference`]: Newcombe 1998, method 10). And the failures are no accident of the site as a
//! whole ([`Noise`]: a binomial tail over its background rate, with the false discovery rate of
//! Benjamini and Hochberg 1995 over all pages), for of ten thousand pages that fail now and then
//! some fail three times in a row. The walk: [`Noise`] sees every [`Pair`] once and becomes a
//! [`Yardstick`], which judges every pair; a [`Comparing`] gathers what came out.

mod chance;
mod change;
mod comparing;
mod comparison;
mod evidence;
mod judge;
mod map;
mod moves;
mod newcombe;
mod noise;
mod sight;
#[cfg(test)]
mod tests;

pub use change::{Change, ChangeCounts};
pub use comparing::Comparing;
pub use comparison::{
    Comparison, Listed, PageChange, ScoreChange, SectionChange, SectionState, Side, SiteScores,
};
pub use judge::{Judged, Yardstick};
pub use map::{AddressMap, MapFault};
pub use moves::Move;
pub use newcombe::difference;
pub use noise::{FALSE_DISCOVERIES, Noise};
pub use sight::{FLAPPING_CHANGES, FLAPPING_RUNS, PageState, Pair, Sight, state_changes};
