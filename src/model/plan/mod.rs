//! What a crawl was asked to do: checked, complete, and without secrets, so that it can be stored
//! with the run and an interrupted crawl goes on as it began.

pub(super) mod pace;
mod usual;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::page::role::{Skip, SkipReason};
use super::url::CrawlUrl;
use pace::Pace;

/// One crawl.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrawlPlan {
    /// What belongs to the crawl. Fixed for the life of a run.
    pub scope: ScopePlan,
    /// How hard it may ask. May differ when a run is resumed.
    pub pace: PacePlan,
    /// When it asks again for what failed. May differ when a run is resumed.
    #[serde(default)]
    pub confirm: ConfirmPlan,
    /// How many pages that never failed are requested again. May differ when a run is resumed.
    #[serde(default)]
    pub sample: SamplePlan,
    /// Whether it experiments with what fails. May differ when a run is resumed.
    #[serde(default)]
    pub probe: ProbePlan,
    /// How it asks. May differ when a run is resumed.
    pub requests: RequestPlan,
}

/// What belongs to a crawl.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one flag of the command line, and they do not depend on each other"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopePlan {
    /// Where it starts. Of a list, which is kept with the URLs of the run, the first of each
    /// origin.
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
    /// Most clicks from a seed.
    pub max_depth: Option<u32>,
    /// Most pages that are fetched; those found beyond them are skipped.
    pub max_pages: Option<u64>,
    /// Most hosts of which anything is requested, those that were named besides. Plans that were stored
    /// before this existed have no limit, nor one of time.
    #[serde(default)]
    pub max_hosts: Option<u64>,
    /// How long pages are requested for the first time, counted from the start or the resumption.
    #[serde(default)]
    pub max_time: Option<Duration>,
    /// Bytes by which the database may grow before no page is requested any more, counted from the start or the
    /// resumption; absent for what is usual.
    #[serde(default)]
    pub max_disk: Option<u64>,
    /// Also images, scripts and styles.
    pub resources: bool,
    /// Also the status of links to other sites.
    pub external: bool,
    /// Nofollow links are followed.
    pub follow_nofollow: bool,
    /// What robots.txt forbids is crawled, and marked.
    pub ignore_robots: bool,
    /// Names of query parameters to drop, `*` standing for any text.
    pub ignore_params: Vec<String>,
    /// Where sitemaps come from.
    pub sitemaps: Sitemaps,
    /// The pages that the site's last comparable run knew are requested too. Plans that were
    /// stored before this existed do without.
    #[serde(default)]
    pub known: bool,
    /// Most distinct queries of one path before the rest counts as a trap.
    pub max_queries_per_path: u32,
    /// Extra columns: `NAME=CSS` or `NAME=CSS@attribute`.
    pub select: Vec<String>,
}

/// Whether a crawl goes beyond its seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// Links, redirects and sitemaps are followed.
    Site,
    /// Exactly the seeds, and where they redirect to.
    List,
}

/// Where sitemaps come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sitemaps {
    /// None is read.
    Off,
    /// Those that robots.txt names or `/sitemap.xml`, and these.
    Discovered(Vec<CrawlUrl>),
}

/// How hard a host may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PacePlan {
    /// Most open requests per host.
    pub concurrency: u32,
    /// Most requests per second and host; absent for no ceiling.
    pub rate: Option<f64>,
    /// Least pause between the starts of two requests to a host.
    pub delay: Duration,
    /// Most quick retries of one URL within a pass.
    pub retries: u32,
    /// Whether errors, latency and `Retry-After` slow the crawl down, host by host, below these
    /// ceilings.
    #[serde(default = "yes")]
    pub adapt: bool,
}

/// Plans that were stored before a crawl could adapt are resumed by one that does.
const fn yes() -> bool {
    true
}

/// Longest `Crawl-delay` that is obeyed.
const MAX_CRAWL_DELAY: Duration = Duration::from_mins(1);

impl ScopePlan {
    /// Most pages of a run, if nothing else is said: at ten a second more than a day. Ours.
    pub const USUAL_MAX_PAGES: u64 = 1_000_000;

    /// Most hosts of a run, if nothing else is said. Ours.
    pub const USUAL_MAX_HOSTS: u64 = 1_000;

    /// Why a page beyond the allowed number of pages is skipped.
    pub fn beyond_pages(most: u64) -> Skip {
        let detail = beyond(most, Self::USUAL_MAX_PAGES, "pages");
        Skip::new(SkipReason::MaxPages, detail)
    }

    /// Why a URL on a host beyond the allowed number of hosts is skipped.
    pub fn beyond_hosts(most: u64) -> Skip {
        let detail = beyond(most, Self::USUAL_MAX_HOSTS, "hosts");
        Skip::new(SkipReason::MaxHosts, detail)
    }
}

