//! The findings of the logs: counts with their rates, causes, episodes, crawlers.

mod crawl;
mod episode;
pub(super) mod join;
mod page;
mod summary;
mod tables;

use std::collections::HashMap;

use crate::model::Cause;
use crate::store::LogCheckpoint;

use super::bots::verify::Verifier;
use super::kept::Counted;
use super::order::Order;
use super::tally::names::NO_NAME;
use super::tally::totals::Totals;
use super::tally::urls::{UrlId, Urls};

pub use crawl::Joining;
pub use crawl::compare::{CrawlFound, Difference, Differences};
pub use episode::{Episode, EpisodeKind};
pub use page::{LogPage, Strip, StripCell, TimeSpan};
pub use summary::{
    BotCount, CauseCount, Explained, FamilyCount, FileCount, HourCount, LogSummary, MessageCount,
    NamedCount, Requests, Since, UrlCount,
};
pub use tables::LogTable;

use crawl::compare::ComparedUrl;
use episode::Episodes;

/// The findings of the logs.
#[derive(Debug)]
pub struct Found {
    summary: LogSummary,
    urls: Urls,
    totals: Totals,
    /// The most frequent cause of each URL's failures, and its backend.
    causes: HashMap<UrlId, (Option<Cause>, u16)>,
    episodes: Vec<Episode>,
    /// Names of the files in the order of reading.
    files: Vec<String>,
    /// Dates of the lists by which crawlers were verified, by their number.
    dates: HashMap<u8, String>,
    /// The checkpoints up to which logs were read.
    points: Vec<LogCheckpoint>,
    /// Query parameters that are dropped.
    ignored: Vec<String>,
    /// URLs that fail for other clients or in the crawl. Empty until the logs are compared with a crawl.
    compared: Vec<ComparedUrl>,
}

impl Found {
    pub(super) fn new(
        order: &Order,
        counted: Counted,
        verifier: &Verifier<'_>,
        points: Vec<LogCheckpoint>,
    ) -> Found {
        let Counted {
            urls,
            totals,
            joined,
            files,
        } = counted;
        let causes = causes(&totals);
        let paths = urls.learn();
        let episodes = Episodes {
            totals: &totals,
            urls: &urls,
            events: &order.events,
        }
        .find();
        let dates = totals
            .bots
            .keys()
            .filter_map(|(bot, _)| Some((*bot, verifier.date(*bot)?.to_owned())));
        let dates = dates.collect();
        let summary = summary::summary(&summary::Facts {
            files: &files,
            totals: &totals,
            urls: &urls,
            paths: &paths,
            causes: &causes,
            joined: &joined,
            episodes: &episodes,
            dates: &dates,
        });
        Found {
            summary,
            causes,
            episodes,
            dates,
            points,
            ignored: order.ignore_params.clone(),
            compared: Vec::new(),
            files: files.into_iter().map(|file| file.name).collect(),
            totals,
            urls,
        }
    }

    pub(super) fn points(&self) -> &[LogCheckpoint] {
        &self.points
    }

    /// Returns the numbers of the whole.
    pub fn summary(&self) -> &LogSummary {
        &self.summary
    }
}

/// Returns the most frequent cause and backend of each URL's failures, of those that have one of them.
fn causes(totals: &Totals) -> HashMap<UrlId, (Option<Cause>, u16)> {
    let failures = totals.failures.iter();
    let failures = failures.filter(|failure| failure.cause.is_some() || failure.backend != NO_NAME);
    let mut all: Vec<(UrlId, Option<Cause>, u16)> = failures
        .map(|failure| (failure.url, failure.cause, failure.backend))
        .collect();
    all.sort_unstable();
    let most = |of_url: &[(UrlId, Option<Cause>, u16)]| {
        let alike = of_url.chunk_by(PartialEq::eq);
        let most = alike.max_by_key(|alike| {
            let (_, cause, backend) = alike[0];
            (cause.is_some(), alike.len(), std::cmp::Reverse(backend))
        });
        most.map(|alike| (alike[0].0, (alike[0].1, alike[0].2)))
    };
    let of_urls = all.chunk_by(|one, other| one.0 == other.0);
    of_urls.filter_map(most).collect()
}
