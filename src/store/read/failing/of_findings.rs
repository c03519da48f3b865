//! The URLs that each finding is about, the worst first.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::assess::Verdict;
use crate::model::Moment;
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
    /// The statuses of the last failures with the number of URLs, the most frequent first; 0 without an answer.
    pub statuses: Vec<(u16, u64)>,
    /// When the first request failed, and when the last did.
    pub failed: Option<(Moment, Moment)>,
    /// Whether every request that counts failed.
    pub always: bool,
    /// What all of its URLs begin with, in readable form.
    pub common: String,
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
        self.read(|connection| {
            let mut found = of_findings(connection, run, most)?;
            add_failures(connection, run, &mut found)?;
            Ok(found)
        })
    }
}

/// The URLs of each finding.
const ABOUT: &str = "about AS (
    SELECT f.finding, s.url
    FROM assessment s CROSS JOIN finding_cluster f ON f.run = s.run AND f.cluster = s.cluster
    WHERE s.run = ?1 AND s.cluster IS NOT NULL
    UNION SELECT finding, url FROM finding_url WHERE run = ?1
 )";

fn of_findings(
    connection: &Connection,
    run: RunId,
    most: u32,
) -> rusqlite::Result<BTreeMap<usize, FindingUrls>> {
    let mut statement = connection.prepare(&format!(
        "WITH {ABOUT}, ranked AS (
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
    ))?;
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

/// Adds how all URLs of each finding failed, when, and where they are.
fn add_failures(
    connection: &Connection,
    run: RunId,
    found: &mut BTreeMap<usize, FindingUrls>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&format!(
        "WITH {ABOUT}, each AS (
            SELECT a.finding, s.first_failed, s.last_failed, s.failed, s.attempts,
                coalesce(u.readable, u.address) AS address,
                coalesce(bad.status, 0) AS status
            FROM about a CROSS JOIN url u ON u.run = ?1 AND u.id = a.url
            CROSS JOIN assessment s ON s.run = ?1 AND s.url = a.url
            LEFT JOIN attempt bad ON bad.run = ?1 AND bad.url = a.url AND bad.number = (
                SELECT max(number) FROM evidence e CROSS JOIN outcome f ON f.code = e.outcome
                WHERE e.run = ?1 AND e.url = a.url AND f.failure = 1)
         )
         SELECT finding, status, count(*), min(first_failed), max(last_failed),
            sum(failed < attempts) = 0, min(address), max(address)
         FROM each GROUP BY finding, status ORDER BY finding, count(*) DESC, status",
    ))?;
    let mut rows = statement.query([run])?;
    while let Some(row) = rows.next()? {
        let Some(of_finding) = found.get_mut(&(row.get::<_, u32>(0)? as usize)) else {
            continue;
        };
        let is_first = of_finding.statuses.is_empty();
        of_finding.statuses.push((row.get(1)?, count(row, 2)?));
        of_finding.always = row.get(5)? && (is_first || of_finding.always);
        let times: (Option<i64>, Option<i64>) = (row.get(3)?, row.get(4)?);
        if let (Some(from), Some(until)) = times {
            let (from, until) = (Moment::from_millis(from), Moment::from_millis(until));
            let known = of_finding.failed.unwrap_or((from, until));
            of_finding.failed = Some((known.0.min(from), known.1.max(until)));
        }
        // The least and the greatest of several texts begin with what all of them begin with.
        for end in [row.get_ref(6)?.as_str()?, row.get_ref(7)?.as_str()?] {
            let known = if is_first && of_finding.common.is_empty() {
                end
            } else {
                &of_finding.common
            };
            of_finding.common = shared(known, end).to_owned();
        }
    }
    Ok(())
}

/// Returns what both texts begin with.
fn shared<'a>(one: &'a str, other: &str) -> &'a str {
    let mut same = one.char_indices().zip(other.chars());
    let differs = same.find(|((_, one), other)| one != other);
    let end = differs.map_or(one.len().min(other.len()), |((at, _), _)| at);
    &one[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_share_their_beginning() {
        for (one, other, expected) in [
            ("/lamps/1", "/lamps/2", "/lamps/"),
            ("/a", "/ab", "/a"),
            ("/\u{e4}1", "/\u{f6}1", "/"),
            ("", "/", ""),
        ] {
            assert_eq!(shared(one, other), expected);
            assert_eq!(shared(other, one), expected);
        }
    }
}
