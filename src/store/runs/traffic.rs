//! Visits of a site's pages (`--traffic`). They are kept with the site, so that later runs use them too, and each run
//! keeps those of its own pages.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

use super::id::RunId;
use crate::assess::{Interval, Verdict};
use crate::model::Moment;
use crate::parse::traffic::Visits;
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::row::{count, list};

/// The beginning of the name of a measure: clicks a day at risk in the section whose name follows. Its `seen` counts
/// the visits of the section's pages in the days of the files.
pub(in crate::store) const CLICKS_OF_SECTION: &str = "clicks_at_risk ";

/// Time for which runs use visits that were read. Older ones say too little about today.
pub(in crate::store) const LASTING: Duration = Duration::from_hours(60 * 24);

/// The visits of a site's pages over some days.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traffic {
    /// By URL, in the form that requests use.
    pub pages: BTreeMap<String, Visits>,
    /// The days that they cover.
    pub days: u32,
    /// Whether the files say so; otherwise it is assumed.
    pub stated: bool,
}

/// Where visits were counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VisitSource {
    /// In the files of `--traffic`: clicks in search results, or sessions.
    #[default]
    Files,
    /// In server logs, without such files: requests of users and search engines.
    Logs,
}

impl VisitSource {
    /// Returns the word for one visit.
    pub const fn unit(self) -> &'static str {
        match self {
            VisitSource::Files => "click",
            VisitSource::Logs => "request",
        }
    }
}

/// The visits that a run uses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunTraffic {
    /// When they were read.
    pub read: Moment,
    /// The days that they cover.
    pub days: u32,
    /// Whether the files say so; otherwise it is assumed.
    pub stated: bool,
    /// Where the visits were counted.
    pub source: VisitSource,
    /// Pages of the files.
    pub pages: u64,
    /// Pages of the files that the run knows.
    pub matched: u64,
    /// Clicks of all pages of the files; sessions of pages without clicks.
    pub visits: f64,
    /// Visits of the pages that the run knows.
    pub matched_visits: f64,
    /// Clicks or other visits a day that failures cost, by the measured failure rates and their 95 % intervals.
    pub at_risk: Interval,
}

/// The visits a day that a failing page costs: `x` is `value`, `low` or `high`, and `t`, `s` and `r` are its rows of
/// `page_traffic`, `assessment` and `run_traffic`. A page that recovered costs nothing.
macro_rules! at_risk {
    ($column:literal) => {
        concat!(
            "sum(coalesce(t.clicks, t.sessions, t.hits, 0) / r.days * s.",
            $column,
            ")"
        )
    };
}

impl Store {
    /// Keeps the visits of a site, in place of those that were read before.
    pub fn keep_traffic(
        &self,
        site: &str,
        read: Moment,
        traffic: &Traffic,
    ) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute(
                "DELETE FROM traffic WHERE file IN (SELECT id FROM traffic_file WHERE site = ?)",
                [site],
            )?;
            tx.execute("DELETE FROM traffic_file WHERE site = ?", [site])?;
            tx.execute(
                "INSERT INTO traffic_file (site, read, days, stated) VALUES (?, ?, ?, ?)",
                (site, read.millis(), traffic.days, traffic.stated),
            )?;
            let file = tx.last_insert_rowid();
            let mut insert = tx.prepare(
                "INSERT INTO traffic (file, address, clicks, impressions, sessions) VALUES (?, ?, ?, ?, ?)",
            )?;
            for (address, of) in &traffic.pages {
                insert.execute((file, address, of.clicks, of.impressions, of.sessions))?;
            }
            Ok(())
        })
    }

    /// Returns whether a concluded run uses visits of `--traffic`.
    pub fn has_traffic(&self, run: RunId) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM run_traffic WHERE run = ? AND of_logs = 0";
        self.read(|connection| connection.query_row(sql, [run.0], |row| row.get(0)))
    }

    /// Returns the visits a day that the pages of each finding cost, by the number of the finding.
    pub fn visits_of_findings(&self, run: RunId) -> Result<BTreeMap<usize, f64>, StoreError> {
        let sql = format!(
            "WITH about AS (
                SELECT f.finding, s.url FROM assessment s
                CROSS JOIN finding_cluster f ON f.run = s.run AND f.cluster = s.cluster WHERE s.run = ?1
                UNION SELECT finding, url FROM finding_url WHERE run = ?1)
             SELECT a.finding, {} FROM about a
             CROSS JOIN page_traffic t ON t.run = ?1 AND t.url = a.url
             CROSS JOIN assessment s ON s.run = ?1 AND s.url = a.url
             CROSS JOIN run_traffic r ON r.run = ?1
             WHERE s.verdict IN ({FAILING}) GROUP BY a.finding",
            at_risk!("error_rate")
        );
        let found = self.read(|connection| {
            list(connection, &sql, [run.0], |row| {
                Ok((row.get::<_, u32>(0)? as usize, row.get(1)?))
            })
        })?;
        Ok(found.into_iter().collect())
    }
}

/// The verdicts of pages that fail, as a list of SQL.
const FAILING: &str = "'persistent', 'intermittent', 'unconfirmed'";

/// What failures cost by page of run `?1`, with the page's section and visits.
pub(in crate::store) const COSTS: &str = "
    SELECT x.text AS section, coalesce(t.clicks, t.sessions, 0) AS visits,
        coalesce(t.clicks, t.sessions, 0) / r.days * coalesce(s.error_rate, 0) AS value,
        coalesce(t.clicks, t.sessions, 0) / r.days * coalesce(s.error_low, 0) AS low,
        coalesce(t.clicks, t.sessions, 0) / r.days * coalesce(s.error_high, 0) AS high
    FROM page_traffic t
    CROSS JOIN run_traffic r ON r.run = t.run
    CROSS JOIN url u ON u.run = t.run AND u.id = t.url
    CROSS JOIN text x ON x.run = u.run AND x.id = u.section
    LEFT JOIN assessment s ON s.run = t.run AND s.url = t.url
        AND s.verdict IN ('persistent', 'intermittent', 'unconfirmed')
    WHERE t.run = ?1";

/// Reads the visits that a run uses, if it has any.
pub(in crate::store) fn run_traffic(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<Option<RunTraffic>> {
    debug_assert!(
        [
            Verdict::Persistent,
            Verdict::Intermittent,
            Verdict::Unconfirmed
        ]
        .iter()
        .all(|verdict| FAILING.contains(verdict.name()))
    );
    let sql = format!(
        "SELECT r.read, r.days, r.stated, r.pages, r.matched, r.visits, r.matched_visits,
            coalesce({}, 0), coalesce({}, 0), coalesce({}, 0), r.of_logs
         FROM run_traffic r
         LEFT JOIN page_traffic t ON t.run = r.run
         LEFT JOIN assessment s ON s.run = t.run AND s.url = t.url AND s.verdict IN ({FAILING})
         WHERE r.run = ? GROUP BY r.run",
        at_risk!("error_low"),
        at_risk!("error_rate"),
        at_risk!("error_high")
    );
    let found = connection.query_row(&sql, [run], |row| {
        Ok(RunTraffic {
            read: Moment::from_millis(row.get(0)?),
            days: row.get(1)?,
            stated: row.get(2)?,
            source: if row.get(10)? {
                VisitSource::Logs
            } else {
                VisitSource::Files
            },
            pages: count(row, 3)?,
            matched: count(row, 4)?,
            visits: row.get(5)?,
            matched_visits: row.get(6)?,
            at_risk: Interval {
                low: row.get(7)?,
                value: row.get(8)?,
                high: row.get(9)?,
            },
        })
    });
    found.optional()
}
