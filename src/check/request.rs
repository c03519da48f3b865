//! Requests one URL as one client: follows its redirects, then requests the last URL several times.

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

/// Maximum redirects that are followed.
const MAX_HOPS: usize = MAX_REDIRECTS as usize;

/// Pause between two requests: slow enough not to make the server fail.
const PAUSE: Duration = Duration::from_secs(1);

/// Maximum bytes read of a page: the beginning shows which product made the page.
const BODY_LIMIT: usize = 1 << 20;

/// The results of one URL.
#[derive(Debug)]
pub(super) struct ClientResult {
    /// The redirects on the way, each with its answer.
    pub(super) hops: Vec<(CrawlUrl, Attempt)>,
    /// All attempts at the last URL, in order.
    pub(super) attempts: Vec<Attempt>,
    /// The facts of the failed attempts.
    facts: Option<ClusterFacts>,
    /// The product that made the last answer.
    pub(super) maker: Option<Maker>,
}

/// The client that a check requests as, and its number of requests.
#[derive(Clone, Debug)]
pub struct CheckClient {
    /// The name of the client, such as `googlebot`.
    pub name: String,
    /// The client to imitate; `None` for gatecrawl itself.
    pub guise: Option<Guise>,
    /// The `User-Agent` that is recorded.
    pub user_agent: Arc<str>,
    /// Requests per URL.
    pub attempts: u32,
}

/// Requests a URL.
pub(super) async fn request_as<F: Fetcher>(
    fetcher: &F,
    url: &CrawlUrl,
    client: &CheckClient,
) -> ClientResult {
    let mut result = ClientResult {
        hops: Vec::new(),
        attempts: Vec::new(),
        facts: None,
        maker: None,
    };
    let mut at = url.clone();
    loop {
        let (exchange, mut attempt) = once(fetcher, &at, client).await;
        let target = location(&at, &exchange.headers);
        let target = target.filter(|_| attempt.outcome == Outcome::Redirect);
        let known =
            |target: &CrawlUrl| *target == at || result.hops.iter().any(|(url, _)| url == target);
        let ended = match target {
            Some(target) if known(&target) => Some(Outcome::RedirectLoop),
            Some(_) if result.hops.len() >= MAX_HOPS => Some(Outcome::RedirectTooMany),
            Some(target) => {
                fetcher.led(&at, &target);
                result.hops.push((at, attempt));
                at = target;
                continue;
            }
            None => None,
        };
        if let Some(outcome) = ended {
            attempt.outcome = outcome;
            result.take(&at, attempt);
            return result;
        }
        result.take(&at, attempt);
        break;
    }
    for _ in 1..client.attempts {
        tokio::time::sleep(PAUSE).await;
        let (_, attempt) = once(fetcher, &at, client).await;
        result.take(&at, attempt);
    }
    result
}

async fn once<F: Fetcher>(
    fetcher: &F,
    url: &CrawlUrl,
    client: &CheckClient,
) -> (Exchange, Attempt) {
    let request = Request {
        connection: Connection::Fresh,
        body_limit: BODY_LIMIT,
        guise: client.guise.clone(),
        ..Request::page(url.clone())
    };
    single(fetcher, request, wall_clock(), &client.user_agent).await
}

/// Returns whether an attempt has to be explained.
fn is_bad(attempt: &Attempt) -> bool {
    attempt.outcome.is_failure()
        || attempt.status.is_none_or(|status| status >= 400)
        || matches!(
            attempt.outcome,
            Outcome::RedirectLoop | Outcome::RedirectTooMany
        )
}

impl ClientResult {
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

    /// Returns whether no attempt was bad.
    pub(super) fn is_fine(&self) -> bool {
        self.facts.is_none()
    }

    /// Returns the number of bad attempts.
    pub(super) fn bad(&self) -> usize {
        self.attempts
            .iter()
            .filter(|attempt| is_bad(attempt))
            .count()
    }

    /// Returns why the URL fails, if it does.
    pub(super) fn diagnosis(&self, around: &Context) -> Option<Diagnosis> {
        self.facts.as_ref().map(|facts| diagnose(facts, around))
    }
}
