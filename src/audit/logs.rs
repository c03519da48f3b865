//! The server logs of an audited site: read after the crawl, joined to it, and exported beside its tables.

use std::path::{Path, PathBuf};

use crate::logs::{self, CrawlTime, Found, Keep, LogTable, LogsError, Order};
use crate::machine::wall_clock;
use crate::report::{ComputedTable, ReportError, write_logs};
use crate::store::{Cell, RunRow, Store};

use super::error::AuditError;

/// Checks before the crawl that the log files exist.
pub(super) fn check(sources: &[String]) -> Result<(), AuditError> {
    if sources.iter().any(|source| source == "-") {
        return Err(AuditError::Logs(LogsError::Stdin));
    }
    order(sources).check().map_err(AuditError::Logs)
}

fn order(sources: &[String]) -> Order {
    Order {
        sources: sources.to_vec(),
        ..Order::default()
    }
}

/// Reads logs into the log run of the site, and stores the lines about the failures of the run with it.
pub(super) fn read_logs(
    store: &Store,
    run: &RunRow,
    sources: &[String],
) -> Result<Option<Found>, AuditError> {
    if sources.is_empty() {
        return Ok(None);
    }
    let now = wall_clock();
    let order = Order {
        crawls: CrawlTime::of(&store.runs()?, now),
        ..order(sources)
    };
    let keep = Keep {
        store,
        site: &run.site,
        now,
    };
    let joined = || {
        let mut found = logs::read(&order, &mut std::io::empty(), None, Some(keep))?;
        found.join_crawl(store, run, (true, true))?;
        Ok(found)
    };
    joined().map(Some).map_err(AuditError::Logs)
}

/// Writes the exports about logs. Returns the files.
pub fn export_logs(
    found: &Found,
    out: &Path,
    overwrite: bool,
) -> Result<Vec<PathBuf>, ReportError> {
    let names = found.tables();
    let rows =
        |table: LogTable| move |each: &mut dyn FnMut(&[Cell<'_>]) -> bool| found.rows(table, each);
    let rows: Vec<_> = names.iter().map(|table| rows(*table)).collect();
    let tables: Vec<ComputedTable<'_>> = names
        .iter()
        .zip(&rows)
        .map(|(table, rows)| ComputedTable {
            name: table.name(),
            columns: table.columns(),
            rows,
        })
        .collect();
    write_logs(out, overwrite, &tables, found.summary(), &found.page())
}
