//! The conversion of an exchange into its stored record.

use std::sync::Arc;
use std::time::Duration;

use http::header;
use xxhash_rust::xxh3::xxh3_64;

use crate::assess::diagnose::{Answer, Maker, identify, maker_of, telling_part};
use crate::frontier::Lease;
use crate::model::{
    Attempt, ErrorPage, Exchange, MAX_ERROR_HEAD, MAX_HEADER_TEXT, Moment, Outcome, Pressure,
    Purpose, Trace, excerpt, reason_phrase,
};
use crate::parse::{RetryAfter, retry_after};
use crate::policy::Tried;

use crate::crawl::confirm::SAMPLE;

/// Maximum characters kept of a `Location`: no longer URL is crawled.
const MAX_REDIRECT: usize = 2_048;

/// The facts about an attempt besides the exchange itself.
#[derive(Clone, Debug)]
pub(in crate::crawl) struct Circumstances {
    pub(in crate::crawl) started: Moment,
    pub(in crate::crawl) waited: Option<Duration>,
    pub(in crate::crawl) pass: u8,
    pub(in crate::crawl) tries_before: u32,
    pub(in crate::crawl) pressure: Pressure,
    pub(in crate::crawl) user_agent: Arc<str>,
}

impl Circumstances {
    pub(in crate::crawl) fn of(
        lease: &Lease,
        started: Moment,
        user_agent: &Arc<str>,
    ) -> Circumstances {
        let interval = lease.pace.interval.as_secs_f64();
        Circumstances {
            started,
            waited: None,
            pass: lease.found.pass,
            tries_before: lease.found.tries,
            pressure: Pressure {
                in_flight: lease.in_flight,
                rate: (interval > 0.0).then(|| 1.0 / interval),
            },
            user_agent: Arc::clone(user_agent),
        }
    }
}

/// Returns the record of an exchange.
pub(in crate::crawl) fn record(exchange: &Exchange, circumstances: Circumstances) -> Attempt {
    let purpose = match (circumstances.pass, circumstances.tries_before) {
        (SAMPLE, _) => Purpose::Sample,
        (1, 0) => Purpose::Crawl,
        (1, _) => Purpose::Retry,
        _ => Purpose::Confirm,
    };
    Attempt {
        pass: u32::from(circumstances.pass),
        purpose,
        started: circumstances.started,
        outcome: exchange.outcome,
        status: exchange.status,
        status_text: excerpt(status_text(exchange), MAX_HEADER_TEXT),
        timings: exchange.timings,
        waited: circumstances.waited,
        wire_bytes: exchange.wire_bytes,
        remote: exchange.remote.map(|address| address.ip()),
        version: exchange.version,
        reused: exchange.reused,
        pressure: circumstances.pressure,
        user_agent: circumstances.user_agent,
        trace: Trace::of(exchange),
        body_fingerprint: exchange.packed.or_else(|| fingerprint(&exchange.body)),
        redirect: (exchange.status.is_some_and(|status| status / 100 == 3))
            .then(|| exchange.header("location"))
            .flatten()
            .map(|location| excerpt(location, MAX_REDIRECT)),
        announced: announced(exchange, circumstances.started),
        error_page: error_page(exchange),
    }
}

/// Returns the wait that `Retry-After` announces, if it can be read.
fn announced(exchange: &Exchange, now: Moment) -> Option<Duration> {
    let value = exchange.header(header::RETRY_AFTER)?;
    match retry_after(&value, exchange.header(header::DATE).as_deref(), now) {
        RetryAfter::Delay(delay) => Some(delay),
        RetryAfter::Invalid => None,
    }
}

/// Returns the data of an error page.
fn error_page(exchange: &Exchange) -> Option<ErrorPage> {
    let status = exchange.status?;
    if !exchange.outcome.explains(Some(status)) {
        return None;
    }
    let answer = Answer {
        status: Some(status),
        reason: exchange.reason.as_deref(),
        headers: &exchange.headers,
        body_head: &exchange.body,
        ttfb: exchange.timings.first_byte,
        connect: exchange.timings.connect,
        outcome: exchange.outcome,
    };
    let found = identify(&answer);
    let generator = found.iter().find(|found| found.is_generator());
    let shown = match exchange.outcome {
        Outcome::SoftError200 => telling_part(&exchange.body),
        _ => &exchange.body,
    };
    Some(ErrorPage {
        fingerprint: generator.or(found.first()).map(|found| found.id),
        made_by: maker_of(&answer, &found).map(Maker::id),
        head: shown[..shown.len().min(MAX_ERROR_HEAD)].to_vec(),
    })
}

fn fingerprint(body: &[u8]) -> Option<u64> {
    (!body.is_empty()).then(|| xxh3_64(body))
}

/// Returns the reason phrase, or the failure as text.
fn status_text(exchange: &Exchange) -> String {
    if !exchange.fault.is_empty() {
        return exchange.fault.clone();
    }
    let standard = || exchange.status.map_or("", reason_phrase).to_owned();
    exchange.reason.clone().unwrap_or_else(standard)
}

/// Returns whether nothing at all was received after the request.
const fn says_nothing(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::EmptyReply | Outcome::ResetBeforeHeaders | Outcome::WriteFailed
    )
}

/// Returns the part of an attempt that the retry policy needs.
pub(in crate::crawl) fn tried(exchange: &Exchange, attempts: u32, now: Moment) -> Tried {
    Tried {
        outcome: exchange.outcome,
        attempts,
        stale_connection: exchange.outcome == Outcome::StreamRefused
            || (exchange.reused && says_nothing(exchange.outcome)),
        retry_after: announced(exchange, now),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    #[test]
    fn texts_of_a_record_are_shorter_than_the_longest_headers() {
        let long = "é".repeat(100_000);
        let value = http::HeaderValue::from_str(&long).expect("a header value");
        let names = [
            "server",
            "via",
            "x-cache",
            "retry-after",
            "x-request-id",
            "location",
        ];
        let names = names.map(http::HeaderName::from_static);
        let headers: HeaderMap = names
            .map(|name| (name, value.clone()))
            .into_iter()
            .collect();
        let exchange = Exchange {
            status: Some(302),
            reason: Some(long),
            headers,
            ..Exchange::unanswered(Outcome::Redirect, String::new())
        };
        let circumstances = Circumstances {
            pass: 1,
            started: Moment::default(),
            waited: None,
            tries_before: 0,
            pressure: Pressure::default(),
            user_agent: "".into(),
        };
        let attempt = record(&exchange, circumstances);
        let trace = attempt.trace;
        let texts = [
            trace.server,
            trace.via,
            trace.cache_status,
            trace.retry_after,
            trace.request_id,
            Some(attempt.status_text),
        ];
        for text in texts {
            assert_eq!(text.expect("kept").chars().count(), MAX_HEADER_TEXT);
        }
        let redirect = attempt.redirect.expect("kept");
        assert_eq!(redirect.chars().count(), MAX_REDIRECT);
    }
}
