//! The URLs that each finding is about, the worst first.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::assess::Verdict;
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::row::{count, named};
use crate::store::runs::id::RunId;

/// The URLs that a finding is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FindingUrls {
    /// The worst URLs of the finding.
    pub worst: Vec<FindingUrl>,
    /// Number of its URLs.
    pub total: u64,
}

/// A URL that a finding is about.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingUrl {
    /// The URL in readable form.
    pub address: String,
    /// The URL in the form that requests use.
    pub encoded: String,
    /// The last status that counts; 0 without an answer.
    pub status: u16,
    /// The verdict.
    pub verdict: Verdict,
    /// All attempts that count.
    pub attempts: u64,
    /// Attempts that failed.
    pub failed: u64,
}

impl Store {
    /// Returns the URLs of each finding of a concluded run by the number of the finding, at most `most` of each.
    pub fn urls_of_findings(
        &self,
        run: RunId,
        most: u32,
    ) -> Result<BTreeMap<usize, FindingUrls>, StoreError> {
        self.read(|connection| of_findings(connection, run, most))
    }
}

fn of_findings(
    connection: &Connection,
    run: RunId,
    most: u32,
) -> rusqlite::Result<BTreeMap<usize, FindingUrls>> {
    let mut statement = connection.prepare(
        "WITH about AS (
            SELECT f.finding, s.url
            FROM assessment s CROSS JOIN finding_cluster f ON f.run = s.run AND f.cluster = s.cluster
            WHERE s.run = ?1 AND s.cluster IS NOT NULL
            UNION SELECT finding, url FROM finding_url WHERE run = ?1
         ), ranked AS (
            SELECT a.finding, s.url, s.verdict, s.attempts, s.failed,
                coalesce(u.readable, u.address) AS address, u.address AS encoded,
                count(*) OVER (PARTITION BY a.finding) AS total,
                row_number() OVER (
                    PARTITION BY a.finding
                    ORDER BY s.verdict = 'transient', s.priority DESC, s.failed DESC, u.inlinks DESC, u.address
                ) AS place
            FROM about a CROSS JOIN url u ON u.run = ?1 AND u.id = a.url
            CROSS JOIN assessment s ON s.run = ?1 AND s.url = a.url
         )
         SELECT r.finding, r.total, r.address, r.encoded, coalesce(last.status, 0), r.verdict,
            r.attempts, r.failed
         FROM ranked r
         LEFT JOIN attempt last ON last.run = ?1 AND last.url = r.url AND last.number = (
            SELECT max(number) FROM evidence WHERE run = ?1 AND url = r.url)
         WHERE r.place <= ?2 ORDER BY r.finding, r.place",
    )?;
    let mut rows = statement.query((run, most))?;
    let mut found: BTreeMap<usize, FindingUrls> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let of_finding = found.entry(row.get::<_, u32>(0)? as usize).or_default();
        of_finding.total = count(row, 1)?;
        of_finding.worst.push(FindingUrl {
            address: row.get(2)?,
            encoded: row.get(3)?,
            status: row.get(4)?,
            verdict: named(row, 5, Verdict::from_name)?,
            attempts: count(row, 6)?,
            failed: count(row, 7)?,
        });
    }
    Ok(found)
}
