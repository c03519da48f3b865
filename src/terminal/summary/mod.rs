//! The summary at the end of a crawl, which shows in ten seconds of reading whether the site is well.

mod findings;
pub(crate) mod gaps;
mod scores;

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::assess::Verdict;
use crate::model::{Cause, SkipReason};
use crate::report::words::{
    apart, by_name, decoded, external_links, left_out, not_estimated, resources, traffic, uncaught,
};
use crate::store::{RunRow, RunState, RunSummary, StatusClasses, WorstPage};

use super::output_style::OutputStyle;
use super::paint::{BOLD, GREEN, PLAIN, RED, YELLOW, paint};
use super::text::{count, duration, number, percent, tame};
use super::wrap::paragraph;
use gaps::Gaps;

/// Number of the worst pages that are named.
pub(crate) const WORST: u32 = 10;

/// Everything that the summary of a run shows.
#[derive(Debug)]
pub(crate) struct SummaryInput<'a> {
    pub(crate) run: &'a RunRow,
    pub(crate) summary: &'a RunSummary,
    pub(crate) worst: &'a [WorstPage],
    /// The state of the site in a sentence or two.
    pub(crate) headline: Option<&'a str>,
    /// The results of the gates, a line each.
    pub(crate) gates: &'a str,
    /// Parts of the site that could not be seen although no page failed.
    pub(crate) gaps: &'a Gaps,
    /// The exports that were written.
    pub(crate) files: &'a [PathBuf],
    /// The changes since the baseline, in a sentence.
    pub(crate) changes: Option<&'a str>,
    /// The database that holds the run.
    pub(crate) database: String,
    pub(crate) output: OutputStyle,
}

/// Renders the summary, ending in a line break.
pub(crate) fn summary(input: &SummaryInput<'_>) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(input, &mut out);
    out
}

fn write(input: &SummaryInput<'_>, out: &mut String) -> std::fmt::Result {
    let (run, summary) = (input.run, input.summary);
    let (pages, color) = (&summary.pages, input.output.color);
    let took = run.took().map(duration);
    let took = took.unwrap_or_else(|| "unknown time".to_owned());
    let state = match run.state {
        RunState::Finished => "",
        RunState::Interrupted => ", interrupted",
        RunState::Incomplete => ", incomplete",
        RunState::Running => ", not finished",
    };
    let head = format!(
        "{}: {} in {took}{state}",
        run.site,
        count(pages.fetched, "page")
    );
    writeln!(out, "{}", paint(&head, BOLD, color))?;
    if let Some(headline) = input.headline {
        out.push_str(&paragraph(&tame(headline), input.output.width, ""));
    }
    writeln!(out)?;
    if !input.gates.is_empty() {
        writeln!(out, "{}", input.gates)?;
    }
    // Without pages there is no score, but a reason, which follows the summary.
    if pages.fetched > 0 {
        out.push_str(&scores::scores(&summary.scores, color));
    }
    writeln!(
        out,
        "  Verdicts       {}",
        tally(&by_name(&pages.by_verdict, Verdict::name))
    )?;
    let doubt = summary
        .scores
        .not_estimated
        .map(|why| not_estimated(why).to_owned());
    if let Some(text) = doubt.or_else(|| summary.scores.uncaught.as_ref().map(uncaught)) {
        out.push_str(&paragraph(&text, input.output.width, "  Not caught     "));
    }
    writeln!(out, "  Status         {}", classes(&pages.classes(), color))?;
    let share = coverage(summary);
    out.push_str(&paragraph(&share, input.output.width, "  Coverage       "));
    if let Some(resources) = resources(&summary.resources) {
        writeln!(out, "  Resources      {resources}")?;
    }
    if let Some(external) = external_links(summary.external) {
        writeln!(out, "  External       {external}")?;
    }
    if let Some(found) = &summary.traffic {
        let text = traffic(found);
        out.push_str(&paragraph(&text, input.output.width, "  Traffic        "));
    }
    let requests = count(summary.attempts, "request");
    writeln!(
        out,
        "  Requests       {requests}, {} of them repeated",
        number(summary.retries)
    )?;
    if let Some(changes) = input.changes {
        writeln!(out, "  Changes        {}", tame(changes))?;
    }
    write_gaps(input.gaps, out)?;
    if pages.fetched > 0 {
        out.push_str(&scores::lost(&summary.scores));
    }
    if !input.worst.is_empty() {
        writeln!(
            out,
            "\n  Worst pages (priority, status, failed attempts, links to it, verdict, cause)"
        )?;
        for page in input.worst {
            writeln!(out, "    {}", worst(page, color))?;
        }
    }
    out.push_str(&findings::findings(&summary.findings, input.output));
    writeln!(out)?;
    if let Some(dir) = input.files.first().and_then(|file| file.parent()) {
        let files = count(input.files.len() as u64, "file");
        writeln!(out, "  Exports        {} ({files})", dir.display())?;
    }
    writeln!(out, "  Database       {}, run {}", input.database, run.id)
}

