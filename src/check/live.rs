//! A URL, requested as each client in turn.

use crate::assess::diagnose::{Context, Experiment, Ratio, Trial};
use crate::fetch::Fetcher;
use crate::model::{ClientPreset, CrawlUrl};

use super::ask::{Asked, Asking, ask};
use super::clients::{Checked, Seen, checked};

/// Requests a URL as each client. `curl` is the same request for a shell.
pub async fn check<F: Fetcher>(
    url: &CrawlUrl,
    fetcher: &F,
    clients: &[Asking],
    curl: String,
) -> Checked {
    let mut all = Vec::new();
    for client in clients {
        all.push((client, ask(fetcher, url, client).await));
    }
    let seen: Vec<Seen> = all
        .iter()
        .map(|(client, asked)| Seen {
            name: client.name.clone(),
            hops: asked.hops.clone(),
            attempts: asked.attempts.clone(),
            diagnosis: asked.diagnosis(&around(asked, client, &all)),
            maker: asked.maker,
        })
        .collect();
    checked(url, &seen, curl)
}

/// What the other clients tell about the failures of one. A client that is fine at times proves
/// nothing by another's success.
fn around(asked: &Asked, client: &Asking, all: &[(&Asking, Asked)]) -> Context {
    let is_broken = asked.bad() == asked.attempts.len();
    let others = || {
        all.iter()
            .filter(|(other, _)| other.name != client.name && is_browser(&other.name))
    };
    if !is_broken || is_browser(&client.name) || others().next().is_none() {
        return Context::default();
    }
    let fine = others().any(|(_, other)| other.is_fine());
    Context {
        experiments: vec![Experiment {
            trial: Trial::Browser,
            fine: Ratio::new(u64::from(fine), 1),
            crawler_fine: Ratio::new(0, 1),
            crawl_fine: Ratio::default(),
        }],
        ..Context::default()
    }
}

/// Whether a client is a browser.
fn is_browser(name: &str) -> bool {
    ClientPreset::named(name).is_some_and(ClientPreset::is_browser)
}
