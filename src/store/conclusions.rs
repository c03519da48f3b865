//! Rows for what a run amounts to: clusters with their causes, findings, sections, scores.

use rusqlite::Transaction;
use serde::Serialize;

use crate::assess::diagnose::Diagnosis;
use crate::assess::diagnose::rules::Finding;
use crate::assess::examine::{ClusterFound, Conclusions, SectionFound};
use crate::assess::{Band, Deduction, Interval, Score, Verdict};

/// Tables that are computed anew each time.
const COMPUTED: [&str; 6] = [
    "cluster",
    "trial",
    "measure",
    "deduction",
    "section",
    "finding",
];

/// Stores what a run amounts to, in place of what was stored before.
pub(super) fn store(tx: &Transaction<'_>, run: i64, found: &Conclusions) -> rusqlite::Result<()> {
    for table in COMPUTED {
        tx.execute(&format!("DELETE FROM {table} WHERE run = ?"), [run])?;
    }
    for (number, cluster) in (0_u32..).zip(&found.clusters) {
        store_cluster(tx, run, number, cluster)?;
    }
    for (number, finding) in (0_u32..).zip(&found.findings) {
        store_finding(tx, run, number, finding)?;
    }
    for section in &found.sections {
        store_section(tx, run, section)?;
    }
    measures(tx, run, found)?;
    let crawlability = found.crawlability.deductions();
    let risk = found.indexing_risk.deductions();
    let rows = crawlability
        .iter()
        .map(|row| ("crawlability", row))
        .chain(risk.iter().map(|row| ("indexing_risk", row)));
    for (number, (measure, row)) in (0_u32..).zip(rows) {
        store_deduction(tx, run, number, measure, row)?;
    }
    Ok(())
}

fn store_cluster(
    tx: &Transaction<'_>,
    run: i64,
    number: u32,
    cluster: &ClusterFound,
) -> rusqlite::Result<()> {
    let diagnosis = &cluster.diagnosis;
    tx.prepare_cached("INSERT INTO cluster VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(rusqlite::params![
            run,
            number,
            cluster.host,
            cluster.section,
            cluster.outcome.code(),
            cluster.urls.cast_signed(),
            cluster.failures.cast_signed(),
            cluster.source,
            diagnosis.product,
            causes(diagnosis),
            diagnosis.confidence,
            json(&diagnosis.evidence),
            diagnosis.advice(),
        ])?;
    let mut insert = tx.prepare_cached("INSERT INTO trial VALUES (?, ?, ?, ?, ?, ?, ?)")?;
    for trial in &cluster.trials {
        insert.execute(rusqlite::params![
            run,
            number,
            trial.probe.name(),
            trial.fine.part.cast_signed(),
            trial.fine.of.cast_signed(),
            trial.own.part.cast_signed(),
            trial.own.of.cast_signed(),
        ])?;
    }
    Ok(())
}

fn causes(diagnosis: &Diagnosis) -> String {
    let named = diagnosis.named().iter().map(|(cause, _)| cause.id());
    named.collect::<Vec<_>>().join(" or ")
}

fn store_finding(
    tx: &Transaction<'_>,
    run: i64,
    number: u32,
    finding: &Finding,
) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(rusqlite::params![
            run,
            number,
            finding.rule,
            finding.severity.id(),
            finding.scope.id(),
            finding.subject,
            finding.cause_text(),
            finding.confidence,
            finding.evidence_text(),
            json(&finding.evidence),
            finding.advice,
        ])
        .map(|_| ())
}

fn store_section(tx: &Transaction<'_>, run: i64, found: &SectionFound) -> rusqlite::Result<()> {
    let pages = &found.pages;
    let count = |verdict| pages.count(verdict).cast_signed();
    let rate = pages.looks.error_rate();
    let value = |score: Score| score.known().map(|score| score.value);
    tx.prepare_cached("INSERT INTO section VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(rusqlite::params![
            run,
            found.name,
            pages.urls.cast_signed(),
            pages.failing().cast_signed(),
            count(Verdict::Persistent),
            count(Verdict::Intermittent),
            count(Verdict::Transient),
            count(Verdict::LoadInduced),
            rate.value,
            rate.low,
            rate.high,
            value(found.crawlability.score),
            value(found.indexing_risk.score),
        ])
        .map(|_| ())
}

fn measures(tx: &Transaction<'_>, run: i64, found: &Conclusions) -> rusqlite::Result<()> {
    let looks = &found.site.looks;
    let rate = |rate: Interval| Some(rate).filter(|_| looks.of > 0);
    let rows: [(&str, Option<Interval>, Option<Band>); 5] = [
        (
            "crawlability",
            found.crawlability.score.known(),
            found.crawlability.band(),
        ),
        (
            "indexing_risk",
            found.indexing_risk.score.known(),
            found.indexing_risk.band(),
        ),
        ("error_rate", rate(looks.error_rate()), None),
        ("rate_5xx", rate(looks.rate_5xx()), None),
        ("rate_502", rate(looks.rate_502()), None),
    ];
    let mut insert = tx.prepare("INSERT INTO measure VALUES (?, ?, ?, ?, ?, ?, ?)")?;
    for (name, score, band) in rows {
        insert.execute(rusqlite::params![
            run,
            name,
            score.map(|score| score.value),
            score.map(|score| score.low),
            score.map(|score| score.high),
            band.map(Band::name),
            looks.of.cast_signed(),
        ])?;
    }
    Ok(())
}

fn store_deduction(
    tx: &Transaction<'_>,
    run: i64,
    number: u32,
    measure: &str,
    row: &Deduction,
) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT INTO deduction VALUES (?, ?, ?, ?, ?, ?, ?)")?
        .execute(rusqlite::params![
            run,
            number,
            measure,
            row.rule,
            row.points,
            json(&row.evidence),
            json(&row.urls),
        ])
        .map(|_| ())
}

/// Values of our own always have a form in JSON.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
