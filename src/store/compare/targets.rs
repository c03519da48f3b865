//! Where the redirects of a run end, in the order of their URLs.

use std::cmp::Ordering;

use rusqlite::Rows;

/// The query for the pages of a run that redirect, with the last URL of each chain.
pub(super) const TARGETS: &str = "SELECT u.address, t.address FROM redirect_end e
    CROSS JOIN url u ON u.run = e.run AND u.id = e.url
    CROSS JOIN url t ON t.run = e.run AND t.id = e.last
    WHERE e.run = ? AND e.ending = 'final' AND u.role = 3 ORDER BY u.address";

/// The rows of that query, walked beside pages in the order of their URLs.
pub(super) struct Targets<'a> {
    rows: Rows<'a>,
    at: Option<(String, String)>,
}

impl<'a> Targets<'a> {
    pub(super) fn of(rows: Rows<'a>) -> Targets<'a> {
        Targets {
            rows,
            at: Some((String::new(), String::new())),
        }
    }

    /// Returns the URL that a page redirects to, if it does. URLs must come in their order.
    pub(super) fn of_page(&mut self, address: &str) -> rusqlite::Result<Option<&str>> {
        while let Some((from, _)) = &self.at
            && from.as_str() < address
        {
            let row = self.rows.next()?;
            self.at = match row {
                Some(row) => Some((row.get(0)?, row.get(1)?)),
                None => None,
            };
        }
        Ok(self.at.as_ref().and_then(|(from, to)| {
            (from.as_str().cmp(address) == Ordering::Equal).then_some(to.as_str())
        }))
    }
}