fn write_gaps(gaps: &Gaps, out: &mut String) -> std::fmt::Result {
    if gaps.sitemaps.count() > 0 {
        let failing = number(gaps.sitemaps.count() as u64);
        let mut names = gaps.sitemaps.first.join(", ");
        if gaps.sitemaps.more > 0 {
            let _ = write!(names, " and {} more", number(gaps.sitemaps.more as u64));
        }
        let all = number(gaps.all_sitemaps as u64);
        writeln!(
            out,
            "  Sitemaps       {failing} of {all} failing: {}",
            tame(&names)
        )?;
    }
    for host in &gaps.hosts.first {
        let host = tame(host);
        writeln!(out, "  Not audited    {host}, so nothing there was fetched")?;
    }
    if gaps.hosts.more > 0 {
        let more = count(gaps.hosts.more as u64, "host");
        writeln!(out, "  Not audited    and {more} more, see robots.csv")?;
    }
    Ok(())
}

fn coverage(summary: &RunSummary) -> String {
    let pages = &summary.pages;
    let at_most = if summary.unseen > 0 { "at most " } else { "" };
    let share = pages
        .coverage()
        .map(|share| format!(" ({at_most}{})", percent(share)));
    let mut text = format!(
        "{} of {} fetched{}",
        number(pages.fetched),
        count(pages.known, "known page"),
        share.unwrap_or_default()
    );
    let mut missing = by_name(&pages.skipped, SkipReason::name);
    if pages.not_reached() > 0 {
        missing.insert("not reached", pages.not_reached());
    }
    if !missing.is_empty() {
        let _ = write!(text, "; not fetched: {}", tally(&missing));
    }
    if let Some(apart) = apart(summary) {
        let _ = write!(text, "; and {apart}, see skipped.csv");
    }
    if let Some(left_out) = left_out(summary) {
        let files = match summary.unread_indexes {
            0 => "skipped.csv and sitemaps.csv",
            _ => "skipped.csv, sitemaps.csv and pages.csv",
        };
        let _ = write!(text, "; {left_out}, see {files}");
    }
    text
}

/// Renders names with their numbers, the greatest first.
fn tally(numbers: &std::collections::BTreeMap<&str, u64>) -> String {
    let mut numbers: Vec<_> = numbers.iter().collect();
    numbers.sort_by_key(|(_, value)| std::cmp::Reverse(**value));
    let texts = numbers
        .iter()
        .map(|(name, value)| format!("{} {}", number(**value), name.replace('_', " ")));
    match texts.collect::<Vec<_>>().join(", ") {
        text if text.is_empty() => "none".to_owned(),
        text => text,
    }
}

fn classes(classes: &StatusClasses, color: bool) -> String {
    let parts = [
        (classes.success, "2xx", GREEN),
        (classes.redirect, "3xx", PLAIN),
        (classes.client_error, "4xx", YELLOW),
        (classes.server_error, "5xx", RED),
        (classes.other, "other", YELLOW),
        (classes.none, "without answer", RED),
    ];
    let shown = parts
        .iter()
        .filter(|(pages, name, _)| *pages > 0 || *name == "5xx");
    let texts = shown.map(|(pages, name, style)| {
        let style = if *pages > 0 { style } else { PLAIN };
        paint(&format!("{} {name}", number(*pages)), style, color)
    });
    texts.collect::<Vec<_>>().join(", ")
}

