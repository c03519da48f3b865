//! Counts of everything but URLs. Each thread has its own; they are added at the end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::clients::Clients;
use super::failures::{ErrorLine, Failure, MOST, OwnFailure};
use super::names::{NO_NAME, Names};
use super::times::Times;
use super::urls::{Hit, STATUSES, place};
use crate::logs::bots::verify::Verified;
use crate::store::HOUR_COUNTS;

/// Maximum unreadable lines that are kept of each file, as examples.
pub(in crate::logs) const MOST_EXAMPLES: usize = 5;

/// Requests of a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::logs) struct Span {
    pub(in crate::logs) requests: u64,
    pub(in crate::logs) by_status: [u64; STATUSES.len() + 1],
    /// Answers of 4xx.
    pub(in crate::logs) refused: u64,
    pub(in crate::logs) user: u64,
    pub(in crate::logs) user_failed: u64,
    pub(in crate::logs) search: u64,
    pub(in crate::logs) search_failed: u64,
    pub(in crate::logs) google: u64,
    pub(in crate::logs) google_failed: u64,
}

impl Span {
    pub(in crate::logs) fn failed(&self) -> u64 {
        self.by_status.iter().sum()
    }

    fn count(&mut self, hit: &Hit) {
        self.requests += 1;
        self.user += u64::from(hit.from.user);
        self.search += u64::from(hit.from.search);
        self.google += u64::from(hit.from.google);
        if hit.is_failure {
            self.by_status[place(hit.status)] += 1;
            self.user_failed += u64::from(hit.from.user);
            self.search_failed += u64::from(hit.from.search);
            self.google_failed += u64::from(hit.from.google);
        } else if (400..500).contains(&hit.status) {
            self.refused += 1;
        }
    }

    pub(in crate::logs) fn add(&mut self, other: &Span) {
        let mut other = *other;
        for (mine, theirs) in self.numbers().into_iter().zip(other.numbers()) {
            *mine += *theirs;
        }
    }

    /// Returns its numbers in the order in which they are stored.
    pub(in crate::logs) fn numbers(&mut self) -> [&mut u64; HOUR_COUNTS] {
        let [of_500, of_502, of_503, of_504, other] = &mut self.by_status;
        [
            &mut self.requests,
            of_500,
            of_502,
            of_503,
            of_504,
            other,
            &mut self.refused,
            &mut self.user,
            &mut self.user_failed,
            &mut self.search,
            &mut self.search_failed,
            &mut self.google,
            &mut self.google_failed,
        ]
    }
}

/// Requests of a crawler.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::logs) struct BotTally {
    pub(in crate::logs) requests: u64,
    pub(in crate::logs) by_status: [u64; STATUSES.len() + 1],
    pub(in crate::logs) refused: u64,
    /// Answers of 429.
    pub(in crate::logs) limited: u64,
    /// The crawler gave up waiting (nginx's 499).
    pub(in crate::logs) gave_up: u64,
    pub(in crate::logs) first: u32,
    pub(in crate::logs) last: u32,
    pub(in crate::logs) times: Times,
    /// Requests to robots.txt, and those that failed.
    pub(in crate::logs) robots: (u64, u64),
    /// Requests to sitemaps, and those that failed.
    pub(in crate::logs) sitemaps: (u64, u64),
    /// By day since 1970: requests and failures.
    pub(in crate::logs) days: BTreeMap<u32, (u64, u64)>,
}

/// Requests that a backend answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::logs) struct BackendTally {
    pub(in crate::logs) requests: u64,
    pub(in crate::logs) failed: u64,
}

/// Records of an error log with one pattern, or without any.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::logs) struct MessageTally {
    pub(in crate::logs) lines: u64,
    pub(in crate::logs) first: i64,
    pub(in crate::logs) last: i64,
    /// An example: file, line and text without addresses of clients.
    pub(in crate::logs) example: Option<(u32, u64, String)>,
}

