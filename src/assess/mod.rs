//! Turns recorded attempts into verdicts, scores and causes. Pure: no clock and no file. Attempts are
//! read as a stream: the state of a URL has a constant size, and that of a site grows with its sections
//! and hosts, up to a bound.
//!
//! The steps:
//!
//! - a [`HostEpisodes`] for each host finds its outages in the first attempts;
//! - a [`Tally`] for each URL turns its attempts into a [`Judgement`] with verdict, rates and risk;
//! - a [`SiteTally`] adds up the judgements with their [`weight()`];
//! - [`crawlability()`] and [`indexing_risk`] compute the scores, whose [`Deduction`]s explain them.

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
pub use history::rate_limit::{Limited, LimitedRequests, RateLimit};
pub use score::crawlability::{Crawlability, HostFiles, crawlability, site_crawlability};
pub use score::deduction::{Deduction, Fact, apportion};
pub use score::first_looks::FirstLooks;
pub use score::identity::ScoreModel;
pub use score::indexing::{Extent, HostState, IndexingRisk, indexing_risk};
pub use score::mean::WeightedRisk;
pub use score::obstacles::Obstacles;
pub use score::points::{FEWEST_LOOKS, Score};
pub use score::risk::{Band, FailingTime, Risk, exposure, severity, url_risk};
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
pub use statistics::uncaught::{LookCounts, NotEstimated, Uncaught};
pub use verdict::earlier_runs::{EarlierRuns, EarlierSight, MOST_EARLIER_RUNS, OLDEST_EARLIER_RUN};
pub use verdict::judgement::Judgement;
pub use verdict::kind::{FailureKind, TOLERATED};
pub use verdict::observation::{Observation, is_telling};
pub use verdict::rules::{Rules, Verdict};
pub use verdict::tally::Tally;
