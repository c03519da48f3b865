//! What a scenario wants, held against what an audit came to: every want is looked at before the
//! test fails, and the line of the table is written whatever the result.

use std::collections::BTreeMap;
use std::time::Duration;

use super::run::{Run, is_failure};
use super::table::{self, seconds};

/// The wants of a scenario, as far as they were looked at.
pub(crate) struct Wants<'a> {
    scenario: &'static str,
    run: &'a Run,
    broken: Vec<String>,
}

impl<'a> Wants<'a> {
    /// Begins with what is wanted of every audit: it ends by itself, blames no page without a
    /// failed request, and calls no page `persistent` that was ever fine.
    pub(crate) fn of(scenario: &'static str, run: &'a Run) -> Wants<'a> {
        let mut wants = Wants {
            scenario,
            run,
            broken: Vec::new(),
        };
        wants.that("the audit ends by itself", !run.stopped, "");
        let (blamed, hasty) = unfair(run);
        wants.none("pages blamed without a failed request", &blamed);
        wants.none("pages called persistent that were fine once", &hasty);
        wants
    }

    /// Wants something, and says what is there instead.
    pub(crate) fn that(&mut self, want: &str, holds: bool, instead: impl std::fmt::Display) {
        if !holds {
            self.broken.push(format!("{want}: {instead}"));
        }
    }

    /// Wants none of these.
    pub(crate) fn none(&mut self, what: &str, these: &[String]) {
        let shown = these.iter().take(5).cloned().collect::<Vec<_>>();
        let instead = format!("{}: {}", these.len(), shown.join("; "));
        self.that(&format!("no {what}"), these.is_empty(), instead);
    }

    /// Wants at most so many.
    pub(crate) fn at_most(&mut self, what: &str, most: usize, there: usize) {
        self.that(&format!("{what} at most {most}"), there <= most, there);
    }

    /// Wants exactly so many.
    pub(crate) fn exactly(&mut self, what: &str, wanted: usize, there: usize) {
        self.that(&format!("{what}: {wanted}"), there == wanted, there);
    }

    /// Wants every page to have been requested.
    pub(crate) fn every_page_fetched(&mut self) {
        let urls = self.run.truths.iter().map(|(url, _)| url);
        let missing: Vec<_> = urls
            .filter(|url| !self.run.is_fetched(url))
            .cloned()
            .collect();
        self.none("pages that were never requested", &missing);
    }

    /// Wants the true verdict and status of every page.
    pub(crate) fn truth(&mut self) {
        self.none("pages with a wrong verdict or status", &wrong(self.run));
    }

    /// Wants the first pass to take no longer.
    pub(crate) fn crawl_within(&mut self, most: Duration) {
        let crawl = self.run.crawl();
        self.that(
            &format!("crawl within {most:?}"),
            crawl <= most,
            seconds(crawl),
        );
    }

    /// Wants the whole audit to take no longer.
    pub(crate) fn all_within(&mut self, most: Duration) {
        let all = self.run.all;
        self.that(&format!("all within {most:?}"), all <= most, seconds(all));
    }

    /// Wants this exit code.
    pub(crate) fn exit(&mut self, code: i32) {
        let there = self.run.code();
        let instead = format!("{there:?}");
        self.that(&format!("exit code {code}"), there == Some(code), instead);
    }

    /// Writes the line of the table, and fails if a want is broken.
    pub(crate) fn end(self) {
        table::write(self.scenario, self.run, &self.broken);
        assert!(
            self.broken.is_empty(),
            "{}: {:#?}",
            self.scenario,
            self.broken
        );
    }
}

/// Pages blamed without a failed request, and pages called `persistent` in spite of a fine one.
fn unfair(run: &Run) -> (Vec<String>, Vec<String>) {
    let mut tallies: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for attempt in run.counted() {
        let (fine, failed) = tallies.entry(&attempt["Address"]).or_default();
        let counter = if is_failure(attempt) { failed } else { fine };
        *counter += 1;
    }
    let (mut blamed, mut hasty) = (Vec::new(), Vec::new());
    for (url, truth) in &run.truths {
        let Some(row) = run.page(url) else { continue };
        let (fine, failed) = tallies.get(url.as_str()).copied().unwrap_or_default();
        let verdict = row["Verdict"].as_str();
        // Redirects and soft errors are judged by more than their own requests.
        if truth.verdicts.is_empty() {
            continue;
        }
        if failed == 0 && !matches!(verdict, "" | "ok") {
            blamed.push(format!("{url} {verdict}"));
        }
        if fine > 0 && verdict == "persistent" {
            hasty.push(url.clone());
        }
    }
    (blamed, hasty)
}

/// Pages whose verdict or status is not the truth.
pub(crate) fn wrong(run: &Run) -> Vec<String> {
    let mut wrong = Vec::new();
    for (url, truth) in &run.truths {
        let Some(row) = run.page(url) else {
            wrong.push(format!("{url} unknown"));
            continue;
        };
        let (verdict, status) = (row["Verdict"].as_str(), row["Status Code"].as_str());
        let judged = truth.verdicts.is_empty() || truth.verdicts.contains(&verdict);
        let answered = truth
            .status
            .is_none_or(|true_one| status == true_one.to_string());
        if !judged || !answered || !run.is_fetched(url) {
            let not_fetched = &row["Not Fetched Because"];
            wrong.push(format!("{url} {verdict} {status} {not_fetched}"));
        }
    }
    wrong
}
