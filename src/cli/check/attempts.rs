//! The attempts at one URL, with the time of each part.

use std::time::Duration;

use serde::Serialize;

use crate::cli::columns::{Side, columns};
use crate::cli::text::one_line;
use crate::model::{Attempt, Outcome};

/// One attempt as it is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Tried {
    /// When it began.
    pub(super) started: String,
    pub(super) outcome: Outcome,
    pub(super) status: Option<u16>,
    /// The reason phrase, or what went wrong.
    pub(super) status_text: String,
    pub(super) dns_ms: Option<f64>,
    pub(super) connect_ms: Option<f64>,
    pub(super) tls_ms: Option<f64>,
    pub(super) ttfb_ms: Option<f64>,
    pub(super) total_ms: f64,
    /// Whether it went over a connection that was open already.
    pub(super) reused: bool,
    pub(super) remote: Option<String>,
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

    /// The status, or what went wrong instead.
    pub(super) fn answer(&self) -> String {
        match self.status {
            Some(status) => status.to_string(),
            None => "---".to_owned(),
        }
    }
}

/// The attempts as a table, times in milliseconds.
pub(super) fn table(attempts: &[Tried]) -> String {
    let heads = [
        ("#", Side::Right),
        ("status", Side::Left),
        ("outcome", Side::Left),
        ("dns", Side::Right),
        ("connect", Side::Right),
        ("tls", Side::Right),
        ("ttfb", Side::Right),
        ("total ms", Side::Right),
        ("address", Side::Left),
    ];
    let rows: Vec<_> = attempts
        .iter()
        .enumerate()
        .map(|(at, tried)| {
            vec![
                (at + 1).to_string(),
                tried.answer(),
                tried.outcome.id().to_owned(),
                shown(tried.dns_ms),
                shown(tried.connect_ms),
                shown(tried.tls_ms),
                shown(tried.ttfb_ms),
                shown(Some(tried.total_ms)),
                tried.remote.clone().unwrap_or_default(),
            ]
        })
        .collect();
    columns(&heads, &rows)
}

/// Milliseconds for people: what did not happen is a dash.
pub(super) fn shown(millis: Option<f64>) -> String {
    millis.map_or("-".to_owned(), |millis| format!("{millis:.0}"))
}

/// Milliseconds with their tenths: no server's times are known better.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}
