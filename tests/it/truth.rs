//! What the reports say about pages and findings is what the attempts and the tables of the same run say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

type Row = BTreeMap<String, String>;

/// Rows of an export, by the names of its columns.
pub(crate) fn rows(file: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(file).expect("an export");
    let rows = reader.deserialize();
    rows.map(|row| row.expect("a row")).collect()
}

/// The exports of a run.
struct Exports {
    findings: Vec<Row>,
    failing: Vec<Row>,
    attempts: BTreeMap<String, Vec<Row>>,
    html: String,
    markdown: String,
    junit: String,
}

/// Compares the reports in a directory, and what the terminal said, with the tables beside them.
pub(crate) fn check(dir: &Path, terminal: &str) {
    let read = |name: &str| std::fs::read_to_string(dir.join(name)).expect(name);
    let mut attempts: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in rows(&dir.join("attempts.csv")) {
        attempts
            .entry(row["Address"].clone())
            .or_default()
            .push(row);
    }
    let exports = Exports {
        findings: rows(&dir.join("findings.csv")),
        failing: rows(&dir.join("server_errors.csv")),
        attempts,
        html: read("report.html"),
        markdown: read("report.md"),
        junit: read("junit.xml"),
    };
    assert!(!exports.findings.is_empty() && !exports.failing.is_empty());
    exports.pages();
    exports.findings(terminal);
    for row in &exports.failing {
        exports.page(row);
        exports.case(row);
        in_terminal(row, terminal);
    }
}

impl Exports {
    /// Addresses that a finding is about.
    fn of(&self, id: &str) -> BTreeSet<&str> {
        let concerned =
            (self.failing.iter()).filter(|row| row["Findings"].split(' ').any(|it| it == id));
        concerned.map(|row| row["Address"].as_str()).collect()
    }

    /// The numbers of each failing page are those of its attempts.
    fn pages(&self) {
        for row in &self.failing {
            let address = &row["Address"];
            let counted: Vec<&Row> = self.attempts[address]
                .iter()
                .filter(|it| counts(it))
                .collect();
            let failed = counted.iter().filter(|it| fails(it)).count();
            let numbers = [&row["Attempts"], &row["Failed Attempts"]];
            assert_eq!(
                numbers,
                [&counted.len().to_string(), &failed.to_string()],
                "{address}"
            );
            match row["Verdict"].as_str() {
                "persistent" => assert_eq!(failed, counted.len(), "{address}"),
                "transient" => assert!(!fails(counted.last().expect("an attempt")), "{address}"),
                _ => assert!(failed > 0, "{address}"),
            }
        }
    }

    /// Each finding counts its own pages, and shows addresses and a curl line of its own.
    fn findings(&self, terminal: &str) {
        let whole = terminal.split_whitespace().collect::<Vec<_>>().join(" ");
        for finding in &self.findings {
            let (id, subject) = (&finding["ID"], &finding["Subject"]);
            let own = self.of(id);
            let by_verdict = |recovered: bool| {
                let rows = self.failing.iter().filter(|row| {
                    own.contains(row["Address"].as_str())
                        && row["Scope"] == "page"
                        && (row["Verdict"] == "transient") == recovered
                });
                rows.count()
            };
            let (failing, all) = (by_verdict(false), by_verdict(false) + by_verdict(true));
            let pages: usize = finding["Pages"].parse().unwrap_or(0);
            assert!(
                own.is_empty()
                    || [failing, all].contains(&pages)
                    || finding["Rule"] == "redirect_into_error",
                "{id}: {pages} of {own:?}"
            );
            if let Some(example) = finding["Evidence"].split("for example ").nth(1) {
                assert!(
                    own.contains(example) || example.contains(' '),
                    "{id}: {example}"
                );
            }
            let Some(card) = between(&self.html, &format!(" id=\"{id}\">"), "</article>") else {
                panic!("no place for {id}");
            };
            let curl = between(card, "Repeat it yourself</p><pre>", "</pre>");
            if let Some(curl) = curl.filter(|_| !card.contains("class=\"places\"")) {
                assert!(
                    own.iter().any(|address| curl.ends_with(&html(address)))
                        || curl.ends_with(&html(subject)),
                    "{id}: {curl}"
                );
            }
            for shown in (between(card, "<ul class=\"urls\">", "</ul>").unwrap_or_default())
                .split("<li>")
                .skip(1)
            {
                let address = between(shown, "<bdi>", "</bdi>").expect("an address");
                let is_own = own.iter().any(|own| html(own) == address);
                assert!(
                    is_own || card.contains("class=\"places\"") || subject == address,
                    "{id}: {address}"
                );
            }
            // Several findings of one place are one line there.
            let is_alone = self
                .findings
                .iter()
                .filter(|it| it["Subject"] == *subject)
                .count()
                == 1;
            let mark = format!(" {subject} (");
            let shown = whole.split(&mark).skip(1);
            for number in shown.filter_map(|rest| rest.split_once(" page")?.0.parse::<usize>().ok())
            {
                assert!(!is_alone || pages == number, "{id}: {number}");
            }
        }
    }

