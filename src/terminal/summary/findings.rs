//! The findings in the summary: why pages fail, the evidence, and where the fix is explained.

use std::fmt::Write as _;

use crate::assess::diagnose::rules::Severity;
use crate::assess::playbook::{Owner, lookup};
use crate::model::Zone;
use crate::report::words::{causes, decoded};
use crate::report::{Problem, fixed_with, problems, to_fix};
use crate::store::StoredFinding;
use crate::terminal::output_style::OutputStyle;
use crate::terminal::paint::{BOLD, PLAIN, RED, YELLOW, paint};
use crate::terminal::text::{count, number, tame};
use crate::terminal::wrap::paragraph;

/// Maximum findings shown.
const MOST: usize = 6;

/// Maximum sentences of evidence shown for each finding.
const SENTENCES: usize = 3;

/// Maximum sections or hosts named with a step; the others are counted.
const PLACES: usize = 3;

/// Renders the worst findings, and what to do first.
pub(super) fn findings(all: &[StoredFinding], output: OutputStyle) -> String {
    let mut out = String::new();
    let all = problems(all);
    if all.is_empty() {
        return out;
    }
    let _ = writeln!(out, "\n  Findings");
    for problem in all.iter().take(MOST) {
        write_finding(problem, output, &mut out);
    }
    let more = all.len().saturating_sub(MOST) as u64;
    if more > 0 {
        let _ = writeln!(
            out,
            "    and {} more, see findings.csv",
            count(more, "finding")
        );
    }
    write_steps(&all, output, &mut out);
    out
}

/// Writes the first step of each of the problems that are to be fixed first.
fn write_steps(all: &[Problem<'_>], output: OutputStyle, out: &mut String) {
    let first = to_fix(all);
    if first.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n  Next steps");
    for (order, at) in (1..).zip(first) {
        let problem = &all[at];
        let playbook = lookup(&problem.main.advice, problem.main.server.as_deref());
        let playbook = playbook.unwrap_or_default();
        let who = playbook.owner.map_or("", Owner::team);
        let step = playbook.fix().next().map_or("", String::as_str);
        let place = |problem: &Problem<'_>| {
            let pages = problem.pages().map(|pages| count(pages, "page"));
            let what = [Some(tame(&problem.place()).into_owned()), pages];
            what.into_iter().flatten().collect::<Vec<_>>().join(", ")
        };
        let others = fixed_with(all, at);
        let places = [problem]
            .into_iter()
            .chain(others.iter().map(|at| &all[*at]))
            .map(place);
        let mut places: Vec<String> = places.collect();
        let more = places.len().saturating_sub(PLACES) as u64;
        places.truncate(PLACES);
        if more > 0 {
            places.push(format!("{} more", number(more)));
        }
        let who = match (who, step) {
            ("", _) | (_, "") => who.to_owned(),
            (who, _) => format!("{who}: "),
        };
        let text = format!("{who}{step} ({})", places.join("; "));
        out.push_str(&paragraph(&text, output.width, &format!("    {order}. ")));
    }
}

fn write_finding(problem: &Problem<'_>, output: OutputStyle, out: &mut String) {
    let finding = problem.main;
    let style = match finding.severity {
        Severity::Critical | Severity::Error => RED,
        Severity::Warning => YELLOW,
        Severity::Notice => PLAIN,
    };
    let severity = paint(
        &format!("{:<8}", finding.severity.id()),
        style,
        output.color,
    );
    let place = problem.place();
    let place = decoded(&place);
    let subject = tame(&place);
    let pages = problem
        .pages()
        .map(|pages| format!(" ({})", count(pages, "page")));
    let _ = writeln!(
        out,
        "    {severity} {}  {subject}{}",
        paint(finding.rule.title(), BOLD, output.color),
        pages.unwrap_or_default()
    );
    if !finding.causes.is_empty() {
        let sure = finding.confidence * 100.0;
        let _ = writeln!(
            out,
            "      Cause: {} ({sure:.0} % sure)",
            causes(&finding.causes, &finding.advice)
        );
    }
    let shown: Vec<&str> = finding
        .evidence
        .iter()
        .take(SENTENCES)
        .map(String::as_str)
        .collect();
    let left = finding.evidence.len() - shown.len();
    let mut text = tame(&Zone::default().tell(&shown.join("; "))).into_owned();
    if left > 0 {
        let _ = write!(text, "; and {} more", number(left as u64));
    }
    out.push_str(&paragraph(&text, output.width, "      "));
    let server = finding.server.as_deref();
    let server = server.map_or(String::new(), |server| format!(" --server {server}"));
    let owner = lookup(&finding.advice, None).and_then(|playbook| playbook.owner);
    let owner = owner.map_or(String::new(), |owner| format!(" ({})", owner.team()));
    let _ = writeln!(
        out,
        "      Fix{owner}: `gatecrawl explain {}{server}`",
        finding.advice
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::diagnose::rules::Rule;
    use crate::assess::diagnose::rules::Scope;
    use crate::model::Cause;

    #[test]
    fn a_finding_is_shown_with_cause_evidence_and_fix() {
        let finding = StoredFinding {
            id: String::new(),
            rule: Rule::TimeoutWall,
            severity: Severity::Error,
            scope: Scope::Section,
            subject: "https://shop.test/search/".to_owned(),
            causes: [Cause::UpstreamTimeout, Cause::Overload]
                .into_iter()
                .collect(),
            confidence: 0.62,
            evidence: vec!["63 of 64 answers took 60.0 s".to_owned(); 5],
            advice: "upstream_timeout".to_owned(),
            server: Some("nginx".to_owned()),
            pages: Some(64),
            ..StoredFinding::default()
        };
        let output = OutputStyle {
            color: false,
            width: 80,
        };
        let all: Vec<StoredFinding> = (0..8)
            .map(|number| StoredFinding {
                advice: format!("upstream_timeout{}", "_".repeat(number)),
                ..finding.clone()
            })
            .collect();
        let text = findings(&all, output);
        let first: Vec<&str> = text.lines().skip(2).take(6).collect();
        assert_eq!(
            first,
            [
                "    error    Failing answers all take the same time  https://shop.test/search/ (64 pages)",
                "      Cause: a backend that answers too slowly or server overload (62 % sure)",
                "      63 of 64 answers took 60.0 s; 63 of 64 answers took 60.0 s; 63 of 64",
                "      answers took 60.0 s; and 2 more",
                "      Fix (developers): `gatecrawl explain upstream_timeout --server nginx`",
                "    error    Failing answers all take the same time  https://shop.test/search/ (64 pages)",
            ]
        );
        let rest = "    and 2 findings more, see findings.csv\n\n  Next steps\n    1. developers:";
        assert!(text.contains(rest), "{text}");
        let same = findings(&vec![finding; 8], output);
        let told = same
            .matches("Failing answers all take the same time")
            .count();
        assert_eq!((told, same.contains("(512 pages)")), (1, true), "{same}");
    }
}
