//! Conclusions of earlier runs about URLs that failed in this one.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::assess::{EarlierRuns, EarlierSight, MOST_EARLIER_RUNS, OLDEST_EARLIER_RUN, Verdict};

use crate::store::rows::ids::UrlId;
use crate::store::runs::id::RunId;

/// Maximum number of failing URLs looked up in earlier runs. If more fail, a site is down.
const MOST_URLS: u32 = 50_000;

/// Returns what earlier runs saw of each URL that failed, by its number in this run. Other URLs
/// have no entry.
pub(super) fn earlier_runs(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<HashMap<UrlId, EarlierRuns>> {
    let runs = runs_before(connection, run)?;
    if runs.is_empty() {
        return Ok(HashMap::new());
    }
    let failed = failed_addresses(connection, run)?;
    let mut found: HashMap<UrlId, EarlierRuns> = HashMap::new();
    let mut statement = connection.prepare(
        "SELECT u.address, s.verdict, s.in_outage FROM assessment s
         CROSS JOIN url u ON u.run = s.run AND u.id = s.url WHERE s.run = ?",
    )?;
    for earlier in runs {
        let mut rows = statement.query([earlier])?;
        while let Some(row) = rows.next()? {
            if let Some(url) = failed.get(row.get_ref(0)?.as_str()?) {
                let verdict = Verdict::from_name(row.get_ref(1)?.as_str()?);
                if let Some(sight) = verdict.map(|verdict| sight(verdict, row.get(2))) {
                    found.entry(*url).or_default().add(sight?);
                }
            }
        }
    }
    Ok(found)
}

fn sight(verdict: Verdict, in_outage: rusqlite::Result<bool>) -> rusqlite::Result<EarlierSight> {
    Ok(match verdict {
        Verdict::Ok => EarlierSight::Fine,
        _ if in_outage? => EarlierSight::Explained,
        Verdict::LoadInduced => EarlierSight::Explained,
        Verdict::Transient | Verdict::Intermittent => EarlierSight::Recovered,
        Verdict::Persistent | Verdict::Unconfirmed => EarlierSight::Failing,
    })
}

/// Returns the newest concluded runs of the same site before this one, the oldest first.
fn runs_before(connection: &Connection, run: RunId) -> rusqlite::Result<Vec<RunId>> {
    let mut newest: Vec<RunId> = crate::store::rows::row::list(
        connection,
        "SELECT earlier.id FROM run JOIN run earlier
            ON earlier.site = run.site AND earlier.id < run.id
         WHERE run.id = ?1 AND earlier.concluded > 0 AND earlier.started >= run.started - ?2
         ORDER BY earlier.id DESC LIMIT ?3",
        (
            run,
            OLDEST_EARLIER_RUN.as_millis() as i64,
            MOST_EARLIER_RUNS,
        ),
        |row| row.get(0),
    )?;
    newest.reverse();
    Ok(newest)
}

fn failed_addresses(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<HashMap<String, UrlId>> {
    let rows: Vec<(String, UrlId)> = crate::store::rows::row::list(
        connection,
        "SELECT u.address, u.id FROM url u WHERE u.run = ?1 AND u.id IN (
            SELECT a.url FROM evidence a CROSS JOIN outcome o ON o.code = a.outcome
            WHERE a.run = ?1 AND o.failure)
         ORDER BY u.id LIMIT ?2",
        (run, MOST_URLS),
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(rows.into_iter().collect())
}
