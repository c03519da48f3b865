//! What the recorded attempts mean. Pure: attempts in, judgements out.

pub mod diagnose;
mod indexability;
pub mod playbook;
mod verdict;

pub use indexability::{PageSigns, indexability};
pub use verdict::{Observation, Tally, Verdict};
