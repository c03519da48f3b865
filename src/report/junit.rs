//! JUnit XML for CI servers: a suite of gates, and a suite of the URLs that failed. A build fails only for what
//! developers have to fix:
//!
//! - A gate that failed is a failure. One that could not be decided is an error: JUnit's word for a test without a
//!   result. Like the exit code 4 it lets no build pass.
//! - A URL is a failure if it certainly fails: `persistent`, `intermittent`, `load_induced`. One that recovered
//!   (`transient`), one with too little evidence (`unconfirmed`) and a link to another site are skipped: they are
//!   listed, with the reason, and break no build.
//!
//! Readers group cases by `classname`, which is the section. The counts come before the cases, so the table is read
//! twice; nothing of it is kept in memory.

use std::io::{BufWriter, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::assess::{GateResult, GateStatus, Verdict};
use crate::model::{Moment, Outcome, Role};
use crate::store::{FailingRow, RunRow, Store, StoredFinding};

use super::curl::line_of;
use super::files::fault::Fault;
use super::words::tame;

/// The beginning of the file in every version.
pub(super) const HEAD: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"gatecrawl\"";

/// The numbers of cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
}

/// The result of a case that did not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Failure,
    Error,
    Skipped,
}

/// A case of a suite.
struct Case<'a> {
    class: &'a str,
    name: &'a str,
    /// The duration in seconds.
    time: f64,
    ending: Option<Ending>,
    /// The kind of failure.
    kind: &'a str,
    /// The failure in one line.
    message: &'a str,
    details: &'a str,
}

type Xml<W> = Writer<BufWriter<W>>;

/// Writes the file.
pub(super) fn write(
    store: &Store,
    run: &RunRow,
    gates: &[GateResult],
    out: impl Write,
) -> Result<(), Fault> {
    let of_gates = Counts::of(gates.iter().map(|gate| ending_of_gate(gate.result)));
    let mut of_urls = Counts::default();
    store.typed_rows(run.id, &mut |row: FailingRow| {
        of_urls.add(Some(ending_of_url(&row)));
        Ok::<(), Fault>(())
    })?;

    let mut xml = Writer::new_with_indent(BufWriter::new(out), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut root = BytesStart::new("testsuites");
    root.push_attribute(("name", "gatecrawl"));
    of_gates.plus(of_urls).attributes(&mut root, false);
    xml.write_event(Event::Start(root))?;

    begin_suite("gatecrawl gates", run, of_gates, &mut xml)?;
    for gate in gates {
        write_gate(gate, &mut xml)?;
    }
    end("testsuite", &mut xml)?;

    begin_suite("gatecrawl URLs", run, of_urls, &mut xml)?;
    let findings = store.summary(run.id)?.findings;
    store.typed_rows(run.id, &mut |row: FailingRow| {
        Ok::<(), Fault>(write_url(&row, run, &findings, &mut xml)?)
    })?;
    end("testsuite", &mut xml)?;
    end("testsuites", &mut xml)?;
    let out = xml.get_mut();
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

fn write_gate(gate: &GateResult, xml: &mut Xml<impl Write>) -> std::io::Result<()> {
    let ending = ending_of_gate(gate.result);
    let case = Case {
        class: "gates",
        name: &gate.expression,
        time: 0.0,
        ending,
        kind: if ending == Some(Ending::Error) {
            "undecided"
        } else {
            "gate"
        },
        message: &gate.reason,
        // Some readers show the text alone.
        details: &gate.reason,
    };
    case.write(xml)
}

const fn ending_of_gate(status: GateStatus) -> Option<Ending> {
    match status {
        GateStatus::Held => None,
        GateStatus::Failed => Some(Ending::Failure),
        GateStatus::Undecided => Some(Ending::Error),
    }
}

fn ending_of_url(row: &FailingRow) -> Ending {
    let is_known = !matches!(row.verdict, Verdict::Transient | Verdict::Unconfirmed);
    if is_known && row.role != Role::External {
        Ending::Failure
    } else {
        Ending::Skipped
    }
}

fn write_url(
    row: &FailingRow,
    run: &RunRow,
    findings: &[StoredFinding],
    xml: &mut Xml<impl Write>,
) -> std::io::Result<()> {
    let verdict = row.verdict.name();
    let status = match row.status {
        0 => row.status_text.clone(),
        code => format!("{code} {}", row.status_text),
    };
    let suspect = if row.causes.is_empty() {
        String::new()
    } else {
        format!(" ({})", row.causes)
    };
    let whose = match row.role {
        Role::External => "; it belongs to another site",
        _ => "",
    };
    let message = format!(
        "{verdict}: {} of {} attempts failed, the last answer is {}{suspect}{whose}",
        row.failed,
        row.attempts,
        status.trim_end(),
    );
    // A dot would make packages of it.
    let section = row.section.replace('.', "_");
    let case = Case {
        class: if section.is_empty() { "/" } else { &section },
        name: &row.address,
        time: row.response_time,
        ending: Some(ending_of_url(row)),
        kind: verdict,
        message: &message,
        details: &details(row, &status, run, findings),
    };
    case.write(xml)
}

/// Returns the details that a developer needs to fix the page, one on each line.
fn details(row: &FailingRow, status: &str, run: &RunRow, findings: &[StoredFinding]) -> String {
    let mut lines = Vec::new();
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            lines.push(format!("{name}: {value}"));
        }
    };
    let time = |moment: Option<Moment>| moment.map_or(String::new(), |moment| moment.to_string());
    add("URL", &row.address);
    add("Verdict", row.verdict.name());
    add("Status", status.trim_end());
    add("Outcome", row.outcome.map_or("", Outcome::id));
    add("Cause", &row.causes.to_string());
    add("Made by", &row.source);
    add("First failed", &time(row.first_failed));
    add("Last failed", &time(row.last_failed));
    add("Last OK", &time(row.last_ok));
    add("Found on", &row.found_on);
    if let Some(finding) = finding_of(row, findings) {
        add("Finding", &finding.id);
        add("Evidence", &finding.evidence.join("; "));
        add("Fix", &format!("gatecrawl explain {}", finding.advice));
    }
    let curl = line_of(run, &row.encoded);
    add("Try", curl.as_deref().unwrap_or_default());
    lines.join("\n")
}

