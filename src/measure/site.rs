//! The metrics of a stored run.

use std::collections::BTreeMap;

use crate::assess::{Interval, Verdict};
use crate::store::{
    RunOverview, RunRow, RunScores, RunState, RunSummary, Store, StoreError, StoredPart,
    StoredScore,
};

use super::metric::Metric;

/// Maximum sections with metrics of their own: those with the most failing pages. Each section is a time series for as
/// long as it exists.
pub const MOST_SECTIONS: usize = 20;

/// Returns the metrics of a concluded run, labelled with its project's name and its site. The caller knows the number
/// of its new pages with a 5xx, if it had a baseline. Outcomes and verdicts are closed lists; [`MOST_SECTIONS`] bounds
/// the sections.
pub fn metrics_of_run(
    store: &Store,
    run: &RunRow,
    project: &str,
    new_5xx: Option<u64>,
) -> Result<Vec<Metric>, StoreError> {
    let summary = store.summary(run.id)?;
    let own = [("project", project), ("site", run.site.as_str())];
    let mut metrics = attempts(store, run, own)?;
    metrics.extend(pages(&summary, new_5xx, own));
    let overview = store.overview(run.id)?;
    metrics.extend(overview.iter().flat_map(|overview| bounds(overview, own)));
    metrics.extend(scores(summary.scores, own));
    metrics.extend(times(run, own));
    metrics.retain(|metric| !metric.samples.is_empty());
    Ok(metrics)
}

/// The labels of all metrics of a run: project and site.
type Own<'a> = [(&'static str, &'a str); 2];

fn attempts(store: &Store, run: &RunRow, own: Own<'_>) -> Result<Vec<Metric>, StoreError> {
    let (attempts, pace) = store.attempt_counts(run.id)?;
    let mut by_outcome = Metric::gauge(
        "gatecrawl_run_attempts",
        "{attempt}",
        "Requests of the last run by outcome, retries, confirmations and experiments included",
    );
    let attempts: BTreeMap<&str, u64> = (attempts.into_iter())
        .map(|(outcome, number)| (outcome.id(), number))
        .collect();
    for (outcome, number) in attempts {
        by_outcome = by_outcome.with(&[own[0], own[1], ("outcome", outcome)], number as f64);
    }
    let paced = Metric::gauge(
        "gatecrawl_run_pace_requests_per_second",
        "{request}/s",
        "Mean of the pace that was allowed to a host when a request of the last run was made",
    );
    let paced = pace.map(|pace| paced.with(&own, pace));
    Ok([by_outcome].into_iter().chain(paced).collect())
}

fn pages(summary: &RunSummary, new_5xx: Option<u64>, own: Own<'_>) -> Vec<Metric> {
    let pages = &summary.pages;
    let mut by_verdict = Metric::gauge(
        "gatecrawl_run_pages",
        "{page}",
        "Pages of the last run by verdict",
    );
    for verdict in Verdict::ALL {
        let number = pages.with_verdict(verdict);
        let labels = [own[0], own[1], ("verdict", verdict.name())];
        by_verdict = by_verdict.with(&labels, number as f64);
    }
    let new = Metric::gauge(
        "gatecrawl_run_new_5xx_pages",
        "{page}",
        "Pages that answer 5xx in the last run and did not in its baseline",
    );
    let known = Metric::gauge(
        "gatecrawl_run_known_pages",
        "{page}",
        "Pages that the last run knew of",
    );
    let fetched = Metric::gauge(
        "gatecrawl_run_fetched_pages",
        "{page}",
        "Pages that the last run fetched",
    );
    let mut metrics = vec![
        by_verdict,
        known.with(&own, pages.known as f64),
        fetched.with(&own, pages.fetched as f64),
    ];
    metrics.extend(new_5xx.map(|pages| new.with(&own, pages as f64)));
    metrics
}

