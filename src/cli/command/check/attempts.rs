//! The attempts at one URL as a table.

use crate::check::Tried;
use crate::terminal::columns::{Side, columns};

/// Renders the attempts as a table, times in milliseconds.
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
                answer(tried),
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

/// Formats milliseconds; a phase that did not happen is a dash.
pub(super) fn shown(millis: Option<f64>) -> String {
    millis.map_or("-".to_owned(), |millis| format!("{millis:.0}"))
}

/// Formats the status; dashes if there was no answer.
pub(super) fn answer(tried: &Tried) -> String {
    match tried.status {
        Some(status) => status.to_string(),
        None => "---".to_owned(),
    }
}