    /// A page's row in the report has its numbers, and a mark for each attempt.
    fn page(&self, row: &Row) {
        let (address, encoded) = (&row["Address"], &row["URL Encoded Address"]);
        let attempts = &self.attempts[address];
        let link = format!("<a href=\"{}\" ", html(encoded));
        let shown = self.html.split("<tr id=\"page-").skip(1);
        let shown = shown
            .into_iter()
            .find(|it| it.split("</a>").next().unwrap_or_default().contains(&link));
        let shown = shown.unwrap_or_else(|| panic!("no row for {address}"));
        // The last row ends with its section.
        let shown = shown.split("</section>").next().unwrap_or_default();
        let failed = format!(
            "data-name=\"Failed\">{} of {}<",
            row["Failed Attempts"], row["Attempts"]
        );
        assert!(shown.contains(&failed), "{failed}");
        let status = match row["Status Code"].as_str() {
            "0" => String::new(),
            code => format!("data-name=\"Status\">{code}<"),
        };
        assert!(shown.contains(&status), "{address}: {status}");
        let marks = shown.matches("<span class=\"dot ").count();
        assert_eq!(marks, attempts.len().min(20), "{address}");
        let uncounted = shown.matches(">experiment</span>").count()
            + shown.matches(">does not count</span>").count();
        if attempts.len() <= 20 {
            assert_eq!(
                uncounted,
                attempts.iter().filter(|it| !counts(it)).count(),
                "{address}"
            );
        }
        let curl = between(shown, "<pre>curl", "</pre>").expect("a curl line");
        assert!(
            curl.trim_end_matches("&#39;").ends_with(&html(encoded)),
            "{curl}"
        );
        let numbers = format!("| {} of {} |", row["Failed Attempts"], row["Attempts"]);
        let listed = self
            .markdown
            .lines()
            .find(|line| line.contains(&format!("<{encoded}> (")) && line.starts_with('|'));
        assert!(listed.is_none_or(|it| it.contains(&numbers)), "{listed:?}");
    }

    /// A page's case has its numbers, and a finding that is about it.
    fn case(&self, row: &Row) {
        let address = html(&row["Address"]);
        let case = between(&self.junit, &format!(" name=\"{address}\""), "</testcase>");
        let case = case.unwrap_or_else(|| panic!("no case {address}"));
        let numbers = format!(
            ": {} of {} attempts failed",
            row["Failed Attempts"], row["Attempts"]
        );
        assert!(case.contains(&numbers), "{case}");
        let named = case.lines().find_map(|line| line.strip_prefix("Finding: "));
        assert_eq!(named.is_some(), !row["Findings"].is_empty(), "{case}");
        if let Some(id) = named {
            assert!(
                self.of(id).contains(row["Address"].as_str()),
                "{id}: {address}"
            );
            let finding = self
                .findings
                .iter()
                .find(|it| it["ID"] == id)
                .expect("a finding");
            let (case, evidence) = (plain(case), &finding["Evidence"]);
            assert!(
                case.contains(&format!("Evidence: {evidence}")),
                "{evidence}: {case}"
            );
        }
    }
}

/// A page's line in the terminal has its numbers.
fn in_terminal(row: &Row, terminal: &str) {
    let numbers = format!("{}/{}", row["Failed Attempts"], row["Attempts"]);
    let address = format!(" {} (", row["Address"]);
    let worst = terminal
        .lines()
        .skip_while(|line| !line.starts_with("  Worst pages"));
    let line = worst.into_iter().find(|line| line.contains(&address));
    assert!(
        line.is_none_or(|line| line.contains(&numbers)),
        "{line:?}: {numbers}"
    );
}

/// Whether an attempt counts for the verdict.
fn counts(attempt: &Row) -> bool {
    let nothing_received = ["empty_reply", "reset_before_headers", "write_failed"];
    let is_stale = attempt["Connection Reused"] == "true"
        && nothing_received.contains(&attempt["Outcome"].as_str());
    !attempt["Purpose"].starts_with("probe:") && !is_stale && attempt["Outcome"] != "stream_refused"
}

/// Whether an attempt failed: everything did that is no answer below 500, but a page that is cut short.
fn fails(attempt: &Row) -> bool {
    let fine = ["ok_", "redirect", "client_4", "not_modified"];
    !fine.iter().any(|kind| attempt["Outcome"].starts_with(kind))
}

/// The text that XML has; an apostrophe may stand for itself there.
fn plain(xml: &str) -> String {
    let text = xml.replace("&lt;", "<").replace("&gt;", ">");
    let text = text.replace("&quot;", "\"").replace("&apos;", "'");
    text.replace("&#39;", "'").replace("&amp;", "&")
}

/// The text between two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let rest = text.split_once(from)?.1;
    Some(rest.split_once(to)?.0)
}

/// A text as HTML and XML have it.
fn html(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}
