//! Counts over a run's URLs: one walk over them, merge-joined with their attempts and verdicts.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::model::{Outcome, Purpose, Role, SkipReason};

use super::counts::RunSummary;
use super::url_counts::UrlCounts;
use crate::assess::Verdict;
use crate::store::rows::ids::UrlId;
use crate::store::rows::merge_join::MergeJoin;
use crate::store::rows::row::{count, named};
use crate::store::rows::url_state::UrlState;
use crate::store::runs::id::RunId;

/// Counts the pages of a section of a concluded run.
pub(super) fn count_section(
    connection: &Connection,
    run: RunId,
    section: &str,
) -> rusqlite::Result<UrlCounts> {
    let number: Option<u32> = connection
        .query_row(
            "SELECT id FROM text WHERE run = ?1 AND text = ?2",
            (run, section),
            |row| row.get(0),
        )
        .optional()?;
    let Some(number) = number else {
        return Ok(UrlCounts::default());
    };
    let sql = format!("{URLS} AND section = {number} ORDER BY id");
    Ok(tally(connection, run, &sql)?.summary.pages)
}

/// Counts the URLs of a concluded run. Leaves fields that are not counts of URLs empty.
pub(in crate::store) fn count_run(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<RunSummary> {
    let mut tally = tally(connection, run, &format!("{URLS} ORDER BY id"))?;
    (tally.summary.invalid, tally.summary.unseen) = connection.query_row(
        "SELECT count(*), coalesce(sum(unseen), 0) FROM
            (SELECT max(unseen) AS unseen FROM invalid_link WHERE run = ? GROUP BY address, detail, found_on)",
        [run],
        |row| Ok((count(row, 0)?, tally.summary.unseen + count(row, 1)?)),
    )?;
    tally.summary.unseen += connection.query_row(
        "SELECT coalesce(sum(unseen), 0) FROM sitemap_file WHERE run = ?",
        [run],
        |row| count(row, 0),
    )?;
    let (failed, given_up) =
        connection.query_row(UNREAD, [run], |row| Ok((count(row, 0)?, count(row, 1)?)))?;
    tally.summary.unread_sitemaps = failed + given_up;
    // Requested URLs are counted where they are stored.
    tally.summary.unseen += given_up;
    tally.summary.unread_indexes =
        connection.query_row(UNREAD_INDEXES, [run], |row| count(row, 0))?;
    tally.summary.unseen += tally.summary.unread_indexes;
    Ok(tally.summary)
}

/// The URLs that a walk counts, in the order of their numbers.
const URLS: &str = "SELECT id, role, state, reason, host FROM url WHERE run = ?";

/// Walks over these URLs of a run.
fn tally(connection: &Connection, run: RunId, urls: &str) -> rusqlite::Result<Tally> {
    let mut attempts = connection.prepare(
        "SELECT url, purpose, outcome, status FROM attempt WHERE run = ?
         ORDER BY url, number",
    )?;
    let mut attempts = MergeJoin::of_run(&mut attempts, run)?;
    let mut verdicts =
        connection.prepare("SELECT url, verdict FROM assessment WHERE run = ? ORDER BY url")?;
    let mut verdicts = MergeJoin::of_run(&mut verdicts, run)?;
    let closed = closed_hosts(connection, run)?;
    let mut urls = connection.prepare(urls)?;
    let mut urls = urls.query([run])?;
    let mut tally = Tally::default();
    while let Some(row) = urls.next()? {
        let id: UrlId = row.get(0)?;
        let known = CountedUrl::read(row, &closed)?;
        let mut last = None;
        while let Some(row) = attempts.next_of(id)? {
            last = tally.attempt(CountedAttempt::read(row)?, last);
        }
        let verdict = match verdicts.next_of(id)? {
            Some(row) => Some(named(row, 1, Verdict::from_name)?),
            None => None,
        };
        tally.url(&known, last, verdict);
    }
    Ok(tally)
}

/// Sitemaps that may list pages and were not read: their server failed when they were requested last, or their host
/// was given up before.
const UNREAD: &str = "SELECT
    (SELECT count(*) FROM sitemap_file f
        JOIN attempt a ON a.run = f.run AND a.url = f.url
            AND a.number = (SELECT max(number) FROM evidence WHERE run = f.run AND url = f.url)
        JOIN outcome o ON o.code = a.outcome AND o.failure = 1
        WHERE f.run = ?1 AND f.unseen > 0),
    (SELECT count(*) FROM url u JOIN reason r ON r.code = u.reason AND r.name = 'host_down'
        WHERE u.run = ?1 AND u.role = 2 AND u.state = 3
            AND NOT EXISTS (SELECT 1 FROM robots_txt t
                WHERE t.run = u.run AND t.url = u.found_on AND t.sitemaps = 0))";

/// Index pages that were never fine: their URL ends like that of a folder, and their links are not known.
const UNREAD_INDEXES: &str = "SELECT count(*) FROM assessment s
    JOIN url u ON u.run = s.run AND u.id = s.url AND u.role = 3 AND u.address LIKE '%/'
    WHERE s.run = ?1 AND s.failed > 0 AND s.last_ok IS NULL";

/// Returns the hosts that got no requests because robots.txt could not be read, by the numbers of their
/// texts.
fn closed_hosts(connection: &Connection, run: RunId) -> rusqlite::Result<HashSet<u32>> {
    let closed = "SELECT host FROM robots_txt WHERE run = ?1 AND access = 'unreachable'";
    // Texts have no index, so they are walked only if there is a match.
    let any = connection.prepare(closed)?.exists([run])?;
    if !any {
        return Ok(HashSet::new());
    }
    let sql = format!("SELECT t.id FROM text t WHERE t.run = ?1 AND t.text IN ({closed})");
    let hosts: Vec<u32> = crate::store::rows::row::list(connection, &sql, [run], |row| row.get(0))?;
    Ok(hosts.into_iter().collect())
}

/// The columns of a URL that are needed here.
struct CountedUrl {
    role: Role,
    state: UrlState,
    reason: Option<SkipReason>,
    /// Whether its host's robots.txt could not be read.
    closed: bool,
}

impl CountedUrl {
    fn read(row: &Row<'_>, closed: &HashSet<u32>) -> rusqlite::Result<CountedUrl> {
        Ok(CountedUrl {
            closed: closed.contains(&row.get(4)?),
            role: row.get(1)?,
            state: row.get(2)?,
            reason: row.get(3)?,
        })
    }

    /// Returns whether the URL belongs to the audit. URLs out of scope and invalid links do not.
    fn belongs(&self) -> bool {
        let foreign = [SkipReason::Scope, SkipReason::Invalid];
        self.state != UrlState::Skipped
            || self.reason.is_some_and(|reason| !foreign.contains(&reason))
    }

    /// Returns whether the URL was fetched. A URL that waits for a retry or a later pass counts as fetched:
    /// it has a status and a verdict.
    fn is_fetched(&self, last: Option<CountedAttempt>) -> bool {
        self.state == UrlState::Settled || (self.state == UrlState::Queued && last.is_some())
    }

    /// Returns whether the URL should have been requested: it is still queued, its host or family was given
    /// up, or robots.txt could not be read. Rules of robots.txt, scope and depth exclude a URL for good.
    fn was_due(&self) -> bool {
        let is_forbidden = self.reason == Some(SkipReason::Robots);
        self.state == UrlState::Queued || self.is_given_up() || (self.closed && is_forbidden)
    }

    /// Returns why it was skipped, if it was.
    fn skipped(&self) -> Option<SkipReason> {
        self.reason.filter(|_| self.state == UrlState::Skipped)
    }

    fn is_given_up(&self) -> bool {
        self.reason
            .is_some_and(|reason| SkipReason::GIVEN_UP.contains(&reason))
    }
}

/// The columns of an attempt that are needed here.
#[derive(Clone, Copy)]
struct CountedAttempt {
    is_evidence: bool,
    outcome: Outcome,
    /// 0 without an answer.
    status: u16,
}

impl CountedAttempt {
    fn read(row: &Row<'_>) -> rusqlite::Result<CountedAttempt> {
        Ok(CountedAttempt {
            is_evidence: row.get::<_, Purpose>(1)?.is_evidence(),
            outcome: row.get(2)?,
            status: row.get::<_, Option<u16>>(3)?.unwrap_or_default(),
        })
    }
}

#[derive(Default)]
struct Tally {
    summary: RunSummary,
}

impl Tally {
    /// Counts an attempt that follows `last`, the last attempt that counts. Returns the new last one.
    fn attempt(
        &mut self,
        tried: CountedAttempt,
        last: Option<CountedAttempt>,
    ) -> Option<CountedAttempt> {
        self.summary.attempts += 1;
        if !tried.is_evidence {
            return last;
        }
        self.summary.retries += u64::from(last.is_some());
        Some(tried)
    }

    fn url(&mut self, known: &CountedUrl, last: Option<CountedAttempt>, verdict: Option<Verdict>) {
        let summary = &mut self.summary;
        if known.role == Role::External && known.belongs() {
            summary.external.known += 1;
            summary.external.requested += u64::from(last.is_some());
            return;
        }
        match known.skipped() {
            Some(SkipReason::Scope) => summary.out_of_scope += 1,
            Some(SkipReason::Invalid) => summary.invalid += 1,
            Some(SkipReason::Trap) if known.role == Role::Sitemap => summary.unseen += 1,
            _ => {}
        }
        let part = match known.role {
            Role::Page => &mut summary.pages,
            Role::Resource => &mut summary.resources,
            Role::External | Role::Robots | Role::Sitemap => return,
        };
        if let Some(reason) = known.skipped().filter(|_| known.belongs()) {
            *part.skipped.entry(reason).or_default() += 1;
        }
        part.known += u64::from(known.belongs());
        part.fetched += u64::from(known.is_fetched(last));
        part.requested += u64::from(last.is_some());
        part.not_requested += u64::from(last.is_none() && known.was_due());
        if let Some(last) = last {
            *part.by_status.entry(last.status).or_default() += 1;
            *part.by_outcome.entry(last.outcome).or_default() += 1;
        }
        if let Some(verdict) = verdict {
            *part.by_verdict.entry(verdict).or_default() += 1;
        }
        summary.given_up += u64::from(last.is_none() && known.is_given_up());
    }
}
