//! The plan of a crawl: checked, complete, and without secrets, so that it can be stored with the run and an
//! interrupted crawl continues as it began.

pub(super) mod pace;
mod usual;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::page::role::{Skip, SkipReason};
use super::url::CrawlUrl;
use pace::Pace;

/// The plan of one crawl.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrawlPlan {
    /// The scope of the crawl. Fixed for the life of a run.
    pub scope: ScopePlan,
    /// The pace of requests. May differ when a run is resumed.
    pub pace: PacePlan,
    /// The confirmation of failures. May differ when a run is resumed.
    #[serde(default)]
    pub confirm: ConfirmPlan,
    /// The sample of pages that never failed and are requested again. May differ when a run is resumed.
    #[serde(default)]
    pub sample: SamplePlan,
    /// Experiments on failing URLs. May differ when a run is resumed.
    #[serde(default)]
    #[serde(rename = "probe")]
    pub experiments: ExperimentPlan,
    /// The form of requests. May differ when a run is resumed.
    pub requests: RequestPlan,
}

/// The scope of a crawl.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one flag of the command line, and they do not depend on each other"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopePlan {
    /// Start URLs. For a list, which is stored with the URLs of the run, the first of each origin.
    pub seeds: Vec<CrawlUrl>,
    /// Whether links are followed.
    pub coverage: Coverage,
    /// Hosts that belong to the site besides those of the seeds.
    pub hosts: Vec<String>,
    /// Whether subdomains of the seeds' hosts belong to the site.
    pub subdomains: bool,
    /// Full-URL regular expressions; if there are any, a page must match one.
    pub include: Vec<String>,
    /// Full-URL regular expressions; a page must match none.
    pub exclude: Vec<String>,
    /// Maximum number of clicks from a seed.
    pub max_depth: Option<u32>,
    /// Maximum number of fetched pages; pages found beyond them are skipped.
    pub max_pages: Option<u64>,
    /// Maximum number of requested hosts, besides those that the user named. Plans stored before
    /// this existed have neither this limit nor one of time.
    #[serde(default)]
    pub max_hosts: Option<u64>,
    /// How long pages are requested for the first time, counted from the start or the resumption.
    #[serde(default)]
    pub max_time: Option<Duration>,
    /// Maximum growth of the database in bytes before no more pages are requested, counted from the start or
    /// the resumption; absent for the default.
    #[serde(default)]
    pub max_disk: Option<u64>,
    /// Also fetch images, scripts and styles.
    pub resources: bool,
    /// Also check the status of links to other sites.
    pub external: bool,
    /// Follow nofollow links.
    pub follow_nofollow: bool,
    /// Crawl URLs that robots.txt forbids, and mark them.
    pub ignore_robots: bool,
    /// Names of query parameters to drop; `*` stands for any text.
    pub ignore_params: Vec<String>,
    /// Source of sitemaps.
    pub sitemaps: Sitemaps,
    /// Also request the pages that the site's last comparable run knew. Plans stored before this existed do
    /// not.
    #[serde(default)]
    pub known: bool,
    /// Maximum number of distinct queries of one path before the rest counts as a trap.
    pub max_queries_per_path: u32,
    /// Extra columns: `NAME=CSS` or `NAME=CSS@attribute`.
    pub select: Vec<String>,
    /// Sections of the user's own. Plans stored before this existed have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<SegmentPlan>,
}

/// A section of the user's own: the URLs that match a pattern, wherever they lie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentPlan {
    /// Its name. It does not begin with a slash, as the name of a folder does.
    pub name: String,
    /// Full-URL regular expression.
    pub pattern: String,
}

/// Whether a crawl goes beyond its seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// Links, redirects and sitemaps are followed.
    Site,
    /// Exactly the seeds, and their redirect targets.
    List,
}

/// Source of sitemaps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sitemaps {
    /// None is read.
    Off,
    /// Sitemaps that robots.txt names or `/sitemap.xml`, and these.
    Discovered(Vec<CrawlUrl>),
}

/// The limits on requests to a host.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PacePlan {
    /// Maximum open requests per host.
    pub concurrency: u32,
    /// Maximum requests per second and host; absent for no ceiling.
    pub rate: Option<f64>,
    /// Minimum pause between the starts of two requests to a host.
    pub delay: Duration,
    /// Maximum number of quick retries of one URL within a pass.
    pub retries: u32,
    /// Whether errors, latency and `Retry-After` slow the crawl down, host by host, below these ceilings.
    #[serde(default = "yes")]
    pub adapt: bool,
}

