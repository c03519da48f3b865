//! Streaming reads of the exports' tables: a row at a time, however many there are.

use rusqlite::types::ValueRef;

use super::error::StoreError;
use super::file::Store;
use super::runs::RunId;
use super::tables::{Column, pages, view};
use crate::assess::Verdict;

/// A table of the exports; `tables` declares its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Pages of the site, a row each.
    Pages,
    /// Pages that failed at least once.
    ServerErrors,
    /// All attempts.
    Attempts,
    /// Links to failing URLs.
    ErrorInlinks,
    /// Redirects with the end of their chains.
    Redirects,
    /// Sitemaps.
    Sitemaps,
    /// robots.txt files.
    Robots,
    /// URLs that were not fetched.
    Skipped,
    /// Sections of the site.
    Sections,
    /// What the diagnosis rules found.
    Findings,
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Not known.
    Empty,
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// Text; bytes that are not UTF-8 were replaced when it was stored.
    Text(&'a str),
}

impl Table {
    /// Every table.
    pub const ALL: [Table; 10] = [
        Table::Pages,
        Table::ServerErrors,
        Table::Attempts,
        Table::ErrorInlinks,
        Table::Redirects,
        Table::Sitemaps,
        Table::Robots,
        Table::Skipped,
        Table::Sections,
        Table::Findings,
    ];

    /// The name of the view, and of the file without its ending.
    pub const fn name(self) -> &'static str {
        match self {
            Table::Pages => "pages",
            Table::ServerErrors => "server_errors",
            Table::Attempts => "attempts",
            Table::ErrorInlinks => "error_inlinks",
            Table::Redirects => "redirects",
            Table::Sitemaps => "sitemaps",
            Table::Robots => "robots",
            Table::Skipped => "skipped",
            Table::Sections => "sections",
            Table::Findings => "findings",
        }
    }

    /// Its columns in their order. The last one of [`Table::Pages`], `Selected`, is a JSON array with
    /// the values of the plan's `--select` columns; likewise [`Table::ServerErrors`].
    pub const fn columns(self) -> &'static [Column] {
        view(self).columns
    }

    /// The rows of all runs, with `run` in front: what the view of its name has.
    pub(super) fn select(self) -> String {
        let all = view(self).select();
        match self {
            Table::ServerErrors => {
                let (verdict, ok) = (pages::VERDICT.name, Verdict::Ok.name());
                format!("SELECT * FROM (\n{all}\n) AS pages WHERE \"{verdict}\" <> '{ok}'")
            }
            _ => all,
        }
    }

    /// The rows of one run in order. By address, then by what tells rows of one address apart, so that
    /// two runs can be compared as text; errors the worst first. The declarations are read, not the views of the file:
    /// those may be of another version of the program.
    fn query(self) -> String {
        let (view, rows, name) = (view(self), self.select(), self.name());
        let (names, order) = (view.names(), view.order());
        format!("SELECT {names} FROM (\n{rows}\n) AS {name} WHERE run = ? ORDER BY {order}")
    }
}

impl Store {
    /// Hands over the rows of a run, in order, until `each` says to stop by returning false.
    pub fn rows(
        &self,
        run: RunId,
        table: Table,
        each: &mut dyn FnMut(&[Cell<'_>]) -> bool,
    ) -> Result<(), StoreError> {
        let connection = self.connect()?;
        let mut read = || -> rusqlite::Result<()> {
            let mut statement = connection.prepare(&table.query())?;
            let width = statement.column_count();
            let mut rows = statement.query([run.0])?;
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
                if !each(&cells) {
                    break;
                }
            }
            Ok(())
        };
        read().map_err(|source| self.fault(source))
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
                // A list within the row itself is no table.
                let own = step.ends_with(table.name()) || step.starts_with("SCAN json_each ");
                // Not a correlated one: it is made once a query.
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
    fn the_database_prints_moments_as_we_do() {
        let (_dir, store) = store();
        let connection = store.connect().expect("opened");
        let sql = "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', ?1 / 1000.0, 'unixepoch'),
            strftime('%Y-%m-%d %H:%M:%S', ?1 / 1000, 'unixepoch')";
        let mut statement = connection.prepare(sql).expect("a query");
        // Steps that meet every millisecond of a second and the ends of minutes, days and years.
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
