//! Groups the failures of an archive by host, answer and error page.

use std::collections::BTreeMap;
use std::time::Duration;

use http::header::{CONTENT_TYPE, DATE, REFRESH, RETRY_AFTER, SERVER};

use super::echoes::without_echoes;
use crate::assess::diagnose::{
    Announced, Answer, AnswerFacts, Cluster, ClusterFacts, Maker, identify, maker_of, soft_error,
};
use crate::model::{Cause, CrawlUrl, Moment, Outcome};
use crate::parse::har::{BODY_HEAD, Entry};
use crate::parse::{RetryAfter, retry_after};

/// Maximum URLs named for a group.
const EXAMPLES: usize = 5;

/// Maximum requests listed that failed for a reason of the browser, such as an extension.
const LISTED: usize = 20;

/// Host, outcome, fingerprint, and the cause that an error page with a status of success points at.
type Kind = (String, Outcome, Option<&'static str>, Option<Cause>);

/// Failures grouped by their common features.
#[derive(Debug, Default)]
pub(super) struct Groups {
    by_kind: BTreeMap<Kind, Group>,
    /// Requests without an answer for which the browser gives no reason, or which it blocked itself.
    pub(super) unexplained: Vec<(CrawlUrl, Option<String>)>,
    /// Number of these requests.
    pub(super) unexplained_count: u64,
}

/// A group of failures.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) facts: ClusterFacts,
    /// The product that made the first answer.
    pub(super) maker: Option<Maker>,
    /// Some of the URLs, each once.
    pub(super) urls: Vec<CrawlUrl>,
    /// The user agent of the first request.
    pub(super) user_agent: Option<String>,
    /// The browser's name for the first failure.
    pub(super) error: Option<String>,
}

impl Groups {
    /// Adds an entry, if it failed.
    pub(super) fn add(&mut self, entry: Entry) {
        let soft = soft_cause(&entry);
        let outcome = soft.map_or_else(|| outcome(&entry), |_| Some(Outcome::SoftError200));
        if outcome.is_none() && entry.status.is_some() {
            return;
        }
        let entry = &without_echoes(entry);
        let Some(outcome) = outcome else {
            self.unexplained_count += 1;
            if self.unexplained.len() < LISTED {
                self.unexplained
                    .push((entry.url.clone(), entry.error.clone()));
            }
            return;
        };
        let answer = Answer {
            status: entry.status,
            reason: Some(entry.status_text.as_str()).filter(|text| !text.is_empty()),
            headers: &entry.headers,
            body_head: &entry.body_head,
            ttfb: entry.timings.first_byte,
            connect: Some(setup(entry)),
            outcome,
        };
        let matches = identify(&answer);
        let page = matches.iter().find(|found| found.is_generator());
        let page = page.map(|found| found.id);
        let host = entry.url.host_key().to_string();
        let group = self
            .by_kind
            .entry((host.clone(), outcome, page, soft))
            .or_insert_with(|| Group {
                facts: ClusterFacts {
                    soft,
                    ..ClusterFacts::new(Cluster {
                        host,
                        section: entry.url.section().to_owned(),
                        outcome,
                        fingerprint: page.map(str::to_owned),
                    })
                },
                maker: maker_of(&answer, &matches),
                urls: Vec::new(),
                user_agent: entry.user_agent.clone(),
                error: entry.error.clone(),
            });
        group.facts.add(&facts(entry, outcome, page), moment(entry));
        if group.urls.len() < EXAMPLES && !group.urls.contains(&entry.url) {
            group.urls.push(entry.url.clone());
        }
    }

    /// Returns the groups: first those that search engines count as failures, then by size.
    pub(super) fn ranked(&self) -> Vec<&Group> {
        let mut groups: Vec<&Group> = self.by_kind.values().collect();
        groups.sort_by_key(|group| {
            let facts = &group.facts;
            let is_failure = facts.cluster.outcome.is_failure();
            (!is_failure, std::cmp::Reverse(facts.failures))
        });
        groups
    }
}

/// Returns the cause that an error page with a status of success points at. Archives may leave out bodies and
/// hold only the beginning of long ones; an incomplete body is not judged.
fn soft_cause(entry: &Entry) -> Option<Cause> {
    let body = &entry.body_head;
    let kind = entry.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let is_page = kind
        .trim_start()
        .to_ascii_lowercase()
        .starts_with("text/html");
    let is_whole = (1..BODY_HEAD).contains(&body.len()) && entry.failure.is_none();
    let leads_on = entry.headers.contains_key(REFRESH);
    let status = entry.status.filter(|_| is_page && is_whole && !leads_on)?;
    soft_error(status, body).map(|found| found.cause)
}

/// Returns the outcome of a failed entry; `None` if it did not fail, or if the archive does not say how it ended.
fn outcome(entry: &Entry) -> Option<Outcome> {
    match entry.status {
        Some(status) if status >= 400 => {
            let usable = matches!(announced(entry), Announced::Delay(_));
            Some(Outcome::of_error_status(status, usable))
        }
        // A successful answer can be cut off.
        _ => entry.failure,
    }
}

fn announced(entry: &Entry) -> Announced {
    let text = |name| {
        entry
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    match text(RETRY_AFTER).map(|value| retry_after(value, text(DATE), moment(entry))) {
        None => Announced::Nothing,
        Some(RetryAfter::Delay(delay)) => Announced::Delay(delay),
        Some(RetryAfter::Invalid) => Announced::Invalid,
    }
}

/// Returns the time of an entry; 1970 if the archive has none.
fn moment(entry: &Entry) -> Moment {
    entry.started.unwrap_or_default()
}

fn setup(entry: &Entry) -> Duration {
    let timings = entry.timings;
    [timings.dns, timings.connect, timings.tls]
        .into_iter()
        .flatten()
        .sum()
}

fn facts<'a>(entry: &'a Entry, outcome: Outcome, page: Option<&'a str>) -> AnswerFacts<'a> {
    let timings = entry.timings;
    let first_byte = timings.first_byte.filter(|_| entry.status.is_some());
    AnswerFacts {
        outcome,
        status: entry.status,
        fingerprint: page,
        server: entry
            .headers
            .get(SERVER)
            .and_then(|value| value.to_str().ok()),
        waited: first_byte.map(|at| at.saturating_sub(setup(entry))),
        round_trip: timings.connect,
        retry_after: announced(entry),
        cached: entry.from_cache,
        reused: timings.connect.is_none(),
        address: entry.server,
        // A browser does not record how many requests were open.
        in_flight: 1,
        rate: None,
    }
}
