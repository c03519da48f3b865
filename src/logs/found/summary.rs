//! The numbers of the whole, as the terminal and JSON show them.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use crate::assess::Interval;
use crate::logs::bots::table::BOTS;
use crate::logs::bots::verify::Verified;
use crate::logs::pass::FileRead;
use crate::logs::tally::by_hash::ByHash;
use crate::logs::tally::family::{Paths, host_and_section, text};
use crate::logs::tally::totals::{Span, Totals};
use crate::logs::tally::urls::{STATUSES, UrlId, UrlTally, Urls};
use crate::model::{Cause, Moment};
use crate::parse::log::pattern;

use super::crawl::compare::CrawlFound;
use super::episode::Episode;
use super::join::Joined;

/// Version of the layout.
const SCHEMA: u32 = 1;

/// Maximum rows of each list in the summary.
const MOST: usize = 10;

/// URLs of which every request of Googlebot failed that are listed; all of them are counted.
const MOST_GOOGLE: usize = 100;

/// The totals over all logs.
#[derive(Clone, Debug, Serialize)]
pub struct LogSummary {
    /// Version of the layout.
    pub schema: u32,
    /// The files in the order of reading.
    pub files: Vec<FileCount>,
    /// The first hour with a request.
    pub from: Option<Moment>,
    /// The end of the last hour with a request.
    pub to: Option<Moment>,
    /// Requests.
    pub requests: u64,
    /// Requests that failed with 5xx.
    pub failed: u64,
    /// Failures by status; `other` is any other 5xx.
    pub by_status: BTreeMap<String, u64>,
    /// Answers of 4xx.
    pub refused: u64,
    /// Share of requests that failed.
    pub rate: Interval,
    /// Requests of this program's own crawls, which are in no other count.
    pub own_requests: u64,
    /// The crawl that the logs were compared with.
    pub crawl: Option<CrawlFound>,
    /// Requests that were not HTTP, such as TLS on a plain port.
    pub not_http: u64,
    /// Requests of browsers and unknown clients.
    pub users: Requests,
    /// Requests of search engines' crawlers that are not known to be false.
    pub search_engines: Requests,
    /// Requests of Googlebot that are not known to be false.
    pub googlebot: Requests,
    /// Number of URLs that were counted one by one.
    pub urls: u64,
    /// URLs and families with a failure.
    pub failing_urls: u64,
    /// Families that URLs beyond the bound were counted for.
    pub folded_families: u64,
    /// Families with the most failures.
    pub families: Vec<FamilyCount>,
    /// URLs with the most failures.
    pub worst_urls: Vec<UrlCount>,
    /// Sections with the most failures.
    pub sections: Vec<NamedCount>,
    /// Hosts, if the log names them.
    pub hosts: Vec<NamedCount>,
    /// Backends, if the log names them.
    pub backends: Vec<NamedCount>,
    /// Crawlers.
    pub bots: Vec<BotCount>,
    /// Number of URLs of which every request of Googlebot failed, two or more.
    pub googlebot_only_failures: u64,
    /// Examples, with the time of the first failure.
    pub googlebot_only_failures_since: Vec<Since>,
    /// Causes with their numbers of failures, the most frequent first.
    pub causes: Vec<CauseCount>,
    /// Failed requests and the records of error logs that explain them.
    pub error_logs: Explained,
    /// Messages of error logs, the most frequent first.
    pub messages: Vec<MessageCount>,
    /// Episodes.
    pub episodes: Vec<Episode>,
    /// Failed requests beyond the bound: counted, but in no episode and without a cause.
    pub failures_left_out: u64,
    /// Requests and failures of each hour.
    pub hours: Vec<HourCount>,
}

/// Requests and their failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// Requests.
    pub requests: u64,
    /// Requests that failed with a 5xx.
    pub failed: u64,
}

impl From<(u64, u64)> for Requests {
    fn from((requests, failed): (u64, u64)) -> Requests {
        Requests { requests, failed }
    }
}

/// A section, a host or a backend.
#[derive(Clone, Debug, Serialize)]
pub struct NamedCount {
    /// Its name.
    pub name: String,
    /// Requests.
    pub requests: u64,
    /// Failures.
    pub failed: u64,
}

/// A URL, and since when it fails.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Since {
    /// The URL.
    pub address: String,
    /// The first failure.
    pub since: Option<Moment>,
}

/// Failures of one cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CauseCount {
    /// The cause.
    pub cause: Cause,
    /// Failures.
    pub failed: u64,
}

