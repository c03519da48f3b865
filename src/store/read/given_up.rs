//! URLs that were not requested because their host or family was given up.

use rusqlite::Connection;

use crate::assess::examine::GivenUp;
use crate::model::{Moment, Role, SkipReason};

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::row::{count, list};
use crate::store::runs::id::RunId;

/// Maximum number of hosts reported.
const MOST_HOSTS: u32 = 100;

impl Store {
    /// Returns whether a page or resource of the site was not requested because its host or family was
    /// given up.
    pub fn gave_up(&self, run: RunId) -> Result<bool, StoreError> {
        self.read(|connection| {
            connection.query_row(
                "SELECT EXISTS (SELECT 1 FROM url
                    WHERE run = ? AND state = 3 AND reason IN (?, ?) AND role IN (?, ?))",
                (
                    run,
                    SkipReason::HostDown.code(),
                    SkipReason::FamilyDown.code(),
                    Role::Page.code(),
                    Role::Resource.code(),
                ),
                |row| row.get(0),
            )
        })
    }
}

/// Returns the hosts of the site that were given up, entirely or in part, the one with most URLs first.
pub(in crate::store) fn hosts(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<Vec<GivenUp>> {
    // Time of its last good answer; every later attempt failed. URLs are counted only if a host was given up.
    let sql = "SELECT g.name, g.urls, g.detail, g.whole,
            (SELECT max(a.started) FROM url u CROSS JOIN evidence a ON a.run = u.run AND a.url = u.id
                CROSS JOIN outcome o ON o.code = a.outcome
                WHERE u.run = ?1 AND o.failure = 0
                    AND u.host IN (SELECT id FROM text WHERE run = ?1 AND text = g.name)),
            (SELECT count(*) FROM url WHERE run = ?1 AND role IN (?4, ?5)
                AND (state < 3 OR reason NOT IN (?7, ?8)))
        FROM (SELECT t.text AS name, count(*) AS urls, max(u.detail) AS detail, u.reason = ?2 AS whole
            FROM url u CROSS JOIN text t ON t.run = u.run AND t.id = u.host
            WHERE u.run = ?1 AND u.state = 3 AND u.reason IN (?2, ?3) AND u.role IN (?4, ?5)
                AND NOT EXISTS (SELECT 1 FROM evidence e WHERE e.run = u.run AND e.url = u.id)
            GROUP BY t.text, u.reason) g
        ORDER BY g.urls DESC, g.name, g.whole LIMIT ?6";
    let params = (
        run,
        SkipReason::HostDown.code(),
        SkipReason::FamilyDown.code(),
        Role::Page.code(),
        Role::Resource.code(),
        MOST_HOSTS,
        SkipReason::Scope.code(),
        SkipReason::Invalid.code(),
    );
    list(connection, sql, params, |row| {
        Ok(GivenUp {
            host: row.get(0)?,
            urls: count(row, 1)?,
            known: count(row, 5)?,
            waited: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
            whole: row.get(3)?,
            last_fine: row.get::<_, Option<i64>>(4)?.map(Moment::from_millis),
        })
    })
}
