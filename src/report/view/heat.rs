//! The sections of the site, the worst first: their rates and scores, and a heat map of their failures over time.

use std::collections::HashMap;

use serde::Serialize;

use crate::assess::Interval;
use crate::store::{AttemptKind, RunRow, Store, StoreError, StoredPart, Tick};

/// Maximum sections shown.
const MOST: usize = 40;

/// Maximum spans of time in a row of the map.
const COLUMNS: usize = 48;

/// The heat map: the worst sections, with their failures over time.
#[derive(Debug, Serialize)]
pub(crate) struct Heat {
    rows: Vec<Section>,
    /// Number of all sections.
    total: usize,
    /// Whether visits of the pages are known.
    visits: bool,
}

/// A section.
#[derive(Debug, Serialize)]
struct Section {
    name: String,
    urls: u64,
    failing: u64,
    /// Share of first attempts that failed, 0..1, with its 95 % interval.
    error_rate: f64,
    low: f64,
    high: f64,
    crawlability: Option<f64>,
    risk: Option<f64>,
    /// Clicks a day that failures cost, with the 95 % interval.
    clicks: Option<Interval>,
    cells: Vec<Cell>,
}

/// A section in a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
struct Cell {
    attempts: u32,
    failed: u32,
    /// 0: nothing was requested; 1: nothing failed; 2 to 5: by the share that failed.
    heat: u8,
}

/// The hosts of the site, if there are several.
#[derive(Debug, Serialize)]
pub(crate) struct Hosts {
    rows: Vec<Section>,
    /// Number of all hosts.
    total: usize,
}

/// Returns the hosts, the worst first.
pub(super) fn hosts(all: &[StoredPart]) -> Hosts {
    let shown = if all.len() > 1 { all } else { &[] };
    Hosts {
        rows: worst_of(shown)
            .into_iter()
            .map(|host| section(host, &[]))
            .collect(),
        total: all.len(),
    }
}

fn worst_of(parts: &[StoredPart]) -> Vec<&StoredPart> {
    let mut worst: Vec<&StoredPart> = parts.iter().collect();
    worst.sort_by(|a, b| {
        let rate = |part: &StoredPart| (part.error_rate.low, part.failing, part.urls);
        rate(b)
            .partial_cmp(&rate(a))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    worst.truncate(MOST);
    worst
}

/// The rows and cells of the heat map.
pub(super) struct Grid<'a> {
    worst: Vec<&'a StoredPart>,
    /// Rows by the numbers of the sections in attempts.
    numbers: HashMap<i64, usize>,
    cells: Vec<[Cell; COLUMNS]>,
    total: usize,
}

impl<'a> Grid<'a> {
    /// Chooses the sections to show.
    pub(super) fn of(
        store: &Store,
        run: &RunRow,
        parts: &'a [StoredPart],
    ) -> Result<Grid<'a>, StoreError> {
        let worst = worst_of(parts);
        let names: Vec<&str> = worst.iter().map(|part| part.name.as_str()).collect();
        Ok(Grid {
            numbers: store.section_numbers(run.id, &names)?,
            cells: vec![[Cell::default(); COLUMNS]; names.len()],
            worst,
            total: parts.len(),
        })
    }

    /// Adds an attempt that was made in bin `bin` of `bins`.
    pub(super) fn add(&mut self, tick: Tick, (bin, bins): (usize, usize)) {
        let row = tick.section.and_then(|section| self.numbers.get(&section));
        if let (Some(row), true) = (row, tick.kind != AttemptKind::Experiment) {
            self.cells[*row][bin * COLUMNS / bins].add(tick.kind);
        }
    }

    /// Returns the finished map.
    pub(super) fn heat(self) -> Heat {
        let visits = self.worst.iter().any(|part| part.clicks_at_risk.is_some());
        let rows = self.worst.into_iter().zip(&self.cells);
        Heat {
            visits,
            rows: rows.map(|(part, cells)| section(part, cells)).collect(),
            total: self.total,
        }
    }
}

fn section(part: &StoredPart, cells: &[Cell]) -> Section {
    Section {
        name: part.name.clone(),
        urls: part.urls,
        failing: part.failing,
        error_rate: part.error_rate.value,
        low: part.error_rate.low,
        high: part.error_rate.high,
        crawlability: part.crawlability.map(|score| score.value),
        risk: part.indexing_risk.map(|risk| risk.value),
        clicks: part.clicks_at_risk,
        cells: cells.iter().map(|cell| cell.heated()).collect(),
    }
}

impl Cell {
    fn add(&mut self, kind: AttemptKind) {
        self.attempts += 1;
        self.failed += u32::from(kind != AttemptKind::Fine);
    }

    fn heated(self) -> Cell {
        let share = f64::from(self.failed) / f64::from(self.attempts.max(1));
        let heat = match share {
            _ if self.attempts == 0 => 0,
            _ if self.failed == 0 => 1,
            _ if share < 0.1 => 2,
            _ if share < 0.34 => 3,
            _ if share < 0.67 => 4,
            _ => 5,
        };
        Cell { heat, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heat_follows_the_share_that_failed() {
        let cases = [
            (0, 0, 0),
            (9, 0, 1),
            (100, 1, 2),
            (10, 1, 3),
            (2, 1, 4),
            (3, 3, 5),
        ];
        for (attempts, failed, heat) in cases {
            let cell = Cell {
                attempts,
                failed,
                heat: 0,
            }
            .heated();
            assert_eq!(cell.heat, heat, "{failed} of {attempts}");
        }
    }
}
