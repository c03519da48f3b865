use std::time::Duration;

use clap::Args;

use crate::model::SamplePlan;

use super::value::{Schedule, duration, positive_duration, sample, size};

/// The pace of requests, and the time limits.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Pace and limits")]
pub(crate) struct PaceArgs {
    /// Maximum open requests per host [default: 8]
    #[arg(short = 'c', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) concurrency: Option<u32>,
    /// Maximum requests per second and host; 0 means no limit [default: 10]
    #[arg(long, alias = "rate-limit", value_name = "R", value_parser = rate)]
    pub(crate) rate: Option<f64>,
    /// Minimum pause between two requests to a host, such as 200ms or 2s; a longer Crawl-delay in robots.txt is obeyed, up
    /// to a minute
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) delay: Option<Duration>,
    /// Do not slow down on errors and latency, and never pause a host; a Retry-After still delays its own URL
    #[arg(long)]
    pub(crate) no_adapt: bool,
    /// Maximum quick retries of a failing URL in a pass; failures that cannot change within seconds get fewer or none
    /// [default: 2]
    #[arg(long, alias = "max-retries", value_name = "N", value_parser = clap::value_parser!(u32).range(..=10))]
    pub(crate) retries: Option<u32>,
    /// When failing URLs are requested again, counted from the end of the crawl: none, quick (15s,60s),
    /// standard (1m,5m,15m), thorough (standard and 1h,6h), or a list [default: quick]
    #[arg(long, value_name = "SCHEDULE")]
    pub(crate) confirm: Option<Schedule>,
    /// Maximum time for confirmation passes; if it is too short for all failing URLs, a random sample of them is
    /// confirmed [default: 10m]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) confirm_budget: Option<Duration>,
    /// How many pages that never failed are requested once more after the crawl, to estimate how many
    /// failures were missed: a number, or a share such as 5%; 0 means none [default: 5%, at least 20 and at most 200]
    #[arg(long, value_name = "N|P%", value_parser = sample)]
    pub(crate) sample: Option<SamplePlan>,
    /// Make no experiments (requests that differ in one thing, such as a browser's User-Agent, to find the cause of
    /// failures)
    #[arg(long)]
    pub(crate) no_probe: bool,
    /// Make no experiments that bypass caches (they add a query parameter to the failing URL)
    #[arg(long, conflicts_with = "no_probe")]
    pub(crate) no_probe_cache: bool,
    /// Maximum wait for the first byte; with 30s or more, confirmation passes and experiments wait at least 70s [default: 30s]
    #[arg(short = 't', long, value_name = "DURATION", value_parser = positive_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Maximum wait for a connection [default: 10s]
    #[arg(long, value_name = "DURATION", value_parser = positive_duration)]
    pub(crate) connect_timeout: Option<Duration>,
    /// Maximum wait between two pieces of a body [default: 15s]
    #[arg(long, value_name = "DURATION", value_parser = positive_duration)]
    pub(crate) body_timeout: Option<Duration>,
    /// Maximum size of a body that is read [default: 10MiB]
    #[arg(long, value_name = "SIZE", value_parser = size::<usize>)]
    pub(crate) max_body: Option<usize>,
}

/// The minimum rate that is accepted, in requests per second: one an hour. Less is a mistake.
const SLOWEST: f64 = 1.0 / 3_600.0;

fn rate(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(rate) if rate == 0.0 || (rate.is_finite() && rate >= SLOWEST) => Ok(rate),
        _ => Err("not a number of requests per second, such as 5 or 0.5".to_owned()),
    }
}
