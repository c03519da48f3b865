//! The attempts of a run in the order of time, and the facts needed to read them: which URLs were fine
//! at least once, and which groups they belong to. Experiments made in the crawl's own way are included:
//! they prove nothing about their page, but they show whether its host was up.

use std::rc::Rc;

use rusqlite::Connection;

use crate::assess::FirstLook;
use crate::assess::examine::{GroupAttempt, Histories, Home, PartEvidence, Together};
use crate::model::{CrawlUrl, Moment, Outcome, Purpose, Role};
use crate::policy::Families;

use super::texts::Texts;
use crate::store::rows::ids::UrlId;
use crate::store::rows::telling::TELLING;
use crate::store::runs::id::RunId;

/// Purposes of attempts that show whether a host, or a part of it, was up.
const TIMED: &str = "('crawl', 'retry', 'confirm', 'sample', 'probe:alone', 'probe:burst')";

/// A callback for the first look at a page or a resource of a host.
pub(in crate::store) type Looking<'a> = dyn FnMut(&str, FirstLook) + 'a;

/// Passes the first looks of a run to `look`, in the order of time. Returns what went down as a
/// whole, judged from all attempts by `evidence`.
pub(in crate::store) fn together(
    connection: &Connection,
    run: RunId,
    texts: &mut Texts<'_>,
    families: &Families,
    evidence: PartEvidence,
    look: &mut Looking<'_>,
) -> rusqlite::Result<Together> {
    let mut histories = Histories::by(evidence);
    let known = watched(connection, run, texts, families, &mut histories)?;
    let mut timeline = InTime {
        look,
        histories,
        families,
        known,
    };
    timeline.walk(connection, run, texts)?;
    Ok(timeline.histories.together())
}

/// Registers the groups to follow: those of URLs that failed, and that were fine at other times if that
/// counts. Returns which URLs were fine at least once, and which
/// failed, by number.
fn watched(
    connection: &Connection,
    run: RunId,
    texts: &mut Texts<'_>,
    families: &Families,
    histories: &mut Histories,
) -> rusqlite::Result<Vec<Ever>> {
    let mut statement = connection.prepare(&format!(
        "WITH fact AS (
            SELECT a.url AS url,
                max(o.failure) AS failed,
                max(NOT o.failure) AS fine,
                max(o.failure AND a.status IN (429, 503)) AS refused
            FROM attempt a CROSS JOIN outcome o ON o.code = a.outcome
            WHERE a.run = ?1 AND a.purpose IN {TIMED} AND {TELLING}
            GROUP BY a.url
         )
         SELECT u.id, fact.failed, fact.refused, u.address, u.host, u.section, fact.fine
         FROM fact CROSS JOIN url u ON u.run = ?1 AND u.id = fact.url
         WHERE u.role BETWEEN 1 AND 4 ORDER BY u.id",
    ))?;
    let mut rows = statement.query([run])?;
    let mut known: Vec<Ever> = Vec::new();
    while let Some(row) = rows.next()? {
        let id: UrlId = row.get(0)?;
        let ever = Ever {
            fine: row.get(6)?,
            failed: row.get(1)?,
        };
        known.resize(id as usize, Ever::default());
        known.push(ever);
        if ever.failed
            && (ever.fine || histories.takes_unproven())
            && let Ok(url) = CrawlUrl::parse(row.get_ref(3)?.as_str()?)
        {
            let home = Home {
                host: &texts.get(row.get(4)?)?,
                section: &texts.get(row.get(5)?)?,
                family: &families.pattern(&url),
            };
            let refused: Option<bool> = row.get(2)?;
            histories.watch(home, refused.unwrap_or_default());
        }
    }
    Ok(known)
}

/// The outcomes that a URL had at least once.
#[derive(Clone, Copy, Debug, Default)]
struct Ever {
    fine: bool,
    failed: bool,
}

/// The collectors that see the attempts in the order of time.
struct InTime<'a, 'b> {
    look: &'a mut Looking<'b>,
    /// Collects all attempts.
    histories: Histories,
    families: &'a Families,
    /// The outcomes of each URL, by its number.
    known: Vec<Ever>,
}

impl InTime<'_, '_> {
    /// Passes all attempts at pages, resources and files of the site to the collectors.
    fn walk(
        &mut self,
        connection: &Connection,
        run: RunId,
        texts: &mut Texts<'_>,
    ) -> rusqlite::Result<()> {
        let mut statement = connection.prepare(&format!(
            "SELECT a.url, a.started, a.outcome, a.status, a.in_flight, a.purpose,
                u.host, u.section, u.address, u.role, a.rate FROM attempt a
             CROSS JOIN outcome o ON o.code = a.outcome
             CROSS JOIN url u ON u.run = a.run AND u.id = a.url
             WHERE a.run = ? AND a.purpose IN {TIMED} AND {TELLING}
                AND u.role BETWEEN 1 AND 4 ORDER BY a.started",
        ))?;
        let mut rows = statement.query([run])?;
        while let Some(row) = rows.next()? {
            let outcome: Outcome = row.get(2)?;
            let (url, started): (UrlId, Moment) = (row.get(0)?, Moment::from_millis(row.get(1)?));
            let host: Rc<str> = texts.get(row.get(6)?)?;
            let is_page = matches!(row.get(9)?, Role::Page | Role::Resource);
            let purpose: Purpose = row.get(5)?;
            if is_page && purpose == Purpose::Crawl {
                let look = FirstLook {
                    started,
                    outcome,
                    in_flight: row.get(4)?,
                };
                (self.look)(&host, look);
            }
            if self.histories.is_empty() {
                continue;
            }
            let Ok(address) = CrawlUrl::parse(row.get_ref(8)?.as_str()?) else {
                continue;
            };
            let home = Home {
                host: &host,
                section: &texts.get(row.get(7)?)?,
                family: &self.families.pattern(&address),
            };
            let ever = self.known.get(url as usize).copied().unwrap_or_default();
            let seen = GroupAttempt {
                url: url.into(),
                started,
                outcome,
                status: row.get(3)?,
                open: row.get(4)?,
                rate: row.get(10)?,
                ever_fine: ever.fine,
                ever_failed: ever.failed,
                purpose,
                is_page,
            };
            self.histories.add(home, seen);
        }
        Ok(())
    }
}
