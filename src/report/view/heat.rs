//! The sections of the site, the worst first: their rates and scores, and a heat map of their failures over time. The map
//! counts the first request of each page alone: rechecks request only what failed, so that with them every fault would
//! seem to grow.

use std::collections::HashMap;

use serde::Serialize;

use crate::assess::Interval;
use crate::model::{Moment, Zone};
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
    /// When the first and the last page was first requested, as times of day; empty if none was.
    from: String,
    until: String,
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

/// The pages of a section that were first requested in a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
struct Cell {
    pages: u32,
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
    /// The cells of each row by the bins of the timeline.
    cells: Vec<Vec<Cell>>,
    /// The first and the last bin in which a page was first requested, and the times of these requests.
    bins: Option<(usize, usize)>,
    times: Option<(Moment, Moment)>,
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
            cells: vec![Vec::new(); names.len()],
            bins: None,
            times: None,
            worst,
            total: parts.len(),
        })
    }

    /// Adds an attempt that was made in bin `bin` of `bins`, if it is the first at its page.
    pub(super) fn add(&mut self, tick: Tick, (bin, bins): (usize, usize)) {
        let row = tick.section.and_then(|section| self.numbers.get(&section));
        let (Some(row), true) = (row, tick.is_first && tick.kind != AttemptKind::Experiment) else {
            return;
        };
        let cells = &mut self.cells[*row];
        cells.resize(bins, Cell::default());
        cells[bin].add(tick.kind);
        let (first, last) = self.bins.unwrap_or((bin, bin));
        self.bins = Some((first.min(bin), last.max(bin)));
        let (from, until) = self.times.unwrap_or((tick.started, tick.started));
        self.times = Some((from.min(tick.started), until.max(tick.started)));
    }

    /// Returns the finished map.
    pub(super) fn heat(self, zone: &Zone) -> Heat {
        let visits = self.worst.iter().any(|part| part.clicks_at_risk.is_some());
        let rows = self.worst.into_iter().zip(&self.cells);
        let rows = rows.map(|(part, cells)| section(part, &columns(cells, self.bins)));
        let times = self.times;
        Heat {
            visits,
            from: times.map_or(String::new(), |(from, _)| zone.clock(from)),
            until: times.map_or(String::new(), |(from, until)| zone.later(from, until)),
            rows: rows.collect(),
            total: self.total,
        }
    }
}

/// Returns the cells from the first bin to the last in which a page was first requested, several together if they are
/// more than the columns of the map.
fn columns(cells: &[Cell], bins: Option<(usize, usize)>) -> Vec<Cell> {
    let Some((first, last)) = bins else {
        return Vec::new();
    };
    let whole = last + 1 - first;
    let shown = whole.min(COLUMNS);
    let mut found = vec![Cell::default(); shown];
    for (at, cell) in cells.iter().enumerate().take(last + 1).skip(first) {
        let column = &mut found[(at - first) * shown / whole];
        column.pages += cell.pages;
        column.failed += cell.failed;
    }
    found
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
        self.pages += 1;
        self.failed += u32::from(kind != AttemptKind::Fine);
    }

    fn heated(self) -> Cell {
        let share = f64::from(self.failed) / f64::from(self.pages.max(1));
        let heat = match share {
            _ if self.pages == 0 => 0,
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
        for (pages, failed, heat) in cases {
            let cell = Cell {
                pages,
                failed,
                heat: 0,
            }
            .heated();
            assert_eq!(cell.heat, heat, "{failed} of {pages}");
        }
    }

    #[test]
    fn the_map_shows_the_time_of_first_requests_in_few_columns() {
        let one = Cell {
            pages: 1,
            failed: 1,
            heat: 0,
        };
        let mut cells = vec![Cell::default(); 200];
        cells[10] = one;
        cells[11] = one;
        cells[105] = one;
        let shown = columns(&cells, Some((10, 105)));
        assert_eq!(
            (shown.len(), shown[0].pages, shown[47].pages),
            (COLUMNS, 2, 1)
        );
        assert_eq!(columns(&cells, Some((10, 11))), [one, one]);
        assert!(columns(&cells, None).is_empty());
    }
}
