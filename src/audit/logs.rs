//! The server logs of an audited site: read after the crawl, joined to it, and exported beside its tables.

use std::path::{Path, PathBuf};

use crate::logs::{self, CrawlTime, Found, Joining, Keep, LogTable, LogsError, NamedLogs, Order};
use crate::machine::wall_clock;
use crate::report::{ComputedTable, ReportError, write_logs};
use crate::store::{Cell, RunRow, Store};

use super::error::AuditError;

/// Checks before the crawl that the log files exist and that their formats can be used.
pub(super) fn check(named: &NamedLogs) -> Result<(), AuditError> {
    if named.sources.iter().any(|source| source == "-") {
        return Err(AuditError::Logs(LogsError::Stdin));
    }
    let order = named.order().map_err(AuditError::Logs)?;
    order.check().map_err(AuditError::Logs)
}

/// Reads logs into the log run of the site, and stores the lines about the failures of the run with it.
pub(super) fn read_logs(
    store: &Store,
    run: &RunRow,
    named: &NamedLogs,
) -> Result<Option<Found>, AuditError> {
    if named.sources.is_empty() {
        return Ok(None);
    }
    let now = wall_clock();
    let crawls = CrawlTime::of(&store.runs()?, now);
    let keep = Keep {
        store,
        site: &run.site,
        now,
    };
    let joined = || {
        let order = Order {
            crawls,
            ..named.order()?
        };
        let mut found = logs::read(&order, &mut std::io::empty(), None, Some(keep))?;
        let joining = Joining {
            is_named: true,
            keeps: true,
            weighs: true,
        };
        found.join_crawl(store, run, joining)?;
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
