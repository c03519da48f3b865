//! Tables of the exports, cut to the rows that matter most, with the total number of rows.

use serde::Serialize;

use crate::model::{RedirectEnd, RobotsAccess, SkipReason};
use crate::store::tables::Column;
use crate::store::{
    RedirectRow, RobotsRow, RunRow, RunSummary, SitemapRow, SkippedRow, Store, StoreError, Table,
};

/// Maximum rows shown of a table.
const MOST: usize = 60;

/// Some columns of an export, the worst rows first.
#[derive(Debug, Serialize)]
pub(crate) struct Listing {
    /// Name of the export, without its ending.
    name: &'static str,
    columns: Vec<&'static str>,
    rows: Vec<Row>,
    pub(crate) total: u64,
    /// Number of rows that need attention.
    pub(crate) bad: u64,
}

/// A row.
#[derive(Debug, Serialize)]
struct Row {
    cells: Vec<String>,
    bad: bool,
}

/// Pages that answer 4xx, those with the most links first.
#[derive(Debug, Serialize)]
pub(crate) struct Missing {
    rows: Vec<MissingView>,
    total: u64,
}

/// A page that answers 4xx.
#[derive(Debug, Serialize)]
struct MissingView {
    address: String,
    href: String,
    status: u16,
    inlinks: u64,
    /// The page or sitemap that named this URL first, in readable form and (`named_href`) as it was requested; empty
    /// for a start page.
    named_by: String,
    named_href: String,
}

/// Returns the pages that answer 4xx.
pub(super) fn missing(
    store: &Store,
    run: &RunRow,
    summary: &RunSummary,
) -> Result<Missing, StoreError> {
    let total = summary.pages.classes().client_error;
    let rows = match total {
        0 => Vec::new(),
        _ => store.missing_pages(run.id, MOST as u32)?,
    };
    let rows = rows.into_iter().map(|page| {
        let (named_by, named_href) = page.found_on.unwrap_or_default();
        MissingView {
            address: page.address,
            href: page.encoded,
            status: page.status,
            inlinks: page.inlinks,
            named_by,
            named_href,
        }
    });
    let rows: Vec<MissingView> = rows.collect();
    Ok(Missing {
        // The class of their status includes pages that failed, such as those with 429.
        total: match rows.len() {
            few if few < MOST => few as u64,
            _ => total,
        },
        rows,
    })
}

/// Returns the redirects; those that end badly, or take more than one hop, need attention.
pub(super) fn redirects(store: &Store, run: &RunRow) -> Result<Listing, StoreError> {
    use crate::store::tables::redirects::{
        ADDRESS, ENDING, FINAL_ADDRESS, FINAL_STATUS_CODE, HOPS, INLINKS, STATUS_CODE,
    };
    let columns = [
        ADDRESS,
        STATUS_CODE,
        HOPS,
        FINAL_ADDRESS,
        FINAL_STATUS_CODE,
        ENDING,
        INLINKS,
    ];
    let mut rows = Choice::default();
    store.typed_rows(run.id, &mut |row: RedirectRow| {
        let is_final = row.ending == RedirectEnd::Final;
        rows.add(
            !is_final || row.hops > 1 || !(200..400).contains(&row.final_status),
            || {
                vec![
                    row.address,
                    status(row.status),
                    row.hops.to_string(),
                    row.final_address,
                    status(row.final_status),
                    row.ending.name().to_owned(),
                    number(row.inlinks),
                ]
            },
        );
        Ok::<(), StoreError>(())
    })?;
    Ok(rows.listing(Table::Redirects, &columns))
}

