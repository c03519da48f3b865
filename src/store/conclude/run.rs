//! Computes conclusions that need the whole run: verdicts, inlinks, clicks from a seed, ends of
//! redirect chains, links to failing pages. This happens after a crawl, again after a crawl was
//! continued, and at first use of a run whose process was killed.

use std::collections::HashMap;

use rusqlite::{Connection, Transaction};

use crate::assess::examine::Examination;
use crate::assess::{Rules, Verdict};
use crate::model::{MAX_REDIRECTS, Moment, Outcome, RedirectEnd};

use super::conclusions;
use super::examine::run::examine;
use super::examine::site_files::{extent, site_files};
use super::graph::{Graph, each_page};
use super::over_runs::{date_findings, store_coverage};
use super::traffic::match_traffic;
use super::unlinked::Reach;
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::file::turn::Turn;
use crate::store::rows::ids::UrlId;
use crate::store::runs::id::RunId;

impl Store {
    /// Computes the conclusions of a run, unless they are up to date.
    pub fn conclude(&self, run: RunId) -> Result<(), StoreError> {
        let mut connection = self.connect()?;
        let Some(attempts) = unconcluded(&connection, run).map_err(|source| self.fault(source))?
        else {
            return Ok(());
        };
        let before = self.run_before(&self.run_by_id(run)?)?;
        let before = before.map(|before| before.id);
        conclude(&mut connection, run, attempts, before, &self.turn)
            .map_err(|source| self.fault(source))
    }
}

