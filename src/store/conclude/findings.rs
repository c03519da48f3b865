//! Writes the findings of a run, each with the failures that it is about, and counts its pages from them.

use std::collections::{HashMap, HashSet};

use rusqlite::{Transaction, params};

use crate::assess::examine::FindingFound;
use crate::store::rows::ids::UrlId;
use crate::store::rows::row::{insert, to_json};
use crate::store::runs::id::RunId;

/// Stores the findings, the worst first.
pub(super) fn store(
    tx: &Transaction<'_>,
    run: RunId,
    found: &[FindingFound],
) -> rusqlite::Result<()> {
    let mut ids = HashSet::new();
    let mut addresses: HashMap<&str, Vec<u32>> = HashMap::new();
    for (number, found) in (0_u32..).zip(found) {
        let id = unused(found.id(), &ids);
        store_finding(tx, run, number, &id, found)?;
        ids.insert(id);
        for address in &found.addresses {
            addresses.entry(address).or_default().push(number);
        }
    }
    store_urls(tx, run, &addresses)?;
    count_pages(tx, run, found)
}

/// Returns the name with a number behind it if another finding has it already, as two causes in one place do.
fn unused(id: String, used: &HashSet<String>) -> String {
    if !used.contains(&id) {
        return id;
    }
    let numbered = (2..).map(|number| format!("{id}-{number}"));
    let mut free = numbered.filter(|id| !used.contains(id));
    free.next().unwrap_or_default()
}

fn store_finding(
    tx: &Transaction<'_>,
    run: RunId,
    number: u32,
    id: &str,
    found: &FindingFound,
) -> rusqlite::Result<()> {
    let finding = &found.finding;
    insert!(
        tx,
        "INSERT INTO finding",
        run: run,
        number: number,
        rule: finding.rule.id(),
        severity: finding.severity.id(),
        scope: finding.scope.id(),
        subject: finding.subject,
        cause: finding.cause_text(),
        confidence: finding.confidence,
        sentences: to_json(&finding.sentences()),
        facts: to_json(&finding.evidence),
        advice: finding.advice,
        server: finding.server(),
        pages: finding.pages.map(u64::cast_signed),
        id: id,
    )?;
    let mut insert = tx.prepare_cached(
        "INSERT OR IGNORE INTO finding_cluster (run, cluster, finding) VALUES (?, ?, ?)",
    )?;
    for cluster in &found.clusters {
        insert.execute(params![run, *cluster as u64 as i64, number])?;
    }
    Ok(())
}

/// Finds URLs by their texts, which have no index, in one walk over all of them.
fn store_urls(
    tx: &Transaction<'_>,
    run: RunId,
    addresses: &HashMap<&str, Vec<u32>>,
) -> rusqlite::Result<()> {
    if addresses.is_empty() {
        return Ok(());
    }
    let mut insert = tx
        .prepare_cached("INSERT OR IGNORE INTO finding_url (run, url, finding) VALUES (?, ?, ?)")?;
    let mut urls =
        tx.prepare("SELECT id, coalesce(readable, address), address FROM url WHERE run = ?")?;
    let mut urls = urls.query([run])?;
    while let Some(row) = urls.next()? {
        let id: UrlId = row.get(0)?;
        for name in [row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?] {
            for finding in addresses.get(name).into_iter().flatten() {
                insert.execute(params![run, id, finding])?;
            }
        }
    }
    Ok(())
}

/// Counts the pages of the findings that are about clusters: those that fail, or, if none does, those that recovered.
fn count_pages(tx: &Transaction<'_>, run: RunId, found: &[FindingFound]) -> rusqlite::Result<()> {
    if found.iter().all(|found| found.clusters.is_empty()) {
        return Ok(());
    }
    let mut counts = tx.prepare(
        "SELECT f.finding, sum(s.verdict <> 'transient'), count(*)
         FROM assessment s CROSS JOIN url u ON u.run = s.run AND u.id = s.url
         CROSS JOIN finding_cluster f ON f.run = s.run AND f.cluster = s.cluster
         WHERE s.run = ? AND s.cluster IS NOT NULL AND u.role = 3 GROUP BY f.finding",
    )?;
    let mut update = tx.prepare("UPDATE finding SET pages = ?3 WHERE run = ?1 AND number = ?2")?;
    let mut rows = counts.query([run])?;
    while let Some(row) = rows.next()? {
        let (number, failing, all): (u32, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let counts_all = (found.get(number as usize)).is_some_and(FindingFound::counts_recovered);
        let pages = if counts_all || failing == 0 {
            all
        } else {
            failing
        };
        update.execute((run, number, pages))?;
    }
    Ok(())
}
