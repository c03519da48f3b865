//! Asks one URL as one client: down its redirects, then several times.

use std::sync::Arc;
use std::time::Duration;

use crate::app;
use crate::assess::diagnose::{
    Announced, Answer, AnswerFacts, Cluster, ClusterFacts, Context, Diagnosis, Maker, diagnose,
    identify, maker_of,
};
use crate::fetch::{Fetcher, location};
use crate::model::{
    Attempt, Connection, CrawlUrl, Exchange, Keep, Moment, Outcome, Pressure, Purpose, Request,
    Trace,
};
use crate::parse::{RetryAfter, retry_after};

/// Most redirects that are followed: as many as Google does for a page.
const MAX_HOPS: usize = 10;

/// Pause between two requests: slow enough not to be what makes the server fail.
const PAUSE: Duration = Duration::from_secs(1);

/// Longest wait for the first byte, as in an audit.
const PATIENCE: Duration = Duration::from_secs(30);

/// Read no more than this of a page: its beginning tells who made it.
const BODY_LIMIT: usize = 1 << 20;

/// What came of asking one URL.
#[derive(Debug)]
pub(super) struct Asked {
    /// The redirects on the way, each with its answer.
    pub(super) hops: Vec<(CrawlUrl, Attempt)>,
    /// All attempts at the last URL.
    pub(super) attempts: Vec<Attempt>,
    /// The failures among them.
    facts: Option<ClusterFacts>,
    /// Who made the last answer.
    pub(super) maker: Option<Maker>,
}

/// As whom is asked, and how often.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    pub(super) user_agent: Arc<str>,
    pub(super) attempts: u32,
}

/// Asks.
pub(super) async fn ask<F: Fetcher>(fetcher: &F, url: &CrawlUrl, asking: &Asking) -> Asked {
    let mut asked = Asked {
        hops: Vec::new(),
        attempts: Vec::new(),
        facts: None,
        maker: None,
    };
    let mut at = url.clone();
    loop {
        let (exchange, attempt) = once(fetcher, &at, asking).await;
        let target = location(&at, &exchange.headers);
        let known =
            |target: &CrawlUrl| *target == at || asked.hops.iter().any(|(url, _)| url == target);
        match target.filter(|target| attempt.outcome == Outcome::Redirect && !known(target)) {
            Some(target) if asked.hops.len() < MAX_HOPS => {
                asked.hops.push((at, attempt));
                at = target;
            }
            _ => {
                asked.take(&at, &exchange, attempt);
                break;
            }
        }
    }
    for _ in 1..asking.attempts {
        tokio::time::sleep(PAUSE).await;
        let (exchange, attempt) = once(fetcher, &at, asking).await;
        asked.take(&at, &exchange, attempt);
    }
    asked
}

async fn once<F: Fetcher>(fetcher: &F, url: &CrawlUrl, asking: &Asking) -> (Exchange, Attempt) {
    let started = app::wall_clock();
    let request = Request {
        url: url.clone(),
        connection: Connection::Fresh,
        first_byte_limit: PATIENCE,
        body_limit: BODY_LIMIT,
        keep: Keep::Pages,
    };
    let exchange = fetcher.fetch(request).await;
    let attempt = record(&exchange, started, &asking.user_agent);
    (exchange, attempt)
}

fn record(exchange: &Exchange, started: Moment, user_agent: &Arc<str>) -> Attempt {
    let reason = exchange.reason.clone().unwrap_or_default();
    let is_redirect = exchange.status.is_some_and(|status| status / 100 == 3);
    Attempt {
        pass: 1,
        purpose: Purpose::Crawl,
        started,
        outcome: exchange.outcome,
        status: exchange.status,
        status_text: if exchange.fault.is_empty() {
            reason
        } else {
            exchange.fault.clone()
        },
        timings: exchange.timings,
        waited: None,
        wire_bytes: exchange.wire_bytes,
        remote: exchange.remote.map(|address| address.ip()),
        version: exchange.version,
        reused: exchange.reused,
        user_agent: Arc::clone(user_agent),
        pressure: Pressure {
            in_flight: 1,
            rate: None,
        },
        trace: Trace::of(exchange),
        body_fingerprint: None,
        redirect: exchange.header_text("location").filter(|_| is_redirect),
    }
}

/// Whether an attempt is one that has to be explained.
fn is_bad(attempt: &Attempt) -> bool {
    attempt.outcome.is_failure() || attempt.status.is_none_or(|status| status >= 400)
}

impl Asked {
    fn take(&mut self, url: &CrawlUrl, exchange: &Exchange, attempt: Attempt) {
        let answer = Answer {
            status: exchange.status,
            reason: exchange.reason.as_deref(),
            headers: &exchange.headers,
            body_head: &exchange.body,
            ttfb: exchange.timings.first_byte,
            connect: Some(setup(exchange)),
            outcome: exchange.outcome,
        };
        let matches = identify(&answer);
        self.maker = maker_of(&answer, &matches);
        if is_bad(&attempt) {
            let page = matches.iter().find(|found| found.is_generator());
            let page = page.map(|found| found.id);
            let facts = self.facts.get_or_insert_with(|| {
                ClusterFacts::new(Cluster {
                    host: url.host_key().to_string(),
                    section: url.section().to_owned(),
                    outcome: attempt.outcome,
                    fingerprint: page.map(str::to_owned),
                })
            });
            let announced = announced(exchange, attempt.started);
            facts.add(&AnswerFacts::of(&attempt, page, announced), attempt.started);
        }
        self.attempts.push(attempt);
    }

    /// Whether no attempt was bad.
    pub(super) fn is_fine(&self) -> bool {
        self.facts.is_none()
    }

    /// How many attempts were bad.
    pub(super) fn bad(&self) -> usize {
        self.attempts
            .iter()
            .filter(|attempt| is_bad(attempt))
            .count()
    }

    /// Why it fails, if it does.
    pub(super) fn diagnosis(&self, around: &Context) -> Option<Diagnosis> {
        self.facts.as_ref().map(|facts| diagnose(facts, around))
    }
}

/// What it took until the request could be sent.
fn setup(exchange: &Exchange) -> Duration {
    let timings = exchange.timings;
    [timings.dns, timings.connect, timings.tls]
        .into_iter()
        .flatten()
        .sum()
}

fn announced(exchange: &Exchange, now: Moment) -> Announced {
    let date = exchange.header("date");
    match exchange.header("retry-after") {
        None => Announced::Nothing,
        Some(value) => match retry_after(&value, date.as_deref(), now) {
            RetryAfter::Delay(delay) => Announced::Delay(delay),
            RetryAfter::Invalid => Announced::Invalid,
        },
    }
}
