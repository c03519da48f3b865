//! Where the redirects of a run end, in the order of their URLs.

use std::cmp::Ordering;

use rusqlite::{Connection, Row, Rows};

use crate::assess::compare::Target;
use crate::model::RedirectEnd;
use crate::store::rows::row::{count, named};
use crate::store::runs::login_pages;

/// Returns the query for the redirecting pages of a run, with the last URL of each chain. It reads how the chain
/// ends, whether the last request to that URL failed or answered 4xx, whether that URL is a login, and how many pages
/// end there.
pub(in crate::store) fn query(connection: &Connection) -> rusqlite::Result<String> {
    let is_login = if login_pages::are_known(connection)? {
        "EXISTS (SELECT 1 FROM login_page l WHERE l.run = e.run AND l.url = e.last)"
    } else {
        "0"
    };
    Ok(format!(
        "SELECT u.address, t.address, e.ending,
            coalesce((SELECT o.failure OR a.status IS NULL OR a.status >= 400
                FROM evidence a CROSS JOIN outcome o ON o.code = a.outcome
                WHERE a.run = e.run AND a.url = e.last ORDER BY a.number DESC LIMIT 1), 0),
            {is_login}, count(*) OVER (PARTITION BY e.last)
        FROM redirect_end e
            CROSS JOIN url u ON u.run = e.run AND u.id = e.url
            CROSS JOIN url t ON t.run = e.run AND t.id = e.last
        WHERE e.run = ? AND u.role = 3 ORDER BY u.address"
    ))
}

/// The rows of that query, walked beside pages in the order of their URLs.
pub(in crate::store) struct Targets<'a> {
    rows: Rows<'a>,
    /// The page at which it is, and the end of its redirects; `None` before the first page and after the last.
    at: Option<(String, Known)>,
    began: bool,
}

/// A [`Target`] with its own text.
struct Known {
    address: String,
    end: RedirectEnd,
    fails: bool,
    is_login: bool,
    shared: u64,
}

impl<'a> Targets<'a> {
    pub(in crate::store) fn of(rows: Rows<'a>) -> Targets<'a> {
        Targets {
            rows,
            at: None,
            began: false,
        }
    }

    /// Returns the URL that a page redirects to, if it does. URLs must come in their order.
    pub(in crate::store) fn of_page(
        &mut self,
        address: &str,
    ) -> rusqlite::Result<Option<Target<'_>>> {
        while !self.began || matches!(&self.at, Some((from, _)) if from.as_str() < address) {
            self.began = true;
            self.at = self.rows.next()?.map(known).transpose()?;
        }
        Ok(self.at.as_ref().and_then(|(from, to)| {
            (from.as_str().cmp(address) == Ordering::Equal).then_some(Target {
                address: &to.address,
                end: to.end,
                fails: to.fails,
                is_login: to.is_login,
                shared: to.shared,
            })
        }))
    }
}

fn known(row: &Row<'_>) -> rusqlite::Result<(String, Known)> {
    let to = Known {
        address: row.get(1)?,
        end: named(row, 2, RedirectEnd::from_name)?,
        fails: row.get(3)?,
        is_login: row.get(4)?,
        shared: count(row, 5)?,
    };
    Ok((row.get(0)?, to))
}
