//! URLs that fail for users, for a crawl, or for both.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::assess::Verdict;
use crate::logs::tally::key::Keys;
use crate::logs::tally::urls::{UrlId, UrlTally, Urls};
use crate::model::{CrawlUrl, Moment};
use crate::store::{JudgedUrl, LogLine, RunRow, Store, StoreError};

/// Maximum URLs that are listed; all are counted. Ours.
const MOST: usize = 100_000;

/// URLs of each kind that the summary names.
const MOST_NAMED: usize = 10;

/// The clients for whom a URL fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// It fails for others, and never failed for the crawl.
    OnlyOthers,
    /// It fails for the crawl, and never failed for others.
    OnlyCrawl,
    /// It fails for both.
    Both,
    /// It fails for others, and the crawl did not request it.
    NotCrawled,
    /// It fails for the crawl, and nobody else requested it.
    NotRequested,
}

impl Difference {
    /// All kinds, the most urgent first.
    pub const ALL: [Difference; 5] = [
        Difference::OnlyOthers,
        Difference::NotCrawled,
        Difference::Both,
        Difference::OnlyCrawl,
        Difference::NotRequested,
    ];

    /// Returns its name in exports.
    pub const fn name(self) -> &'static str {
        match self {
            Difference::OnlyOthers => "only_others",
            Difference::OnlyCrawl => "only_crawl",
            Difference::Both => "both",
            Difference::NotCrawled => "not_crawled",
            Difference::NotRequested => "not_requested",
        }
    }
}

/// A URL that fails for the crawl or in the logs.
#[derive(Clone, Debug)]
pub(in crate::logs::found) struct ComparedUrl {
    pub(in crate::logs::found) address: String,
    pub(in crate::logs::found) difference: Difference,
    pub(in crate::logs::found) verdict: Option<Verdict>,
    pub(in crate::logs::found) attempts: u64,
    pub(in crate::logs::found) failed_attempts: u64,
    pub(in crate::logs::found) last_failed_attempt: Option<Moment>,
    pub(in crate::logs::found) id: Option<UrlId>,
    pub(in crate::logs::found) tally: UrlTally,
    pub(in crate::logs::found) line: Option<String>,
}

/// URLs of one kind.
#[derive(Clone, Debug, Serialize)]
pub struct Differences {
    /// The kind.
    pub difference: Difference,
    /// Number of URLs.
    pub urls: u64,
    /// Examples, those with the most failures first.
    pub worst: Vec<String>,
}

/// The comparison of a crawl with the logs.
#[derive(Clone, Debug, Serialize)]
pub struct CrawlFound {
    /// Number of the run.
    pub run: String,
    /// Its site.
    pub site: String,
    /// When it began.
    pub started: Moment,
    /// Its URLs.
    pub urls: u64,
    /// URLs of the run that are in the logs.
    pub urls_in_logs: u64,
    /// URLs that fail, by whom they fail for, the most urgent kind first.
    pub differences: Vec<Differences>,
    /// Failed attempts.
    pub failed_attempts: u64,
    /// Failed attempts that a line of the logs explains.
    pub explained_attempts: u64,
    /// Examples of these lines, such as `error.log:4711`.
    pub lines: Vec<String>,
}

/// The URLs of a run compared with those of the logs.
pub(super) struct Compared {
    /// In the order of URLs.
    pub(super) rows: Vec<ComparedUrl>,
    pub(super) differences: Vec<Differences>,
    /// Requests of users and search engines by the URL of the run.
    pub(super) hits: Vec<(u32, u64)>,
    /// URLs of the run, and those of them that are in the logs.
    pub(super) judged: u64,
    pub(super) in_logs: u64,
}

