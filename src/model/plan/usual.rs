//! The default plan of an audit.

use std::time::Duration;

use super::{
    ConfirmPlan, Coverage, CrawlPlan, ExperimentPlan, PacePlan, ReachPlan, RequestPlan, SamplePlan,
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
            experiments: ExperimentPlan::default(),
            requests: RequestPlan {
                user_agent: RequestPlan::OWN_AGENT.to_owned(),
                robots_agents: vec![RequestPlan::OWN_TOKEN.to_owned()],
                first_byte: RequestPlan::USUAL_FIRST_BYTE,
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

    /// Default wait for the first byte.
    pub const USUAL_FIRST_BYTE: Duration = Duration::from_secs(30);

    /// Wait for the first byte in passes and experiments: longer than the minute after which most gateways give up,
    /// so that the gateway's own answer arrives.
    const PATIENT_FIRST_BYTE: Duration = Duration::from_secs(70);

    /// Returns how long a request of a pass or an experiment waits for the first byte. Who chose to wait less than
    /// usual does not wait for a gateway.
    pub fn patient_first_byte(&self) -> Duration {
        if self.first_byte < Self::USUAL_FIRST_BYTE {
            self.first_byte
        } else {
            self.first_byte.max(Self::PATIENT_FIRST_BYTE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_waits_as_long_as_usual_waits_longer_for_gateways() {
        for (first_byte, patient) in [(5, 5), (29, 29), (30, 70), (60, 70), (90, 90)] {
            let mut requests = CrawlPlan::usual(Vec::new()).requests;
            requests.first_byte = Duration::from_secs(first_byte);
            let expected = Duration::from_secs(patient);
            assert_eq!(requests.patient_first_byte(), expected, "{first_byte}");
        }
    }
}