/// Returns the sitemaps; those that did not answer or have problems need attention.
pub(super) fn sitemaps(store: &Store, run: &RunRow) -> Result<Listing, StoreError> {
    use crate::store::tables::sitemaps::{
        ADDRESS, ATTEMPTS, ENTRIES, FORMAT, PROBLEMS, STATUS, STATUS_CODE,
    };
    let columns = [
        ADDRESS,
        STATUS_CODE,
        STATUS,
        ATTEMPTS,
        FORMAT,
        ENTRIES,
        PROBLEMS,
    ];
    let mut rows = Choice::default();
    store.typed_rows(run.id, &mut |row: SitemapRow| {
        // `/sitemap.xml` is requested even if nobody names it.
        let is_guess = row.found_on.is_empty() && matches!(row.status, 404 | 410);
        rows.add(
            (row.status != 200 && !is_guess) || !row.problems.is_empty(),
            || {
                vec![
                    row.address,
                    status(row.status),
                    row.status_text,
                    row.attempts.to_string(),
                    row.format,
                    number(row.entries),
                    row.problems,
                ]
            },
        );
        Ok::<(), StoreError>(())
    })?;
    Ok(rows.listing(Table::Sitemaps, &columns))
}

/// Returns the robots.txt of each host; those that could not be read or have problems need attention.
pub(super) fn robots(store: &Store, run: &RunRow) -> Result<Listing, StoreError> {
    use crate::store::tables::robots::{
        ACCESS, CRAWL_DELAY, HOST, PROBLEMS, RULES, SITEMAPS, STATUS, STATUS_CODE,
    };
    let columns = [
        HOST,
        STATUS_CODE,
        STATUS,
        ACCESS,
        RULES,
        SITEMAPS,
        CRAWL_DELAY,
        PROBLEMS,
    ];
    let mut rows = Choice::default();
    store.typed_rows(run.id, &mut |row: RobotsRow| {
        rows.add(
            row.access == RobotsAccess::Unreachable || !row.problems.is_empty(),
            || {
                vec![
                    row.host,
                    status(row.status),
                    row.status_text,
                    row.access.name().to_owned(),
                    row.rules.to_string(),
                    row.sitemaps.to_string(),
                    number(row.crawl_delay),
                    row.problems,
                ]
            },
        );
        Ok::<(), StoreError>(())
    })?;
    Ok(rows.listing(Table::Robots, &columns))
}

/// Returns the URLs that were not fetched; all but those that robots.txt forbids or that are out of scope need
/// attention.
pub(super) fn skipped(store: &Store, run: &RunRow) -> Result<Listing, StoreError> {
    use crate::store::tables::skipped::{ADDRESS, DETAIL, FOUND_ON, REASON};
    let mut rows = Choice::default();
    store.typed_rows(run.id, &mut |row: SkippedRow| {
        let is_bad = row.reason.is_limit()
            || matches!(
                row.reason,
                SkipReason::HostDown
                    | SkipReason::FamilyDown
                    | SkipReason::Trap
                    | SkipReason::Invalid
            );
        rows.add(is_bad, || {
            vec![
                row.address,
                row.reason.name().to_owned(),
                row.detail,
                row.found_on,
            ]
        });
        Ok::<(), StoreError>(())
    })?;
    Ok(rows.listing(Table::Skipped, &[ADDRESS, REASON, DETAIL, FOUND_ON]))
}

/// The rows to show, chosen while they are read.
#[derive(Default)]
struct Choice {
    bad: Vec<Row>,
    rest: Vec<Row>,
    total: u64,
    all_bad: u64,
}

impl Choice {
    /// Adds a row, whose cells are made only if it may be shown. Returns true, so that all rows are read and counted.
    fn add(&mut self, bad: bool, cells: impl FnOnce() -> Vec<String>) {
        self.total += 1;
        self.all_bad += u64::from(bad);
        let rows = if bad { &mut self.bad } else { &mut self.rest };
        if rows.len() < MOST {
            rows.push(Row {
                cells: cells(),
                bad,
            });
        }
    }

    fn listing(self, table: Table, columns: &[Column]) -> Listing {
        let rows = self.bad.into_iter().chain(self.rest);
        Listing {
            name: table.name(),
            columns: columns.iter().map(|column| column.name).collect(),
            rows: rows.take(MOST).collect(),
            total: self.total,
            bad: self.all_bad,
        }
    }
}

fn status(code: u16) -> String {
    match code {
        0 => "no answer".to_owned(),
        code => code.to_string(),
    }
}

fn number(value: Option<impl ToString>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}
