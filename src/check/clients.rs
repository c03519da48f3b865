//! One URL as several clients see it: chain, attempts, cause, and whether the answers differ.

use serde::Serialize;

use crate::assess::diagnose::{Diagnosis, Maker};
use crate::model::{Attempt, CrawlUrl, Outcome};
use crate::report::words::one_line;

use super::attempts::Tried;
use super::why::{Why, why};

/// The results of one URL for one client.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The client's name, such as `googlebot`.
    pub name: String,
    /// The redirects that led to the last URL, each with its answer; empty if there was none.
    pub hops: Vec<(CrawlUrl, Attempt)>,
    /// All attempts at the last URL, in order.
    pub attempts: Vec<Attempt>,
    /// Why it fails, if it does.
    pub diagnosis: Option<Diagnosis>,
    /// The product that made its last answer.
    pub maker: Option<Maker>,
}

/// The result for one URL.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checked {
    /// The URL.
    pub url: String,
    /// The results of the clients, in the order in which they were named.
    pub clients: Vec<Client>,
    /// Whether the answers differ by client, in words; empty for one client.
    pub compared: String,
    /// The request as a line for a shell.
    pub curl: String,
}

/// The result for one client.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Client {
    /// Its name, such as `googlebot`.
    pub name: String,
    /// The redirects that led to the last URL.
    pub chain: Vec<Hop>,
    /// All attempts at the last URL, in order.
    pub attempts: Vec<Tried>,
    /// Why it fails, if it does.
    pub why: Option<Why>,
}

/// One hop of a chain of redirects.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hop {
    /// The URL.
    pub url: String,
    /// The status, if there was an answer.
    pub status: Option<u16>,
    /// The outcome of the request.
    pub outcome: Outcome,
    /// Total time.
    pub total_ms: f64,
    /// `Location`, as received.
    pub location: Option<String>,
}

/// Returns the result for one URL as these clients saw it.
pub fn checked(url: &CrawlUrl, seen: &[Seen], curl: String) -> Checked {
    let clients: Vec<Client> = seen.iter().map(client).collect();
    Checked {
        url: url.as_str().to_owned(),
        compared: compared(&clients),
        clients,
        curl,
    }
}

fn client(seen: &Seen) -> Client {
    let chain = seen.hops.iter().map(|(url, attempt)| {
        let tried = Tried::of(attempt);
        Hop {
            url: url.as_str().to_owned(),
            status: tried.status,
            outcome: tried.outcome,
            total_ms: tried.total_ms,
            location: attempt.redirect.as_deref().map(one_line),
        }
    });
    let last = seen.attempts.last();
    let outcome = last.map_or(Outcome::OkHtml, |attempt| attempt.outcome);
    let server = last.and_then(|attempt| attempt.trace.server.as_deref());
    let told = |diagnosis| why(diagnosis, outcome, seen.maker, server);
    Client {
        name: seen.name.clone(),
        chain: chain.collect(),
        attempts: seen.attempts.iter().map(Tried::of).collect(),
        why: seen.diagnosis.as_ref().map(told),
    }
}

/// Returns in words whether the answers differ by client. The answers to a client that is answered now well and now
/// badly show no difference to others.
fn compared(clients: &[Client]) -> String {
    if clients.len() < 2 {
        return String::new();
    }
    let answers = |client: &Client| {
        let mut answers: Vec<_> = client
            .attempts
            .iter()
            .map(|tried| (tried.outcome, tried.status))
            .collect();
        answers.dedup();
        answers
    };
    let all: Vec<_> = clients.iter().map(answers).collect();
    let same = all.iter().all(|answers| *answers == all[0]);
    let once = clients.iter().any(|client| client.attempts.len() < 2);
    match (same, all.iter().all(|answers| answers.len() <= 1)) {
        (false, true) if once => {
            "The answers differ by client, but each client made one request, so it may be chance; \
             use more --attempts."
                .to_owned()
        }
        (true, true) => "All clients get the same answer.".to_owned(),
        (false, true) => {
            let list: Vec<_> = clients
                .iter()
                .filter_map(|client| {
                    let last = client.attempts.last()?;
                    let what = last
                        .status
                        .map_or(last.outcome.id().to_owned(), |status| status.to_string());
                    Some(format!("{} {what}", client.name))
                })
                .collect();
            format!(
                "The answers differ by client ({}): a firewall, bot protection or rule treats \
                 clients differently.",
                list.join(", ")
            )
        }
        (_, false) => "The answers to one client vary as well, so a difference between clients \
                       may be chance; use more --attempts."
            .to_owned(),
    }
}
