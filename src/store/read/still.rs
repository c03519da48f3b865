//! Pages that fail run after run, and since when.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use crate::assess::Verdict;
use crate::model::Moment;
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::row::list;
use crate::store::runs::id::RunId;
use crate::store::runs::list::RunRow;

/// Maximum pages that are looked up in earlier runs, the worst first.
const MOST: u32 = 1_000;

/// A page that always fails, and did so in the runs before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StillFailing {
    /// Its URL.
    pub address: String,
    /// Its last status code; 0 where there was no answer.
    pub status: u16,
    /// When the first of the consecutive runs began in which it failed.
    pub since: Moment,
    /// Number of these runs, this one included.
    pub runs: u32,
}

impl Store {
    /// Pages that always fail in a run and failed in the last of the earlier runs too, the worst first. `earlier` begins
    /// with the oldest run. Pages of `except` are left out.
    pub fn still_failing(
        &self,
        run: RunId,
        earlier: &[RunRow],
        except: &HashSet<&str>,
    ) -> Result<Vec<StillFailing>, StoreError> {
        self.read(|connection| {
            let mut pages = persistent(connection, run)?;
            pages.retain(|(address, _)| !except.contains(address.as_str()));
            // Pages that failed in all runs so far, going back in time.
            let mut open: HashSet<&str> =
                pages.iter().map(|(address, _)| address.as_str()).collect();
            let mut first: HashMap<&str, (Moment, u32)> = HashMap::new();
            for (back, before) in earlier.iter().rev().enumerate() {
                if open.is_empty() {
                    break;
                }
                let failed = failed(connection, before.id, &open)?;
                open.retain(|address| failed.contains(*address));
                let runs = u32::try_from(back + 2).unwrap_or(u32::MAX);
                first.extend(
                    open.iter()
                        .map(|address| (*address, (before.started, runs))),
                );
            }
            let still = pages.iter().filter_map(|(address, status)| {
                let (since, runs) = *first.get(address.as_str())?;
                Some(StillFailing {
                    address: address.clone(),
                    status: *status,
                    since,
                    runs,
                })
            });
            Ok(still.collect())
        })
    }
}

fn persistent(connection: &Connection, run: RunId) -> rusqlite::Result<Vec<(String, u16)>> {
    let sql = "SELECT u.address, coalesce((SELECT a.status FROM evidence a
                WHERE a.run = u.run AND a.url = u.id ORDER BY a.number DESC LIMIT 1), 0)
            FROM assessment s CROSS JOIN url u ON u.run = s.run AND u.id = s.url
            WHERE s.run = ?1 AND u.role = 3 AND s.verdict = ?2
            ORDER BY s.priority DESC, u.address LIMIT ?3";
    let params = (run, Verdict::Persistent.name(), MOST);
    list(connection, sql, params, |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// Returns which of these pages did not recover in a run.
fn failed(
    connection: &Connection,
    run: RunId,
    among: &HashSet<&str>,
) -> rusqlite::Result<HashSet<String>> {
    let sql =
        "SELECT u.address FROM assessment s CROSS JOIN url u ON u.run = s.run AND u.id = s.url
            WHERE s.run = ?1 AND u.role = 3 AND s.verdict IN (?2, ?3)";
    let verdicts = [Verdict::Persistent, Verdict::Unconfirmed].map(Verdict::name);
    let mut failed = HashSet::new();
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query((run, verdicts[0], verdicts[1]))?;
    while let Some(row) = rows.next()? {
        let address = row.get_ref(0)?.as_str()?;
        if among.contains(address) {
            failed.insert(address.to_owned());
        }
    }
    Ok(failed)
}
