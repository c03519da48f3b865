//! A merge join of two tables in the order of URLs. It reads each table once from start to end, where
//! SQLite's own join looks up every row from the root of its tree.

use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::{Row, Rows, Statement};

use super::ids::UrlId;
use crate::store::runs::id::RunId;

/// Rows in the order of URLs; their first column is the URL's id.
pub(in crate::store) struct MergeJoin<'a> {
    rows: Rows<'a>,
    /// The URL of the current row; `None` after the last.
    at: Option<UrlId>,
    /// Whether the current row was returned already.
    is_taken: bool,
}

impl<'a> MergeJoin<'a> {
    /// Starts at the first row of a run.
    pub(in crate::store) fn of_run(
        statement: &'a mut Statement<'_>,
        run: RunId,
    ) -> rusqlite::Result<MergeJoin<'a>> {
        let mut rows = MergeJoin {
            rows: statement.query([run])?,
            at: None,
            is_taken: false,
        };
        rows.step()?;
        Ok(rows)
    }

    /// Returns the next row of this URL, or `None` if there are no more. Skips rows of earlier URLs, so
    /// callers must look URLs up in their order.
    pub(in crate::store) fn next_of(&mut self, url: UrlId) -> rusqlite::Result<Option<&Row<'a>>> {
        if self.is_taken {
            self.step()?;
        }
        while self.at.is_some_and(|at| at < url) {
            self.step()?;
        }
        self.is_taken = self.at == Some(url);
        Ok(self.rows.get().filter(|_| self.is_taken))
    }

    fn step(&mut self) -> rusqlite::Result<()> {
        self.at = self.rows.next()?.map(|row| row.get(0)).transpose()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn each_url_has_its_own_rows() {
        let connection = Connection::open_in_memory().expect("opened");
        connection
            .execute_batch(
                "CREATE TABLE t (run, url, name);
                 INSERT INTO t VALUES (1, 2, 'a'), (1, 2, 'b'), (1, 5, 'c'), (1, 7, 'd'), (2, 9, 'e')",
            )
            .expect("made");
        let mut statement = connection
            .prepare("SELECT url, name FROM t WHERE run = ? ORDER BY url, name")
            .expect("a query");
        let mut rows = MergeJoin::of_run(&mut statement, RunId(1)).expect("begun");
        let mut of = |url| -> String {
            let row = rows.next_of(url).expect("read");
            row.map_or_else(String::new, |row| row.get(1).expect("a name"))
        };
        assert_eq!([of(1), of(2), of(2), of(2)], ["", "a", "b", ""]);
        assert_eq!([of(6), of(7), of(8), of(9)], ["", "d", "", ""]);
    }
}
