//! Streaming reads of the exports' tables, one row at a time.

use rusqlite::types::ValueRef;

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::runs::id::RunId;
use crate::store::tables::column::Cell;
use crate::store::tables::table::Table;

impl Store {
    /// Passes the rows of a run to `each`, in order, until it fails.
    pub fn rows<E: From<StoreError>>(
        &self,
        run: RunId,
        table: Table,
        each: &mut dyn FnMut(&[Cell<'_>]) -> Result<(), E>,
    ) -> Result<(), E> {
        let taken = self.read(|connection| {
            let mut statement = connection.prepare(&table.query())?;
            let width = statement.column_count();
            let mut rows = statement.query([run])?;
            while let Some(row) = rows.next()? {
                let mut cells = Vec::with_capacity(width);
                for at in 0..width {
                    cells.push(match row.get_ref(at)? {
                        ValueRef::Integer(value) => Cell::Integer(value),
                        ValueRef::Real(value) => Cell::Real(value),
                        ValueRef::Text(text) => {
                            Cell::Text(std::str::from_utf8(text).unwrap_or_default())
                        }
                        ValueRef::Null | ValueRef::Blob(_) => Cell::Empty,
                    });
                }
                if let Err(fault) = each(&cells) {
                    return Ok(Err(fault));
                }
            }
            Ok(Ok(()))
        });
        taken?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Moment;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("made");
        (dir, store)
    }

    #[test]
    fn no_table_is_scanned_for_each_row_of_another() {
        let (_dir, store) = store();
        let connection = store.connect().expect("opened");
        for table in Table::ALL {
            let sql = format!("EXPLAIN QUERY PLAN {}", table.query());
            let steps: Vec<String> = connection
                .prepare(&sql)
                .expect("a query")
                .query_map([1], |row| row.get("detail"))
                .expect("a plan")
                .collect::<rusqlite::Result<_>>()
                .expect("read");
            let before = std::iter::once("").chain(steps.iter().map(String::as_str));
            for (before, step) in before.zip(&steps) {
                // Neither a list within the row itself nor the result of a subquery is a table.
                let own = step.ends_with(table.name())
                    || step.starts_with("SCAN json_each ")
                    || step.starts_with("SCAN (subquery-");
                // A subquery that is not correlated runs once per query.
                let once = before.starts_with("LIST SUBQUERY");
                let scan = step.starts_with("SCAN") && !own && !once;
                assert!(!scan && !step.contains("AUTOMATIC"), "{table:?}: {step}");
            }
        }
    }

    #[test]
    fn no_robots_txt_is_searched_for_each_url() {
        let (_dir, store) = store();
        let connection = store.connect().expect("opened");
        for table in [Table::Skipped, Table::Sitemaps] {
            let sql = format!("EXPLAIN QUERY PLAN {}", table.query());
            let mut plan = connection.prepare(&sql).expect("a query");
            let steps = plan.query_map([1], |row| row.get("detail"));
            let steps: rusqlite::Result<Vec<String>> = steps.expect("a plan").collect();
            let steps = steps.expect("read");
            let scan = steps.iter().position(|step| step == "SCAN robots_txt");
            let list = scan.expect("once") - 1;
            assert!(steps[list].starts_with("LIST SUBQUERY"), "{steps:?}");
        }
    }

    #[test]
    fn the_database_prints_moments_like_moment_does() {
        let (_dir, store) = store();
        let connection = store.connect().expect("opened");
        let sql = "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', ?1 / 1000.0, 'unixepoch'),
            strftime('%Y-%m-%d %H:%M:%S', ?1 / 1000, 'unixepoch')";
        let mut statement = connection.prepare(sql).expect("a query");
        // Steps that cover every millisecond of a second and the ends of minutes, days and years.
        for millis in
            (1_795_305_599_000..1_795_305_601_000).chain((0..4_000).map(|n| n * 1_000_000_007))
        {
            let moment = Moment::from_millis(millis);
            let printed: (String, String) = statement
                .query_row([millis], |row| Ok((row.get(0)?, row.get(1)?)))
                .expect("printed");
            assert_eq!(printed, (moment.to_string(), moment.spreadsheet()));
        }
    }
}
