//! The sights of a run's pages in the order of URLs. SQLite sorts in a file, so a million
//! pages need no memory.

use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, Row, Rows};

use crate::assess::compare::{AddressMap, Marks, PageState, Sight};
use crate::assess::{Interval, Verdict};
use crate::model::{Coverage, SkipReason};

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::ids::UrlId;
use crate::store::rows::row::{count, limits_and, list};
use crate::store::runs::id::RunId;
use crate::store::runs::list::RunRow;

/// The columns that [`sight`] and similar functions read, of a URL `u` and its assessment `s`.
pub(in crate::store) const SIGHT: &str = "u.address, u.address, u.state, u.reason,
        s.verdict, coalesce(s.attempts, 0), s.failed, s.passes, s.error_rate, s.error_low,
        s.error_high, s.priority,
        (SELECT a.status FROM evidence a WHERE a.run = u.run AND a.url = u.id
            ORDER BY a.number DESC LIMIT 1),
        u.id, u.known, u.in_sitemap";

/// Pages of the site, without resources and other sites. URLs out of scope and invalid links are
/// excluded.
const PAGES: &str = "WHERE u.run = ? AND u.role = 3 AND (u.state < 3 OR u.reason NOT IN (3, 8))";

/// The tables that [`SIGHT`] reads.
const SEEN: &str = "FROM url u LEFT JOIN assessment s ON s.run = u.run AND s.url = u.id";

/// The tables that [`MARKS`] reads beside them.
const MARKED: &str = "LEFT JOIN page p ON p.run = u.run AND p.url = u.id
    LEFT JOIN url c ON c.run = p.run AND c.id = p.canonical";

/// The columns after [`SIGHT`] that say what a page tells search engines: whether they are known, then [`Marks`].
const MARKS: &str =
    "p.url IS NOT NULL, coalesce(p.indexability = 'noindex', 0), c.address, p.title";

/// A page as one run knows it.
pub(in crate::store) struct Known {
    /// URL on the new site.
    pub(in crate::store) address: String,
    /// Own URL.
    pub(in crate::store) own: String,
    pub(in crate::store) sight: Sight,
    /// `url.id`; 0 for a page of a list.
    pub(in crate::store) id: UrlId,
    /// Whether an earlier run knew it and nothing in this run links to it.
    pub(in crate::store) unreached: bool,
    pub(in crate::store) in_sitemap: bool,
    /// The noindex, canonical and title of the page. `None` if URLs are mapped or the page was not fetched.
    pub(in crate::store) marks: Option<Marks>,
}

/// Returns the query for the pages of a run in the order of their URLs.
pub(super) fn in_order() -> String {
    format!("SELECT {SIGHT}, {MARKS} {SEEN} {MARKED} {PAGES} ORDER BY u.address")
}

/// Creates a temporary database with the pages of a run under their mapped URLs. It disappears
/// when it is closed, and is kept in a file beyond its cache.
pub(super) fn mapped(
    connection: &Connection,
    run: RunId,
    maps: &[AddressMap],
) -> rusqlite::Result<Connection> {
    let mut own = Connection::open("")?;
    let tx = own.transaction()?;
    tx.execute_batch(&format!("CREATE TABLE page ({MAPPED})"))?;
    let mut insert = tx.prepare(&format!(
        "INSERT INTO page ({MAPPED}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    ))?;
    let mut pages = connection.prepare(&format!("SELECT {SIGHT} {SEEN} {PAGES}"))?;
    let mut rows = pages.query([run])?;
    while let Some(row) = rows.next()? {
        let mapped = AddressMap::apply(maps, row.get_ref(0)?.as_str()?);
        insert.raw_bind_parameter(1, mapped.as_ref())?;
        for at in 1..16 {
            insert.raw_bind_parameter(at + 1, ToSqlOutput::Borrowed(row.get_ref(at)?))?;
        }
        insert.raw_execute()?;
    }
    drop(insert);
    tx.commit()?;
    Ok(own)
}

/// The columns of the table that [`mapped`] makes.
const MAPPED: &str = "address, own, state, reason, verdict, attempts, failed, passes, error_rate,
    error_low, error_high, priority, status, id, known, in_sitemap";

/// The query for the table that [`mapped`] makes.
pub(super) const MAPPED_IN_ORDER: &str = "SELECT * FROM page ORDER BY address, own";

/// Reader of the rows of one of these queries.
pub(in crate::store) struct Sights<'a>(pub(in crate::store) Rows<'a>);

impl Sights<'_> {
    pub(in crate::store) fn step(&mut self) -> rusqlite::Result<Option<Known>> {
        self.0.next()?.map(known).transpose()
    }
}

