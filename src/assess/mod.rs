//! What the recorded attempts mean. Pure: attempts in, judgements out, no clock and no file.
//! Attempts stream through: what is kept of a URL has a constant size, and what is kept of a site
//! grows with its sections and hosts, up to a bound.
//!
//! The walk: a [`HostEpisodes`] for each host tells its outages from the first attempts; a
//! [`Tally`] for each URL turns its attempts into a [`Judgement`] with verdict, rates and risk; a
//! [`SiteTally`] takes the judgements with their [`weight()`]; [`crawlability()`] and
//! [`indexing_risk`] are the scores, and their [`Deduction`]s say what they are made of.

mod chance;
pub mod compare;
mod crawlability;
mod deduction;
pub mod diagnose;
mod earlier_runs;
mod episode;
pub mod examine;
mod first_looks;
mod gate;
mod group_course;
mod host_episodes;
mod identity;
mod indexability;
mod indexing;
mod judgement;
mod kind;
mod latency;
mod link_score;
mod mean;
mod observation;
mod obstacles;
mod passes;
pub mod playbook;
mod rate;
mod rate_limit;
mod risk;
mod robots_ladder;
mod score;
mod site;
mod start;
mod tally;
mod uncaught;
#[cfg(test)]
mod vectors;
mod verdict;
mod weight;

pub use crawlability::{Crawlability, HostFiles, crawlability, site_crawlability};
pub use deduction::{Deduction, Fact, apportion};
pub use earlier_runs::{EarlierRuns, EarlierSight, MOST_EARLIER_RUNS, OLDEST_EARLIER_RUN};
pub use episode::{Episode, FirstLook};
pub use first_looks::FirstLooks;
pub use gate::{
    Doubt, Gate, GateFault, GateResult, METRICS, Measured, Metric, MetricInfo, Op, Ruling, Unit,
};
pub use host_episodes::HostEpisodes;
pub use identity::{FOOTER, MODEL};
pub use indexability::{PageSigns, indexability};
pub use indexing::{Extent, IndexingRisk, indexing_risk};
pub use judgement::Judgement;
pub use kind::{FailureKind, TOLERATED};
pub use latency::Latency;
pub use link_score::link_score;
pub use mean::WeightedRisk;
pub use observation::Observation;
pub use obstacles::Obstacles;
pub use rate::{Interval, Z};
pub use rate_limit::RateLimit;
pub use risk::{Band, Risk, exposure, severity, url_risk};
pub use robots_ladder::RobotsState;
pub use score::{FEWEST_LOOKS, Score};
pub use site::{Aggregate, Groups, MOST_GROUPS, OTHER, Scored, SiteTally};
pub use start::{
    NoStart, PasswordField, StartAnswer, StartFault, StartPage, StartRedirect, has_login_words,
};
pub use tally::Tally;
pub use uncaught::{LookCounts, Uncaught};
pub use verdict::{Rules, Verdict};
pub use weight::{Importance, priority, weight};
