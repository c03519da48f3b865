//! Matches the visits of a site (`--traffic`) with the pages of a run, and lets them weigh in `Priority`; without visits,
//! requests in server logs (`--logs`).

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Transaction};

use crate::assess::OTHER;
use crate::parse::traffic::Visits;
use crate::store::runs::id::RunId;
use crate::store::runs::traffic::{CLICKS_OF_SECTION, COSTS, LASTING};

/// The number that the most visited page adds to the factor of `Priority`, which is 1 without visits. Ours.
const WEIGHT: f64 = 2.0;

/// Matches the newest visits of the run's site, if they are not too old. A page of the files is, in this order,
///
/// - the page with its URL, or one that differs only in `http`, `www.` or a final slash;
/// - if that page was not requested, or the run knows none, the page that names it as its canonical;
/// - if that page redirects, the page at the end of its redirects.
pub(super) fn match_traffic(tx: &Transaction<'_>, run: RunId) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM run_traffic WHERE run = ?", [run])?;
    tx.execute("DELETE FROM page_traffic WHERE run = ?", [run])?;
    let file: Option<i64> = tx
        .query_row(
            "SELECT f.id FROM run r CROSS JOIN traffic_file f ON f.site = r.site
             WHERE r.id = ? AND f.read <= r.started AND f.read > r.started - ?",
            (run, i64::try_from(LASTING.as_millis()).unwrap_or(i64::MAX)),
            |row| row.get(0),
        )
        .optional()?;
    let Some(file) = file else {
        return weigh_by_hits(tx, run);
    };
    let pages = visits(tx, file)?;
    let all = Totals::of(pages.values());
    let matched = matched(tx, run, pages)?;
    let own = Totals::of(matched.values());
    tx.execute(
        "INSERT INTO run_traffic (run, read, days, stated, pages, matched, visits, matched_visits)
         SELECT ?, read, days, stated, ?, ?, ?, ? FROM traffic_file WHERE id = ?",
        (run, all.pages, own.pages, all.visits, own.visits, file),
    )?;
    let mut insert = tx.prepare(
        "INSERT INTO page_traffic (run, url, clicks, impressions, sessions) VALUES (?, ?, ?, ?, ?)",
    )?;
    let mut weigh = tx.prepare(WEIGH)?;
    for (url, Matched { visits: of, .. }) in matched {
        insert.execute((run, url, of.clicks, of.impressions, of.sessions))?;
        if let Some(factor) = factor(of.at_stake(), own.most) {
            weigh.execute((factor, run, url))?;
        }
    }
    store_sections(tx, run)
}

/// Stores what failures cost in each section, and its visits.
fn store_sections(tx: &Transaction<'_>, run: RunId) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT INTO measure (run, name, value, low, high, seen)
         SELECT p.run, ?2 || p.name, coalesce(sum(c.value), 0), coalesce(sum(c.low), 0),
            coalesce(sum(c.high), 0), coalesce(round(sum(c.visits)), 0)
         FROM part p
         LEFT JOIN ({COSTS}) c ON c.section = p.name OR (p.name = ?3 AND c.section NOT IN (
            SELECT name FROM part WHERE run = ?1 AND kind = 'section'))
         WHERE p.run = ?1 AND p.kind = 'section' GROUP BY p.name"
    );
    tx.execute(&sql, (run, CLICKS_OF_SECTION, OTHER))?;
    Ok(())
}

