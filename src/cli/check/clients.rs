//! One URL as several clients see it: chain, attempts, cause, and whether the answers differ.

use std::fmt::Write;

use serde::Serialize;

use crate::assess::diagnose::{Diagnosis, Maker};
use crate::cli::columns::{Side, columns};
use crate::cli::paint::{BOLD, paint};
use crate::cli::text::one_line;
use crate::cli::wrap::paragraph;
use crate::model::{Attempt, CrawlUrl, Outcome};

use super::attempts::{Tried, shown, table};
use super::why::{Why, why};

/// What was seen of one URL as one client.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// The client's name, such as `googlebot`.
    pub(super) name: String,
    /// The redirects that led to the last URL, each with its answer; empty if there was none.
    pub(super) hops: Vec<(CrawlUrl, Attempt)>,
    /// All attempts at the last URL, in order.
    pub(super) attempts: Vec<Attempt>,
    /// Why it fails, if it does.
    pub(super) diagnosis: Option<Diagnosis>,
    /// Who made its last answer.
    pub(super) maker: Option<Maker>,
}

/// One URL as it is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Checked {
    pub(super) url: String,
    pub(super) clients: Vec<Client>,
    /// Whether the answers differ by client, in words; empty for one client.
    pub(super) compared: String,
    /// The same request for a shell.
    pub(super) curl: String,
}

/// One client as it is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Client {
    pub(super) name: String,
    pub(super) chain: Vec<Hop>,
    pub(super) attempts: Vec<Tried>,
    pub(super) why: Option<Why>,
}

/// One hop of a chain of redirects.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Hop {
    pub(super) url: String,
    pub(super) status: Option<u16>,
    pub(super) outcome: Outcome,
    pub(super) total_ms: f64,
    /// `Location`, as received.
    pub(super) location: Option<String>,
}

/// One URL as these clients saw it.
pub(super) fn checked(url: &CrawlUrl, seen: &[Seen], curl: String) -> Checked {
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

/// Whether who asks makes a difference. A client whose own answers vary proves nothing.
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
            "The answers differ by client, and each was asked once: that may be \
             chance; more --attempts tell."
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
                "The answers differ by client ({}): a firewall, bot protection or rule looks at who asks.",
                list.join(", ")
            )
        }
        (_, false) => "The answers to one client vary as well, so a difference between clients \
             may be chance; more --attempts tell."
            .to_owned(),
    }
}

impl Checked {
    /// The text, ending in a line break.
    pub(super) fn text(&self, width: usize, color: bool) -> String {
        let head = |title: &str| format!("\n{}\n", paint(title, BOLD, color));
        let mut out = format!("{}\n", paint(&self.url, BOLD, color));
        for client in &self.clients {
            let whose = match self.clients.len() {
                1 => String::new(),
                _ => format!(" as {}", client.name),
            };
            if !client.chain.is_empty() {
                out += &head(&format!("Redirects{whose}"));
                out += &chain(&client.chain);
            }
            out += &head(&format!("Attempts{whose}"));
            out += &table(&client.attempts);
        }
        if self.clients.len() > 1 {
            out += &head("Clients");
            out += &side_by_side(&self.clients);
            out += &paragraph(&self.compared, width, "  ");
        }
        if let Some(why) = self.clients.iter().find_map(|client| client.why.as_ref()) {
            out += &head("Why");
            out += &why.text(width);
        }
        out += &head("Ask it yourself");
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  {}", self.curl);
        out
    }
}

fn chain(hops: &[Hop]) -> String {
    let heads = [
        ("#", Side::Right),
        ("status", Side::Left),
        ("ms", Side::Right),
        ("from", Side::Left),
        ("to", Side::Left),
    ];
    let rows: Vec<_> = hops
        .iter()
        .enumerate()
        .map(|(at, hop)| {
            vec![
                (at + 1).to_string(),
                hop.status
                    .map_or("---".to_owned(), |status| status.to_string()),
                shown(Some(hop.total_ms)),
                hop.url.clone(),
                hop.location.clone().unwrap_or_else(|| "-".to_owned()),
            ]
        })
        .collect();
    columns(&heads, &rows)
}

fn side_by_side(clients: &[Client]) -> String {
    let heads = [
        ("client", Side::Left),
        ("status", Side::Left),
        ("outcome", Side::Left),
        ("ttfb ms", Side::Right),
        ("cause", Side::Left),
    ];
    let rows: Vec<_> = clients
        .iter()
        .map(|client| {
            let last = client.attempts.last();
            vec![
                client.name.clone(),
                last.map_or(String::new(), Tried::answer),
                last.map_or(String::new(), |tried| tried.outcome.id().to_owned()),
                shown(last.and_then(|tried| tried.ttfb_ms)),
                client
                    .why
                    .as_ref()
                    .map_or("-".to_owned(), |why| why.cause.clone()),
            ]
        })
        .collect();
    columns(&heads, &rows)
}
