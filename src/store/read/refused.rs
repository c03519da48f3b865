//! Pages that a server refuses now and then: it answered one request of a run with 4xx and the last one with a page.

use crate::policy::REFUSALS;
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::row::{count, list};
use crate::store::runs::id::RunId;

impl Store {
    /// Returns how many pages of a run were refused at first and answered in the end, by the status of the refusal, the
    /// most pages first.
    pub fn refused_at_times(&self, run: RunId) -> Result<Vec<(u16, u64)>, StoreError> {
        let refusals: Vec<String> = REFUSALS.iter().map(ToString::to_string).collect();
        let sql = format!(
            "SELECT a.status, count(DISTINCT a.url) AS pages FROM evidence a
                JOIN url u ON u.run = a.run AND u.id = a.url
             WHERE a.run = ? AND u.role = 3 AND a.status IN ({})
                AND (SELECT b.status FROM evidence b WHERE b.run = a.run AND b.url = a.url
                    ORDER BY b.number DESC LIMIT 1) BETWEEN 200 AND 299
             GROUP BY a.status ORDER BY pages DESC, a.status",
            refusals.join(", ")
        );
        self.read(|connection| {
            list(connection, &sql, [run], |row| {
                Ok((row.get(0)?, count(row, 1)?))
            })
        })
    }
}
