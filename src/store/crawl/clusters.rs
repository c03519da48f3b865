//! Failing pages in clusters that probably share one cause, each with a few URLs for experiments.
//! Pages are streamed: memory grows with the number of clusters, which is bounded.

use std::collections::HashMap;
use std::time::Duration;

use rusqlite::{Connection, Row};

use crate::model::{CrawlUrl, Outcome};

use crate::store::conclude::examine::families::learned_families;
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::telling::FOLLOWED;
use crate::store::runs::id::RunId;

/// URLs that represent a cluster: one may be special, of three two are alike.
const REPRESENTATIVES: usize = 3;

/// Maximum number of clusters separated by section and family; about 500 bytes each.
const MOST_SEPARATED: usize = 10_000;

/// Pages of one host, section and family that failed last in the same way with the same error page.
/// Either all of them failed at every request, or all of them only at some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailingCluster {
    /// The origin.
    pub host: String,
    /// The section.
    pub section: String,
    /// The pattern of their family.
    pub family: String,
    /// Outcome of their last failures.
    pub outcome: Outcome,
    /// Status code of their last failures, if there was one.
    pub status: Option<u16>,
    /// The identity of the error page's fingerprint, if it is known.
    pub page_mark: Option<String>,
    /// Number of URLs.
    pub urls: u64,
    /// Representative URLs: still failing ones first, then those that failed most often.
    pub representatives: Vec<FailingUrl>,
}

/// A failing page with facts from its attempts. Experiments are not counted.
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
    /// Whether its last failure ran into one of our time limits.
    pub hangs: bool,
    /// Whether a failure came over a reused connection.
    pub reused: bool,
    /// Whether an answer came over HTTP/2.
    pub http2: bool,
    /// The longest pause that a failing answer announced.
    pub announced: Option<Duration>,
    /// Whether experiments were already made on it.
    pub probed: bool,
}

impl Store {
    /// Returns the biggest clusters of pages that failed last or fail intermittently, the biggest
    /// first. A page that failed and was fine ever since is in none.
    pub fn failing_clusters(
        &self,
        run: RunId,
        most: usize,
    ) -> Result<Vec<FailingCluster>, StoreError> {
        self.read(|connection| read(connection, run, most))?
            .map_err(|what| self.damaged(what))
    }
}

/// Every failing page once, in the order in which they were found, by the attempts that say something about it.
const QUERY: &str = "
    WITH fact AS (
        SELECT a.url AS url,
            max(CASE WHEN o.failure THEN a.number END) AS last_failed,
            min(CASE WHEN NOT o.failure THEN a.number END) AS first_ok,
            max(a.number) AS last,
            sum(o.failure) AS failures,
            max(o.failure AND a.reused) AS reused,
            max(a.version IS 20) AS http2,
            max(CASE WHEN o.failure THEN a.announced_ms END) AS announced
        FROM evidence a CROSS JOIN outcome o ON o.code = a.outcome
        WHERE a.run = ?1 AND {FOLLOWED}
        GROUP BY a.url
        HAVING last_failed > coalesce(first_ok, 0)
    )
    SELECT u.address, host.text, section.text, a.outcome, a.status, mark.text,
        fact.last = fact.last_failed, fact.failures, fact.first_ok IS NOT NULL,
        fact.reused, fact.http2, fact.announced,
        EXISTS (SELECT 1 FROM attempt p
            WHERE p.run = ?1 AND p.url = u.id AND p.purpose LIKE 'probe:%')
    FROM fact
    CROSS JOIN url u ON u.run = ?1 AND u.id = fact.url AND u.role = 3 AND u.state = 2
    CROSS JOIN attempt a ON a.run = ?1 AND a.url = fact.url AND a.number = fact.last_failed
    LEFT JOIN text host ON host.run = ?1 AND host.id = u.host
    LEFT JOIN text section ON section.run = ?1 AND section.id = u.section
    LEFT JOIN text mark ON mark.run = ?1 AND mark.id = a.page_mark
    ORDER BY u.id";

