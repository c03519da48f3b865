//! Matches the visits of a site (`--traffic`) with the pages of a run, and lets them weigh in `Priority`; without visits,
//! requests in server logs (`--logs`).

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Transaction};

use crate::parse::traffic::Visits;
use crate::store::runs::id::RunId;
use crate::store::runs::traffic::LASTING;

/// The number that the most visited page adds to the factor of `Priority`, which is 1 without visits. Ours.
const WEIGHT: f64 = 2.0;

/// Matches the newest visits of the run's site, if they are not too old. A page of the files is the page with its
/// URL or, if the run knows none, one that differs only in `http`, `www.` or a final slash.
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
    let mut pages = visits(tx, file)?;
    let all = Totals::of(pages.values());
    let matched = matched(tx, run, &mut pages)?;
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
    for (url, of) in matched {
        insert.execute((run, url, of.clicks, of.impressions, of.sessions))?;
        if let Some(factor) = factor(of.at_stake(), own.most) {
            weigh.execute((factor, run, url))?;
        }
    }
    Ok(())
}

/// Lets the requests in server logs weigh in `Priority`, where no visits are known.
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
    let mut weigh = tx.prepare(WEIGH)?;
    for (url, hits) in hits {
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
fn visits(tx: &Transaction<'_>, file: i64) -> rusqlite::Result<HashMap<String, Visits>> {
    let mut statement =
        tx.prepare("SELECT address, clicks, impressions, sessions FROM traffic WHERE file = ?")?;
    let rows = statement.query_map([file], |row| {
        let visits = Visits {
            clicks: row.get(1)?,
            impressions: row.get(2)?,
            sessions: row.get(3)?,
        };
        Ok((row.get(0)?, visits))
    })?;
    rows.collect()
}

/// Takes the visits of the run's pages out of those of the files, by the number of the page.
fn matched(
    tx: &Transaction<'_>,
    run: RunId,
    pages: &mut HashMap<String, Visits>,
) -> rusqlite::Result<HashMap<i64, Visits>> {
    let mut found = HashMap::new();
    // 3 = page of the site
    let mut statement = tx.prepare("SELECT id, address FROM url WHERE run = ? AND role = 3")?;
    {
        let mut urls = statement.query([run])?;
        while let Some(row) = urls.next()? {
            if let Some(visits) = pages.remove(row.get_ref(1)?.as_str()?) {
                found.insert(row.get(0)?, visits);
            }
        }
    }
    let mut alike: HashMap<&str, Visits> = HashMap::new();
    for (address, visits) in &*pages {
        alike.entry(core(address)).or_default().add(*visits);
    }
    let mut urls = statement.query([run])?;
    while let Some(row) = urls.next()? {
        if alike.is_empty() {
            break;
        }
        if let Some(visits) = alike.remove(core(row.get_ref(1)?.as_str()?)) {
            found.entry(row.get(0)?).or_default().add(visits);
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
    fn of<'v>(all: impl Iterator<Item = &'v Visits>) -> Totals {
        all.fold(Totals::default(), |sum, visits| Totals {
            pages: sum.pages + 1,
            visits: sum.visits + visits.at_stake(),
            most: sum.most.max(visits.at_stake()),
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