/// Counts of the lines of one log file.
#[derive(Clone, Debug, Default)]
pub(in crate::logs) struct FileTally {
    pub(in crate::logs) lines: u64,
    pub(in crate::logs) bytes: u64,
    pub(in crate::logs) requests: u64,
    pub(in crate::logs) records: u64,
    pub(in crate::logs) unread: u64,
    /// Unreadable lines, by their numbers from 1.
    pub(in crate::logs) examples: Vec<(u64, String)>,
}

/// Counts of everything but URLs.
#[derive(Clone, Debug, Default)]
pub(in crate::logs) struct Totals {
    /// The minute that is counted right now.
    minute: u32,
    current: Span,
    pub(in crate::logs) minutes: BTreeMap<u32, (u32, u32)>,
    pub(in crate::logs) hours: BTreeMap<u32, Span>,
    /// Requests that were not HTTP.
    pub(in crate::logs) not_http: u64,
    /// Requests of this program's own crawls, which count nowhere else, and those that failed.
    pub(in crate::logs) own: u64,
    pub(in crate::logs) own_failures: Vec<OwnFailure>,
    pub(in crate::logs) clients: Clients,
    pub(in crate::logs) bots: BTreeMap<(u8, Verified), BotTally>,
    pub(in crate::logs) backends: Names,
    pub(in crate::logs) by_backend: Vec<BackendTally>,
    pub(in crate::logs) failures: Vec<Failure>,
    /// Failures beyond the bound.
    pub(in crate::logs) failures_left_out: u64,
    pub(in crate::logs) errors: Vec<ErrorLine>,
    pub(in crate::logs) errors_left_out: u64,
    /// By the server that wrote them and the pattern.
    pub(in crate::logs) messages: BTreeMap<(&'static str, Option<u16>), MessageTally>,
    pub(in crate::logs) files: Vec<FileTally>,
}

impl Totals {
    pub(in crate::logs) fn new(files: usize) -> Totals {
        Totals {
            files: vec![FileTally::default(); files],
            ..Totals::default()
        }
    }

    /// Counts a request in its time.
    pub(in crate::logs) fn count(&mut self, hit: &Hit) {
        let minute = hit.second / 60;
        if minute != self.minute {
            self.end_minute();
            self.minute = minute;
        }
        self.current.count(hit);
    }

    /// Adds the current minute to the others.
    pub(in crate::logs) fn end_minute(&mut self) {
        let current = std::mem::take(&mut self.current);
        if current.requests > 0 {
            let (requests, failed) = self.minutes.entry(self.minute).or_default();
            *requests += current.requests as u32;
            *failed += current.failed() as u32;
            self.hours
                .entry(self.minute / 60)
                .or_default()
                .add(&current);
        }
    }

    /// Stores a failure; beyond [`MOST`], overwrites the oldest. Returns its index.
    pub(in crate::logs) fn keep(&mut self, failure: Failure) -> u32 {
        let mut place = self.failures.len();
        if place < MOST {
            self.failures.push(failure);
        } else {
            place = self.failures_left_out as usize % MOST;
            self.failures[place] = failure;
            self.failures_left_out += 1;
        }
        place as u32
    }

    /// Sorts failures by time. Returns how many of the oldest were forgotten, because there are more than the bound.
    pub(in crate::logs) fn sort_failures(&mut self) -> u64 {
        self.failures.sort_by_key(|failure| failure.millis);
        let beyond = self.failures.len().saturating_sub(MOST);
        self.failures.drain(..beyond);
        beyond as u64
    }

    pub(in crate::logs) fn keep_own(&mut self, failure: OwnFailure) {
        if self.own_failures.len() < MOST {
            self.own_failures.push(failure);
        }
    }

    pub(in crate::logs) fn keep_error(&mut self, line: ErrorLine) {
        if self.errors.len() < MOST {
            self.errors.push(line);
        } else {
            self.errors_left_out += 1;
        }
    }

    /// Counts a request of a backend. Returns the backend's number.
    pub(in crate::logs) fn backend(&mut self, name: &[u8], is_failure: bool) -> u16 {
        let number = self.backends.number(name);
        if let Some(missing) = (usize::from(number) + 1).checked_sub(self.by_backend.len())
            && self.backends.name(number).is_some()
            && missing > 0
        {
            self.by_backend
                .resize(usize::from(number) + 1, BackendTally::default());
        }
        if let Some(tally) = self.by_backend.get_mut(usize::from(number)) {
            tally.requests += 1;
            tally.failed += u64::from(is_failure);
        }
        number
    }

