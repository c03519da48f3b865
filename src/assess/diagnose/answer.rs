//! One answer as evidence: the parts that a diagnosis reads, and the facts that it keeps.

use std::net::IpAddr;
use std::time::Duration;

use http::HeaderMap;

use crate::model::{Attempt, Outcome};

/// A `Retry-After` up to this is a product's default and no sign of maintenance: Varnish sends 5 with
/// every error page of its own (measured).
pub const LONGEST_DEFAULT_DELAY: Duration = Duration::from_secs(30);

/// An answer as it was received, with its body.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The status code, if a status line was received.
    pub status: Option<u16>,
    /// The reason phrase, if it is not the standard one.
    pub reason: Option<&'a str>,
    /// The header fields as received.
    pub headers: &'a HeaderMap,
    /// The decoded body or its beginning; only the first 4 KiB are read.
    pub body_head: &'a [u8],
    /// From the start of the attempt to the first byte.
    pub ttfb: Option<Duration>,
    /// The part of that time for name resolution, connecting and TLS.
    pub connect: Option<Duration>,
    /// The outcome of the attempt.
    pub outcome: Outcome,
}

/// The delay that a `Retry-After` announced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Announced {
    /// There was none.
    #[default]
    Nothing,
    /// Request again after this time.
    Delay(Duration),
    /// Neither whole seconds nor an HTTP date.
    Invalid,
}

impl Announced {
    /// Returns the meaning of a header: whether it was sent, and the wait it asks for if it could be
    /// read.
    pub fn of(is_there: bool, wait: Option<Duration>) -> Announced {
        match (is_there, wait) {
            (_, Some(wait)) => Announced::Delay(wait),
            (true, None) => Announced::Invalid,
            (false, None) => Announced::Nothing,
        }
    }
}

/// The counted facts of one answer, failing or not: no body and no text that grows.
#[derive(Clone, Copy, Debug)]
pub struct AnswerFacts<'a> {
    /// The outcome of the attempt.
    pub outcome: Outcome,
    /// The status code, if there was one.
    pub status: Option<u16>,
    /// Identity of the best fingerprint of the answer.
    pub fingerprint: Option<&'a str>,
    /// `Server`.
    pub server: Option<&'a str>,
    /// Time from the end of connecting to the first byte.
    pub waited: Option<Duration>,
    /// Time of one network round trip, measured while connecting; unknown on an open connection.
    pub round_trip: Option<Duration>,
    /// The delay that `Retry-After` announced.
    pub retry_after: Announced,
    /// Whether a cache says that it had the answer.
    pub cached: bool,
    /// Whether it used a connection that was already open.
    pub reused: bool,
    /// The IP address that answered.
    pub address: Option<IpAddr>,
    /// Requests open on the host at its start, this one included.
    pub in_flight: u32,
    /// Ceiling in requests per second at that time.
    pub rate: Option<f64>,
}

impl<'a> AnswerFacts<'a> {
    /// Returns the facts of a stored attempt, with the stored fingerprint and `Retry-After`.
    pub fn of(attempt: &'a Attempt, fingerprint: Option<&'a str>, retry_after: Announced) -> Self {
        let timings = attempt.timings;
        AnswerFacts {
            outcome: attempt.outcome,
            status: attempt.status,
            fingerprint,
            server: attempt.trace.server.as_deref(),
            waited: timings.waited().filter(|_| attempt.status.is_some()),
            round_trip: timings.connect,
            retry_after,
            cached: is_cached(attempt.trace.age, attempt.trace.cache_status.as_deref()),
            reused: attempt.reused,
            address: attempt.remote,
            in_flight: attempt.pressure.in_flight,
            rate: attempt.pressure.rate,
        }
    }
}

/// Returns whether a cache says that it had the answer: `Age` above zero, or a hit.
pub fn is_cached(age: Option<u64>, cache_status: Option<&str>) -> bool {
    let hit = |status: &str| {
        let status = status.to_ascii_lowercase();
        let mut words = status.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| matches!(word, "hit" | "stale"))
    };
    age.is_some_and(|age| age > 0) || cache_status.is_some_and(hit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cached_answer_has_an_age_or_a_hit() {
        let cases = [
            (None, None, false),
            (Some(0), None, false),
            (Some(7), None, true),
            (None, Some("HIT"), true),
            (None, Some("MISS, HIT"), true),
            (None, Some("TCP_HIT from cache"), true),
            (None, Some("Error from cloudfront"), false),
            (Some(0), Some("DYNAMIC"), false),
        ];
        for (age, status, expected) in cases {
            assert_eq!(is_cached(age, status), expected, "{age:?} {status:?}");
        }
    }
}
