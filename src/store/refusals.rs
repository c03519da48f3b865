//! Pages that were refused at speed and are fine since: what a limit of the rate does, and other things too.

use std::time::Duration;

use crate::model::CrawlUrl;

use super::error::StoreError;
use super::file::Store;
use super::runs::RunId;

/// Fewest requests to a host that were refused (ours): one proves nothing.
const FEWEST: u32 = 2;

/// The rate of what was requested without a bound, for the query.
const UNBOUND: f64 = 1_000_000.0;

/// A page that stands for those of its host that were refused.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedAtSpeed {
    /// The page.
    pub url: CrawlUrl,
    /// The highest rate at which one of them was refused, in requests per second; none if it had no bound.
    pub rate: Option<f64>,
}

/// A row for each host, with the page that was refused at the highest rate; refusals of its other addresses
/// count too. What asks to be left alone for longer than `?4` milliseconds is no matter of the speed.
const QUERY: &str = "
    WITH refused AS (
        SELECT a.url AS url, max(a.number) AS last, count(*) AS times,
            max(coalesce(a.rate, 1000000)) AS rate, max(coalesce(a.announced_ms, 0)) AS announced
        FROM evidence a
        WHERE a.run = ?1 AND a.status IN (429, 503)
        GROUP BY a.url
    )
    SELECT u.address, max(CASE WHEN u.role = 3 THEN refused.rate END) AS highest,
        sum(refused.times) AS refusals
    FROM refused CROSS JOIN url u ON u.run = ?1 AND u.id = refused.url
        AND u.role BETWEEN 1 AND 4
    WHERE refused.announced <= ?4
        AND (u.role <> 3 OR u.state = 2 AND EXISTS (
            SELECT 1 FROM evidence a CROSS JOIN outcome o ON o.code = a.outcome
            WHERE a.run = ?1 AND a.url = refused.url AND a.number > refused.last
                AND NOT (o.failure OR o.soft)))
        AND NOT EXISTS (SELECT 1 FROM attempt p
            WHERE p.run = ?1 AND p.url = u.id AND p.purpose LIKE 'probe:%')
    GROUP BY u.host
    HAVING refusals >= ?2 AND highest IS NOT NULL
    ORDER BY refusals DESC, u.id
    LIMIT ?3";

impl Store {
    /// A page of each host of which pages were refused by 429 or 503 and are fine since, those with most
    /// refusals first; none that was experimented on, or that asked to be left alone for longer than `longest`.
    pub fn refused_at_speed(
        &self,
        run: RunId,
        longest: Duration,
        most: usize,
    ) -> Result<Vec<RefusedAtSpeed>, StoreError> {
        let connection = self.connect()?;
        let read = || -> rusqlite::Result<Vec<(String, f64)>> {
            let mut statement = connection.prepare(QUERY)?;
            let longest = longest.as_millis() as i64;
            let rows = statement.query_map((run.0, FEWEST, most as i64, longest), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
            rows.collect()
        };
        let rows = read().map_err(|source| self.fault(source))?.into_iter();
        rows.map(|(address, rate)| {
            let url = CrawlUrl::parse(&address);
            let url = url.map_err(|_| self.damaged(format!("cannot read stored URL {address:?}")));
            Ok(RefusedAtSpeed {
                url: url?,
                rate: (rate < UNBOUND).then_some(rate),
            })
        })
        .collect()
    }
}
