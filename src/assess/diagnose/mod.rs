//! Why pages fail: from what was recorded to causes with shares, and to findings that say so.
//!
//! An error page names the machine that made it (`identify`), the time it took names a timer
//! (`timing`), and what else is known of the host multiplies the causes that are left (`diagnose`).
//! Rules (`rules`) turn counted facts into findings. Everything is counted as it streams by, in
//! bounded space; no text is read back, and every number that a sentence shows is a field.

mod answer;
mod catalogue;
mod causes;
mod cluster;
mod context;
mod evidence;
mod fingerprints;
mod host;
mod layer;
mod likelihood;
mod load_curve;
mod outages;
mod patterns;
pub mod rules;
mod shares;
mod soft_error;
mod timing;

pub use answer::{Announced, Answer, AnswerFacts, LONGEST_DEFAULT_DELAY, is_cached};
pub use catalogue::{CatalogueFault, Fingerprint, fingerprint, fingerprints};
pub use causes::{Diagnosis, Special, diagnose};
pub use cluster::{Cluster, ClusterFacts};
pub use context::{Context, Experiment, Ratio, Trial};
pub use evidence::Evidence;
pub use fingerprints::{Match, identify};
pub use host::{Addresses, HostFacts, TimeHistogram};
pub use layer::{Maker, maker_of};
pub use load_curve::{Load, LoadCurve, LoadStep};
pub use outages::{Outage, Outages, Rhythm};
pub use shares::Shares;
pub use soft_error::{SoftError, SoftSign, soft_error, telling_part};
pub use timing::{Timer, TimerCounts, timer_of};

#[cfg(test)]
mod captured;
