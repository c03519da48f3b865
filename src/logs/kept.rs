//! The log run of a site: what earlier calls read, and what this one adds.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::bots::table::BOTS;
use super::bots::verify::Verified;
use super::error::LogsError;
use super::found::join::Joined;
use super::order::Order;
use super::pass::FileRead;
use super::tally::by_hash::ByHash;
use super::tally::clients::{ClientTally, Clients};
use super::tally::failures::{Failure, MOST};
use super::tally::times::Times;
use super::tally::totals::{BackendTally, BotTally, FileTally, MessageTally, Span, Totals};
use super::tally::urls::{UrlId, UrlTally, Urls, hash_of_family, hash_of_url};
use crate::model::{Cause, Moment};
use crate::parse::log::{Source, pattern, pattern_number};
use crate::store::{
    LogChanges, LogCheckpoint, LogFailure, LogFailures, LogHour, LogRun, LogUrl, Store,
};

/// Stored counts are summed up once they are this many times as many as their sum. Ours: so each is written a few times at
/// most, and read at most this often.
const MUCH: usize = 2;

/// Where and under which name a log run is stored, and the current time.
#[derive(Clone, Copy, Debug)]
pub struct Keep<'a> {
    /// The database.
    pub store: &'a Store,
    /// Name of the site.
    pub site: &'a str,
    /// The current time.
    pub now: Moment,
}

/// The counts of a pass.
pub(super) struct Counted {
    pub(super) urls: Urls,
    pub(super) totals: Totals,
    pub(super) joined: Joined,
    pub(super) files: Vec<FileRead>,
}

/// Counts that belong neither to a URL nor to an hour.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Rest {
    /// Number of URLs that are counted separately, and of failed requests that are kept.
    urls: usize,
    failures: usize,
    not_http: u64,
    own: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clients: Vec<(String, ClientTally)>,
    failures_left_out: u64,
    joined: Joined,
    bots: Vec<(String, Verified, BotTally)>,
    backends: Vec<(String, BackendTally)>,
    messages: Vec<Message>,
}

/// Messages of an error log with one pattern.
#[derive(Debug, Serialize, Deserialize)]
struct Message {
    server: String,
    pattern: Option<String>,
    tally: MessageTally,
    file: Option<String>,
}

/// A log run, as it was when the call began.
pub(super) struct Kept<'a> {
    keep: Keep<'a>,
    run: Option<LogRun>,
}