fn known(row: &Row<'_>) -> rusqlite::Result<Known> {
    Ok(Known {
        address: row.get(0)?,
        own: row.get(1)?,
        sight: sight(row)?,
        id: row.get(13)?,
        unreached: row.get::<_, u8>(14)? == 2,
        in_sitemap: row.get(15)?,
        marks: marks(row)?,
    })
}

fn marks(row: &Row<'_>) -> rusqlite::Result<Option<Marks>> {
    let has_them = row.as_ref().column_count() > 16 && row.get(16)?;
    has_them
        .then(|| {
            Ok(Marks {
                noindex: row.get(17)?,
                canonical: row.get(18)?,
                title: row.get(19)?,
            })
        })
        .transpose()
}

pub(in crate::store) fn sight(row: &Row<'_>) -> rusqlite::Result<Sight> {
    let verdict = row.get_ref(4)?.as_str_or_null().ok().flatten();
    let verdict = verdict.and_then(Verdict::from_name);
    let attempts: u32 = row.get(5)?;
    if let Some(verdict) = verdict.filter(|_| attempts > 0) {
        return Ok(Sight::Seen(PageState {
            assumed: false,
            verdict,
            status: row.get::<_, Option<u16>>(12)?.unwrap_or_default(),
            attempts,
            failed: row.get(6)?,
            passes: row.get(7)?,
            error_rate: Interval {
                value: row.get(8)?,
                low: row.get(9)?,
                high: row.get(10)?,
            },
            priority: row.get(11)?,
        }));
    }
    let reason: Option<SkipReason> = row.get(3)?;
    Ok(Sight::NotSeen(
        reason.map_or("not_reached", SkipReason::name).to_owned(),
    ))
}

/// Returns why a page that a run does not know may still exist, or `None` if the run looked everywhere.
pub(super) fn blind_spot(
    connection: &Connection,
    run: &RunRow,
) -> rusqlite::Result<Option<&'static str>> {
    if !run.state.has_ended() {
        return Ok(Some("that run was not finished"));
    }
    if run.plan.scope.coverage == Coverage::List {
        return Ok(Some("that run audited a list of URLs"));
    }
    // If no start page answered, everything behind it is unknown.
    let began: bool = connection.query_row(
        "SELECT NOT EXISTS (SELECT 1 FROM url u
            LEFT JOIN assessment s ON s.run = u.run AND s.url = u.id
            WHERE u.run = ? AND u.seed = 1 AND u.role = 3 AND (u.state <> 2 OR s.last_ok IS NULL))",
        [run.id],
        |row| row.get(0),
    )?;
    if !began {
        return Ok(Some("that run could not read a start page"));
    }
    let cutting = limits_and(&SkipReason::GIVEN_UP);
    let cut: bool = connection.query_row(
        &format!(
            "SELECT EXISTS (SELECT 1 FROM url
                WHERE run = ? AND role = 3 AND state = 3 AND reason IN ({cutting}))"
        ),
        [run.id],
        |row| row.get(0),
    )?;
    Ok(cut.then_some(
        "that run left out pages (max_pages, max_hosts, max_time, max_disk, host_down or family_down)",
    ))
}

/// Counts the pages that failed and were never fine: pages linked only from them were not found.
pub(super) fn unanswered(connection: &Connection, run: RunId) -> rusqlite::Result<u64> {
    connection.query_row(
        "SELECT count(*) FROM assessment s CROSS JOIN url u ON u.run = s.run AND u.id = s.url
            WHERE s.run = ? AND u.role = 3 AND s.failed > 0 AND s.last_ok IS NULL",
        [run],
        |row| count(row, 0),
    )
}

impl Store {
    /// Counts the pages of a concluded run that failed at least once, and returns the worst of them
    /// with their URLs.
    pub fn worst_states(
        &self,
        run: RunId,
        most: u32,
    ) -> Result<(u64, Vec<(String, PageState)>), StoreError> {
        self.read(|connection| {
            let total = connection.query_row(
                "SELECT count(*) FROM assessment s CROSS JOIN url u ON u.run = s.run AND u.id = s.url
                    WHERE s.run = ? AND u.role = 3 AND s.verdict <> 'ok'",
                [run],
                |row| count(row, 0),
            )?;
            let sql = format!(
                "SELECT {SIGHT} {SEEN} {PAGES} AND s.verdict <> 'ok' ORDER BY s.priority DESC, u.address LIMIT ?"
            );
            let pages = list(connection, &sql, (run, most), known)?;
            let seen = |page: Known| page.sight.state().map(|state| (page.own, *state));
            Ok((total, pages.into_iter().filter_map(seen).collect()))
        })
    }
}
