//! Failed requests to the records of error logs that explain them: by the id of the request, or by client, target
//! and time.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::logs::tally::failures::{ErrorLine, Failure, Place};
use crate::logs::tally::totals::Totals;
use crate::model::Cause;
use crate::parse::log::{Pattern, pattern};

/// A record is written up to this long after the time of its request, in milliseconds: Apache logs the begin of a
/// request, and its proxy gives up after a minute unless it is configured otherwise.
const LONGEST_AFTER: i64 = 120_000;

/// ... and up to this long before it: nginx logs the end of a request in whole seconds.
const SLACK: i64 = 1_500;

/// Records of Apache about one request follow each other within this time.
const TOGETHER: i64 = 1_500;

/// The result of the join.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::logs) struct Joined {
    /// Failed requests that were compared.
    pub(in crate::logs) failures: u64,
    /// Failed requests with a record.
    pub(in crate::logs) explained: u64,
    /// Failed requests that the application answered itself, by the fields of the access log: no web server has a
    /// record of them.
    pub(in crate::logs) answered: u64,
    /// Records of error logs.
    pub(in crate::logs) records: u64,
}

impl Joined {
    /// Returns the sum of two calls.
    pub(in crate::logs) fn and(self, other: Joined) -> Joined {
        Joined {
            failures: self.failures + other.failures,
            explained: self.explained + other.explained,
            answered: self.answered + other.answered,
            records: self.records + other.records,
        }
    }
}

/// A failed request, and where to store the file and line of its record, if that is wanted.
struct Joining<'a> {
    failure: &'a mut Failure,
    record: Option<&'a mut Option<Place>>,
}

/// Finds the record of each failed request, and sets its cause. Failures must be in the order of time.
pub(in crate::logs) fn join(totals: &mut Totals) -> Joined {
    let mut lines = incidents(std::mem::take(&mut totals.errors));
    let mut joined = Joined {
        failures: totals.failures.len() as u64,
        explained: 0,
        answered: 0,
        records: lines.len() as u64,
    };
    // The records of a key, by their numbers, in the order of time.
    let mut by_id: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut by_both: HashMap<(u64, u64), Vec<usize>> = HashMap::new();
    for (at, line) in lines.iter().enumerate() {
        if line.request_id != 0 {
            by_id.entry(line.request_id).or_default().push(at);
        }
        if line.client != 0 || line.target != 0 {
            by_both
                .entry((line.client, line.target))
                .or_default()
                .push(at);
        }
    }
    let mut used = vec![false; lines.len()];
    let (own, others) = (&mut totals.own_failures, &mut totals.failures);
    let own = own.iter_mut().map(|own| Joining {
        failure: &mut own.failure,
        record: Some(&mut own.record),
    });
    let others = others.iter_mut().map(|failure| Joining {
        failure,
        record: None,
    });
    let mut all: Vec<Joining<'_>> = own.chain(others).collect();
    // Exact keys first, so that a vague one takes no record from the request that it belongs to.
    let keys = [
        Key::Id,
        Key::ClientAndTarget,
        Key::Target,
        Key::ClientAndStatus,
        Key::Client,
    ];
    for key in keys {
        for Joining { failure, record } in &mut all {
            if failure.is_joined {
                continue;
            }
            let candidates = match key {
                Key::Id if failure.request_id != 0 => by_id.get(&failure.request_id),
                Key::Id => None,
                Key::ClientAndTarget => by_both.get(&(failure.client, failure.target)),
                Key::Target => by_both.get(&(0, failure.target)),
                Key::ClientAndStatus | Key::Client => by_both.get(&(failure.client, 0)),
            };
            let Some(candidates) = candidates else {
                continue;
            };
            let earliest = failure.millis - SLACK - i64::from(failure.took);
            let from = candidates.partition_point(|at| lines[*at].millis < earliest);
            let near = candidates[from..].iter().copied().take_while(|at| {
                key == Key::Id || lines[*at].millis <= failure.millis + LONGEST_AFTER
            });
            // One request may have several records of one second; it takes all that are its own.
            let mut near =
                near.filter(|at| key != Key::ClientAndStatus || fits(&lines[*at], failure.status));
            let Some(first) = near.find(|at| !used[*at]) else {
                continue;
            };
            used[first] = true;
            failure.is_joined = true;
            match record {
                Some(record) => **record = Some(lines[first].place()),
                None => joined.explained += 1,
            }
            failure.cause = lines[first].cause.or(failure.cause);
        }
    }
    by_backend_programs(&mut all, &lines);
    let is_answered = |it: &&Joining<'_>| {
        let is_other = it.record.is_none();
        is_other && !it.failure.is_joined && it.failure.cause == Some(Cause::ApplicationError)
    };
    joined.answered = all.iter().filter(is_answered).count() as u64;
    totals.errors = std::mem::take(&mut lines);
    joined
}

