//! The default plan of an audit.

use std::time::Duration;

use super::{
    ConfirmPlan, Coverage, CrawlPlan, PacePlan, ProbePlan, ReachPlan, RequestPlan, SamplePlan,
    ScopePlan, Sitemaps,
};
use crate::model::url::CrawlUrl;

impl CrawlPlan {
    /// Returns the plan for the whole site of these URLs, at the default pace, under our own name.
    pub fn usual(seeds: Vec<CrawlUrl>) -> CrawlPlan {
        CrawlPlan {
            scope: ScopePlan::usual(seeds),
            pace: PacePlan {
                concurrency: 8,
                rate: Some(10.0),
                delay: Duration::ZERO,
                retries: 2,
                adapt: true,
            },
            confirm: ConfirmPlan {
                delays: vec![Duration::from_secs(15), Duration::from_mins(1)],
                budget: Duration::from_mins(10),
                proof: ConfirmPlan::ONE_SHOT,
            },
            sample: SamplePlan::Usual,
            probe: ProbePlan::default(),
            requests: RequestPlan {
                user_agent: RequestPlan::OWN_AGENT.to_owned(),
                robots_agents: vec![RequestPlan::OWN_TOKEN.to_owned()],
                first_byte: Duration::from_secs(30),
                connect: Duration::from_secs(10),
                body_idle: Duration::from_secs(15),
                max_body: RequestPlan::USUAL_MAX_BODY,
                reach: ReachPlan::default(),
            },
        }
    }
}

impl ScopePlan {
    /// Default maximum of queries per path: a calendar with more pages than this is endless.
    const USUAL_MAX_QUERIES: u32 = 1_000;

    /// Returns the scope of the whole site of these URLs.
    pub fn usual(seeds: Vec<CrawlUrl>) -> ScopePlan {
        ScopePlan {
            seeds,
            coverage: Coverage::Site,
            hosts: Vec::new(),
            subdomains: false,
            segments: Vec::new(),
            include: Vec::new(),
            exclude: Vec::new(),
            max_depth: None,
            max_pages: Some(ScopePlan::USUAL_MAX_PAGES),
            max_hosts: Some(ScopePlan::USUAL_MAX_HOSTS),
            max_time: None,
            max_disk: None,
            resources: false,
            external: false,
            follow_nofollow: false,
            ignore_robots: false,
            ignore_params: Vec::new(),
            sitemaps: Sitemaps::Discovered(Vec::new()),
            known: true,
            max_queries_per_path: ScopePlan::USUAL_MAX_QUERIES,
            select: Vec::new(),
        }
    }
}

impl RequestPlan {
    /// Our own `User-Agent`, without contact data.
    pub const OWN_AGENT: &str = concat!("gatecrawl/", env!("CARGO_PKG_VERSION"));

    /// Our name in robots.txt.
    pub const OWN_TOKEN: &str = "gatecrawl";

    /// Default maximum bytes of a body.
    pub const USUAL_MAX_BODY: usize = 10 << 20;
}
