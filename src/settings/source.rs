//! Reads the source that an argument names: a file, stdin, or a URL.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use crate::fetch::{FetchSettings, Fetcher, HttpFetcher, Named, location};
use crate::model::{CrawlUrl, Exchange, Keep, Outcome, Request, reason_phrase};

use super::args::value::crawl_url;
use super::failure::Failure;
use super::plan::agents;

/// Maximum redirects that are followed, as RFC 9309 section 2.3.1.2 recommends for robots.txt.
const MAX_HOPS: usize = 5;

/// Maximum wait for the first byte of a fetched file, as in an audit.
const PATIENCE: Duration = Duration::from_secs(30);

/// Returns the URL that an argument names; `None` if it names a file. Only a scheme makes a URL, so a mistyped file
/// name is never taken for a host.
pub(crate) fn as_url(text: &str) -> Option<Result<CrawlUrl, Failure>> {
    let is_url = text.contains("://");
    is_url.then(|| crawl_url(text).map_err(Failure::usage))
}

/// Reads a file, or stdin for `-`. Refuses more than `most` bytes.
pub(crate) fn read_file(
    flag: &str,
    path: &Path,
    most: u64,
    stdin: &mut dyn Read,
) -> Result<Vec<u8>, Failure> {
    let fault = |what: &dyn std::fmt::Display| {
        Failure::usage(format!("{flag} {}: {what}", path.display()).trim_start())
    };
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        stdin.take(most + 1).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| fault(&error))?;
    if bytes.len() as u64 > most {
        return Err(fault(&format!("larger than {most} bytes")));
    }
    Ok(bytes)
}

/// A fetched answer.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// The URL after redirects.
    pub(crate) url: CrawlUrl,
    /// The last answer.
    pub(crate) exchange: Exchange,
    /// The outcome, bad redirects included.
    pub(crate) outcome: Outcome,
}

/// Returns a fetcher for a command that fetches a few files, the first of which is the named URL, if any.
pub(crate) fn fetcher(url: Option<&CrawlUrl>) -> Result<HttpFetcher, Failure> {
    let settings = FetchSettings {
        user_agent: agents::own(None),
        named: Named::of(url),
        ..FetchSettings::default()
    };
    HttpFetcher::new(settings).map_err(Failure::own)
}

/// Fetches a URL and follows its redirects.
pub(crate) async fn fetch<F: Fetcher>(fetcher: &F, url: &CrawlUrl, most: usize) -> Fetched {
    let mut seen = vec![url.clone()];
    let mut at = url.clone();
    loop {
        let exchange = fetcher
            .fetch(Request {
                first_byte_limit: PATIENCE,
                body_limit: most,
                keep: Keep::All,
                ..Request::page(at.clone())
            })
            .await;
        let target = location(&at, &exchange.headers);
        let outcome = match (exchange.outcome, &target) {
            (Outcome::Redirect, Some(target)) if seen.contains(target) => Outcome::RedirectLoop,
            (Outcome::Redirect, Some(_)) if seen.len() > MAX_HOPS => Outcome::RedirectTooMany,
            (outcome, _) => outcome,
        };
        match target {
            Some(target) if outcome == Outcome::Redirect => {
                fetcher.led(&at, &target);
                seen.push(target.clone());
                at = target;
            }
            _ => {
                return Fetched {
                    url: at,
                    exchange,
                    outcome,
                };
            }
        }
    }
}

impl Fetched {
    /// Returns the status of the answer or the error: `404 Not Found`, `connection refused`.
    pub(crate) fn status(&self) -> String {
        let exchange = &self.exchange;
        if matches!(
            self.outcome,
            Outcome::RedirectLoop | Outcome::RedirectTooMany
        ) {
            return self.outcome.id().replace('_', " ");
        }
        match (exchange.status, &exchange.reason) {
            (Some(status), Some(reason)) if !reason.is_empty() => format!("{status} {reason}"),
            (Some(status), _) => {
                let text = format!("{status} {}", reason_phrase(status));
                text.trim_end().to_owned()
            }
            (None, _) => exchange.fault.clone(),
        }
    }
}
