//! Local outages, and the attempts discarded because of them.

use rusqlite::{Connection, Transaction};

use crate::assess::diagnose::rules::OwnOutageFacts;
use crate::model::{Moment, OwnOutage};

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::row::{count, list};
use crate::store::runs::id::RunId;

impl Store {
    /// Returns the local outages of a run, in order.
    pub fn own_outages(&self, run: RunId) -> Result<Vec<OwnOutage>, StoreError> {
        self.read(|connection| outages(connection, run))
    }
}

/// Records the start of a local outage, or its end.
pub(in crate::store) fn store(
    tx: &Transaction<'_>,
    run: RunId,
    outage: &OwnOutage,
) -> rusqlite::Result<()> {
    let silence = serde_json::to_string(&outage.silence).unwrap_or_default();
    tx.execute(
        "INSERT INTO outage (run, began, ended, silence) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET ended = ?3",
        (
            run,
            outage.began.millis(),
            outage.ended.map(Moment::millis),
            silence,
        ),
    )
    .map(|_| ())
}

/// Returns the facts about local outages that an examination needs.
pub(in crate::store) fn facts(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<OwnOutageFacts> {
    let (attempts, urls) = connection.query_row(
        "SELECT count(*), count(DISTINCT url) FROM attempt WHERE run = ? AND purpose = 'outage'",
        [run],
        |row| Ok((count(row, 0)?, count(row, 1)?)),
    )?;
    Ok(OwnOutageFacts {
        outages: outages(connection, run)?,
        attempts,
        urls,
    })
}

fn outages(connection: &Connection, run: RunId) -> rusqlite::Result<Vec<OwnOutage>> {
    let sql = "SELECT began, ended, silence FROM outage WHERE run = ? ORDER BY began";
    list(connection, sql, [run], |row| {
        Ok(OwnOutage {
            began: Moment::from_millis(row.get(0)?),
            ended: row.get::<_, Option<i64>>(1)?.map(Moment::from_millis),
            silence: serde_json::from_str(row.get_ref(2)?.as_str()?).unwrap_or_default(),
        })
    })
}
