//! The data of the report about logs: requests and failures over time, by status, by section and by URL.

use std::collections::HashMap;

use serde::Serialize;

use crate::logs::tally::family::section;
use crate::logs::tally::urls::UrlId;
use crate::model::Moment;

use super::Found;

/// Maximum spans of time into which a chart divides the log; it has room for no more. Ours.
const MOST_SPANS: u32 = 120;

/// Shares of the worst span of a table, from which a span has the next darker shade. Ours.
const SHADES: [f64; 3] = [0.1, 1.0 / 3.0, 2.0 / 3.0];

/// The data of the report about logs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogPage {
    /// Length of a span in hours.
    pub hours: u32,
    /// The spans in the order of time.
    pub spans: Vec<TimeSpan>,
    /// Highest number of requests in a span.
    pub most_requests: u64,
    /// Highest number of failures in a span.
    pub most_failed: u64,
    /// The worst sections.
    pub sections: Vec<Strip>,
    /// The worst URLs.
    pub urls: Vec<Strip>,
}

/// A span of time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimeSpan {
    /// The beginning of the span.
    pub from: Moment,
    /// Requests.
    pub requests: u64,
    /// Failures: 500, 502, 503, 504 and others.
    pub by_status: Vec<u64>,
}

/// Failures of one section or URL over time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Strip {
    /// Its name.
    pub name: String,
    /// Requests.
    pub requests: u64,
    /// Failures.
    pub failed: u64,
    /// The spans in the order of time.
    pub cells: Vec<StripCell>,
}

/// Failures of one section or URL in one span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct StripCell {
    /// Failures.
    pub failed: u64,
    /// 0: no request to anything; 1: no failure; 2 to 5: by the share of the worst span of the table.
    pub heat: u8,
}

impl Found {
    /// Returns the data of the report.
    pub fn page(&self) -> LogPage {
        let hours = self.totals.hours.range(1..);
        let (first, last) = match (hours.clone().next(), hours.clone().next_back()) {
            (Some((first, _)), Some((last, _))) => (*first, *last),
            _ => (0, 0),
        };
        let width = (last - first + 1).div_ceil(MOST_SPANS);
        let count = (last - first + 1).div_ceil(width) as usize;
        let mut spans: Vec<TimeSpan> = (0..count as u32)
            .map(|at| TimeSpan {
                from: Moment::from_millis(i64::from(first + at * width) * 3_600_000),
                requests: 0,
                by_status: vec![0; 5],
            })
            .collect();
        for (hour, counts) in hours {
            let span = &mut spans[((hour - first) / width) as usize];
            span.requests += counts.requests;
            for (sum, more) in span.by_status.iter_mut().zip(counts.by_status) {
                *sum += more;
            }
        }
        let place = |millis: i64| {
            let hour = u32::try_from(millis / 3_600_000).ok()?.checked_sub(first)?;
            Some((hour / width) as usize).filter(|at| *at < count)
        };
        let mut sections = Rows::new(
            self.summary
                .sections
                .iter()
                .map(|row| (row.name.clone(), row.requests, row.failed)),
            count,
        );
        let worst = self.summary.worst_urls.iter();
        let mut urls = Rows::new(
            worst.map(|row| (row.address.clone(), row.requests, row.failed)),
            count,
        );
        // The names of a URL, in both tables.
        let mut known: HashMap<UrlId, (Option<usize>, Option<usize>)> = HashMap::new();
        for failure in &self.totals.failures {
            let Some(at) = place(failure.millis) else {
                continue;
            };
            let (of_section, of_url) = *known.entry(failure.url).or_insert_with(|| {
                let key = self.urls.key(failure.url);
                (sections.number(section(&key)), urls.number(&key))
            });
            sections.add(of_section, at);
            urls.add(of_url, at);
        }
        let is_quiet: Vec<bool> = spans.iter().map(|span| span.requests == 0).collect();
        LogPage {
            hours: width,
            most_requests: spans.iter().map(|span| span.requests).max().unwrap_or(0),
            most_failed: spans
                .iter()
                .map(|span| span.by_status.iter().sum())
                .max()
                .unwrap_or(0),
            sections: sections.done(&is_quiet),
            urls: urls.done(&is_quiet),
            spans,
        }
    }
}

/// One heat strip per failing section or URL, with an index by name. Failures are added to their cells.
struct Rows {
    numbers: HashMap<Vec<u8>, usize>,
    strips: Vec<Strip>,
}

impl Rows {
    fn new(rows: impl Iterator<Item = (String, u64, u64)>, spans: usize) -> Rows {
        let failing = rows.filter(|(.., failed)| *failed > 0);
        let strips: Vec<Strip> = failing
            .map(|(name, requests, failed)| Strip {
                name,
                requests,
                failed,
                cells: vec![StripCell::default(); spans],
            })
            .collect();
        let numbers = strips.iter().enumerate();
        Rows {
            numbers: numbers
                .map(|(at, strip)| (strip.name.clone().into_bytes(), at))
                .collect(),
            strips,
        }
    }

    fn number(&self, name: &[u8]) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    fn add(&mut self, row: Option<usize>, span: usize) {
        if let Some(strip) = row.and_then(|row| self.strips.get_mut(row)) {
            strip.cells[span].failed += 1;
        }
    }

    fn done(mut self, is_quiet: &[bool]) -> Vec<Strip> {
        let cells = self.strips.iter().flat_map(|strip| &strip.cells);
        let most = cells.map(|cell| cell.failed).max().unwrap_or(0).max(1);
        for strip in &mut self.strips {
            for (cell, is_quiet) in strip.cells.iter_mut().zip(is_quiet) {
                let share = cell.failed as f64 / most as f64;
                let darker = SHADES.iter().filter(|shade| share >= **shade).count();
                cell.heat = match cell.failed {
                    0 => u8::from(!is_quiet),
                    _ => 2 + darker as u8,
                };
            }
        }
        self.strips
    }
}
