//! Attempts that say something about their URL, as a condition of queries.

/// Holds for an attempt `a` with its outcome `o` that says something about its URL: the same as
/// [`crate::assess::is_telling`].
pub(in crate::store) const TELLING: &str = "NOT (o.id = 'stream_refused' OR a.reused AND o.id IN
    ('empty_reply', 'reset_before_headers', 'write_failed'))";

/// Holds for an attempt `a` with its outcome `o` by which a URL is followed: one that says something about it, and
/// the last one in any case.
pub(in crate::store) const FOLLOWED: &str = "(NOT (o.id = 'stream_refused' OR a.reused AND o.id IN
    ('empty_reply', 'reset_before_headers', 'write_failed'))
    OR a.number = (SELECT max(number) FROM evidence WHERE run = a.run AND url = a.url))";

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::assess::is_telling;
    use crate::model::Outcome;

    #[test]
    fn queries_and_judgements_leave_out_the_same_attempts() {
        let connection = Connection::open_in_memory().expect("a database");
        let sql = format!("SELECT {TELLING} FROM (SELECT ? AS id) o, (SELECT ? AS reused) a");
        let mut telling = connection.prepare(&sql).expect("a query");
        for outcome in Outcome::ALL {
            for reused in [false, true] {
                let found: bool = telling
                    .query_row((outcome.id(), reused), |row| row.get(0))
                    .expect("a row");
                assert_eq!(found, is_telling(*outcome, reused), "{outcome} {reused}");
            }
        }
    }
}