/// Failed requests that error logs explain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// Failed requests that were compared.
    pub failed: u64,
    /// Failed requests with a record.
    pub explained: u64,
    /// Failed requests that the application answered itself, by the fields of the access log: no web server has a
    /// record of them.
    pub answered: u64,
    /// Records of error logs.
    pub records: u64,
}

/// Requests of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct HourCount {
    /// The beginning of the hour.
    pub hour: Moment,
    /// Requests.
    pub requests: u64,
    /// Failures.
    pub failed: u64,
}

/// A file.
#[derive(Clone, Debug, Serialize)]
pub struct FileCount {
    /// Its name.
    pub name: String,
    /// Its format; absent if none was recognised.
    pub format: Option<&'static str>,
    /// Whether the file is empty.
    pub is_empty: bool,
    /// Lines.
    pub lines: u64,
    /// Bytes, decompressed.
    pub bytes: u64,
    /// Requests.
    pub requests: u64,
    /// Records of errors.
    pub records: u64,
    /// Lines that could not be read.
    pub unread: u64,
    /// Examples of the lines, with their numbers. They may show IP addresses of clients, so exports leave them out.
    #[serde(skip)]
    pub examples: Vec<(u64, String)>,
    /// The error that ended it early.
    pub fault: Option<String>,
}

/// A family.
#[derive(Clone, Debug, Serialize)]
pub struct FamilyCount {
    /// The pattern of the family.
    pub family: String,
    /// URLs.
    pub urls: u64,
    /// Requests.
    pub requests: u64,
    /// Failures.
    pub failed: u64,
    /// The most frequent cause.
    pub cause: Option<Cause>,
}

/// A URL.
#[derive(Clone, Debug, Serialize)]
pub struct UrlCount {
    /// Host, path and query, as far as the log names them.
    pub address: String,
    /// Requests.
    pub requests: u64,
    /// Failures.
    pub failed: u64,
    /// The last failure.
    pub last_failed: Option<Moment>,
    /// The last good answer.
    pub last_ok: Option<Moment>,
    /// The most frequent cause.
    pub cause: Option<Cause>,
}

/// A crawler.
#[derive(Clone, Debug, Serialize)]
pub struct BotCount {
    /// The name of the crawler.
    pub bot: &'static str,
    /// Whether it was verified to be that crawler.
    pub verified: Verified,
    /// Whether its pages go into a search index.
    pub search: bool,
    /// Requests.
    pub requests: u64,
    /// Failures.
    pub failed: u64,
    /// Requests of robots.txt.
    pub robots_txt: Requests,
    /// Date of the list of its IP addresses.
    pub list_date: Option<String>,
}

/// Messages of an error log with one pattern.
#[derive(Clone, Debug, Serialize)]
pub struct MessageCount {
    /// The server that wrote it.
    pub server: &'static str,
    /// Name of the pattern; absent for messages without one.
    pub pattern: Option<&'static str>,
    /// Records.
    pub lines: u64,
    /// File and line of an example.
    pub example: Option<(String, u64)>,
}

/// The data of the summary.
pub(super) struct Facts<'a> {
    pub(super) files: &'a [FileRead],
    pub(super) totals: &'a Totals,
    pub(super) urls: &'a Urls,
    pub(super) paths: &'a Paths,
    pub(super) causes: &'a HashMap<UrlId, (Option<Cause>, u16)>,
    pub(super) joined: &'a Joined,
    pub(super) episodes: &'a [Episode],
    pub(super) dates: &'a HashMap<u8, String>,
}

/// Returns the moment of a second, if it is known.
pub(super) fn moment(second: u32) -> Option<Moment> {
    (second > 0).then(|| Moment::from_millis(i64::from(second) * 1_000))
}

