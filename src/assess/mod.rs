//! What the recorded attempts mean. Pure: attempts in, judgements out, no clock and no file.
//! Attempts stream through: what is kept of a URL has a constant size, and what is kept of a site
//! grows with its sections and hosts, up to a bound.
//!
//! The walk: a [`HostEpisodes`] for each host tells its outages from the first attempts; a
//! [`Tally`] for each URL turns its attempts into a [`Judgement`] with verdict, rates and risk; a
//! [`SiteTally`] takes the judgements with their [`weight()`]; [`crawlability()`] and
//! [`indexing_risk`] are the scores, and their [`Deduction`]s say what they are made of.

pub mod compare;
pub mod diagnose;
pub mod examine;
mod gate;
mod history;
pub mod playbook;
mod score;
mod search;
mod start;
mod statistics;
#[cfg(test)]
mod vectors;
mod verdict;

pub use gate::{
    Doubt, Gate, GateFault, GateResult, GateStatus, METRICS, Measured, Metric, MetricInfo, Op, Unit,
};
pub use history::episode::{Episode, FirstLook};
pub use history::host_episodes::HostEpisodes;
pub use history::rate_limit::RateLimit;
pub use score::crawlability::{Crawlability, HostFiles, crawlability, site_crawlability};
pub use score::deduction::{Deduction, Fact, apportion};
pub use score::first_looks::FirstLooks;
pub use score::identity::{FOOTER, MODEL};
pub use score::indexing::{Extent, IndexingRisk, indexing_risk};
pub use score::mean::WeightedRisk;
pub use score::obstacles::Obstacles;
pub use score::points::{FEWEST_LOOKS, Score};
pub use score::risk::{Band, Risk, exposure, severity, url_risk};
pub use score::robots_ladder::RobotsState;
pub use score::site::{Aggregate, Groups, MOST_GROUPS, OTHER, Scored, SiteTally};
pub use score::weight::{Importance, priority, weight};
pub use search::indexability::{PageSigns, indexability};
pub use search::link_score::link_score;
pub use start::{
    NoStart, PasswordField, StartAnswer, StartFault, StartPage, StartRedirect, has_login_words,
};
pub use statistics::latency::Latency;
pub use statistics::rate::{Interval, Z};
pub use statistics::uncaught::{LookCounts, Uncaught};
pub use verdict::earlier_runs::{EarlierRuns, EarlierSight, MOST_EARLIER_RUNS, OLDEST_EARLIER_RUN};
pub use verdict::judgement::Judgement;
pub use verdict::kind::{FailureKind, TOLERATED};
pub use verdict::observation::Observation;
pub use verdict::rules::{Rules, Verdict};
pub use verdict::tally::Tally;