/// Returns the scores of the site and of some sections. A score with too little evidence has no sample.
fn scores(scores: RunScores, own: Own<'_>) -> [Metric; 3] {
    let mut sections = scores.sections;
    sections.sort_by(|one, other| {
        (other.failing.cmp(&one.failing))
            .then_with(|| other.urls.cmp(&one.urls))
            .then_with(|| one.name.cmp(&other.name))
    });
    sections.truncate(MOST_SECTIONS);
    let known = |score: &Option<StoredScore>| score.as_ref().and_then(|it| it.score.known());
    let of = |metric: Metric, site: Option<Interval>, part: Read| {
        let parts = sections
            .iter()
            .map(|found| (found.name.as_str(), part(found)));
        let all = [("", site)].into_iter().chain(parts);
        let known = all.filter_map(|(section, score)| Some((section, score?)));
        known.fold(metric, |metric, (section, score)| {
            metric.with(&[own[0], own[1], ("section", section)], score.value)
        })
    };
    let crawlability = Metric::gauge(
        "gatecrawl_crawlability_score",
        "1",
        "Crawlability, 0 to 100, 100 is best; section is empty for the whole site",
    );
    let risk = Metric::gauge(
        "gatecrawl_indexing_risk_score",
        "1",
        "Indexing risk, 0 to 100, 0 is best; section is empty for the whole site",
    );
    let errors = Metric::gauge(
        "gatecrawl_error_ratio",
        "1",
        "Share of first attempts that failed, 0 to 1; section is empty for the whole site",
    );
    [
        of(crawlability, known(&scores.crawlability), |part| {
            part.crawlability
        }),
        of(risk, known(&scores.indexing_risk), |part| {
            part.indexing_risk
        }),
        of(errors, scores.error_rate, |part| Some(part.error_rate)),
    ]
}

/// Returns the bounds of the site's scores, its coverage, and how fast it answers.
fn bounds(overview: &RunOverview, own: Own<'_>) -> [Metric; 4] {
    let of = |name, about, score: Option<Interval>| {
        let ends = score.map_or(Vec::new(), |score| {
            vec![("low", score.low), ("high", score.high)]
        });
        ends.into_iter()
            .fold(Metric::gauge(name, "1", about), |metric, (end, value)| {
                metric.with(&[own[0], own[1], ("end", end)], value)
            })
    };
    let coverage = Metric::gauge(
        "gatecrawl_run_coverage_ratio",
        "1",
        "Share of the known pages that the last run fetched, 0 to 1",
    );
    let first_byte = Metric::gauge(
        "gatecrawl_run_first_byte_seconds",
        "s",
        "Time to the first byte of good answers in the last run, by quantile",
    );
    let quantiles = overview.first_byte_ms.map_or(Vec::new(), |time| {
        vec![("0.5", time.value), ("0.95", time.high)]
    });
    [
        of(
            "gatecrawl_crawlability_score_bound",
            "The 95 % interval of the site's crawlability, by end",
            overview.crawlability,
        ),
        of(
            "gatecrawl_indexing_risk_score_bound",
            "The 95 % interval of the site's indexing risk, by end",
            overview.indexing_risk,
        ),
        (overview.coverage).map_or(coverage.clone(), |share| coverage.with(&own, share)),
        quantiles
            .into_iter()
            .fold(first_byte, |metric, (quantile, ms)| {
                metric.with(&[own[0], own[1], ("quantile", quantile)], ms / 1_000.0)
            }),
    ]
}

/// A function that reads one score of a section.
type Read = fn(&StoredPart) -> Option<Interval>;

fn times(run: &RunRow, own: Own<'_>) -> Vec<Metric> {
    let Some(ended) = run.ended else {
        return Vec::new();
    };
    let took = Metric::gauge(
        "gatecrawl_run_duration_seconds",
        "s",
        "How long the last run took",
    );
    let success = Metric::gauge(
        "gatecrawl_run_last_success_timestamp_seconds",
        "s",
        "End of the last completed run, in seconds since 1970 UTC",
    );
    let seconds = ended.millis() as f64 / 1_000.0;
    let mut metrics = vec![took.with(&own, run.took().unwrap_or_default().as_secs_f64())];
    metrics.extend((run.state == RunState::Finished).then(|| success.with(&own, seconds)));
    metrics
}