/// Sums up.
pub(super) fn summary(facts: &Facts<'_>) -> LogSummary {
    let totals = facts.totals;
    let mut all = Span::default();
    totals.hours.values().for_each(|span| all.add(span));
    let known: Vec<u32> = totals
        .hours
        .keys()
        .copied()
        .filter(|hour| *hour > 0)
        .collect();
    let hour = |hour: u32| Moment::from_millis(i64::from(hour) * 3_600_000);
    let by_url = by_url(facts);
    let (urls, folded) = facts.urls.sizes();
    let statuses = STATUSES
        .iter()
        .map(u16::to_string)
        .chain(["other".to_owned()]);
    LogSummary {
        schema: SCHEMA,
        files: files(facts),
        from: known.first().map(|first| hour(*first)),
        to: known.last().map(|last| hour(last + 1)),
        requests: all.requests,
        failed: all.failed(),
        by_status: statuses.zip(all.by_status).collect(),
        refused: all.refused,
        rate: Interval::wilson(all.failed() as f64, all.requests as f64),
        own_requests: totals.own,
        crawl: None,
        not_http: totals.not_http,
        users: (all.user, all.user_failed).into(),
        search_engines: (all.search, all.search_failed).into(),
        googlebot: (all.google, all.google_failed).into(),
        urls: urls as u64,
        failing_urls: by_url.failing,
        folded_families: folded as u64,
        families: by_url.families,
        worst_urls: by_url.worst,
        sections: by_url.sections,
        hosts: by_url.hosts,
        backends: backends(totals),
        bots: bots(facts),
        googlebot_only_failures: by_url.google_failing,
        googlebot_only_failures_since: by_url.google_since,
        causes: causes(totals),
        error_logs: Explained {
            failed: facts.joined.failures,
            explained: facts.joined.explained,
            answered: facts.joined.answered,
            records: facts.joined.records,
        },
        messages: messages(facts),
        episodes: facts.episodes.to_vec(),
        failures_left_out: totals.failures_left_out,
        hours: totals
            .hours
            .iter()
            .map(|(at, span)| HourCount {
                hour: hour(*at),
                requests: span.requests,
                failed: span.failed(),
            })
            .collect(),
    }
}

/// Sums over the URLs: how many fail, the worst of them, and counts by section, host and family.
#[derive(Default)]
struct ByUrl {
    failing: u64,
    families: Vec<FamilyCount>,
    worst: Vec<UrlCount>,
    sections: Vec<NamedCount>,
    hosts: Vec<NamedCount>,
    google_failing: u64,
    google_since: Vec<Since>,
}

/// Maximum groups of each kind that are counted: sections, hosts and families. Ours.
const MOST_GROUPS: usize = 10_000;

fn by_url(facts: &Facts<'_>) -> ByUrl {
    let mut sums = ByUrl::default();
    let mut sections = Groups::default();
    let mut hosts = Groups::default();
    // With the cause of the URL that failed most often.
    let mut families: HashMap<u64, (FamilyCount, Proven), ByHash> = HashMap::default();
    let mut family = String::new();
    let mut worst: Vec<UrlCount> = Vec::new();
    let mut least = 0;
    let add = |groups: &mut Groups, name: &[u8], tally: &UrlTally| {
        let hash = xxh3_64(name);
        if groups.len() >= MOST_GROUPS && !groups.contains_key(&hash) {
            return;
        }
        let (_, requests, failed) = groups.entry(hash).or_insert_with(|| (name.to_vec(), 0, 0));
        *requests += u64::from(tally.requests);
        *failed += u64::from(tally.failed());
    };
    facts.urls.each(|id, key, tally| {
        let (host, section) = host_and_section(key);
        add(&mut sections, section, tally);
        if !host.is_empty() {
            add(&mut hosts, host, tally);
        }
        let Some(failures) = &tally.failures else {
            return;
        };
        sums.failing += 1;
        let failed = failures.total();
        if tally.google >= 2 && failures.google == tally.google {
            sums.google_failing += 1;
            sums.google_since.push(Since {
                address: text(key).into_owned(),
                since: moment(failures.google_first),
            });
            if sums.google_since.len() >= 2 * MOST_GOOGLE {
                sums.google_since.sort();
                sums.google_since.truncate(MOST_GOOGLE);
            }
        }
        let cause = facts.causes.get(&id).and_then(|(cause, _)| *cause);
        let proven = (if cause.is_some() { failed } else { 0 }, cause);
        facts.paths.write_family(key, &mut family);
        let hash = xxh3_64(family.as_bytes());
        if let Some((row, most)) = families.get_mut(&hash) {
            row.urls += 1;
            row.requests += u64::from(tally.requests);
            row.failed += u64::from(failed);
            *most = proven.max(*most);
        } else if families.len() < MOST_GROUPS {
            let row = FamilyCount {
                family: family.clone(),
                urls: 1,
                requests: u64::from(tally.requests),
                failed: u64::from(failed),
                cause: None,
            };
            families.insert(hash, (row, proven));
        }
        if u64::from(failed) >= least {
            worst.push(UrlCount {
                address: text(key).into_owned(),
                requests: u64::from(tally.requests),
                failed: u64::from(failed),
                last_failed: moment(failures.last),
                last_ok: moment(tally.last_ok),
                cause,
            });
        }
        if worst.len() >= 4 * MOST {
            rank(&mut worst);
            least = worst.last().map_or(0, |url| url.failed);
        }
    });
    rank(&mut worst);
    sums.worst = worst;
    sums.google_since.sort();
    sums.google_since.truncate(MOST_GOOGLE);
    let families = families.into_values();
    sums.families = families
        .map(|(row, (_, cause))| FamilyCount { cause, ..row })
        .collect();
    sums.families
        .sort_by(|one, other| (other.failed, &one.family).cmp(&(one.failed, &other.family)));
    sums.families.truncate(MOST);
    sums.sections = most(sections);
    sums.hosts = most(hosts);
    sums
}

