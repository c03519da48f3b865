//! Writes the conclusions of a run: clusters with their causes, findings, sections, scores.

use rusqlite::Transaction;

use crate::assess::examine::{ClusterFound, Conclusions, PartFound};
use crate::assess::{Band, Deduction, Interval, NotEstimated, ScoreModel, Uncaught, Verdict};
use crate::model::Causes;

use super::findings;
use crate::store::rows::row::{insert, to_json};
use crate::store::runs::id::RunId;

/// Tables that are replaced on each conclusion.
const COMPUTED: [&str; 8] = [
    "cluster",
    "trial",
    "measure",
    "deduction",
    "part",
    "finding",
    "finding_cluster",
    "finding_url",
];

/// The measure of pages that fail intermittently and were not caught. Its `seen` counts pages that
/// never failed.
pub(in crate::store) const UNCAUGHT: &str = "uncaught";

/// The measure of the share of known pages that were fetched, 0 to 1. Its `seen` counts known pages.
pub(in crate::store) const COVERAGE: &str = "coverage";

/// The measure of the milliseconds to the first byte of good answers: median, and the 5th and 95th percentile as
/// bounds.
pub(in crate::store) const FIRST_BYTE: &str = "first_byte_ms";

/// The measure of the version of the scoring model. Runs of earlier programs have none: they follow the first model.
pub(in crate::store) const SCORE_MODEL: &str = "score_model";

/// The band if pages failed, so that the number is an estimate.
const ESTIMATED: &str = "estimated";

/// Stores the conclusions of a run in place of earlier ones.
pub(in crate::store) fn store(
    tx: &Transaction<'_>,
    run: RunId,
    found: &Conclusions,
) -> rusqlite::Result<()> {
    for table in COMPUTED {
        tx.execute(&format!("DELETE FROM {table} WHERE run = ?"), [run])?;
    }
    for (number, cluster) in (0_u32..).zip(&found.clusters) {
        store_cluster(tx, run, number, cluster)?;
    }
    findings::store(tx, run, &found.findings)?;
    for section in &found.sections {
        store_part(tx, run, "section", section)?;
    }
    for host in &found.hosts {
        store_part(tx, run, "host", host)?;
    }
    measures(tx, run, found)?;
    if let Some(uncaught) = found.uncaught {
        store_uncaught(tx, run, uncaught)?;
    }
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
    run: RunId,
    number: u32,
    cluster: &ClusterFound,
) -> rusqlite::Result<()> {
    let diagnosis = &cluster.diagnosis;
    insert!(
        tx,
        "INSERT INTO cluster",
        run: run,
        number: number,
        host: cluster.host,
        section: cluster.section,
        outcome: cluster.outcome.code(),
        urls: cluster.urls.cast_signed(),
        failures: cluster.failures.cast_signed(),
        source: cluster.source,
        product: diagnosis.product,
        cause: cluster.causes.iter().copied().collect::<Causes>().to_string(),
        confidence: cluster.confidence,
        evidence: to_json(&diagnosis.evidence),
        advice: cluster.advice,
    )?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO trial (run, cluster, probe, fine, tried, own_fine, own_tried)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )?;
    for experiment in &cluster.experiments {
        insert.execute(rusqlite::params![
            run,
            number,
            experiment.experiment.name(),
            experiment.fine.part.cast_signed(),
            experiment.fine.of.cast_signed(),
            experiment.own.part.cast_signed(),
            experiment.own.of.cast_signed(),
        ])?;
    }
    Ok(())
}

fn store_part(
    tx: &Transaction<'_>,
    run: RunId,
    kind: &str,
    found: &PartFound,
) -> rusqlite::Result<()> {
    let pages = &found.pages;
    let count = |verdict| pages.count(verdict).cast_signed();
    let (rate, rate_5xx, rate_502) = (
        pages.looks.error_rate(),
        pages.looks.rate_5xx(),
        pages.looks.rate_502(),
    );
    let crawlability = found.crawlability.score.known();
    let risk = found.indexing_risk.score.known();
    insert!(
        tx,
        "INSERT INTO part",
        run: run,
        kind: kind,
        name: found.name,
        urls: pages.urls.cast_signed(),
        failing: pages.failing().cast_signed(),
        persistent: count(Verdict::Persistent),
        intermittent: count(Verdict::Intermittent),
        transient: count(Verdict::Transient),
        load_induced: count(Verdict::LoadInduced),
        error_rate: rate.value,
        error_low: rate.low,
        error_high: rate.high,
        rate_502: rate_502.value,
        low_502: rate_502.low,
        high_502: rate_502.high,
        rate_5xx: rate_5xx.value,
        low_5xx: rate_5xx.low,
        high_5xx: rate_5xx.high,
        crawlability: crawlability.map(|score| score.value),
        crawlability_low: crawlability.map(|score| score.low),
        crawlability_high: crawlability.map(|score| score.high),
        risk: risk.map(|score| score.value),
        risk_low: risk.map(|score| score.low),
        risk_high: risk.map(|score| score.high),
    )
    .map(|_| ())
}

fn measures(tx: &Transaction<'_>, run: RunId, found: &Conclusions) -> rusqlite::Result<()> {
    let looks = &found.site.looks;
    let rate = |rate: Interval| Some(rate).filter(|_| looks.of > 0);
    let model = Interval::exact(f64::from(ScoreModel::OURS.version()));
    let rows: [(&str, Option<Interval>, Option<Band>); 7] = [
        (SCORE_MODEL, Some(model), None),
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
        (FIRST_BYTE, found.first_byte, None),
    ];
    for (name, score, band) in rows {
        insert!(
            tx,
            "INSERT INTO measure",
            run: run,
            name: name,
            value: score.map(|score| score.value),
            low: score.map(|score| score.low),
            high: score.map(|score| score.high),
            band: band.map(Band::name),
            seen: looks.of.cast_signed(),
        )?;
    }
    Ok(())
}

/// Stores the measure. The band says whether the number is an estimate or only its upper bound is
/// known, or why there is no number.
fn store_uncaught(
    tx: &Transaction<'_>,
    run: RunId,
    found: Result<Uncaught, NotEstimated>,
) -> rusqlite::Result<()> {
    let pages = found.ok().map(|found| found.pages);
    let band = match found {
        Ok(found) => found.any_failed.then_some(ESTIMATED),
        Err(why) => Some(why.name()),
    };
    insert!(
        tx,
        "INSERT INTO measure",
        run: run,
        name: UNCAUGHT,
        value: pages.map(|pages| pages.value),
        low: pages.map(|pages| pages.low),
        high: pages.map(|pages| pages.high),
        band: band,
        seen: found.map_or(0, |found| found.never_failed).cast_signed(),
    )
    .map(|_| ())
}

fn store_deduction(
    tx: &Transaction<'_>,
    run: RunId,
    number: u32,
    measure: &str,
    row: &Deduction,
) -> rusqlite::Result<()> {
    insert!(
        tx,
        "INSERT INTO deduction",
        run: run,
        number: number,
        measure: measure,
        rule: row.rule,
        points: row.points,
        evidence: to_json(&row.evidence),
        urls: to_json(&row.urls),
    )
    .map(|_| ())
}
