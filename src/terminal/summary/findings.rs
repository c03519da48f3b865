//! The findings in the summary: why pages fail, the evidence, and where the fix is explained.

use std::fmt::Write as _;

use crate::assess::diagnose::rules::{Severity, title};
use crate::assess::playbook::lookup;
use crate::report::words::causes_of;
use crate::store::StoredFinding;
use crate::terminal::output_style::OutputStyle;
use crate::terminal::paint::{BOLD, PLAIN, RED, YELLOW, paint};
use crate::terminal::text::{count, number, tame};
use crate::terminal::wrap::paragraph;

/// Maximum findings shown.
const MOST: usize = 6;

/// Maximum sentences of evidence shown for each finding.
const SENTENCES: usize = 3;

/// Renders the worst findings.
pub(super) fn findings(all: &[StoredFinding], output: OutputStyle) -> String {
    let mut out = String::new();
    if all.is_empty() {
        return out;
    }
    let _ = writeln!(out, "\n  Findings");
    for finding in all.iter().take(MOST) {
        write_finding(finding, output, &mut out);
    }
    let more = all.len().saturating_sub(MOST) as u64;
    if more > 0 {
        let _ = writeln!(
            out,
            "    and {} more, see findings.csv",
            count(more, "finding")
        );
    }
    out
}

fn write_finding(finding: &StoredFinding, output: OutputStyle, out: &mut String) {
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
    let subject = tame(&finding.subject);
    let pages = finding
        .pages
        .map(|pages| format!(" ({})", count(pages, "page")));
    let _ = writeln!(
        out,
        "    {severity} {}  {subject}{}",
        paint(title(&finding.rule), BOLD, output.color),
        pages.unwrap_or_default()
    );
    if !finding.causes.is_empty() {
        let sure = finding.confidence * 100.0;
        let _ = writeln!(
            out,
            "      Cause: {} ({sure:.0} % sure)",
            causes_of(finding)
        );
    }
    let shown: Vec<&str> = finding
        .evidence
        .iter()
        .take(SENTENCES)
        .map(String::as_str)
        .collect();
    let left = finding.evidence.len() - shown.len();
    let mut text = tame(&shown.join("; ")).into_owned();
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
    use crate::assess::diagnose::rules::Scope;
    use crate::model::Cause;

    #[test]
    fn a_finding_is_shown_with_cause_evidence_and_fix() {
        let finding = StoredFinding {
            rule: "timeout_wall".to_owned(),
            severity: Severity::Error,
            scope: Scope::Section,
            subject: "https://shop.test/search/".to_owned(),
            causes: [Cause::UpstreamTimeout, Cause::Overload]
                .into_iter()
                .collect(),
            confidence: 0.62,
            evidence: vec!["63 of 64 answers took 60.0 s".to_owned(); 5],
            facts: serde_json::Value::Null,
            advice: "upstream_timeout".to_owned(),
            server: Some("nginx".to_owned()),
            pages: Some(64),
            ..StoredFinding::default()
        };
        let output = OutputStyle {
            color: false,
            width: 80,
        };
        let text = findings(&vec![finding; 8], output);
        let first: Vec<&str> = text.lines().skip(2).take(6).collect();
        assert_eq!(
            first,
            [
                "    error    Answers fail when a timer fires  https://shop.test/search/ (64 pages)",
                "      Cause: a backend that answers too slowly or server overload (62 % sure)",
                "      63 of 64 answers took 60.0 s; 63 of 64 answers took 60.0 s; 63 of 64",
                "      answers took 60.0 s; and 2 more",
                "      Fix (developers): `gatecrawl explain upstream_timeout --server nginx`",
                "    error    Answers fail when a timer fires  https://shop.test/search/ (64 pages)",
            ]
        );
        assert!(
            text.ends_with("and 2 findings more, see findings.csv\n"),
            "{text}"
        );
    }
}
