//! Facts that an examination needs besides pages: robots.txt with its history over earlier runs,
//! sitemaps, and redirects that end in a failure.

use std::collections::HashMap;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

use crate::assess::Extent;
use crate::assess::diagnose::Ratio;
use crate::assess::diagnose::rules::{
    BlockedSection, BrokenReference, RedirectChains, ScriptedPages, SitemapProblem,
};
use crate::assess::examine::{EndedRedirect, FileFailures, KnownSitemap, RobotsFile, SiteFiles};
use crate::model::{LONG_CHAIN, LinkKind, Moment, Outcome, Role, SkipReason};

use crate::store::conclude::dead_links;
use crate::store::read::{given_up, outages, starts};
use crate::store::rows::ids::UrlId;
use crate::store::rows::row::{count, limits_and};
use crate::store::runs::id::RunId;

/// Maximum number of failing redirects that are reported.
const MOST_REDIRECTS: u32 = 100;

/// Maximum number of earlier attempts at a robots.txt that are read.
const MOST_BACK: u32 = 10_000;

/// Returns the files of a run.
pub(in crate::store::conclude) fn site_files(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<SiteFiles> {
    Ok(SiteFiles {
        robots: robots(connection, run)?,
        sitemaps: sitemaps(connection, run)?,
        failing_redirects: failing_redirects(connection, run)?,
        redirect_chains: redirect_chains(connection, run)?,
        sitemap_problems: sitemap_problems(connection, run)?,
        own_outages: outages::facts(connection, run)?,
        given_up: given_up::hosts(connection, run)?,
        dead_links: dead_links::dead_links(connection, run)?,
        site: connection.query_row("SELECT site FROM run WHERE id = ?", [run], |row| row.get(0))?,
        broken_references: broken_references(connection, run)?,
        scripted: scripted(connection, run)?,
        blocked: blocked(connection, run)?,
        no_start: starts::starts(connection, run)?.unusable(),
    })
}

/// Returns whether everything that belongs to the audit was fetched.
pub(in crate::store::conclude) fn extent(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<Extent> {
    let cutting = limits_and(&[
        SkipReason::Depth,
        SkipReason::HostDown,
        SkipReason::FamilyDown,
    ]);
    let left: bool = connection.query_row(
        &format!(
            "SELECT EXISTS (SELECT 1 FROM url WHERE run = ?1 AND role = 3
                AND (state = 1 OR state = 3 AND reason IN ({cutting})))"
        ),
        [run],
        |row| row.get(0),
    )?;
    Ok(if left { Extent::Sample } else { Extent::Full })
}

fn robots(connection: &Connection, run: RunId) -> rusqlite::Result<Vec<RobotsFile>> {
    let foreign = [SkipReason::Scope, SkipReason::Invalid].map(SkipReason::code);
    let of_pages: HashMap<String, u64> = connection
        .prepare(
            "SELECT t.text, sum(h.known) FROM (
                SELECT host, sum(state < 3 OR reason NOT IN (?2, ?3)) AS known
                FROM url WHERE run = ?1 AND role = 3 GROUP BY host) h
             CROSS JOIN text t ON t.run = ?1 AND t.id = h.host GROUP BY t.text",
        )?
        .query_map((run, foreign[0], foreign[1]), |row| {
            Ok((row.get(0)?, count(row, 1)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut statement = connection.prepare(
        "SELECT r.host, u.address, r.access = 'unreachable', a.outcome,
            (SELECT count(*) FROM evidence WHERE run = u.run AND url = u.id), u.id
         FROM robots_txt r
         CROSS JOIN url u ON u.run = r.run AND u.id = r.url
         CROSS JOIN attempt a ON a.run = u.run AND a.url = u.id
            AND a.number = (SELECT max(number) FROM evidence WHERE run = u.run AND url = u.id)
         WHERE r.run = ? ORDER BY r.host",
    )?;
    let mut rows = statement.query([run])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let host: String = row.get(0)?;
        let Some(pages) = of_pages.get(&host).copied() else {
            continue;
        };
        let unreachable = row.get(2)?;
        let history = if unreachable {
            history(connection, run, &host)?
        } else {
            History::default()
        };
        found.push(RobotsFile {
            address: row.get(1)?,
            outcome: robots_outcome(row.get(3)?, unreachable),
            attempts: count(row, 4)?,
            unreachable,
            failing_for: history.failing_for,
            known_good: history.known_good,
            pages,
            failures: file_failures(connection, run, row.get(5)?)?,
            host,
        });
    }
    Ok(found)
}

/// Returns the outcome of a robots.txt. A redirect that could not be followed to its end is a
/// failure of the file.
fn robots_outcome(last: Outcome, unreachable: bool) -> Outcome {
    match last {
        Outcome::Redirect if unreachable => Outcome::RedirectTo5xx,
        last => last,
    }
}

/// The history of a robots.txt in earlier runs.
#[derive(Default)]
struct History {
    failing_for: Option<Duration>,
    known_good: bool,
}

/// Reads the history backwards, from the latest attempt to the last one that was fine.
fn history(connection: &Connection, run: RunId, host: &str) -> rusqlite::Result<History> {
    let mut statement = connection.prepare_cached(
        "SELECT a.started, r.access = 'unreachable' FROM robots_txt r
         CROSS JOIN evidence a ON a.run = r.run AND a.url = r.url
         WHERE r.host = ?1 AND r.run <= ?2 ORDER BY a.started DESC LIMIT ?3",
    )?;
    let mut rows = statement.query((host, run, MOST_BACK))?;
    let (mut last, mut first, mut known_good) = (None, None, false);
    while let Some(row) = rows.next()? {
        if !row.get::<_, bool>(1)? {
            known_good = true;
            break;
        }
        let started = Moment::from_millis(row.get(0)?);
        last = last.or(Some(started));
        first = Some(started);
    }
    let lasted = last.zip(first).map(|(last, first)| last.since(first));
    Ok(History {
        failing_for: lasted.filter(|lasted| !lasted.is_zero()),
        known_good,
    })
}

/// Returns the requests for a file that failed, if any did.
fn file_failures(
    connection: &Connection,
    run: RunId,
    url: UrlId,
) -> rusqlite::Result<Option<FileFailures>> {
    // SQLite takes the outcome from the row with the maximum.
    let mut statement = connection.prepare_cached(
        "SELECT f.outcome, f.failed, f.first, f.last,
            (SELECT min(e.started) FROM evidence e JOIN outcome o ON o.code = e.outcome
                WHERE e.run = ?1 AND e.url = ?2 AND o.failure = 0 AND e.started > f.last)
         FROM (SELECT e.outcome, count(*) AS failed, min(e.started) AS first, max(e.started) AS last
            FROM evidence e JOIN outcome o ON o.code = e.outcome
            WHERE e.run = ?1 AND e.url = ?2 AND o.failure = 1) f
         WHERE f.failed > 0",
    )?;
    let found = statement.query_row((run, url), |row| {
        Ok(FileFailures {
            outcome: row.get(0)?,
            failed: count(row, 1)?,
            from: Moment::from_millis(row.get(2)?),
            until: Moment::from_millis(row.get(3)?),
            after: row.get::<_, Option<i64>>(4)?.map(Moment::from_millis),
        })
    });
    found.optional()
}

fn sitemaps(connection: &Connection, run: RunId) -> rusqlite::Result<Vec<KnownSitemap>> {
    connection
        .prepare(
            "SELECT t.text, u.address, a.outcome, u.id
             FROM url u
             CROSS JOIN attempt a ON a.run = u.run AND a.url = u.id
                AND a.number = (SELECT max(number) FROM evidence WHERE run = u.run AND url = u.id)
             CROSS JOIN text t ON t.run = u.run AND t.id = u.host
             WHERE u.run = ? AND u.role = 2 ORDER BY u.address",
        )?
        .query_map([run], |row| {
            Ok(KnownSitemap {
                host: row.get(0)?,
                address: row.get(1)?,
                outcome: row.get(2)?,
                failures: file_failures(connection, run, row.get(3)?)?,
            })
        })?
        .collect()
}

fn failing_redirects(connection: &Connection, run: RunId) -> rusqlite::Result<Vec<EndedRedirect>> {
    connection
        .prepare(
            "SELECT u.address, final.address, a.outcome, r.hops, coalesce(u.inlinks, 0), s.cluster
             FROM redirect_end r
             CROSS JOIN url u ON u.run = r.run AND u.id = r.url
             CROSS JOIN url final ON final.run = r.run AND final.id = r.last
             CROSS JOIN attempt a ON a.run = r.run AND a.url = r.last
                AND a.number = (SELECT max(number) FROM evidence WHERE run = r.run AND url = r.last)
             CROSS JOIN outcome o ON o.code = a.outcome AND o.failure = 1
             LEFT JOIN assessment s ON s.run = r.run AND s.url = r.last
             WHERE r.run = ?1 AND r.ending = 'final' AND u.role <> ?3
             ORDER BY u.inlinks DESC, u.address LIMIT ?2",
        )?
        .query_map((run, MOST_REDIRECTS, Role::External.code()), |row| {
            Ok(EndedRedirect {
                from: row.get(0)?,
                target: row.get(1)?,
                outcome: row.get(2)?,
                hops: row.get(3)?,
                inlinks: row.get::<_, i64>(4)?.unsigned_abs(),
                cluster: row.get::<_, Option<u32>>(5)?.map(|number| number as usize),
            })
        })?
        .collect()
}

/// Returns the redirects that links or sitemaps name and that are in a loop or long. The hops between are
/// not counted.
fn redirect_chains(connection: &Connection, run: RunId) -> rusqlite::Result<RedirectChains> {
    // SQLite takes the URL from the row with the maximum.
    let mut statement = connection.prepare(
        "SELECT count(*), sum(coalesce(u.inlinks, 0)),
            max(CASE WHEN r.ending IN ('loop', 'too_many') THEN coalesce(u.inlinks, 0) ELSE r.hops END),
            coalesce(u.readable, u.address), r.ending IN ('loop', 'too_many') AS endless
         FROM redirect_end r
         CROSS JOIN url u ON u.run = r.run AND u.id = r.url AND u.role <> ?2
         WHERE r.run = ?1 AND (u.inlinks > 0 OR u.in_sitemap OR u.seed)
            AND (r.ending IN ('loop', 'too_many') OR r.hops >= ?3)
         GROUP BY endless",
    )?;
    let mut rows = statement.query((run, Role::External.code(), LONG_CHAIN))?;
    let mut found = RedirectChains::default();
    while let Some(row) = rows.next()? {
        let urls = row.get::<_, i64>(0)?.unsigned_abs();
        let example = Some(row.get(3)?);
        if row.get(4)? {
            found.endless = urls;
            found.inlinks = row.get::<_, i64>(1)?.unsigned_abs();
            found.endless_example = example;
        } else {
            found.long = urls;
            found.most_hops = row.get(2)?;
            found.long_example = example;
        }
    }
    Ok(found)
}

/// Returns the sitemaps that were fetched and have problems. The guessed `/sitemap.xml` need not exist.
fn sitemap_problems(connection: &Connection, run: RunId) -> rusqlite::Result<Vec<SitemapProblem>> {
    let mut statement = connection.prepare(
        "SELECT coalesce(u.readable, u.address), coalesce(f.entries, 0) = 0 AS empty, f.problems, a.status
         FROM url u
         LEFT JOIN sitemap_file f ON f.run = u.run AND f.url = u.id
         CROSS JOIN attempt a ON a.run = u.run AND a.url = u.id
            AND a.number = (SELECT max(number) FROM evidence WHERE run = u.run AND url = u.id)
         CROSS JOIN outcome o ON o.code = a.outcome AND o.failure = 0
         WHERE u.run = ?1 AND (u.role = 2 OR f.url IS NOT NULL)
            AND (f.problems <> '' OR a.status BETWEEN 400 AND 499)
            AND coalesce((u.run, u.found_on) IN (SELECT run, url FROM robots_txt WHERE sitemaps = 0), 0) = 0
         ORDER BY empty DESC, u.address",
    )?;
    let found = statement.query_map([run], |row| {
        let problems: Option<String> = row.get(2)?;
        let first = problems.iter().flat_map(|text| text.lines()).next();
        let answer = || row.get(3).map(|status: u16| format!("answers {status}"));
        Ok(SitemapProblem {
            address: row.get(0)?,
            is_empty: row.get(1)?,
            problem: first.map_or_else(answer, |problem| Ok(problem.to_owned()))?,
        })
    })?;
    found.collect()
}

/// Returns the kinds of references to failing URLs on pages that never failed. Links that a person clicks
/// and redirects are counted elsewhere.
fn broken_references(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<Vec<BrokenReference>> {
    let told = [
        LinkKind::Anchor,
        LinkKind::Area,
        LinkKind::MetaRefresh,
        LinkKind::Redirect,
    ];
    let told = told.map(|kind| kind.code().to_string()).join(", ");
    // SQLite takes URL and page from the row with the minimum.
    let mut statement = connection.prepare(&format!(
        "SELECT b.kind, b.urls, b.pages, b.address, coalesce(p.readable, p.address)
         FROM (
            SELECT l.kind, count(DISTINCT l.target) AS urls, count(DISTINCT l.source) AS pages,
                min(l.number), coalesce(t.readable, t.address) AS address, l.source
            FROM error_link l
            CROSS JOIN assessment s ON s.run = l.run AND s.url = l.target
               AND s.verdict IN ('persistent', 'intermittent', 'unconfirmed')
            CROSS JOIN url t ON t.run = l.run AND t.id = l.target AND t.role <> ?2
            LEFT JOIN assessment good ON good.run = l.run AND good.url = l.source
            WHERE l.run = ?1 AND l.kind NOT IN ({told}) AND coalesce(good.verdict, 'ok') = 'ok'
            GROUP BY l.kind) b
         CROSS JOIN url p ON p.run = ?1 AND p.id = b.source
         ORDER BY b.pages DESC, b.kind"
    ))?;
    let mut rows = statement.query((run, Role::External.code()))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(BrokenReference {
            kind: row.get(0)?,
            urls: row.get::<_, i64>(1)?.unsigned_abs(),
            pages: row.get::<_, i64>(2)?.unsigned_abs(),
            address: row.get(3)?,
            page: row.get(4)?,
        });
    }
    Ok(found)
}

/// Returns the pages that show nothing without their scripts. Pages are counted only if there are any.
fn scripted(connection: &Connection, run: RunId) -> rusqlite::Result<ScriptedPages> {
    let any = "SELECT 1 FROM page WHERE run = ? AND needs_script";
    if !connection.prepare(any)?.exists([run])? {
        return Ok(ScriptedPages::default());
    }
    // SQLite takes the URL from the row with the maximum.
    let sql = "SELECT count(*), coalesce(sum(p.needs_script), 0), max(p.needs_script), coalesce(u.readable, u.address)
        FROM page p CROSS JOIN url u ON u.run = p.run AND u.id = p.url AND u.role = 3
        WHERE p.run = ? AND p.text_hash IS NOT NULL";
    connection.query_row(sql, [run], |row| {
        let (of, part) = (count(row, 0)?, count(row, 1)?);
        let example: Option<String> = row.get(3)?;
        Ok(ScriptedPages {
            pages: Ratio { part, of },
            example: example.filter(|_| part > 0),
        })
    })
}

/// Known pages of a section from which on a robots.txt that forbids them all is reported, and sections reported.
const BLOCKED_PAGES: u32 = 5;
const BLOCKED_SECTIONS: u32 = 20;

/// Returns the sections of which robots.txt forbids every known page, those of most pages first. Only sections with a
/// forbidden page are grouped.
fn blocked(connection: &Connection, run: RunId) -> rusqlite::Result<Vec<BlockedSection>> {
    let mut statement = connection.prepare(
        "SELECT host.text, section.text, count(*), sum(u.in_sitemap), coalesce(min(u.detail), ''),
            min(coalesce(u.readable, u.address))
         FROM url u
         CROSS JOIN text host ON host.run = u.run AND host.id = u.host
         CROSS JOIN text section ON section.run = u.run AND section.id = u.section
         WHERE u.run = ?1 AND u.role = 3
            AND u.section IN (SELECT section FROM url WHERE run = ?1 AND state = 3 AND reason = ?3)
            AND host.text NOT IN (SELECT host FROM robots_txt WHERE run = ?1 AND access = 'unreachable')
         GROUP BY u.host, u.section
         HAVING count(*) >= ?2 AND sum(u.state = 3 AND u.reason = ?3) = count(*)
         ORDER BY count(*) DESC, host.text, section.text LIMIT ?4",
    )?;
    let values = (
        run,
        BLOCKED_PAGES,
        SkipReason::Robots.code(),
        BLOCKED_SECTIONS,
    );
    let found = statement.query_map(values, |row| {
        let (host, section): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(BlockedSection {
            section: match section.strip_prefix('/') {
                Some(path) => format!("{host}/{path}"),
                None => host,
            },
            pages: count(row, 2)?,
            listed: count(row, 3)?,
            line: row.get(4)?,
            example: row.get(5)?,
        })
    })?;
    found.collect()
}