/// Returns the default for plans from before crawls could adapt: a resumed one adapts.
const fn yes() -> bool {
    true
}

/// Maximum `Crawl-delay` that is obeyed; a longer one counts as this.
const MAX_CRAWL_DELAY: Duration = Duration::from_mins(1);

impl ScopePlan {
    /// Default maximum number of pages of a run: at ten a second more than a day. Ours.
    pub const USUAL_MAX_PAGES: u64 = 1_000_000;

    /// Default maximum number of hosts of a run. Ours.
    pub const USUAL_MAX_HOSTS: u64 = 1_000;

    /// Returns the reason for skipping a page beyond the maximum number of pages.
    pub fn beyond_pages(most: u64) -> Skip {
        let detail = beyond(most, Self::USUAL_MAX_PAGES, "pages");
        Skip::new(SkipReason::MaxPages, detail)
    }

    /// Returns the reason for skipping a URL on a host beyond the maximum number of hosts.
    pub fn beyond_hosts(most: u64) -> Skip {
        let detail = beyond(most, Self::USUAL_MAX_HOSTS, "hosts");
        Skip::new(SkipReason::MaxHosts, detail)
    }
}

/// Returns the details of a limit. The user did not choose the default limit, which exists for endless sites.
fn beyond(most: u64, usual: u64, what: &str) -> String {
    let what = if most == 1 {
        what.trim_end_matches('s')
    } else {
        what
    };
    if most == usual {
        format!("after {most} {what}: the site seems endless here")
    } else {
        format!("after {most} {what}")
    }
}

impl CrawlPlan {
    /// Returns the minimum time between the starts of two requests to a host whose robots.txt sets a crawl
    /// delay.
    pub fn interval(&self, crawl_delay: Option<Duration>) -> Duration {
        let requested = crawl_delay.filter(|_| !self.scope.ignore_robots);
        let delay = requested.unwrap_or_default().min(MAX_CRAWL_DELAY);
        self.pace.interval().max(delay)
    }
}

/// The time in which as many requests begin as the rate allows in a second. If it were a second, one more would begin in it
/// whenever a timer or the network is late. Ours: the delays of requests may differ by a fiftieth of it.
const RATED: Duration = Duration::from_millis(1_020);

impl PacePlan {
    /// Returns the fastest pace that a host may ever get.
    pub fn ceiling(&self) -> Pace {
        Pace {
            interval: self.interval(),
            open: self.concurrency.max(1),
        }
    }

    /// Returns the minimum time between the starts of two requests to one host.
    pub fn interval(&self) -> Duration {
        let by_rate = match self.rate {
            Some(rate) if rate > 1.0 => RATED.div_f64(rate),
            Some(rate) if rate > 0.0 => Duration::from_secs_f64(1.0 / rate),
            _ => Duration::ZERO,
        };
        by_rate.max(self.delay)
    }
}

/// The confirmation of failures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmPlan {
    /// Start times of the passes, counted from the end of the crawl itself, ascending.
    pub delays: Vec<Duration>,
    /// Maximum total time of the passes, without the waits between them.
    pub budget: Duration,
    /// How long a URL must have failed before further rechecks add nothing.
    #[serde(default = "one_shot")]
    pub proof: Duration,
}

impl ConfirmPlan {
    /// How long a URL must have failed for a single audit to call it persistent: longer than most restarts take.
    pub const ONE_SHOT: Duration = Duration::from_mins(1);
}

/// Returns the default for plans stored before this existed.
const fn one_shot() -> Duration {
    ConfirmPlan::ONE_SHOT
}

impl Default for ConfirmPlan {
    fn default() -> ConfirmPlan {
        ConfirmPlan {
            delays: Vec::new(),
            budget: Duration::ZERO,
            proof: ConfirmPlan::ONE_SHOT,
        }
    }
}

/// The number of pages that never failed and are requested once more after the crawl. They give an estimate
/// of how many pages fail intermittently without having been caught.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SamplePlan {
    /// No sample. Plans stored before samples existed have none.
    #[default]
    Off,
    /// 200 pages or 5 % of the site's pages, whichever is less, but at least 20.
    Usual,
    /// This many.
    Pages(u64),
    /// This share of the site's pages, 0..1.
    Share(f64),
}

impl SamplePlan {
    /// Maximum and minimum of the default sample. Enough to find one page in a hundred that fails half of the
    /// time, for a minute at the default pace. Ours.
    const MOST: u64 = 200;
    const FEWEST: u64 = 20;

