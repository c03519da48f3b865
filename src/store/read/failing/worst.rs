//! The most urgent failing URLs, with the stored part of their error pages.

use rusqlite::Connection;

use crate::assess::Verdict;
use crate::model::{Causes, Outcome};
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::ids::UrlId;
use crate::store::rows::row::{count, named};
use crate::store::runs::id::RunId;

/// A URL that failed at least once, or an error page with a success status.
#[derive(Clone, Debug, PartialEq)]
pub struct WorstPage {
    /// The URL in readable form.
    pub address: String,
    /// The last status code; 0 without an answer.
    pub status: u16,
    /// The reason phrase, or the error.
    pub status_text: String,
    /// The last outcome.
    pub outcome: Outcome,
    /// The verdict.
    pub verdict: Verdict,
    /// All attempts.
    pub attempts: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Number of links to it.
    pub inlinks: u64,
    /// Priority of a repair, 0..700, higher is more urgent; absent for a URL that is not a page.
    pub priority: Option<f64>,
    /// Causes of the failure, as far as known.
    pub causes: Causes,
    /// The topic of the playbook about its failure; empty if no cause is known.
    pub advice: String,
    /// The URL in the form that requests use.
    pub encoded: String,
    /// The request identity under which the operator finds the last failed request.
    pub request_id: Option<String>,
    /// The beginning of the last error page; bytes that are not UTF-8 are replaced.
    pub error_body: Option<String>,
    /// The site's section that it belongs to.
    pub section: String,
    /// What produced the error: kind and product, such as `reverse_proxy: nginx`, or the layer that failed, such as `dns`;
    /// empty if unknown.
    pub source: String,
    /// Confidence in the cause, 0..1; higher is surer.
    pub confidence: f64,
    /// Earlier runs in which it failed, and earlier runs that requested it.
    pub earlier: (u32, u32),
    pub(in crate::store) id: UrlId,
}

impl Store {
    /// Returns the worst failing URLs of a concluded run, in the order of
    /// [`crate::store::Table::ServerErrors`]. Error pages with a success status are included.
    pub fn worst_pages(&self, run: RunId, most: u32) -> Result<Vec<WorstPage>, StoreError> {
        self.read(|connection| worst(connection, run, most))
    }

    /// Counts the URLs from which [`Store::worst_pages`] chooses.
    pub fn count_worst(&self, run: RunId) -> Result<u64, StoreError> {
        let sql = format!("SELECT count(*) {FAILING}");
        self.read(|connection| connection.query_row(&sql, [run], |row| count(row, 0)))
    }
}

/// URLs that failed at least once, and error pages with a success status.
const FAILING: &str = "FROM assessment s CROSS JOIN url u ON u.run = s.run AND u.id = s.url
    WHERE s.run = ?1 AND (s.verdict <> 'ok' OR s.cluster IS NOT NULL) AND u.role >= 3";

/// Sorts by the assessments alone, and reads only the rows that are returned.
fn worst(connection: &Connection, run: RunId, most: u32) -> rusqlite::Result<Vec<WorstPage>> {
    let mut statement = connection.prepare(&format!(
        "WITH chosen AS (
            SELECT s.url, CASE u.role WHEN 3 THEN round(s.priority, 2) END AS priority, s.failed,
                u.inlinks, coalesce(u.readable, u.address) AS address, u.address AS encoded,
                s.verdict, s.attempts, s.cluster, u.section, s.earlier_failed, s.earlier_runs
            {FAILING}
            ORDER BY priority DESC, s.failed DESC, u.inlinks DESC, address LIMIT ?2
         )
         SELECT c.address, coalesce(last.status, 0), coalesce(status.text, ''), o.id, c.verdict,
            c.attempts, c.failed, coalesce(c.inlinks, 0), c.priority, coalesce(k.cause, ''),
            c.encoded, bad.request_id, b.head, coalesce(section.text, ''), coalesce(k.source, ''),
            coalesce(k.confidence, 0.0), c.url, c.earlier_failed, c.earlier_runs, coalesce(k.advice, '')
         FROM chosen c
         CROSS JOIN attempt last ON last.run = ?1 AND last.url = c.url AND last.number = (
            SELECT max(number) FROM evidence WHERE run = ?1 AND url = c.url)
         CROSS JOIN outcome o ON o.code = last.outcome
         LEFT JOIN text status ON status.run = ?1 AND status.id = last.status_text
         LEFT JOIN attempt bad ON bad.run = ?1 AND bad.url = c.url AND bad.number = (
            SELECT max(number) FROM evidence a CROSS JOIN outcome f ON f.code = a.outcome
            WHERE a.run = ?1 AND a.url = c.url AND f.failure = 1)
         LEFT JOIN error_body b ON b.run = ?1 AND b.body = bad.body
         LEFT JOIN text section ON section.run = ?1 AND section.id = c.section
         LEFT JOIN cluster k ON k.run = ?1 AND k.number = c.cluster
         ORDER BY c.priority DESC, c.failed DESC, c.inlinks DESC, c.address",
    ))?;
    statement
        .query_map((run, most), |row| {
            let head: Option<Vec<u8>> = row.get(12)?;
            Ok(WorstPage {
                address: row.get(0)?,
                status: row.get(1)?,
                status_text: row.get(2)?,
                outcome: named(row, 3, Outcome::from_id)?,
                verdict: named(row, 4, Verdict::from_name)?,
                attempts: count(row, 5)?,
                failed: count(row, 6)?,
                inlinks: count(row, 7)?,
                priority: row.get(8)?,
                causes: named(row, 9, Causes::from_text)?,
                encoded: row.get(10)?,
                request_id: row.get(11)?,
                error_body: head.map(|head| String::from_utf8_lossy(&head).into_owned()),
                section: row.get(13)?,
                source: row.get(14)?,
                confidence: row.get(15)?,
                id: row.get(16)?,
                earlier: (row.get(17)?, row.get(18)?),
                advice: row.get(19)?,
            })
        })?
        .collect()
}