/// Programs behind a web server, whose records name neither client nor request.
const BACKEND_PROGRAMS: [&str; 4] = ["php-fpm", "gunicorn", "uwsgi", "kernel"];

/// A backend that closes without an answer has its reason in its own log, written within this time.
const OF_BACKEND: i64 = 2_000;

/// Sets the causes of failures of which the web server knows no more than that the backend closed the connection.
fn by_backend_programs(all: &mut [Joining<'_>], lines: &[ErrorLine]) {
    let is_of_backend = |line: &&ErrorLine| {
        let server = line.pattern.and_then(pattern).map(Pattern::server);
        line.millis > 0 && server.is_some_and(|server| BACKEND_PROGRAMS.contains(&server))
    };
    let lines: Vec<&ErrorLine> = lines.iter().filter(is_of_backend).collect();
    for Joining { failure, record } in all {
        if failure.cause != Some(Cause::InvalidUpstreamResponse) {
            continue;
        }
        let earliest = failure.millis - OF_BACKEND - i64::from(failure.took);
        let from = lines.partition_point(|line| line.millis < earliest);
        let near = lines[from..]
            .iter()
            .take_while(|line| line.millis <= failure.millis + OF_BACKEND);
        let nearest = near.min_by_key(|line| (line.millis - failure.millis).abs());
        let Some((line, cause)) = nearest.and_then(|line| Some((line, line.cause?))) else {
            continue;
        };
        failure.cause = Some(cause);
        if let Some(record) = record {
            **record = Some(line.place());
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Id,
    ClientAndTarget,
    Target,
    /// The client, and a message that has the status of the answer.
    ClientAndStatus,
    Client,
}

/// Returns whether a record is of a failure with this status: Apache's records name the client alone.
fn fits(line: &ErrorLine, status: u16) -> bool {
    let pattern = line.pattern.and_then(pattern);
    pattern.and_then(|pattern| pattern.answers(status)) == Some(true)
}

/// Returns whether clients get different statuses after two records, so that these are not about one request.
fn differ(one: &ErrorLine, other: &ErrorLine) -> bool {
    let patterns = one
        .pattern
        .and_then(pattern)
        .zip(other.pattern.and_then(pattern));
    patterns.is_some_and(|(one, other)| one.differs(other))
}

/// Returns the records in the order of time; those of one thread of Apache about one request are one.
fn incidents(mut lines: Vec<ErrorLine>) -> Vec<ErrorLine> {
    lines.sort_by_key(|line| (line.millis, line.file, line.line));
    let mut last_of: HashMap<u64, usize> = HashMap::new();
    let mut merged: Vec<ErrorLine> = Vec::with_capacity(lines.len());
    for line in lines {
        let before = last_of
            .get(&line.thread)
            .copied()
            .filter(|_| line.thread != 0);
        let same = before.filter(|at| {
            let before = &merged[*at];
            let agree = |one: u64, other: u64| one == 0 || other == 0 || one == other;
            line.millis - before.millis <= TOGETHER
                && agree(before.client, line.client)
                && agree(before.target, line.target)
                && !(before.client != 0 && before.pattern == line.pattern)
                && !differ(before, &line)
        });
        if let Some(at) = same {
            let before = &mut merged[at];
            before.client = before.client.max(line.client);
            before.target = before.target.max(line.target);
            before.cause = before.cause.or(line.cause);
            before.pattern = before.pattern.or(line.pattern);
            continue;
        }
        // A notice that names neither cause nor request explains nothing.
        if line.cause.is_none() && line.client == 0 && line.target == 0 && line.request_id == 0 {
            continue;
        }
        last_of.insert(line.thread, merged.len());
        merged.push(line);
    }
    merged
}