/// Compares.
pub(super) fn compare(
    store: &Store,
    run: &RunRow,
    urls: &Urls,
    ignored: &[String],
    lines: &[LogLine],
) -> Result<Compared, StoreError> {
    let first_lines = first_lines(lines);
    let seeds = &run.plan.scope.seeds;
    let hosts: HashSet<String> = seeds.iter().map(|url| url.host().to_string()).collect();
    let mut keys = Keys::new(ignored);
    let mut crawled: HashSet<UrlId> = HashSet::new();
    let mut compared = Compared {
        rows: Vec::new(),
        differences: Vec::new(),
        hits: Vec::new(),
        judged: 0,
        in_logs: 0,
    };
    let mut counts: [u64; Difference::ALL.len()] = [0; Difference::ALL.len()];
    let mut count = |row: ComparedUrl, rows: &mut Vec<ComparedUrl>| {
        let at = Difference::ALL.iter().position(|it| *it == row.difference);
        counts[at.unwrap_or(0)] += 1;
        if rows.len() < MOST {
            rows.push(row);
        }
    };
    store.judged_urls(run.id, &mut |judged| {
        compared.judged += 1;
        let found = CrawlUrl::parse(&judged.address)
            .ok()
            .and_then(|url| known(&url, &hosts, urls, &mut keys));
        compared.in_logs += u64::from(found.is_some());
        let (id, tally) = match found {
            Some((id, tally)) => (Some(id), tally),
            None => (None, UrlTally::default()),
        };
        let [(users, _), (search, _)] = tally.by_client();
        if users + search > 0 {
            compared.hits.push((judged.url, users + search));
        }
        if let Some(id) = id.filter(|_| tally.failed() > 0) {
            crawled.insert(id);
        }
        let fails = judged.verdict != Verdict::Ok;
        let difference = match (fails, tally.failed() > 0, tally.requests > 0) {
            (true, true, _) => Difference::Both,
            (true, false, true) => Difference::OnlyCrawl,
            (true, false, false) => Difference::NotRequested,
            (false, true, _) => Difference::OnlyOthers,
            (false, false, _) => return,
        };
        let line = first_lines.get(&judged.url).cloned();
        count(
            of_judged(judged, difference, id, tally, line),
            &mut compared.rows,
        );
    })?;
    urls.each(|id, key, tally| {
        if tally.failed() > 0 && !crawled.contains(&id) {
            let row = ComparedUrl {
                address: String::from_utf8_lossy(key).into_owned(),
                difference: Difference::NotCrawled,
                verdict: None,
                attempts: 0,
                failed_attempts: 0,
                last_failed_attempt: None,
                id: Some(id),
                tally: tally.clone(),
                line: None,
            };
            count(row, &mut compared.rows);
        }
    });
    compared
        .rows
        .sort_by(|one, other| one.address.cmp(&other.address));
    let kinds = Difference::ALL.into_iter().zip(counts);
    compared.differences = kinds
        .filter(|(_, urls)| *urls > 0)
        .map(|(difference, urls)| Differences {
            difference,
            urls,
            worst: worst(&compared.rows, difference),
        })
        .collect();
    Ok(compared)
}

/// Returns a URL as the logs know it: with its host, or, where they name none, a URL of the crawled site by its path.
fn known(
    url: &CrawlUrl,
    hosts: &HashSet<String>,
    urls: &Urls,
    keys: &mut Keys,
) -> Option<(UrlId, UrlTally)> {
    let target = url.path_and_query().as_bytes();
    let host = url.host().to_string();
    let found = urls.get(keys.of(host.as_bytes(), target));
    found.or_else(|| {
        hosts
            .contains(&host)
            .then(|| urls.get(keys.of(b"", target)))
            .flatten()
    })
}

fn of_judged(
    judged: JudgedUrl,
    difference: Difference,
    id: Option<UrlId>,
    tally: UrlTally,
    line: Option<String>,
) -> ComparedUrl {
    ComparedUrl {
        address: judged.address,
        difference,
        verdict: Some(judged.verdict),
        attempts: judged.attempts,
        failed_attempts: judged.failed,
        last_failed_attempt: judged.last_failed,
        id,
        tally,
        line,
    }
}

/// Returns the first line about each URL, such as `error.log:4711`.
fn first_lines(lines: &[LogLine]) -> HashMap<u32, String> {
    let mut first = HashMap::new();
    for line in lines {
        first
            .entry(line.url)
            .or_insert_with(|| format!("{}:{}", line.file, line.line));
    }
    first
}

fn worst(rows: &[ComparedUrl], difference: Difference) -> Vec<String> {
    let rows = rows.iter().filter(|row| row.difference == difference);
    let mut rows: Vec<&ComparedUrl> = rows.collect();
    rows.sort_by_key(|row| std::cmp::Reverse(u64::from(row.tally.failed()) + row.failed_attempts));
    rows.truncate(MOST_NAMED);
    rows.into_iter().map(|row| row.address.clone()).collect()
}
