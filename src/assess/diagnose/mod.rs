//! Why pages fail: from recorded attempts to causes with shares, and to findings that report them.
//!
//! - An error page names the machine that made it (`identify`).
//! - The response time names a timer (`timing`).
//! - Other facts about the host raise or lower the remaining causes (`diagnose`).
//! - Rules (`rules`) turn counted facts into findings.
//!
//! Everything is counted while it is read, in bounded space. No text is read back, and every number in a
//! sentence is a field.

mod answer;
mod causes;
pub(in crate::assess) mod cluster;
mod context;
mod error_page;
mod evidence;
mod host;
mod load_curve;
mod logged;
mod outages;
pub mod rules;
mod timing;

pub use answer::{Announced, Answer, AnswerFacts, LONGEST_DEFAULT_DELAY, is_cached};
pub use causes::shares::Shares;
pub use causes::{Diagnosis, Special, diagnose};
pub use cluster::{Cluster, ClusterFacts};
pub use context::{Context, ExperimentResult, Ratio};
pub use error_page::catalogue::{CatalogueFault, Fingerprint, fingerprint, fingerprints};
pub use error_page::fingerprints::{Match, identify};
pub use error_page::layer::maker_of;
pub use error_page::maker::Maker;
pub use error_page::soft_error::{SoftError, SoftSign, soft_error, telling_part};
pub use evidence::Evidence;
pub use host::{Addresses, AtAddress, HostFacts, Pool, TimeHistogram};
pub use load_curve::{Load, LoadCurve, LoadStep};
pub use logged::LogLines;
pub use outages::{Lasted, Outage, Outages, Rhythm};
pub use timing::{TimerCounts, Wall};
