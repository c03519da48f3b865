//! What the recorded attempts mean. Pure: attempts in, judgements out.

mod indexability;
mod verdict;

pub use indexability::{PageSigns, indexability};
pub use verdict::{Observation, Tally, Verdict};
