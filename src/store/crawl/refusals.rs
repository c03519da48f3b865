//! Pages that were refused at speed and are fine since. A rate limit causes this, among other things.

use std::time::Duration;

use crate::model::CrawlUrl;

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::row::list;
use crate::store::runs::id::RunId;

/// Minimum number of refused requests to a host (ours): one proves nothing.
const FEWEST: u32 = 2;

/// One page for each host, the one that was refused most often. Refusals of the host's other URLs count too. A
/// refusal that announces a pause longer than `?4` milliseconds is not about speed.
const QUERY: &str = "
    WITH refused AS (
        SELECT a.url AS url, max(a.number) AS last, count(*) AS times,
            max(coalesce(a.announced_ms, 0)) AS announced
        FROM evidence a
        WHERE a.run = ?1 AND a.status IN (429, 503)
        GROUP BY a.url
    )
    SELECT u.address, max(CASE WHEN u.role = 3 THEN refused.times END) AS of_page,
        sum(refused.times) AS refusals
    FROM refused CROSS JOIN url u ON u.run = ?1 AND u.id = refused.url
        AND u.role BETWEEN 1 AND 4
    WHERE refused.announced <= ?4
        AND (u.role <> 3 OR u.state = 2 AND EXISTS (
            SELECT 1 FROM evidence a CROSS JOIN outcome o ON o.code = a.outcome
            WHERE a.run = ?1 AND a.url = refused.url AND a.number > refused.last
                AND NOT o.failure))
    GROUP BY u.host
    HAVING refusals >= ?2 AND of_page IS NOT NULL
        AND u.host NOT IN (SELECT b.host FROM attempt p CROSS JOIN url b ON b.run = ?1 AND b.id = p.url
            WHERE p.run = ?1 AND p.purpose = 'probe:burst')
    ORDER BY refusals DESC, u.id
    LIMIT ?3";

impl Store {
    /// Returns one page of each host that refused pages by 429 or 503 which are fine since, the host with
    /// most refusals first. Leaves out hosts that already had a burst, and pages that announced a pause
    /// longer than `longest`.
    pub fn refused_at_speed(
        &self,
        run: RunId,
        longest: Duration,
        most: usize,
    ) -> Result<Vec<CrawlUrl>, StoreError> {
        let longest = longest.as_millis() as i64;
        let parameters = (run, FEWEST, most as i64, longest);
        let found: Vec<String> =
            self.read(|connection| list(connection, QUERY, parameters, |row| row.get(0)))?;
        found.iter().map(|it| self.stored_url(it)).collect()
    }
}