    /// Share of the site's pages in the default sample, 0..1: the additional time of a crawl. Ours.
    const USUAL_SHARE: f64 = 0.05;

    /// Returns the number of pages in a sample out of `pages`.
    pub fn size(self, pages: u64) -> u64 {
        let share = |share: f64| (pages as f64 * share).ceil() as u64;
        let wanted = match self {
            SamplePlan::Off => 0,
            SamplePlan::Usual => {
                share(SamplePlan::USUAL_SHARE).clamp(SamplePlan::FEWEST, SamplePlan::MOST)
            }
            SamplePlan::Pages(wanted) => wanted,
            SamplePlan::Share(part) => share(part),
        };
        wanted.min(pages)
    }
}

/// Experiments on failing URLs, to separate causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExperimentPlan {
    /// Whether experiments are made.
    pub enabled: bool,
    /// Whether they may add a query parameter, which caches and analytics of the site see.
    pub cache: bool,
}

impl Default for ExperimentPlan {
    fn default() -> ExperimentPlan {
        ExperimentPlan {
            enabled: true,
            cache: true,
        }
    }
}

/// The form of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestPlan {
    /// The whole `User-Agent` header.
    pub user_agent: String,
    /// The names of this crawler in robots.txt, most specific first.
    pub robots_agents: Vec<String>,
    /// Maximum wait for the first byte.
    pub first_byte: Duration,
    /// Maximum wait for a connection, TLS included.
    pub connect: Duration,
    /// Maximum time without data within a body.
    pub body_idle: Duration,
    /// Maximum bytes read of a body.
    pub max_body: usize,
    /// The way to the site.
    #[serde(default)]
    pub reach: ReachPlan,
}

/// The way to a site, without secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReachPlan {
    /// IP addresses given by the user, `HOST:PORT:ADDRESS`.
    pub resolve: Vec<String>,
    /// The proxy, without user and password.
    pub proxy: Option<String>,
    /// Whether every certificate is accepted.
    pub insecure: bool,
    /// Whether HTTP/2 is never used.
    pub http1: bool,
    /// The kinds of secrets that the run began with.
    pub secrets: Vec<String>,
}

impl ReachPlan {
    /// Returns whether the run began with a user and a password.
    pub fn has_login(&self) -> bool {
        self.secrets.iter().any(|secret| secret == "--basic-auth")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_a_part_of_the_site_within_bounds() {
        let cases = [
            (SamplePlan::Off, 1_000, 0),
            (SamplePlan::Usual, 7, 7),
            (SamplePlan::Usual, 100, 20),
            (SamplePlan::Usual, 1_000, 50),
            (SamplePlan::Usual, 1_000_000, 200),
            (SamplePlan::Pages(30), 1_000, 30),
            (SamplePlan::Share(0.5), 31, 16),
        ];
        for (plan, pages, expected) in cases {
            assert_eq!(plan.size(pages), expected, "{plan:?} of {pages}");
        }
    }

    #[test]
    fn a_crawl_delay_is_obeyed_up_to_a_limit() {
        let json = r#"{"scope": {"seeds": [], "coverage": "site", "hosts": [], "subdomains": false,
            "include": [], "exclude": [], "max_depth": null, "max_pages": null, "resources": false,
            "external": false, "follow_nofollow": false, "ignore_robots": false,
            "ignore_params": [], "sitemaps": "off", "max_queries_per_path": 1, "select": []},
            "pace": {"concurrency": 1, "rate": 2.0, "delay": {"secs": 0, "nanos": 0}, "retries": 0},
            "requests": {"user_agent": "", "robots_agents": [],
            "first_byte": {"secs": 1, "nanos": 0}, "connect": {"secs": 1, "nanos": 0},
            "body_idle": {"secs": 1, "nanos": 0}, "max_body": 1}}"#;
        let mut plan: CrawlPlan = serde_json::from_str(json).expect("a plan");
        let cases = [(None, 510), (Some(100), 510), (Some(2_000), 2_000)];
        for (delay, millis) in cases.into_iter().chain([(Some(3_600_000), 60_000)]) {
            let interval = plan.interval(delay.map(Duration::from_millis));
            assert_eq!(interval, Duration::from_millis(millis), "{delay:?}");
        }
        plan.scope.ignore_robots = true;
        let ignored = plan.interval(Some(Duration::from_secs(2)));
        assert_eq!(ignored, Duration::from_millis(510));
    }
}