/// Takes the requests in server logs for visits, where no others are known. Ours: the logs count whole days, so that a
/// part of a day, whose load may be unusual, is not extrapolated.
fn weigh_by_hits(tx: &Transaction<'_>, run: RunId) -> rusqlite::Result<()> {
    let hits = tx
        // 3 = page of the site
        .prepare(
            "SELECT h.url, h.hits FROM log_hit h CROSS JOIN url u ON u.run = h.run AND u.id = h.url
             WHERE h.run = ? AND u.role = 3",
        )?
        .query_map([run], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(i64, f64)>>>()?;
    let most = hits.iter().map(|(_, hits)| *hits).fold(0.0, f64::max);
    let all: f64 = hits.iter().map(|(_, hits)| *hits).sum();
    tx.execute(
        "INSERT INTO run_traffic (run, read, days, stated, pages, matched, visits, matched_visits, of_logs)
         SELECT id, started, log_days, 1, ?2, ?2, ?3, ?3, 1 FROM run WHERE id = ?1 AND log_days > 0",
        (run, hits.len().try_into().unwrap_or(i64::MAX), all),
    )?;
    let mut insert = tx.prepare("INSERT INTO page_traffic (run, url, hits) VALUES (?, ?, ?)")?;
    let mut weigh = tx.prepare(WEIGH)?;
    for (url, hits) in hits {
        insert.execute((run, url, hits))?;
        if let Some(factor) = factor(hits, most) {
            weigh.execute((factor, run, url))?;
        }
    }
    Ok(())
}

const WEIGH: &str = "UPDATE assessment SET priority = priority * ? WHERE run = ? AND url = ?";

/// Returns the factor of `Priority` of a page with visits.
fn factor(visits: f64, most: f64) -> Option<f64> {
    let share = visits.ln_1p() / most.ln_1p();
    (share.is_finite() && share > 0.0).then_some(1.0 + WEIGHT * share)
}

/// Returns the visits by URL.
fn visits(tx: &Transaction<'_>, file: i64) -> rusqlite::Result<HashMap<String, Matched>> {
    let mut statement =
        tx.prepare("SELECT address, clicks, impressions, sessions FROM traffic WHERE file = ?")?;
    let rows = statement.query_map([file], |row| {
        let visits = Visits {
            clicks: row.get(1)?,
            impressions: row.get(2)?,
            sessions: row.get(3)?,
        };
        Ok((row.get(0)?, Matched { visits, pages: 1 }))
    })?;
    rows.collect()
}

/// Visits of pages of the files.
#[derive(Clone, Copy, Default)]
struct Matched {
    visits: Visits,
    /// Number of these pages.
    pages: i64,
}

impl Matched {
    fn add(&mut self, other: Matched) {
        self.visits.add(other.visits);
        self.pages += other.pages;
    }
}

/// Returns the visits of the run's pages, by the number of the page.
fn matched(
    tx: &Transaction<'_>,
    run: RunId,
    mut pages: HashMap<String, Matched>,
) -> rusqlite::Result<HashMap<i64, Matched>> {
    let mut found: HashMap<i64, Matched> = HashMap::new();
    // 3 = page of the site
    let mut statement = tx.prepare("SELECT id, address FROM url WHERE run = ? AND role = 3")?;
    {
        let mut urls = statement.query([run])?;
        while let Some(row) = urls.next()? {
            if let Some(of) = pages.remove(row.get_ref(1)?.as_str()?) {
                found.insert(row.get(0)?, of);
            }
        }
    }
    let mut alike: HashMap<&str, Matched> = HashMap::new();
    for (address, of) in &pages {
        alike.entry(core(address)).or_default().add(*of);
    }
    let mut urls = statement.query([run])?;
    while let Some(row) = urls.next()? {
        if alike.is_empty() {
            break;
        }
        if let Some(of) = alike.remove(core(row.get_ref(1)?.as_str()?)) {
            found.entry(row.get(0)?).or_default().add(of);
        }
    }
    // 2 = settled. Of several pages with one canonical, the one with the most inlinks has its visits.
    let mut canonicals = tx.prepare(
        "SELECT p.url, c.id, c.address FROM page p
         CROSS JOIN url c ON c.run = p.run AND c.id = p.canonical
         CROSS JOIN url u ON u.run = p.run AND u.id = p.url
         WHERE p.run = ? AND p.canonical <> p.url AND c.state <> 2 AND u.role = 3
         ORDER BY u.unique_inlinks DESC, u.address",
    )?;
    let mut rows = canonicals.query([run])?;
    while let Some(row) = rows.next()? {
        let (page, canonical): (i64, i64) = (row.get(0)?, row.get(1)?);
        let known = found.remove(&canonical);
        let unknown = alike.remove(core(row.get_ref(2)?.as_str()?));
        for of in known.into_iter().chain(unknown) {
            found.entry(page).or_default().add(of);
        }
    }
    let mut ends = tx.prepare(
        "SELECT r.url, r.last FROM redirect_end r CROSS JOIN url u ON u.run = r.run AND u.id = r.last
         WHERE r.run = ? AND r.ending = 'final' AND u.role = 3",
    )?;
    let mut rows = ends.query([run])?;
    while let Some(row) = rows.next()? {
        let (page, end): (i64, i64) = (row.get(0)?, row.get(1)?);
        if let Some(of) = found.remove(&page) {
            found.entry(end).or_default().add(of);
        }
    }
    Ok(found)
}

/// Returns the part of a URL that identifies a page, without scheme, `www.` and final slash.
fn core(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    rest.strip_suffix('/').unwrap_or(rest)
}

/// Sums over pages.
#[derive(Default)]
struct Totals {
    pages: i64,
    visits: f64,
    most: f64,
}

impl Totals {
    fn of<'v>(all: impl Iterator<Item = &'v Matched>) -> Totals {
        all.fold(Totals::default(), |sum, of| Totals {
            pages: sum.pages + of.pages,
            visits: sum.visits + of.visits.at_stake(),
            most: sum.most.max(of.visits.at_stake()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::core;

    #[test]
    fn spellings_of_one_page_are_alike() {
        for address in [
            "http://a.test/x/",
            "https://www.a.test/x",
            "https://a.test/x",
        ] {
            assert_eq!(core(address), "a.test/x");
        }
        assert_ne!(core("https://a.test/x?a=1"), core("https://a.test/x"));
    }
}