/// Returns the worst finding that is about a URL, first of all one with the cause of its failures.
fn finding_of<'a>(row: &FailingRow, findings: &'a [StoredFinding]) -> Option<&'a StoredFinding> {
    let named: Vec<&str> = row.findings.split_whitespace().collect();
    let mut own = (findings.iter()).filter(|finding| named.contains(&finding.id.as_str()));
    let of_its_cause = own.clone().find(|finding| finding.causes == row.causes);
    of_its_cause.or_else(|| own.next())
}

impl Case<'_> {
    fn write(&self, xml: &mut Xml<impl Write>) -> std::io::Result<()> {
        let mut case = BytesStart::new("testcase");
        case.push_attribute(("classname", xml_text(self.class).as_str()));
        case.push_attribute(("name", xml_text(self.name).as_str()));
        case.push_attribute(("time", format!("{:.3}", self.time).as_str()));
        let Some(ending) = self.ending else {
            return xml.write_event(Event::Empty(case));
        };
        xml.write_event(Event::Start(case))?;
        let mut why = BytesStart::new(match ending {
            Ending::Failure => "failure",
            Ending::Error => "error",
            Ending::Skipped => "skipped",
        });
        why.push_attribute(("type", self.kind));
        why.push_attribute(("message", xml_text(self.message).as_str()));
        let name = why.to_end().into_owned();
        xml.write_event(Event::Start(why))?;
        xml.write_event(Event::Text(BytesText::new(&xml_text(self.details))))?;
        xml.write_event(Event::End(name))?;
        end("testcase", xml)
    }
}

impl Counts {
    fn of(endings: impl Iterator<Item = Option<Ending>>) -> Counts {
        let mut counts = Counts::default();
        endings.for_each(|ending| counts.add(ending));
        counts
    }

    const fn add(&mut self, ending: Option<Ending>) {
        self.tests += 1;
        match ending {
            None => {}
            Some(Ending::Failure) => self.failures += 1,
            Some(Ending::Error) => self.errors += 1,
            Some(Ending::Skipped) => self.skipped += 1,
        }
    }

    const fn plus(self, other: Counts) -> Counts {
        Counts {
            tests: self.tests + other.tests,
            failures: self.failures + other.failures,
            errors: self.errors + other.errors,
            skipped: self.skipped + other.skipped,
        }
    }

    /// Adds the counts. Only a suite may have the number of skipped cases.
    fn attributes(self, element: &mut BytesStart<'_>, skipped: bool) {
        let mut push =
            |name, value: u64| element.push_attribute((name, value.to_string().as_str()));
        push("tests", self.tests);
        push("failures", self.failures);
        push("errors", self.errors);
        if skipped {
            push("skipped", self.skipped);
        }
    }
}

fn begin_suite(
    name: &str,
    run: &RunRow,
    counts: Counts,
    xml: &mut Xml<impl Write>,
) -> std::io::Result<()> {
    let mut suite = BytesStart::new("testsuite");
    suite.push_attribute(("name", name));
    counts.attributes(&mut suite, true);
    let started = run.started.spreadsheet().replace(' ', "T");
    suite.push_attribute(("timestamp", started.as_str()));
    suite.push_attribute(("hostname", xml_text(&run.site).as_str()));
    xml.write_event(Event::Start(suite))
}

fn end(name: &str, xml: &mut Xml<impl Write>) -> std::io::Result<()> {
    xml.write_event(Event::End(BytesEnd::new(name)))
}

/// Makes control characters visible and removes characters that XML 1.0 cannot hold.
fn xml_text(text: &str) -> String {
    tame(text)
        .chars()
        .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect()
}