/// Nobody chose the usual limit: it is there for sites without an end.
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
    /// Least time between the starts of two requests to a host whose robots.txt asks for a pause.
    pub fn interval(&self, crawl_delay: Option<Duration>) -> Duration {
        let asked = crawl_delay.filter(|_| !self.scope.ignore_robots);
        let delay = asked.unwrap_or_default().min(MAX_CRAWL_DELAY);
        self.pace.interval().max(delay)
    }
}

impl PacePlan {
    /// The fastest that a host may ever be asked.
    pub fn ceiling(&self) -> Pace {
        Pace {
            interval: self.interval(),
            open: self.concurrency.max(1),
        }
    }

    /// Least time between the starts of two requests to one host.
    pub fn interval(&self) -> Duration {
        let by_rate = match self.rate {
            Some(rate) if rate > 0.0 => Duration::from_secs_f64(1.0 / rate),
            _ => Duration::ZERO,
        };
        by_rate.max(self.delay)
    }
}

/// When a crawl asks again for what failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmPlan {
    /// When the passes begin, counted from the end of the crawl itself, ascending.
    pub delays: Vec<Duration>,
    /// Time that they may take in all, without the waits between them.
    pub budget: Duration,
    /// How long a URL must have failed for asking again to teach nothing more.
    #[serde(default = "one_shot")]
    pub proof: Duration,
}

impl ConfirmPlan {
    /// Enough for an audit of one shot to call a failure persistent: longer than most restarts take.
    pub const ONE_SHOT: Duration = Duration::from_mins(1);
}

/// Plans that were stored before it was part of them.
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

/// How many pages that never failed are requested once more after the crawl, to estimate how many fail
/// now and then without having been caught.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SamplePlan {
    /// None. Runs stored before there was a sample have none.
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
    /// Most and fewest pages of the usual sample. Enough to see one page in a hundred that fails half
    /// of the time, for a minute at the default pace. Ours.
    const MOST: u64 = 200;
    const FEWEST: u64 = 20;

    /// Share of the site's pages in the usual sample, 0..1: what a crawl may take longer. Ours.
    const USUAL_SHARE: f64 = 0.05;

    /// The number of pages out of `pages`.
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

/// Whether a crawl asks failing URLs in other ways than its own, to tell causes apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbePlan {
    /// Whether it does.
    pub enabled: bool,
    /// Whether a query parameter may be added, which caches and analytics of the site see.
    pub cache: bool,
}

impl Default for ProbePlan {
    fn default() -> ProbePlan {
        ProbePlan {
            enabled: true,
            cache: true,
        }
    }
}

/// How a request is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestPlan {
    /// The whole `User-Agent` header.
    pub user_agent: String,
    /// The names under which robots.txt may address us, most specific first.
    pub robots_agents: Vec<String>,
    /// Longest wait for the first byte.
    pub first_byte: Duration,
    /// Longest wait for a connection, TLS included.
    pub connect: Duration,
    /// Longest pause within a body.
    pub body_idle: Duration,
    /// Read no more of a body, in bytes.
    pub max_body: usize,
    /// How the site is reached.
    #[serde(default)]
    pub reach: ReachPlan,
}

/// How a site is reached, as far as it is no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReachPlan {
    /// Addresses given by hand, `HOST:PORT:ADDRESS`.
    pub resolve: Vec<String>,
    /// The proxy, without user and password.
    pub proxy: Option<String>,
    /// Every certificate is accepted.
    pub insecure: bool,
    /// HTTP/2 is never spoken.
    pub http1: bool,
    /// Which kinds of secrets the run began with.
    pub secrets: Vec<String>,
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
    fn a_crawl_delay_is_obeyed_within_reason() {
        let json = r#"{"scope": {"seeds": [], "coverage": "site", "hosts": [], "subdomains": false,
            "include": [], "exclude": [], "max_depth": null, "max_pages": null, "resources": false,
            "external": false, "follow_nofollow": false, "ignore_robots": false,
            "ignore_params": [], "sitemaps": "off", "max_queries_per_path": 1, "select": []},
            "pace": {"concurrency": 1, "rate": 2.0, "delay": {"secs": 0, "nanos": 0}, "retries": 0},
            "requests": {"user_agent": "", "robots_agents": [],
            "first_byte": {"secs": 1, "nanos": 0}, "connect": {"secs": 1, "nanos": 0},
            "body_idle": {"secs": 1, "nanos": 0}, "max_body": 1}}"#;
        let mut plan: CrawlPlan = serde_json::from_str(json).expect("a plan");
        let cases = [(None, 500), (Some(100), 500), (Some(2_000), 2_000)];
        for (delay, millis) in cases.into_iter().chain([(Some(3_600_000), 60_000)]) {
            let interval = plan.interval(delay.map(Duration::from_millis));
            assert_eq!(interval, Duration::from_millis(millis), "{delay:?}");
        }
        plan.scope.ignore_robots = true;
        let ignored = plan.interval(Some(Duration::from_secs(2)));
        assert_eq!(ignored, Duration::from_millis(500));
    }
}
