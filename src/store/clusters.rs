//! Failing pages in clusters that are likely to have one cause, each with a few of its URLs to
//! experiment on. The database sorts them, in a file if need be: what is held in memory does not
//! grow with the number of URLs.

use std::time::Duration;

use rusqlite::{Connection, Row};

use crate::model::{CrawlUrl, Outcome};

use super::error::StoreError;
use super::file::Store;
use super::runs::RunId;

/// URLs that stand for a cluster: one may be special, of three two are alike.
const REPRESENTATIVES: u32 = 3;

/// Pages of one host and section that failed last in one way, with one kind of error page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailingCluster {
    /// The origin.
    pub host: String,
    /// The section.
    pub section: String,
    /// How its URLs failed last.
    pub outcome: Outcome,
    /// The status code, if there was one.
    pub status: Option<u16>,
    /// The identity of the error page's fingerprint, if it is known.
    pub page_mark: Option<String>,
    /// How many URLs it has.
    pub urls: u64,
    /// Those that stand for it: still failing ones first, then those that failed most often.
    pub representatives: Vec<FailingUrl>,
}

/// A failing page, and what its attempts showed. Experiments count for nothing here.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and they do not depend on each other"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailingUrl {
    /// The URL.
    pub url: CrawlUrl,
    /// Attempts that failed.
    pub failures: u32,
    /// Whether any attempt succeeded.
    pub ever_ok: bool,
    /// Whether a failure came over a connection that was open already.
    pub reused: bool,
    /// Whether an answer came over HTTP/2.
    pub http2: bool,
    /// Whether an answer had the marks of a cache.
    pub cached: bool,
    /// The longest time for which a failing answer asked to be left alone.
    pub announced: Option<Duration>,
    /// Whether experiments were made on it already.
    pub probed: bool,
}

impl Store {
    /// The biggest clusters of pages that failed last, or come and go, the biggest first. One that
    /// failed and was fine ever since is in none.
    pub fn failing_clusters(
        &self,
        run: RunId,
        most: usize,
    ) -> Result<Vec<FailingCluster>, StoreError> {
        let connection = self.connect()?;
        read(&connection, run.0, most)
            .map_err(|source| self.fault(source))?
            .map_err(|what| self.damaged(what))
    }
}

/// What makes two URLs belong together is the PARTITION BY of `member`, and the order of the rows.
const QUERY: &str = "
    WITH fact AS (
        SELECT a.url AS url,
            max(CASE WHEN o.failure OR o.soft THEN a.number END) AS last_failed,
            min(CASE WHEN NOT (o.failure OR o.soft) THEN a.number END) AS first_ok,
            max(a.number) AS last,
            sum(o.failure OR o.soft) AS failures,
            max((o.failure OR o.soft) AND a.reused) AS reused,
            max(a.version IS 20) AS http2,
            max(a.age IS NOT NULL OR a.cache IS NOT NULL) AS cached,
            max(CASE WHEN o.failure OR o.soft THEN a.announced_ms END) AS announced
        FROM evidence a CROSS JOIN outcome o ON o.code = a.outcome
        WHERE a.run = ?1
        GROUP BY a.url
        HAVING last_failed > coalesce(first_ok, 0)
    ),
    member AS (
        SELECT u.id AS id, u.address AS address, host.text AS host, section.text AS section,
            a.outcome AS outcome, a.status AS status, mark.text AS mark, fact.*,
            count(*) OVER cluster AS size,
            row_number() OVER (cluster
                ORDER BY fact.last = fact.last_failed DESC, fact.failures DESC, u.id) AS rank
        FROM fact
        CROSS JOIN url u ON u.run = ?1 AND u.id = fact.url AND u.role = 3 AND u.state = 2
        CROSS JOIN attempt a ON a.run = ?1 AND a.url = fact.url AND a.number = fact.last_failed
        LEFT JOIN text host ON host.run = ?1 AND host.id = u.host
        LEFT JOIN text section ON section.run = ?1 AND section.id = u.section
        LEFT JOIN text mark ON mark.run = ?1 AND mark.id = a.page_mark
        WINDOW cluster AS (PARTITION BY host.text, section.text, a.outcome, a.status, mark.text)
    )
    SELECT address, host, section, outcome, status, mark, size, rank, failures,
        first_ok IS NOT NULL, reused, http2, cached, announced,
        EXISTS (SELECT 1 FROM attempt p
            WHERE p.run = ?1 AND p.url = member.id AND p.purpose LIKE 'probe:%')
    FROM member WHERE rank <= ?2
    ORDER BY size DESC, host, section, outcome, status, mark, rank";

fn read(
    connection: &Connection,
    run: i64,
    most: usize,
) -> rusqlite::Result<Result<Vec<FailingCluster>, String>> {
    let mut statement = connection.prepare(QUERY)?;
    let mut rows = statement.query((run, REPRESENTATIVES))?;
    let mut clusters: Vec<FailingCluster> = Vec::new();
    while let Some(row) = rows.next()? {
        if row.get::<_, u32>(7)? == 1 {
            if clusters.len() == most {
                break;
            }
            let code = row.get(3)?;
            let Some(outcome) = Outcome::from_code(code) else {
                return Ok(Err(format!("cannot read stored outcome {code}")));
            };
            clusters.push(cluster(row, outcome)?);
        }
        let address = row.get_ref(0)?.as_str()?;
        let Ok(url) = CrawlUrl::parse(address) else {
            return Ok(Err(format!("cannot read stored URL {address:?}")));
        };
        if let Some(cluster) = clusters.last_mut() {
            cluster.representatives.push(failing(row, url)?);
        }
    }
    Ok(Ok(clusters))
}

fn cluster(row: &Row<'_>, outcome: Outcome) -> rusqlite::Result<FailingCluster> {
    Ok(FailingCluster {
        host: row.get::<_, Option<String>>(1)?.unwrap_or_default(),
        section: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
        outcome,
        status: row.get(4)?,
        page_mark: row.get(5)?,
        urls: row.get::<_, i64>(6)?.unsigned_abs(),
        representatives: Vec::new(),
    })
}

fn failing(row: &Row<'_>, url: CrawlUrl) -> rusqlite::Result<FailingUrl> {
    let announced: Option<i64> = row.get(13)?;
    Ok(FailingUrl {
        url,
        failures: row.get(8)?,
        ever_ok: row.get(9)?,
        reused: row.get(10)?,
        http2: row.get(11)?,
        cached: row.get(12)?,
        announced: announced.map(|wait| Duration::from_millis(wait.unsigned_abs())),
        probed: row.get(14)?,
    })
}
