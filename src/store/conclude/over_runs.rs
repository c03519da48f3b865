//! The values of a run that trends over several runs need: the age of its findings, and its coverage.

use rusqlite::Transaction;

use crate::model::Moment;

use super::conclusions::COVERAGE;
use crate::store::read::summary::found::findings;
use crate::store::read::summary::tally::count_run;
use crate::store::rows::row::insert;
use crate::store::runs::id::RunId;

/// Dates the findings of a run: those that the run before has too are as old as there, and a run more.
pub(super) fn date_findings(
    tx: &Transaction<'_>,
    run: RunId,
    before: Option<RunId>,
) -> rusqlite::Result<()> {
    let began = |run: RunId| -> rusqlite::Result<Moment> {
        let started = tx.query_row("SELECT started FROM run WHERE id = ?", [run], |row| {
            row.get(0)
        });
        started.map(Moment::from_millis)
    };
    let now = began(run)?;
    let (then, old) = match before {
        Some(before) => (began(before)?, findings(tx, before)?),
        None => (now, Vec::new()),
    };
    let mut date =
        tx.prepare("UPDATE finding SET since = ?3, runs = ?4 WHERE run = ?1 AND number = ?2")?;
    for (number, found) in (0_u32..).zip(findings(tx, run)?) {
        let same = old.iter().filter(|old| {
            old.rule == found.rule && found.rule.is_same_subject(&old.subject, &found.subject)
        });
        let oldest = same.max_by_key(|old| old.runs);
        let since = oldest.map_or(now, |old| old.since.unwrap_or(then));
        let runs = 1 + oldest.map_or(0, |old| old.runs);
        date.execute((run, number, since.millis(), runs))?;
    }
    Ok(())
}

/// Stores the coverage of a run as a measure, for the trend over its runs.
pub(super) fn store_coverage(tx: &Transaction<'_>, run: RunId) -> rusqlite::Result<()> {
    let pages = count_run(tx, run)?.pages;
    let share = pages.coverage();
    insert!(
        tx,
        "INSERT INTO measure",
        run: run,
        name: COVERAGE,
        value: share,
        low: share,
        high: share,
        band: None::<&str>,
        seen: pages.known.cast_signed(),
    )
    .map(|_| ())
}