    /// Adds the counts of another thread. Failures may be more than the bound until they are sorted.
    pub(in crate::logs) fn merge(&mut self, other: Totals) {
        let mut other = other;
        self.end_minute();
        other.end_minute();
        for (minute, (requests, failed)) in other.minutes {
            let mine = self.minutes.entry(minute).or_default();
            mine.0 += requests;
            mine.1 += failed;
        }
        for (hour, span) in other.hours {
            self.hours.entry(hour).or_default().add(&span);
        }
        self.not_http += other.not_http;
        self.own += other.own;
        self.clients.merge(other.clients);
        for failure in other.own_failures {
            self.keep_own(failure);
        }
        for (bot, tally) in other.bots {
            self.bots.entry(bot).or_default().add(tally);
        }
        // Numbers of backends are each thread's own.
        let renumbered: Vec<u16> = other
            .backends
            .all()
            .iter()
            .map(|name| self.backends.number(name.as_bytes()))
            .collect();
        self.by_backend
            .resize(self.backends.all().len(), BackendTally::default());
        for (tally, number) in other.by_backend.iter().zip(&renumbered) {
            if let Some(mine) = self.by_backend.get_mut(usize::from(*number)) {
                mine.requests += tally.requests;
                mine.failed += tally.failed;
            }
        }
        self.failures
            .extend(other.failures.into_iter().map(|failure| {
                Failure {
                    backend: renumbered
                        .get(usize::from(failure.backend))
                        .copied()
                        .unwrap_or(NO_NAME),
                    ..failure
                }
            }));
        self.failures_left_out += other.failures_left_out;
        for line in other.errors {
            self.keep_error(line);
        }
        self.errors_left_out += other.errors_left_out;
        for (key, tally) in other.messages {
            self.messages.entry(key).or_default().add(tally);
        }
        for (mine, theirs) in self.files.iter_mut().zip(other.files) {
            mine.lines += theirs.lines;
            mine.bytes += theirs.bytes;
            mine.requests += theirs.requests;
            mine.records += theirs.records;
            mine.unread += theirs.unread;
            mine.examples.extend(theirs.examples);
            mine.examples.sort();
            mine.examples.truncate(MOST_EXAMPLES);
        }
    }
}

impl BotTally {
    pub(in crate::logs) fn failed(&self) -> u64 {
        self.by_status.iter().sum()
    }

    fn add(&mut self, other: BotTally) {
        self.requests += other.requests;
        for (mine, theirs) in self.by_status.iter_mut().zip(other.by_status) {
            *mine += theirs;
        }
        self.refused += other.refused;
        self.limited += other.limited;
        self.gave_up += other.gave_up;
        self.first = match (self.first, other.first) {
            (0, known) | (known, 0) => known,
            (one, two) => one.min(two),
        };
        self.last = self.last.max(other.last);
        self.times.merge(&other.times);
        for (mine, theirs) in [
            (&mut self.robots, other.robots),
            (&mut self.sitemaps, other.sitemaps),
        ] {
            mine.0 += theirs.0;
            mine.1 += theirs.1;
        }
        for (day, (requests, failed)) in other.days {
            let mine = self.days.entry(day).or_default();
            mine.0 += requests;
            mine.1 += failed;
        }
    }
}

impl MessageTally {
    fn add(&mut self, other: MessageTally) {
        self.lines += other.lines;
        self.first = match (self.first, other.first) {
            (0, known) | (known, 0) => known,
            (one, two) => one.min(two),
        };
        self.last = self.last.max(other.last);
        let mine = self.example.take();
        self.example = match (mine, other.example) {
            (Some(one), Some(two)) => Some(if (one.0, one.1) <= (two.0, two.1) {
                one
            } else {
                two
            }),
            (one, two) => one.or(two),
        };
    }
}
