//! Results of a run's start pages.

use rusqlite::{Connection, OptionalExtension};

use crate::assess::{NoStart, PasswordField, StartAnswer, StartPage, StartRedirect};
use crate::model::{Outcome, RedirectEnd, SkipReason, reason_phrase};

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::ids::UrlId;
use crate::store::rows::links::{key, unpack};
use crate::store::rows::row::named;
use crate::store::runs::id::RunId;
use crate::store::runs::login_pages;

/// The start pages of a run that were requested.
#[derive(Debug, Default)]
pub(in crate::store) struct Starts {
    /// Whether one of them was answered with a page, or is still queued. Then the others do not matter.
    fine: bool,
    pages: u64,
    first: Option<NoStart>,
}

impl Starts {
    /// Returns the failure if none of them was answered with a page. Returns `None` if one was, or if there
    /// are no start pages.
    pub(in crate::store) fn unusable(self) -> Option<NoStart> {
        let pages = self.pages;
        let first = self.first.filter(|_| !self.fine)?;
        Some(NoStart { pages, ..first })
    }
}

impl Store {
    /// Returns the failure if no start page of a concluded run was answered with a page. Returns `None` if
    /// one was, or if one is still queued.
    pub fn no_start(&self, run: RunId) -> Result<Option<NoStart>, StoreError> {
        let found = self.read(|connection| starts(connection, run))?;
        Ok(found.unusable())
    }
}

pub(in crate::store) fn starts(connection: &Connection, run: RunId) -> rusqlite::Result<Starts> {
    let mut starts = Starts::default();
    let mut seeds = connection.prepare(
        "SELECT id, coalesce(readable, address), state = 1 AND pass = 1, reason FROM url
         WHERE run = ? AND seed = 1 AND role = 3 ORDER BY id",
    )?;
    let mut rows = seeds.query([run])?;
    while let Some(row) = rows.next()? {
        let id: UrlId = row.get(0)?;
        let page = StartPage {
            address: row.get(1)?,
            served: is_served(connection, run, id)?,
            only_login: is_only_login(connection, run, id)?,
            answer: last_answer(connection, run, id)?,
            skipped: row.get::<_, Option<u8>>(3)?.and_then(SkipReason::from_code),
            redirect: redirect(connection, run, id)?,
        };
        starts.pages += 1;
        let waits: bool = row.get(2)?;
        let Some(fault) = page.fault().filter(|_| !waits) else {
            starts.fine = true;
            return Ok(starts);
        };
        starts.first.get_or_insert(NoStart {
            address: page.address,
            pages: 1,
            fault,
        });
    }
    Ok(starts)
}

fn is_only_login(connection: &Connection, run: RunId, id: UrlId) -> rusqlite::Result<bool> {
    Ok(login_pages::is_one(connection, run, id)?
        && is_only_page(connection, run, id)?
        && !leads_on(connection, run, id)?)
}

