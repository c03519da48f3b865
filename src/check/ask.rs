//! Asks one URL as one client: down its redirects, then several times.

use std::sync::Arc;
use std::time::Duration;

use crate::assess::diagnose::{
    Announced, AnswerFacts, Cluster, ClusterFacts, Context, Diagnosis, Maker, SoftError, diagnose,
    soft_error,
};
use crate::crawl::single;
use crate::fetch::{Fetcher, location};
use crate::machine::wall_clock;
use crate::model::{
    Attempt, Connection, CrawlUrl, Exchange, Guise, MAX_REDIRECTS, Outcome, Request,
};

/// Most redirects that are followed.
const MAX_HOPS: usize = MAX_REDIRECTS as usize;

/// Pause between two requests: slow enough not to be what makes the server fail.
const PAUSE: Duration = Duration::from_secs(1);

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
pub struct Asking {
    /// What the client is called, such as `googlebot`.
    pub name: String,
    /// As whom, if not as ourselves.
    pub guise: Option<Guise>,
    /// The `User-Agent` that is recorded.
    pub user_agent: Arc<str>,
    /// Requests per URL.
    pub attempts: u32,
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
        let (exchange, mut attempt) = once(fetcher, &at, asking).await;
        let target = location(&at, &exchange.headers);
        let target = target.filter(|_| attempt.outcome == Outcome::Redirect);
        let known =
            |target: &CrawlUrl| *target == at || asked.hops.iter().any(|(url, _)| url == target);
        let ended = match target {
            Some(target) if known(&target) => Some(Outcome::RedirectLoop),
            Some(_) if asked.hops.len() >= MAX_HOPS => Some(Outcome::RedirectTooMany),
            Some(target) => {
                fetcher.led(&at, &target);
                asked.hops.push((at, attempt));
                at = target;
                continue;
            }
            None => None,
        };
        if let Some(outcome) = ended {
            attempt.outcome = outcome;
            asked.take(&at, attempt);
            return asked;
        }
        asked.take(&at, attempt);
        break;
    }
    for _ in 1..asking.attempts {
        tokio::time::sleep(PAUSE).await;
        let (_, attempt) = once(fetcher, &at, asking).await;
        asked.take(&at, attempt);
    }
    asked
}

async fn once<F: Fetcher>(fetcher: &F, url: &CrawlUrl, asking: &Asking) -> (Exchange, Attempt) {
    let request = Request {
        connection: Connection::Fresh,
        body_limit: BODY_LIMIT,
        guise: asking.guise.clone(),
        ..Request::page(url.clone())
    };
    single(fetcher, request, wall_clock(), &asking.user_agent).await
}

/// Whether an attempt is one that has to be explained.
fn is_bad(attempt: &Attempt) -> bool {
    attempt.outcome.is_failure()
        || attempt.status.is_none_or(|status| status >= 400)
        || matches!(
            attempt.outcome,
            Outcome::RedirectLoop | Outcome::RedirectTooMany
        )
}

impl Asked {
    fn take(&mut self, url: &CrawlUrl, attempt: Attempt) {
        let page = attempt.error_page.as_ref();
        let mark = page.and_then(|page| page.fingerprint);
        self.maker = page.and_then(|page| page.made_by).and_then(Maker::from_id);
        if is_bad(&attempt) {
            let facts = self.facts.get_or_insert_with(|| {
                ClusterFacts::new(Cluster {
                    host: url.host_key().to_string(),
                    section: url.section().to_owned(),
                    outcome: attempt.outcome,
                    fingerprint: mark.map(str::to_owned),
                })
            });
            if attempt.outcome == Outcome::SoftError200 {
                let status = attempt.status.unwrap_or_default();
                let found = page.and_then(|page| soft_error(status, &page.head));
                facts.soft = Some(found.unwrap_or_else(SoftError::unexplained).cause);
            }
            let is_there = attempt.trace.retry_after.is_some();
            let announced = Announced::of(is_there, attempt.announced);
            facts.add(&AnswerFacts::of(&attempt, mark, announced), attempt.started);
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