impl<'a> Kept<'a> {
    pub(super) fn open(keep: Keep<'a>) -> Result<Kept<'a>, LogsError> {
        let run = keep.store.log_run(keep.site)?;
        Ok(Kept { keep, run })
    }

    pub(super) fn checkpoints(&self) -> Vec<LogCheckpoint> {
        self.run
            .as_ref()
            .map_or_else(Vec::new, |run| run.checkpoints.clone())
    }

    /// Adds what a pass counted, stores it, and returns the sum. In one transaction, so that a line counts once. If
    /// the order has `only_new`, it returns the new counts instead.
    pub(super) fn add(self, new: Counted, order: &Order) -> Result<Counted, LogsError> {
        let mut new = new;
        let only_new = (order.only_new && self.run.is_some())
            .then(|| (new.totals.clone(), new.files.clone(), new.joined));
        let hours: BTreeSet<u32> = new.totals.hours.keys().copied().collect();
        let points = new.files.iter().filter_map(|file| file.read.clone());
        let mut changes = LogChanges {
            checkpoints: points.collect(),
            failures: packed(&new.urls, &new.totals),
            ..LogChanges::default()
        };
        let mut complete = |sum: &Counted| {
            changes.rest = serde_json::to_string(&rest(sum)).unwrap_or_default();
            let hours = hours.iter().map(|hour| hour_row(&sum.totals, *hour));
            changes.hours = hours.collect();
        };
        let Some(run) = &self.run else {
            complete(&new);
            self.store(&changes, &new.urls)?;
            return Ok(new);
        };
        let mut sum = self.stored(run, order)?;
        let (mut urls, mut failures) = (sum.read_urls, sum.read_failures);
        let mut moved: HashMap<UrlId, UrlId> = HashMap::new();
        new.urls.each(|id, key, tally| {
            let to = add(&mut sum.counted.urls, id.is_family(), key, tally);
            if tally.failures.is_some() {
                moved.insert(id, to);
            }
            urls += 1;
        });
        for failure in &mut new.totals.failures {
            failure.url = moved.get(&failure.url).copied().unwrap_or(failure.url);
        }
        failures += new.totals.failures.len();
        sum.counted.add(new.totals, new.files, new.joined);
        let sum = sum.counted;
        complete(&sum);
        let (apart, families) = sum.urls.sizes();
        changes.is_whole = urls > MUCH * (apart + families) || failures > MUCH * MOST;
        if changes.is_whole {
            changes.failures = packed(&sum.urls, &sum.totals);
            self.store(&changes, &sum.urls)?;
        } else {
            self.store(&changes, &new.urls)?;
        }
        Ok(match only_new {
            Some((totals, files, joined)) => Counted {
                urls: new.urls,
                totals,
                joined,
                files,
            },
            None => sum,
        })
    }

    fn store(&self, changes: &LogChanges, urls: &Urls) -> Result<(), LogsError> {
        let Keep { store, site, now } = self.keep;
        let each = |take: &mut dyn FnMut(&LogUrl<'_>)| {
            urls.each(|id, key, tally| take(&packed_url(id, key, tally)));
        };
        if store.add_to_log_run(site, self.run.as_ref(), now, changes, &each)? {
            Ok(())
        } else {
            Err(LogsError::Busy(site.to_owned()))
        }
    }

    /// Returns what earlier calls stored. Its files are those of examples, with nothing but their names.
    fn stored(&self, run: &LogRun, order: &Order) -> Result<Stored, LogsError> {
        let store = self.keep.store;
        let rest = rest_of(run);
        let mut urls = Urls::new(order.max_urls);
        urls.reserve(rest.urls.min(order.max_urls));
        let (mut read_urls, mut read_failures) = (0, 0);
        // The families that count failing URLs and families, by their hashes.
        let mut in_families: HashMap<u64, UrlId, ByHash> = HashMap::default();
        store.log_urls(run, &mut |url| {
            let tally = tally(&url);
            let id = add(&mut urls, url.is_family, &url.address, &tally);
            if id.is_family() && tally.failures.is_some() {
                in_families.insert(hash(&url), id);
            }
            read_urls += 1;
        })?;
        let mut totals = Totals::new(0);
        let mut files = Vec::new();
        totals.failures.reserve(rest.failures.min(MOST));
        totals.not_http = rest.not_http;
        totals.own = rest.own;
        // Without the flag they are forgotten.
        totals.clients = Clients::kept(order.keep_clients.then_some(rest.clients));
        totals.failures_left_out = rest.failures_left_out;
        for (name, verified, tally) in rest.bots {
            if let Some(at) = BOTS.iter().position(|bot| bot.name == name) {
                totals.bots.insert((at as u8, verified), tally);
            }
        }
        for (name, tally) in rest.backends {
            totals.backends.number(name.as_bytes());
            totals.by_backend.push(tally);
        }
        for message in rest.messages {
            let Some(server) = Source::named(&message.server) else {
                continue;
            };
            let mut tally = message.tally;
            if let (Some((file, ..)), Some(name)) = (&mut tally.example, message.file) {
                *file = files.len() as u32;
                files.push(FileRead::named(&name));
            }
            let number = message.pattern.as_deref().and_then(pattern_number);
            totals.messages.insert((server.name(), number), tally);
        }
        for row in store.log_hours(run)? {
            totals.hours.insert(row.hour, span(&row));
            for (at, pair) in row.minutes.chunks_exact(8).enumerate() {
                let number = |from: usize| {
                    u32::from_le_bytes([pair[from], pair[from + 1], pair[from + 2], pair[from + 3]])
                };
                if number(0) > 0 {
                    totals
                        .minutes
                        .insert(row.hour * 60 + at as u32, (number(0), number(4)));
                }
            }
        }
        store.log_failures(run, &mut |row| {
            read_failures += 1;
            let family = in_families.get(&row.url).copied();
            let Some(url) = family.or_else(|| urls.find(row.url)) else {
                return;
            };
            let backend = row.backend.map_or("", |name| name);
            totals.failures.push(Failure {
                millis: row.millis,
                url,
                status: row.status,
                backend: totals.backends.number(backend.as_bytes()),
                client: 0,
                target: 0,
                request_id: 0,
                took: row.took,
                is_joined: true,
                cause: row.cause.and_then(Cause::from_id),
            });
        })?;
        // Failures that are dropped here were counted when an earlier call dropped them.
        totals.sort_failures();
        Ok(Stored {
            counted: Counted {
                urls,
                totals,
                joined: rest.joined,
                files,
            },
            read_urls,
            read_failures,
        })
    }
}

/// The counts that earlier calls stored.
struct Stored {
    counted: Counted,
    /// URLs and failures that the parts have: more than different ones.
    read_urls: usize,
    read_failures: usize,
}

impl Counted {
    /// Adds what a pass counted besides its URLs.
    fn add(&mut self, totals: Totals, files: Vec<FileRead>, joined: Joined) {
        let shift = files.len() as u32;
        for tally in self.totals.messages.values_mut() {
            if let Some((file, ..)) = &mut tally.example {
                *file += shift;
            }
        }
        let earlier = std::mem::replace(&mut self.files, files);
        self.files.extend(earlier);
        self.totals.files = vec![FileTally::default(); totals.files.len()];
        self.totals.merge(totals);
        self.totals.failures_left_out += self.totals.sort_failures();
        self.joined = self.joined.and(joined);
    }
}

/// Adds counts of a URL or a family.
fn add(urls: &mut Urls, is_family: bool, key: &[u8], tally: &UrlTally) -> UrlId {
    if is_family {
        urls.add_family(key, tally)
    } else {
        urls.add(key, tally)
    }
}

/// Returns what a log run has besides URLs and hours.
fn rest_of(run: &LogRun) -> Rest {
    serde_json::from_str(&run.rest).unwrap_or_default()
}

/// Returns failures as they are stored: without anything of the clients.
fn packed(urls: &Urls, totals: &Totals) -> LogFailures {
    let mut packed = LogFailures::default();
    for failure in &totals.failures {
        packed.add(&LogFailure {
            millis: failure.millis,
            url: urls.hash(failure.url),
            status: failure.status,
            backend: totals.backends.name(failure.backend),
            cause: failure.cause.map(Cause::id),
            took: failure.took,
        });
    }
    packed
}

fn rest(sum: &Counted) -> Rest {
    let totals = &sum.totals;
    let bots = totals
        .bots
        .iter()
        .filter_map(|((number, verified), tally)| {
            let bot = BOTS.get(usize::from(*number))?;
            Some((bot.name.clone(), *verified, tally.clone()))
        });
    let messages = totals
        .messages
        .iter()
        .map(|((server, number), tally)| Message {
            server: (*server).to_owned(),
            pattern: number.and_then(pattern).map(|pattern| pattern.id.clone()),
            tally: tally.clone(),
            file: tally
                .example
                .as_ref()
                .and_then(|(file, ..)| Some(sum.files.get(*file as usize)?.name.clone())),
        });
    let backends = totals
        .backends
        .all()
        .iter()
        .cloned()
        .zip(totals.by_backend.iter().copied());
    Rest {
        urls: sum.urls.sizes().0,
        failures: totals.failures.len(),
        not_http: totals.not_http,
        own: totals.own,
        clients: totals.clients.all(),
        failures_left_out: totals.failures_left_out,
        joined: sum.joined,
        bots: bots.collect(),
        backends: backends.collect(),
        messages: messages.collect(),
    }
}

fn packed_url<'a>(id: UrlId, key: &'a [u8], tally: &UrlTally) -> LogUrl<'a> {
    let times = tally.times.as_ref().map(Times::packed);
    LogUrl {
        address: Cow::Borrowed(key),
        is_family: id.is_family(),
        counts: tally.numbers(),
        times: Cow::Owned(times.unwrap_or_default()),
    }
}

/// Returns the hash that stands for a stored URL or family.
fn hash(row: &LogUrl<'_>) -> u64 {
    if row.is_family {
        hash_of_family(&row.address)
    } else {
        hash_of_url(&row.address)
    }
}

fn tally(row: &LogUrl<'_>) -> UrlTally {
    let times = (!row.times.is_empty()).then(|| Times::unpacked(&row.times));
    UrlTally::of(row.counts, times)
}

fn hour_row(totals: &Totals, hour: u32) -> LogHour {
    let mut span = totals.hours.get(&hour).copied().unwrap_or_default();
    let minutes = (hour * 60..(hour + 1) * 60)
        .map(|minute| totals.minutes.get(&minute).copied().unwrap_or_default());
    LogHour {
        hour,
        counts: span.numbers().map(|count| *count),
        minutes: minutes
            .flat_map(|(requests, failed)| [requests.to_le_bytes(), failed.to_le_bytes()].concat())
            .collect(),
    }
}

fn span(row: &LogHour) -> Span {
    let mut span = Span::default();
    for (to, count) in span.numbers().into_iter().zip(row.counts) {
        *to = count;
    }
    span
}