/// Returns the number of attempts of a run, unless its conclusions are up to date.
fn unconcluded(connection: &Connection, run: RunId) -> rusqlite::Result<Option<i64>> {
    let (attempts, done): (i64, i64) = connection.query_row(
        "SELECT (SELECT count(*) FROM attempt WHERE run = ?1), concluded FROM run WHERE id = ?1",
        [run],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok((attempts != done).then_some(attempts))
}

/// Computes the conclusions of a run. Findings that the run `before` has too are as old as there, and a run more.
fn conclude(
    connection: &mut Connection,
    run: RunId,
    attempts: i64,
    before: Option<RunId>,
    turn: &Turn,
) -> rusqlite::Result<()> {
    // One transaction for all statements: otherwise each would lock and unlock the file.
    let reading = connection.transaction()?;
    let graph = Graph::read(&reading, run)?;
    let reach = Reach::read(&reading, run)?;
    reading.finish()?;
    // Takes the write lock at once: a transaction that starts as a reader cannot wait for its turn.
    // Until it ends, the log beside the file holds a second copy of the rows of `url` and
    // `assessment`, about 150 bytes per page. In memory it takes only the connection's cache.
    let tx = turn.begin(connection)?;
    graph.store(&tx, run)?;
    reach.store(&tx, run)?;
    redirect_ends(&tx, run)?;
    assess(&tx, run)?;
    date_findings(&tx, run, before)?;
    match_traffic(&tx, run)?;
    store_coverage(&tx, run)?;
    tx.execute(
        "UPDATE run SET concluded = ?2 WHERE id = ?1",
        (run, attempts),
    )?;
    tx.commit()
}

/// Judges the attempts at each URL, and all of them together, and stores the results.
fn assess(tx: &Transaction<'_>, run: RunId) -> rusqlite::Result<()> {
    let mut examination = Examination::new(Rules::ONE_SHOT);
    let mut failing = judge(tx, run, &mut examination)?;
    // Only all pages together show that one backend of several fails, and then each is judged by it.
    let dead_backends = examination.dead_backends();
    if !dead_backends.is_empty() {
        examination = Examination::new(Rules::ONE_SHOT);
        examination.with_dead_backends(dead_backends);
        failing = judge(tx, run, &mut examination)?;
    }
    error_links(tx, run, &failing)?;
    let files = site_files(tx, run)?;
    let found = examination.conclude(&files, extent(tx, run)?);
    conclusions::store(tx, run, &found)
}

/// Judges the attempts at each URL and stores the results. Returns which URLs are not ok, by number, up to the last such
/// URL.
fn judge(
    tx: &Transaction<'_>,
    run: RunId,
    examination: &mut Examination,
) -> rusqlite::Result<Vec<bool>> {
    tx.execute("DELETE FROM assessment WHERE run = ?", [run])?;
    let mut failing: Vec<bool> = Vec::new();
    let mut insert = tx.prepare(
        "INSERT INTO assessment (run, url, verdict, outcome, attempts, failed, failed_5xx, failed_502,
            passes, first_failed, last_failed, last_ok, error_rate, error_low, error_high,
            risk, risk_low, risk_high, risk_now, weight, priority, cluster,
            in_outage, earlier_failed, earlier_runs)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    examine(tx, run, examination, &mut |url, examined, earlier| {
        let found = &examined.judgement;
        if found.verdict != Verdict::Ok {
            failing.resize(url as usize, false);
            failing.push(true);
        }
        let (rate, risk) = (found.error_rate, found.indexing_risk());
        insert.execute(rusqlite::params![
            run,
            url,
            found.verdict.name(),
            found.last.map(Outcome::code),
            found.attempts,
            found.failed,
            found.status_5xx,
            found.status_502,
            found.passes,
            found.first_failed.map(Moment::millis),
            found.last_failed.map(Moment::millis),
            found.last_ok.map(Moment::millis),
            rate.value,
            rate.low,
            rate.high,
            risk.value,
            risk.low,
            risk.high,
            found.risk_now().value,
            examined.weight,
            examined.priority,
            examined.cluster.map(|number| number as u32),
            found.in_outage,
            earlier.failed(),
            earlier.all(),
        ])?;
        Ok(())
    })?;
    Ok(failing)
}

fn error_links(tx: &Transaction<'_>, run: RunId, failing: &[bool]) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM error_link WHERE run = ?", [run])?;
    if failing.is_empty() {
        return Ok(());
    }
    let mut insert = tx.prepare(
        "INSERT INTO error_link (run, target, number, source, kind, anchor, rel, position, follow)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let mut number = 0_u32;
    let fails = |target: UrlId| failing.get(target as usize).is_some_and(|fails| *fails);
    each_page(tx, run, 0, |source, links| {
        for link in links.filter(|link| fails(link.target)) {
            number += 1;
            insert.execute(rusqlite::params![
                run,
                link.target,
                number,
                source,
                link.nature.kind.code(),
                Some(link.anchor).filter(|id| *id != 0),
                Some(link.nature.rel).filter(|id| *id != 0),
                link.nature.position.code(),
                link.nature.follow,
            ])?;
        }
        Ok(())
    })
}

fn redirect_ends(tx: &Transaction<'_>, run: RunId) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM redirect_end WHERE run = ?", [run])?;
    let next: HashMap<UrlId, UrlId> = tx
        .prepare("SELECT url, redirect FROM page WHERE run = ? AND redirect IS NOT NULL")?
        .query_map([run], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut settled = tx.prepare("SELECT state = 2 FROM url WHERE run = ? AND id = ?")?;
    let mut insert = tx.prepare(
        "INSERT INTO redirect_end (run, url, hops, last, ending) VALUES (?, ?, ?, ?, ?)",
    )?;
    for start in next.keys() {
        let chain = follow(&next, *start);
        let fetched: bool = settled.query_row((run, chain.last), |row| row.get(0))?;
        let ending = match chain.ending {
            RedirectEnd::Final if !fetched => RedirectEnd::NotFetched,
            ending => ending,
        };
        insert.execute((run, *start, chain.hops, chain.last, ending.name()))?;
    }
    Ok(())
}

struct Chain {
    hops: u32,
    last: UrlId,
    ending: RedirectEnd,
}

fn follow(next: &HashMap<UrlId, UrlId>, start: UrlId) -> Chain {
    let mut seen = vec![start];
    let mut last = start;
    while let Some(target) = next.get(&last) {
        let hops = seen.len() as u32;
        if seen.contains(target) {
            return Chain {
                hops,
                last,
                ending: RedirectEnd::Loop,
            };
        }
        if hops > u32::from(MAX_REDIRECTS) {
            return Chain {
                hops,
                last,
                ending: RedirectEnd::TooMany,
            };
        }
        seen.push(*target);
        last = *target;
    }
    Chain {
        hops: seen.len() as u32 - 1,
        last,
        ending: RedirectEnd::Final,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_end_somewhere() {
        let next: HashMap<UrlId, UrlId> = [(1, 2), (2, 3), (4, 5), (5, 4), (6, 6)].into();
        let cases = [
            (1, 2, 3, RedirectEnd::Final),
            (4, 2, 5, RedirectEnd::Loop),
            (6, 1, 6, RedirectEnd::Loop),
        ];
        for (start, hops, last, ending) in cases {
            let chain = follow(&next, start);
            assert_eq!((chain.hops, chain.last, chain.ending), (hops, last, ending));
        }
        let long: HashMap<UrlId, UrlId> = (1..20).map(|n| (n, n + 1)).collect();
        assert_eq!(follow(&long, 1).ending, RedirectEnd::TooMany);
        assert_eq!(follow(&long, 10).ending, RedirectEnd::Final);
    }
}