fn worst(page: &WorstPage, color: bool) -> String {
    let status = match page.status {
        0 => "---".to_owned(),
        status => status.to_string(),
    };
    let attempts = format!("{}/{}", page.failed, page.attempts);
    let priority = page.priority.map(|priority| format!("{priority:.1}"));
    let what = match page.status {
        0 => page.outcome.id().to_owned(),
        _ if page.advice == "rate_limit" && page.causes.is_only(Cause::Overload) => {
            "rate limit".to_owned()
        }
        _ => page.causes.to_string(),
    };
    let what = if what.is_empty() {
        String::new()
    } else {
        format!(" ({})", what.replace('_', " "))
    };
    format!(
        "{:>6}  {} {attempts:>5} {:>6}  {:<12} {}{what}",
        priority.unwrap_or_default(),
        paint(&status, RED, color),
        number(page.inlinks),
        page.verdict.name(),
        tame(&decoded(&page.address)),
    )
}

#[cfg(test)]
mod tests {
    use super::gaps::Named;
    use super::*;
    use crate::store::UrlCounts;

    /// Skipped pages by reason, URLs out of scope and invalid, and the words for them.
    type Case<'a> = (&'a [(SkipReason, u64)], (u64, u64), &'a str);

    #[test]
    fn fetched_and_missing_pages_add_up_to_the_known_pages() {
        let skips = |reasons: &[(SkipReason, u64)], (out_of_scope, invalid)| RunSummary {
            pages: UrlCounts {
                known: 10,
                fetched: 6,
                skipped: reasons.iter().copied().collect(),
                ..UrlCounts::default()
            },
            out_of_scope,
            invalid,
            ..RunSummary::default()
        };
        let cases: [Case<'_>; 3] = [
            (
                &[(SkipReason::Robots, 3), (SkipReason::MaxPages, 1)],
                (1_679, 0),
                "; not fetched: 3 robots, 1 max pages; and 1,679 URLs out of scope, see skipped.csv",
            ),
            (
                &[(SkipReason::Trap, 4)],
                (2, 1),
                "; not fetched: 4 trap; and 2 URLs out of scope, 1 URL invalid, see skipped.csv",
            ),
            (
                &[(SkipReason::Robots, 1)],
                (0, 0),
                "; not fetched: 3 not reached, 1 robots",
            ),
        ];
        for (reasons, apart, expected) in cases {
            let text = coverage(&skips(reasons, apart));
            assert_eq!(
                text,
                format!("6 of 10 known pages fetched (60 %){expected}")
            );
        }
    }

    #[test]
    fn coverage_is_an_upper_bound_where_links_were_left_out() {
        let mut summary = RunSummary::default();
        (summary.pages.known, summary.pages.fetched) = (10, 10);
        summary.unseen = 1_850;
        assert_eq!(
            coverage(&summary),
            "10 of 10 known pages fetched (at most 100 %); 1,850 links or sitemap entries that may \
             lead to unknown pages were left out, see skipped.csv and sitemaps.csv"
        );
        (summary.unseen, summary.unread_indexes) = (1, 1);
        assert_eq!(
            coverage(&summary),
            "10 of 10 known pages fetched (at most 100 %); 1 index page always failed, so pages \
             that only it links to are unknown, see skipped.csv, sitemaps.csv and pages.csv"
        );
    }

    #[test]
    fn parts_that_could_not_be_seen_are_named() {
        let named = |name: &str, more| Named {
            first: vec![name.to_owned()],
            more,
        };
        let gaps = Gaps {
            hosts: named("http://b: robots.txt answers 503", 2),
            sitemaps: named("http://a/s.xml answers 500", 0),
            all_sitemaps: 2,
        };
        let mut out = String::new();
        write_gaps(&gaps, &mut out).expect("a string");
        assert_eq!(
            out,
            "  Sitemaps       1 of 2 failing: http://a/s.xml answers 500\n  \
             Not audited    http://b: robots.txt answers 503, so nothing there was fetched\n  \
             Not audited    and 2 hosts more, see robots.csv\n"
        );
    }
}
