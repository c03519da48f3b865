//! Requests a URL as each client in turn.

use crate::assess::diagnose::{Context, ExperimentResult, Ratio};
use crate::fetch::Fetcher;
use crate::model::{ClientPreset, CrawlUrl, Experiment};

use super::clients::{Checked, Seen, checked};
use super::request::{CheckClient, ClientResult, request_as};

/// Requests a URL as each client. `curl` is the same request as a line for a shell.
pub async fn check<F: Fetcher>(
    url: &CrawlUrl,
    fetcher: &F,
    clients: &[CheckClient],
    curl: String,
) -> Checked {
    let mut all = Vec::new();
    for client in clients {
        all.push((client, request_as(fetcher, url, client).await));
    }
    let seen: Vec<Seen> = all
        .iter()
        .map(|(client, result)| Seen {
            name: client.name.clone(),
            hops: result.hops.clone(),
            attempts: result.attempts.clone(),
            diagnosis: result.diagnosis(&around(result, client, &all)),
            maker: result.maker,
        })
        .collect();
    checked(url, &seen, curl)
}

/// Returns what the answers to the other clients show about the failures of one client. If that client is answered well
/// at times, another client's success shows nothing.
fn around(
    result: &ClientResult,
    client: &CheckClient,
    all: &[(&CheckClient, ClientResult)],
) -> Context {
    let is_broken = result.bad() == result.attempts.len();
    let others = || {
        all.iter()
            .filter(|(other, _)| other.name != client.name && is_browser(&other.name))
    };
    if !is_broken || is_browser(&client.name) || others().next().is_none() {
        return Context::default();
    }
    let fine = others().any(|(_, other)| other.is_fine());
    Context {
        experiments: vec![ExperimentResult {
            experiment: Experiment::Browser,
            fine: Ratio::new(u64::from(fine), 1),
            crawler_fine: Ratio::new(0, 1),
            crawl_fine: Ratio::default(),
        }],
        ..Context::default()
    }
}

/// Returns whether a client is a browser.
fn is_browser(name: &str) -> bool {
    ClientPreset::named(name).is_some_and(ClientPreset::is_browser)
}
