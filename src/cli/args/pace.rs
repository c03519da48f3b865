use std::time::Duration;

use clap::Args;

use crate::model::SamplePlan;

use super::value::{Schedule, duration, positive_duration, sample, size};

/// How hard the site is asked, and how patiently.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Pace and limits")]
pub(crate) struct PaceArgs {
    /// Most open requests per host [default: 8]
    #[arg(short = 'c', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) concurrency: Option<u32>,
    /// Most requests per second and host; 0 is no ceiling [default: 10]
    #[arg(long, alias = "rate-limit", value_name = "R", value_parser = rate)]
    pub(crate) rate: Option<f64>,
    /// Least pause between two requests to a host, such as 200ms or 2s
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) delay: Option<Duration>,
    /// Do not slow down on errors, latency and Retry-After
    #[arg(long)]
    pub(crate) no_adapt: bool,
    /// Quick retries of a failing URL [default: 2]
    #[arg(long, alias = "max-retries", value_name = "N", value_parser = clap::value_parser!(u32).range(..=10))]
    pub(crate) retries: Option<u32>,
    /// When failing URLs are asked again, counted from the end of the crawl: none, quick (15s,60s),
    /// standard (1m,5m,15m), thorough (standard and 1h,6h), or a list [default: quick]
    #[arg(long, value_name = "SCHEDULE")]
    pub(crate) confirm: Option<Schedule>,
    /// Time that confirmation passes may take; what it does not reach is sampled [default: 10m]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) confirm_budget: Option<Duration>,
    /// Pages that never failed, as a number or as a share such as 5%, requested once more after the crawl
    /// to estimate how many fail without being caught; 0 is none [default: 200 or 5%, at least 20]
    #[arg(long, value_name = "N|P%", value_parser = sample)]
    pub(crate) sample: Option<SamplePlan>,
    /// Do not ask failing URLs in other ways, like a browser for one, to tell causes apart
    #[arg(long)]
    pub(crate) no_probe: bool,
    /// Also ask failing URLs with a query parameter that no cache has seen
    #[arg(long, conflicts_with = "no_probe")]
    pub(crate) probe_cache: bool,
    /// Longest wait for the first byte [default: 30s]
    #[arg(short = 't', long, value_name = "DURATION", value_parser = positive_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Longest wait for a connection [default: 10s]
    #[arg(long, value_name = "DURATION", value_parser = positive_duration)]
    pub(crate) connect_timeout: Option<Duration>,
    /// Longest silence within a body [default: 15s]
    #[arg(long, value_name = "DURATION", value_parser = positive_duration)]
    pub(crate) body_timeout: Option<Duration>,
    /// Read no more of a body [default: 10MiB]
    #[arg(long, value_name = "SIZE", value_parser = size::<usize>)]
    pub(crate) max_body: Option<usize>,
}

/// Slowest rate that is taken, in requests per second: one an hour. Less is a mistake.
const SLOWEST: f64 = 1.0 / 3_600.0;

fn rate(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(rate) if rate == 0.0 || (rate.is_finite() && rate >= SLOWEST) => Ok(rate),
        _ => Err("not a number of requests per second, such as 5 or 0.5".to_owned()),
    }
}
