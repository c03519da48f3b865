//! The log run of a site: what earlier calls read, and what this one adds.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::bots::table::BOTS;
use super::bots::verify::Verified;
use super::error::LogsError;
use super::found::join::Joined;
use super::order::Order;
use super::pass::FileRead;
use super::tally::clients::{ClientTally, Clients};
use super::tally::failures::{Failure, MOST};
use super::tally::names::NO_NAME;
use super::tally::times::Times;
use super::tally::totals::{BackendTally, BotTally, FileTally, MessageTally, Span, Totals};
use super::tally::urls::{FailureTally, UrlId, UrlTally, Urls};
use crate::model::{Cause, Moment};
use crate::parse::log::{Source, pattern, pattern_number};
use crate::store::{
    HOUR_COUNTS, LogChanges, LogCheckpoint, LogFailure, LogHour, LogRun, LogUrl, Store, URL_COUNTS,
};

/// Where log runs are kept.
#[derive(Clone, Copy, Debug)]
pub struct Keep<'a> {
    /// The database.
    pub store: &'a Store,
    /// Name of the site.
    pub site: &'a str,
    /// The current time.
    pub now: Moment,
}

/// What a pass counted.
pub(super) struct Counted {
    pub(super) urls: Urls,
    pub(super) totals: Totals,
    pub(super) joined: Joined,
    pub(super) files: Vec<FileRead>,
}

/// What is neither of a URL nor of an hour.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Rest {
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

    /// Adds what a pass counted, stores it, and returns the sum. In one transaction, so that a line counts once.
    /// Returns what is new if the order says so.
    pub(super) fn add(self, new: Counted, order: &Order) -> Result<Counted, LogsError> {
        let mut new = new;
        let only_new = (order.only_new && self.run.is_some())
            .then(|| (new.totals.clone(), new.files.clone(), new.joined));
        let mut new_urls = None;
        let hours: BTreeSet<u32> = new.totals.hours.keys().copied().collect();
        let failures = failures(&new);
        let points: Vec<_> = new
            .files
            .iter()
            .filter_map(|file| file.read.clone())
            .collect();
        let (sum, touched) = match &self.run {
            None => {
                let mut touched = Vec::new();
                new.urls
                    .each_hash(|id, hash, _, _| touched.push((hash, id)));
                (new, touched)
            }
            Some(run) => {
                let urls = Urls::new(order.max_urls);
                let mut ids: HashMap<u64, UrlId> = HashMap::new();
                self.keep.store.log_urls(run, &mut |row| {
                    let id = urls.add(row.hash, &row.address, &tally(&row));
                    ids.insert(row.hash, id);
                })?;
                let mut totals = self.totals(run, &ids, order)?;
                let mut touched = Vec::new();
                let mut moved: HashMap<UrlId, UrlId> = HashMap::new();
                new.urls.each_hash(|id, hash, key, tally| {
                    let to = urls.add(hash, key, tally);
                    moved.insert(id, to);
                    touched.push((hash, to));
                });
                for failure in &mut new.totals.failures {
                    failure.url = moved.get(&failure.url).copied().unwrap_or(failure.url);
                }
                let joined = rest_of(run).joined.and(new.joined);
                totals.0.files = vec![FileTally::default(); new.totals.files.len()];
                let mut files = new.files;
                let shift = files.len() as u32;
                files.extend(totals.1.iter().map(|name| FileRead::named(name)));
                for tally in totals.0.messages.values_mut() {
                    if let Some((file, ..)) = &mut tally.example {
                        *file += shift;
                    }
                }
                totals.0.merge(new.totals);
                totals.0.failures.sort_by_key(|failure| failure.millis);
                new_urls = Some(new.urls);
                let sum = Counted {
                    urls,
                    totals: totals.0,
                    joined,
                    files,
                };
                (sum, touched)
            }
        };
        let changes = LogChanges {
            rest: serde_json::to_string(&rest(&sum)).unwrap_or_default(),
            checkpoints: points,
            hours: hours
                .iter()
                .map(|hour| hour_row(&sum.totals, *hour))
                .collect(),
            failures,
        };
        // In the order of the table, which is the fastest.
        let mut touched = touched;
        touched.sort_unstable_by_key(|(hash, id)| (hash.cast_signed(), *id));
        touched.dedup();
        let mut urls = touched.iter().map(|(_, id)| row(&sum.urls, *id));
        let Keep { store, site, now } = self.keep;
        if !store.add_to_log_run(site, self.run.as_ref(), now, &changes, &mut urls)? {
            return Err(LogsError::Busy(site.to_owned()));
        }
        Ok(match (only_new, new_urls) {
            (Some((totals, files, joined)), Some(urls)) => Counted {
                urls,
                totals,
                joined,
                files,
            },
            _ => sum,
        })
    }

    /// Returns everything but the URLs, and the names of the files of examples.
    fn totals(
        &self,
        run: &LogRun,
        ids: &HashMap<u64, UrlId>,
        order: &Order,
    ) -> Result<(Totals, Vec<String>), LogsError> {
        let store = self.keep.store;
        let rest = rest_of(run);
        let mut totals = Totals::new(0);
        let mut files = Vec::new();
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
                files.push(name);
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
        for row in store.log_failures(run, MOST)? {
            let Some(url) = ids.get(&row.url) else {
                continue;
            };
            let backend = row
                .backend
                .as_deref()
                .map_or(NO_NAME, |name| totals.backends.number(name.as_bytes()));
            totals.failures.push(Failure {
                millis: row.millis,
                url: *url,
                status: row.status,
                backend,
                client: 0,
                target: 0,
                request_id: 0,
                took: row.took,
                is_joined: true,
                cause: row.cause.as_deref().and_then(Cause::from_id),
            });
        }
        Ok((totals, files))
    }
}