fn read(
    connection: &Connection,
    run: RunId,
    most: usize,
) -> rusqlite::Result<Result<Vec<FailingCluster>, String>> {
    let families = learned_families(connection, run)?;
    let mut statement = connection.prepare(&QUERY.replace("{FOLLOWED}", FOLLOWED))?;
    let mut rows = statement.query([run])?;
    let mut numbers: HashMap<Key, usize> = HashMap::new();
    let mut clusters: Vec<Gathered> = Vec::new();
    while let Some(row) = rows.next()? {
        let address = row.get_ref(0)?.as_str()?;
        let Ok(url) = CrawlUrl::parse(address) else {
            return Ok(Err(format!("cannot read stored URL {address:?}")));
        };
        let mut key = Key {
            host: row.get::<_, Option<String>>(1)?.unwrap_or_default(),
            section: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
            family: families.pattern(&url),
            outcome: row.get(3)?,
            status: row.get(4)?,
            page_mark: row.get(5)?,
            ever_ok: row.get(8)?,
        };
        if clusters.len() >= MOST_SEPARATED && !numbers.contains_key(&key) {
            key.section = String::new();
            key.family = String::new();
        }
        let number = match numbers.get(&key) {
            Some(number) => *number,
            None => {
                clusters.push(Gathered::of(&key));
                numbers.insert(key, clusters.len() - 1);
                clusters.len() - 1
            }
        };
        let still_fails = row.get(6)?;
        clusters[number].add(still_fails, failing(row, url)?);
    }
    clusters.sort_by(|one, other| {
        let by_size = other.cluster.urls.cmp(&one.cluster.urls);
        by_size.then_with(|| one.order().cmp(&other.order()))
    });
    clusters.truncate(most);
    Ok(Ok(clusters.into_iter().map(Gathered::finish).collect()))
}

/// The properties that failing pages of one cluster share.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    host: String,
    section: String,
    family: String,
    outcome: Outcome,
    status: Option<u16>,
    page_mark: Option<String>,
    ever_ok: bool,
}

/// A cluster with the URLs collected for it so far.
struct Gathered {
    cluster: FailingCluster,
    ever_ok: bool,
    /// Representatives, the best first, each with whether it still fails.
    best: Vec<(bool, FailingUrl)>,
}

impl Gathered {
    fn of(key: &Key) -> Gathered {
        Gathered {
            cluster: FailingCluster {
                host: key.host.clone(),
                section: key.section.clone(),
                family: key.family.clone(),
                outcome: key.outcome,
                status: key.status,
                page_mark: key.page_mark.clone(),
                urls: 0,
                representatives: Vec::new(),
            },
            ever_ok: key.ever_ok,
            best: Vec::new(),
        }
    }

    /// Adds a page. On a tie the page that was found first becomes the representative.
    fn add(&mut self, still_fails: bool, url: FailingUrl) {
        self.cluster.urls += 1;
        let rank = |(still_fails, url): &(bool, FailingUrl)| (*still_fails, url.failures);
        let new = (still_fails, url);
        let at = self.best.partition_point(|known| rank(known) >= rank(&new));
        self.best.insert(at, new);
        self.best.truncate(REPRESENTATIVES);
    }

    /// Returns the sort key for clusters of one size.
    fn order(&self) -> impl Ord + '_ {
        let cluster = &self.cluster;
        (
            (&cluster.host, &cluster.section, &cluster.family),
            (cluster.outcome, cluster.status, &cluster.page_mark),
            self.ever_ok,
        )
    }

    fn finish(self) -> FailingCluster {
        let best = self.best.into_iter();
        FailingCluster {
            representatives: best.map(|(_, url)| url).collect(),
            ..self.cluster
        }
    }
}

fn failing(row: &Row<'_>, url: CrawlUrl) -> rusqlite::Result<FailingUrl> {
    let announced: Option<i64> = row.get(11)?;
    Ok(FailingUrl {
        url,
        failures: row.get(7)?,
        ever_ok: row.get(8)?,
        hangs: row.get::<_, Outcome>(3)?.is_time_limit(),
        reused: row.get(9)?,
        http2: row.get(10)?,
        announced: announced.map(|wait| Duration::from_millis(wait.unsigned_abs())),
        probed: row.get(12)?,
    })
}
