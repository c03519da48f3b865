//! The failed attempts of a crawl to the lines of the logs about them.

use std::collections::HashMap;

use crate::logs::own::CLOCKS;
use crate::logs::tally::failures::{ErrorLine, OwnFailure, Place, hash};
use crate::logs::tally::totals::Totals;
use crate::model::{Cause, CrawlUrl};
use crate::parse::log::pattern;
use crate::store::{FailedAttempt, LogLine};

/// Returns the lines about failed attempts. Attempts must be in the order of time.
pub(super) fn lines(totals: &Totals, files: &[String], attempts: &[FailedAttempt]) -> Vec<LogLine> {
    let own = Index::of(&totals.own_failures, |own: &OwnFailure| {
        (own.failure.target, own.failure.request_id)
    });
    let records = Index::of(&totals.errors, |record: &ErrorLine| {
        (record.target, record.request_id)
    });
    let mut used = vec![false; totals.own_failures.len()];
    let line = |attempt: &FailedAttempt| {
        let keys = Keys::of(attempt)?;
        let own = own.nearest(&keys, |at| {
            (!used[at]).then_some(totals.own_failures[at].failure.millis)
        });
        if let Some(at) = own {
            used[at] = true;
            let own = &totals.own_failures[at];
            // A line of an access log that proves no cause says no more than the crawl knows.
            let place = own.record.or(own.failure.cause.map(|_| own.access))?;
            return Some((place, own.failure.cause));
        }
        // Without its line in an access log, only the message may be known.
        let at = records.nearest(&keys, |at| Some(totals.errors[at].millis))?;
        let record = &totals.errors[at];
        Some((record.place(), record.cause))
    };
    let mut line = line;
    let found = attempts.iter().filter_map(|attempt| {
        let (place, cause) = line(attempt)?;
        log_line(attempt, place, cause, files)
    });
    found.collect()
}

fn log_line(
    attempt: &FailedAttempt,
    place: Place,
    cause: Option<Cause>,
    files: &[String],
) -> Option<LogLine> {
    Some(LogLine {
        url: attempt.url,
        number: attempt.number,
        cause,
        file: files.get(place.file as usize)?.clone(),
        line: place.line,
        pattern: place
            .pattern
            .and_then(pattern)
            .map(|pattern| pattern.id.clone()),
    })
}

/// The values that identify an attempt in a log.
struct Keys {
    target: u64,
    request_id: u64,
    from: i64,
    until: i64,
}

impl Keys {
    fn of(attempt: &FailedAttempt) -> Option<Keys> {
        let url = CrawlUrl::parse(&attempt.address).ok()?;
        let id = attempt.request_id.as_deref().unwrap_or_default();
        let began = attempt.started.millis();
        Some(Keys {
            target: hash(url.path_and_query().as_bytes()),
            request_id: hash(id.as_bytes()),
            from: began,
            until: began + attempt.took,
        })
    }

    /// Returns how far a moment is from the attempt; `None` if the clocks of two machines do not explain it.
    fn distance(&self, millis: i64) -> Option<i64> {
        let distance = (self.from - millis).max(millis - self.until).max(0);
        (distance <= CLOCKS).then_some(distance)
    }
}

/// Lines by what identifies their requests.
struct Index {
    by_target: HashMap<u64, Vec<usize>>,
    by_id: HashMap<u64, usize>,
}

impl Index {
    fn of<T>(lines: &[T], keys: impl Fn(&T) -> (u64, u64)) -> Index {
        let mut index = Index {
            by_target: HashMap::new(),
            by_id: HashMap::new(),
        };
        for (at, line) in lines.iter().enumerate() {
            let (target, request_id) = keys(line);
            if target != 0 {
                index.by_target.entry(target).or_default().push(at);
            }
            if request_id != 0 {
                index.by_id.entry(request_id).or_insert(at);
            }
        }
        index
    }

    /// Returns the line of a request: that with its id, or the nearest in time with its target. `millis` returns the time
    /// of a line, unless it is taken.
    fn nearest(&self, keys: &Keys, millis: impl Fn(usize) -> Option<i64>) -> Option<usize> {
        let of_id = self.by_id.get(&keys.request_id).copied();
        if let Some(at) = of_id.filter(|at| keys.request_id != 0 && millis(*at).is_some()) {
            return Some(at);
        }
        let near = self.by_target.get(&keys.target)?.iter();
        let near = near.filter_map(|at| Some((keys.distance(millis(*at)?)?, *at)));
        near.min().map(|(_, at)| at)
    }
}
