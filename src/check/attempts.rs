//! An attempt at a URL, with the time of each part.

use std::time::Duration;

use serde::Serialize;

use crate::model::{Attempt, Outcome};
use crate::report::words::one_line;

/// The result of one attempt.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tried {
    /// When it began.
    pub started: String,
    /// Its outcome.
    pub outcome: Outcome,
    /// The status, if there was an answer.
    pub status: Option<u16>,
    /// The reason phrase, or what went wrong.
    pub status_text: String,
    /// Time of resolving the name; this time and the next ones are absent for phases that did not happen.
    pub dns_ms: Option<f64>,
    /// Time of connecting.
    pub connect_ms: Option<f64>,
    /// Time of the TLS handshake.
    pub tls_ms: Option<f64>,
    /// Time to the first byte.
    pub ttfb_ms: Option<f64>,
    /// Total time.
    pub total_ms: f64,
    /// Whether it used a connection that was open already.
    pub reused: bool,
    /// The IP address that answered.
    pub remote: Option<String>,
}

impl Tried {
    pub(super) fn of(attempt: &Attempt) -> Tried {
        let timings = attempt.timings;
        Tried {
            started: attempt.started.to_string(),
            outcome: attempt.outcome,
            status: attempt.status,
            status_text: one_line(&attempt.status_text),
            dns_ms: timings.dns.map(millis),
            connect_ms: timings.connect.map(millis),
            tls_ms: timings.tls.map(millis),
            ttfb_ms: timings.first_byte.map(millis),
            total_ms: millis(timings.total),
            reused: attempt.reused,
            remote: attempt.remote.map(|address| address.to_string()),
        }
    }
}

/// Returns milliseconds with one decimal: no server's times are known more precisely.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}
