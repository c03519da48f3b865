//! The families of a run's URLs, learned from their texts in the order of their numbers.

use rusqlite::Connection;

use crate::model::CrawlUrl;
use crate::policy::Families;
use crate::store::runs::id::RunId;

/// Returns the families learned from the pages and resources of a run. Their number is bounded.
pub(in crate::store) fn learned_families(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<Families> {
    let mut statement = connection
        .prepare("SELECT address FROM url WHERE run = ? AND role IN (3, 4) ORDER BY id")?;
    let mut rows = statement.query([run])?;
    let mut families = Families::default();
    while let Some(row) = rows.next()? {
        if let Ok(url) = CrawlUrl::parse(row.get_ref(0)?.as_str()?) {
            families.learn(&url);
        }
    }
    Ok(families)
}