/// Returns what a log run has besides URLs and hours.
fn rest_of(run: &LogRun) -> Rest {
    serde_json::from_str(&run.rest).unwrap_or_default()
}

/// Returns the failures of a pass as they are stored: without anything of the clients.
fn failures(new: &Counted) -> Vec<LogFailure> {
    let mut hashes: HashMap<UrlId, u64> = HashMap::new();
    new.urls.each_hash(|id, hash, _, tally| {
        if tally.failures.is_some() {
            hashes.insert(id, hash);
        }
    });
    let failures = new.totals.failures.iter();
    failures
        .filter_map(|failure| {
            Some(LogFailure {
                millis: failure.millis,
                url: *hashes.get(&failure.url)?,
                status: failure.status,
                backend: new.totals.backends.name(failure.backend).map(str::to_owned),
                cause: failure.cause.map(|cause| cause.id().to_owned()),
                took: failure.took,
            })
        })
        .collect()
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

/// The counts of a URL in the order of the table.
fn counts(tally: &UrlTally) -> [u32; URL_COUNTS] {
    let failures = tally.failures.clone().unwrap_or_default();
    let [of_500, of_502, of_503, of_504, other] = failures.by_status;
    [
        tally.requests,
        tally.user,
        tally.search,
        tally.google,
        tally.not_found,
        tally.last_ok,
        of_500,
        of_502,
        of_503,
        of_504,
        other,
        failures.user,
        failures.search,
        failures.google,
        failures.first,
        failures.last,
        failures.google_first,
    ]
}

fn tally(row: &LogUrl) -> UrlTally {
    let [
        requests,
        user,
        search,
        google,
        not_found,
        last_ok,
        failures @ ..,
    ] = row.counts;
    let [
        of_500,
        of_502,
        of_503,
        of_504,
        other,
        failed_user,
        failed_search,
        failed_google,
        first,
        last,
        google_first,
    ] = failures;
    let by_status = [of_500, of_502, of_503, of_504, other];
    let failed = by_status.iter().any(|count| *count > 0);
    UrlTally {
        requests,
        user,
        search,
        google,
        not_found,
        last_ok,
        failures: failed.then(|| {
            Box::new(FailureTally {
                by_status,
                user: failed_user,
                search: failed_search,
                google: failed_google,
                first,
                last,
                google_first,
            })
        }),
        times: (!row.times.is_empty()).then(|| Box::new(Times::unpacked(&row.times))),
    }
}

fn row(urls: &Urls, id: UrlId) -> LogUrl {
    let (hash, address, tally) = urls.whole(id);
    LogUrl {
        hash,
        address,
        counts: counts(&tally),
        times: tally
            .times
            .as_ref()
            .map_or_else(Vec::new, |times| times.packed()),
    }
}

fn hour_row(totals: &Totals, hour: u32) -> LogHour {
    let span = totals.hours.get(&hour).copied().unwrap_or_default();
    let [of_500, of_502, of_503, of_504, other] = span.by_status;
    let counts: [u64; HOUR_COUNTS] = [
        span.requests,
        of_500,
        of_502,
        of_503,
        of_504,
        other,
        span.refused,
        span.user,
        span.user_failed,
        span.search,
        span.search_failed,
        span.google,
        span.google_failed,
    ];
    let minutes = (hour * 60..(hour + 1) * 60)
        .map(|minute| totals.minutes.get(&minute).copied().unwrap_or_default());
    LogHour {
        hour,
        counts,
        minutes: minutes
            .flat_map(|(requests, failed)| [requests.to_le_bytes(), failed.to_le_bytes()].concat())
            .collect(),
    }
}

fn span(row: &LogHour) -> Span {
    let [
        requests,
        of_500,
        of_502,
        of_503,
        of_504,
        other,
        refused,
        user,
        user_failed,
        search,
        search_failed,
        google,
        google_failed,
    ] = row.counts;
    Span {
        requests,
        by_status: [of_500, of_502, of_503, of_504, other],
        refused,
        user,
        user_failed,
        search,
        search_failed,
        google,
        google_failed,
    }
}