/// Keeps the URLs with the most failures.
fn rank(worst: &mut Vec<UrlCount>) {
    worst.sort_by(|one, other| (other.failed, &one.address).cmp(&(one.failed, &other.address)));
    worst.truncate(MOST);
}

/// The failures of a URL that have a cause, and the cause.
type Proven = (u32, Option<Cause>);

/// Groups of URLs by the hashes of their names: name, requests, failures.
type Groups = HashMap<u64, (Vec<u8>, u64, u64), ByHash>;

fn most(groups: Groups) -> Vec<NamedCount> {
    let rows = groups
        .into_values()
        .map(|(name, requests, failed)| NamedCount {
            name: text(&name).into_owned(),
            requests,
            failed,
        });
    worst_first(rows.collect())
}

fn worst_first(mut rows: Vec<NamedCount>) -> Vec<NamedCount> {
    rows.sort_by(|one, other| {
        let counts = (other.failed, other.requests).cmp(&(one.failed, one.requests));
        counts.then_with(|| one.name.cmp(&other.name))
    });
    rows.truncate(MOST);
    rows
}

fn files(facts: &Facts<'_>) -> Vec<FileCount> {
    let files = facts.files.iter().zip(&facts.totals.files);
    let files = files.map(|(file, counts)| FileCount {
        name: file.name.clone(),
        format: file.format.as_ref().map(crate::parse::log::Format::name),
        is_empty: file.is_empty,
        lines: counts.lines,
        bytes: counts.bytes,
        requests: counts.requests,
        records: counts.records,
        unread: counts.unread,
        examples: counts.examples.clone(),
        fault: file.fault.clone(),
    });
    files.collect()
}

fn backends(totals: &Totals) -> Vec<NamedCount> {
    let rows = totals.backends.all().iter().zip(&totals.by_backend);
    let rows = rows.map(|(name, tally)| NamedCount {
        name: name.clone(),
        requests: tally.requests,
        failed: tally.failed,
    });
    worst_first(rows.collect())
}

fn bots(facts: &Facts<'_>) -> Vec<BotCount> {
    let rows = facts
        .totals
        .bots
        .iter()
        .filter_map(|((number, verified), tally)| {
            let bot = BOTS.get(usize::from(*number))?;
            Some(BotCount {
                bot: &bot.name,
                verified: *verified,
                search: bot.search,
                requests: tally.requests,
                failed: tally.failed(),
                robots_txt: tally.robots.into(),
                list_date: facts.dates.get(number).cloned(),
            })
        });
    rows.collect()
}

fn causes(totals: &Totals) -> Vec<CauseCount> {
    let mut counts: Vec<CauseCount> = Vec::new();
    for cause in totals.failures.iter().filter_map(|failure| failure.cause) {
        match counts.iter_mut().find(|known| known.cause == cause) {
            Some(known) => known.failed += 1,
            None => counts.push(CauseCount { cause, failed: 1 }),
        }
    }
    counts.sort_by_key(|count| (std::cmp::Reverse(count.failed), count.cause.id()));
    counts
}

fn messages(facts: &Facts<'_>) -> Vec<MessageCount> {
    let rows = facts
        .totals
        .messages
        .iter()
        .map(|((server, number), tally)| MessageCount {
            server,
            pattern: number.and_then(pattern).map(|pattern| pattern.id.as_str()),
            lines: tally.lines,
            example: tally.example.as_ref().and_then(|(file, line, _)| {
                Some((facts.files.get(*file as usize)?.name.clone(), *line))
            }),
        });
    let mut rows: Vec<MessageCount> = rows.collect();
    rows.sort_by_key(|row| (row.pattern.is_none(), std::cmp::Reverse(row.lines)));
    rows
}
