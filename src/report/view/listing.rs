//! Tables of the exports, cut to what people read: the rows that matter first, and how many there are.

use serde::Serialize;

use crate::model::SkipReason;
use crate::report::row::{Places, Row as Named};
use crate::store::{Cell, RunRow, Store, StoreError, Table};

/// Most rows shown of a table.
const MOST: usize = 60;

/// Some columns of an export, the worst rows first.
#[derive(Debug, Serialize)]
pub(crate) struct Listing {
    /// Name of the export, without its ending.
    name: &'static str,
    columns: Vec<&'static str>,
    rows: Vec<Row>,
    pub(crate) total: u64,
    /// Rows that are worth a look.
    pub(crate) bad: u64,
}

/// A row.
#[derive(Debug, Serialize)]
struct Row {
    cells: Vec<String>,
    bad: bool,
}

/// Redirects; those that end badly, or take more than one hop, are worth a look.
pub(super) fn redirects(store: &Store, run: &RunRow) -> Result<Listing, StoreError> {
    let columns = &[
        "Address",
        "Status Code",
        "Hops",
        "Final Address",
        "Final Status Code",
        "Ending",
        "Inlinks",
    ];
    read(store, run, (Table::Redirects, columns), |row| {
        let is_final = row.text("Ending") == "final";
        let status = row.number("Final Status Code") as u16;
        !is_final || row.number("Hops") > 1.0 || !(200..400).contains(&status)
    })
}

/// Sitemaps; those that did not answer or hold mistakes are worth a look.
pub(super) fn sitemaps(store: &Store, run: &RunRow) -> Result<Listing, StoreError> {
    let columns = &[
        "Address",
        "Status Code",
        "Status",
        "Attempts",
        "Format",
        "Entries",
        "Problems",
    ];
    read(store, run, (Table::Sitemaps, columns), |row| {
        let status = row.number("Status Code") as u16;
        // `/sitemap.xml` is asked for though nobody named it.
        let is_guess = row.text("Found On").is_empty() && matches!(status, 404 | 410);
        (status != 200 && !is_guess) || !row.text("Problems").is_empty()
    })
}

/// robots.txt of each host; those that could not be read or hold mistakes are worth a look.
pub(super) fn robots(store: &Store, run: &RunRow) -> Result<Listing, StoreError> {
    let columns = &[
        "Host",
        "Status Code",
        "Status",
        "Access",
        "Rules",
        "Sitemaps",
        "Crawl-delay (s)",
        "Problems",
    ];
    read(store, run, (Table::Robots, columns), |row| {
        row.text("Access") == "unreachable" || !row.text("Problems").is_empty()
    })
}

/// What was not fetched; other than what robots.txt forbids or lies outside, it is worth a look.
pub(super) fn skipped(store: &Store, run: &RunRow) -> Result<Listing, StoreError> {
    let columns = &["Address", "Reason", "Detail", "Found On"];
    read(store, run, (Table::Skipped, columns), |row| {
        SkipReason::from_name(row.text("Reason")).is_some_and(|reason| {
            reason.is_limit()
                || matches!(
                    reason,
                    SkipReason::HostDown | SkipReason::Trap | SkipReason::Invalid
                )
        })
    })
}

fn read(
    store: &Store,
    run: &RunRow,
    (table, columns): (Table, &[&'static str]),
    is_bad: impl Fn(&Named<'_>) -> bool,
) -> Result<Listing, StoreError> {
    let places = Places::read(store, table)?;
    let mut listing = Listing {
        name: table.name(),
        columns: columns.to_vec(),
        rows: Vec::new(),
        total: 0,
        bad: 0,
    };
    let mut rest = Vec::new();
    store.rows(run.id, table, &mut |cells| {
        let row = places.row(cells);
        let bad = is_bad(&row);
        listing.total += 1;
        listing.bad += u64::from(bad);
        let rows = if bad { &mut listing.rows } else { &mut rest };
        if rows.len() < MOST {
            let cells = columns.iter().map(|name| show(&row, name));
            rows.push(Row {
                cells: cells.collect(),
                bad,
            });
        }
        true
    })?;
    let left = MOST - listing.rows.len();
    listing.rows.extend(rest.into_iter().take(left));
    Ok(listing)
}

fn show(row: &Named<'_>, name: &str) -> String {
    match row.cell(name) {
        Cell::Empty => String::new(),
        Cell::Integer(0) if name.ends_with("Status Code") => "no answer".to_owned(),
        Cell::Integer(value) => value.to_string(),
        Cell::Real(value) => value.to_string(),
        Cell::Text(text) => text.to_owned(),
    }
}