/// Returns whether a page links to another page of the site, whatever that page answered.
fn leads_on(connection: &Connection, run: RunId, id: UrlId) -> rusqlite::Result<bool> {
    let sql = "SELECT links FROM page_links WHERE page = ?";
    let links: Option<Vec<u8>> = connection
        .prepare_cached(sql)?
        .query_row([key(run, id)], |row| row.get(0))
        .optional()?;
    let mut is_page = connection.prepare_cached(
        "SELECT role = 3 AND (state < 3 OR reason NOT IN (?, ?)) FROM url WHERE run = ? AND id = ?",
    )?;
    let apart = [SkipReason::Scope, SkipReason::Invalid].map(SkipReason::code);
    for link in unpack(links.as_deref().unwrap_or_default()) {
        let is_other = link.target != id && link.nature.kind.is_hyperlink();
        if is_other
            && is_page.query_row((apart[0], apart[1], run, link.target), |row| row.get(0))?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn redirect(
    connection: &Connection,
    run: RunId,
    id: UrlId,
) -> rusqlite::Result<Option<StartRedirect>> {
    let found: Option<(UrlId, RedirectEnd, String, Option<u8>)> = connection
        .prepare_cached(
            "SELECT r.last, r.ending, coalesce(u.readable, u.address), u.reason FROM redirect_end r
             CROSS JOIN url u ON u.run = r.run AND u.id = r.last
             WHERE r.run = ? AND r.url = ?",
        )?
        .query_row((run, id), |row| {
            let ending = named(row, 1, RedirectEnd::from_name)?;
            Ok((row.get(0)?, ending, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((last, ending, target, skipped)) = found else {
        return Ok(None);
    };
    let password = if !login_pages::is_one(connection, run, last)? {
        PasswordField::Absent
    } else if is_only_page(connection, run, last)? {
        PasswordField::OnTheOnlyPage
    } else {
        PasswordField::OnOneOfMany
    };
    Ok(Some(StartRedirect {
        target,
        served: is_served(connection, run, last)?,
        answer: last_answer(connection, run, last)?,
        skipped: skipped.and_then(SkipReason::from_code),
        password,
        endless: matches!(ending, RedirectEnd::Loop | RedirectEnd::TooMany),
    }))
}

/// An attempt `a` with the outcome `o` that delivered content. A partial answer (206) and an answer that
/// breaks off do not.
const DELIVERED: &str = "a.status BETWEEN 200 AND 299 AND (o.failure = 0 OR o.soft = 1)";

/// Returns whether a URL was answered with a page. If nothing else of the site was answered, some answers do
/// not count. These are an error page with a success status, and a status without a page (204, 205).
fn is_served(connection: &Connection, run: RunId, id: UrlId) -> rusqlite::Result<bool> {
    let (succeeded, with_page): (bool, bool) = connection
        .prepare_cached(&format!(
            "SELECT count(*) > 0, coalesce(max(o.soft = 0 AND a.status NOT IN (204, 205)), 0)
             FROM evidence a CROSS JOIN outcome o ON o.code = a.outcome
             WHERE a.run = ? AND a.url = ? AND {DELIVERED}"
        ))?
        .query_row((run, id), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(with_page || (succeeded && !is_only_page(connection, run, id)?))
}

/// Returns whether no other URL was answered with a page.
fn is_only_page(connection: &Connection, run: RunId, id: UrlId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(&format!(
            "SELECT NOT EXISTS (SELECT 1 FROM url u
                CROSS JOIN evidence a ON a.run = u.run AND a.url = u.id
                CROSS JOIN outcome o ON o.code = a.outcome
                WHERE u.run = ? AND u.id <> ? AND u.role = 3 AND {DELIVERED})"
        ))?
        .query_row((run, id), |row| row.get(0))
}

fn last_answer(
    connection: &Connection,
    run: RunId,
    id: UrlId,
) -> rusqlite::Result<Option<StartAnswer>> {
    connection
        .prepare_cached(
            "SELECT a.status, t.text, o.id, o.soft FROM evidence a
             CROSS JOIN outcome o ON o.code = a.outcome
             LEFT JOIN text t ON t.run = a.run AND t.id = a.status_text
             WHERE a.run = ? AND a.url = ? ORDER BY a.number DESC LIMIT 1",
        )?
        .query_row((run, id), |row| {
            let status: Option<u16> = row.get(0)?;
            let text: Option<String> = row.get(1)?;
            let outcome = named(row, 2, Outcome::from_id)?;
            let known = || match status {
                Some(status) => reason_phrase(status).to_owned(),
                None => outcome.id().replace('_', " "),
            };
            let mut text = text.unwrap_or_else(known);
            if let Some(status @ 200..=299) = status
                && outcome.is_failure()
                && !matches!(outcome, Outcome::StatusUnrequested | Outcome::SoftError200)
            {
                text = format!("{}, but {text}", reason_phrase(status));
            }
            if row.get(3)? {
                text += ", with an error page";
            }
            Ok(StartAnswer { status, text })
        })
        .optional()
}
