//! Tickets for the people who repair: one for each cause, from the same view as the reports. `tickets.md` is to be pasted,
//! `tickets.csv` is imported by Jira and its like.

use std::io::Write;

use crate::assess::diagnose::rules::Severity;
use crate::report::curl::shell_word;
use crate::report::files::fault::Fault;
use crate::report::tables::csv::{without_formulas, writer};
use crate::report::view::{FindingView, View};
use crate::report::words::{count, number};

use super::{advice, escaped, link, one_line, spaced};

/// Maximum characters of a summary: Jira refuses longer ones.
const SUMMARY: usize = 255;

/// Maximum pages that a ticket lists, maximum sections or hosts, and maximum linking pages.
const LISTED: usize = 20;

/// Maximum URLs that are checked one by one.
const CHECKED: usize = 3;

/// The work for one cause.
struct Ticket {
    summary: String,
    priority: &'static str,
    labels: [String; 4],
    parts: Vec<Part>,
}

/// A part of a ticket under its heading.
struct Part {
    title: &'static str,
    lines: Vec<Line>,
}

/// A line of a part.
enum Line {
    /// A text of the run or of a site.
    Text(String),
    /// A line of advice, with commands between backticks.
    Advice(String),
    /// A URL, and the text about it.
    Address(String, String),
    /// A command to copy.
    Command(String),
}

/// Writes the tickets to paste.
pub(in crate::report) fn markdown(view: &View, mut out: impl Write) -> Result<(), Fault> {
    writeln!(
        out,
        "# Tickets of gatecrawl: {}\n",
        escaped(&view.about.site)
    )?;
    writeln!(out, "{}", origin(view))?;
    for ticket in tickets(view) {
        writeln!(out, "\n## {}\n", escaped(&ticket.summary))?;
        let labels = ticket.labels.join(" ");
        writeln!(
            out,
            "Priority: {}. Labels: {}",
            ticket.priority,
            escaped(&labels)
        )?;
        for part in ticket.parts {
            writeln!(out, "\n**{}**\n", part.title)?;
            for line in part.lines {
                match line {
                    Line::Text(text) => writeln!(out, "- {}", escaped(&text))?,
                    Line::Advice(text) => writeln!(out, "- {}", advice(&text))?,
                    Line::Address(address, says) => {
                        writeln!(out, "- {}{}", link(&address), spaced(&says))?;
                    }
                    Line::Command(text) => writeln!(out, "\n      {}", one_line(&text))?,
                }
            }
        }
    }
    Ok(())
}

/// Writes the tickets to import. Labels have a column each, as Jira expects of several values.
pub(in crate::report) fn csv(view: &View, out: impl Write) -> Result<(), Fault> {
    let mut csv = writer(out);
    csv.write_record([
        "Summary",
        "Description",
        "Priority",
        "Labels",
        "Labels",
        "Labels",
        "Labels",
    ])?;
    for ticket in tickets(view) {
        let mut text: Vec<String> = Vec::new();
        for part in &ticket.parts {
            text.push(format!("{}:", part.title));
            text.extend(part.lines.iter().map(Line::wiki));
            text.push(String::new());
        }
        text.push(origin(view));
        let text = text.join("\n");
        let summary = without_formulas(&ticket.summary).into_owned();
        let fixed = [
            summary,
            without_formulas(&text).into_owned(),
            ticket.priority.to_owned(),
        ];
        csv.write_record(fixed.iter().chain(&ticket.labels))?;
    }
    Ok(csv.flush()?)
}

impl Line {
    /// Renders the line in the markup of Jira, which reads well as plain text too.
    fn wiki(&self) -> String {
        match self {
            Line::Text(says) | Line::Advice(says) => format!("* {}", wiki(says)),
            Line::Address(address, says) => format!("* {}{}", wiki(address), kept(says)),
            Line::Command(command) => format!("{{noformat}}\n{}\n{{noformat}}", one_line(command)),
        }
    }
}

/// Renders what follows a URL, which begins with a blank or a sign.
fn kept(says: &str) -> String {
    let blank = if says.starts_with(' ') { " " } else { "" };
    format!("{blank}{}", wiki(says))
}

/// Renders a text in one line, without the brackets of Jira's macros.
fn wiki(text: &str) -> String {
    one_line(text).replace('{', "\\{")
}

fn origin(view: &View) -> String {
    let about = &view.about;
    format!(
        "From run {} of {} {}.",
        about.run, about.started, about.zone
    )
}

fn tickets(view: &View) -> impl Iterator<Item = Ticket> {
    view.findings.rows.iter().map(|found| ticket(found, view))
}

fn ticket(found: &FindingView, view: &View) -> Ticket {
    let pages = found
        .pages
        .map(|pages| format!(" ({})", count(pages, "page")));
    let summary = one_line(&format!(
        "{}: {}{}",
        found.title,
        found.subject,
        pages.unwrap_or_default()
    ));
    let owner = found.owner.replace(' ', "-");
    let topic = found.advice.clone();
    Ticket {
        summary: summary.chars().take(SUMMARY).collect(),
        priority: match found.severity {
            Severity::Critical => "Highest",
            Severity::Error => "High",
            Severity::Warning => "Medium",
            Severity::Notice => "Low",
        },
        // A label has no blanks.
        labels: [
            "gatecrawl".to_owned(),
            topic,
            owner.replace(',', ""),
            found.id.replace(' ', "-"),
        ],
        parts: parts(found, view),
    }
}

fn parts(found: &FindingView, view: &View) -> Vec<Part> {
    let part = |title, lines: Vec<Line>| Part { title, lines };
    let texts = |lines: &[String]| lines.iter().cloned().map(Line::Text).collect::<Vec<_>>();
    let steps = |lines: &[String]| lines.iter().cloned().map(Line::Advice).collect::<Vec<_>>();
    let command = |line: &str| (!line.is_empty()).then(|| Line::Command(line.to_owned()));
    let mut brief = texts(&[sentence(found)]);
    if !found.sentence.is_empty() {
        let effect = if found.effect.is_empty() { "" } else { " " };
        brief.push(Line::Text(format!(
            "{}.{effect}{}",
            found.sentence, found.effect
        )));
    } else if !found.when.is_empty() {
        brief.push(Line::Text(format!("Failing: {}.", found.when)));
    }
    if !found.seo.is_empty() {
        brief.push(Line::Advice(format!("In search: {}", found.seo)));
    }
    let mut proof = texts(&found.evidence);
    proof.extend(places(found));
    proof.extend(pages(found));
    let mut again = steps(&found.confirm);
    again.extend(command(&found.curl));
    let mut fix = steps(&found.server_own);
    fix.extend(steps(&found.act));
    let mut after = steps(&found.verify);
    after.extend(accepted(found));
    after.extend(command(&check(found)));
    let all = vec![
        part("In short", brief),
        part("Who", texts(&[found.owner.to_owned()])),
        part("What shows it", proof),
        part("See it yourself", again),
        part("Fix, the likeliest first", fix),
        part("When it is done", after),
        part("Who links there", sources(found, view)),
        part("More", command(&found.explain).into_iter().collect()),
    ];
    let is_filled = |part: &Part| match part.lines.as_slice() {
        [] => false,
        [Line::Text(text)] => !text.is_empty(),
        _ => true,
    };
    all.into_iter().filter(is_filled).collect()
}

/// Returns when the ticket is done, in a sentence that everybody can check.
fn accepted(found: &FindingView) -> Option<Line> {
    if found.sentence.is_empty() {
        return None;
    }
    let pages = match found.all_urls {
        1 => "The page opens".to_owned(),
        all => format!("All {} open", count(all, "page")),
    };
    let its = if found.all_urls == 1 { "its" } else { "their" };
    let says = format!("{pages} with {its} content in a browser, several times.");
    Some(Line::Text(says))
}

/// Returns the command that shows whether all is well again, at the worst URLs; empty without URLs.
fn check(found: &FindingView) -> String {
    let worst = found.urls.iter().take(CHECKED);
    let words = worst.map(|url| format!(" {}", shell_word(&url.href)));
    match words.collect::<String>() {
        urls if urls.is_empty() => urls,
        urls => format!("gatecrawl check{urls}"),
    }
}

/// Returns the one sentence that a manager reads: what, where, since when, why.
fn sentence(found: &FindingView) -> String {
    let pages = found.pages.map(|pages| count(pages, "page"));
    let age = Some(found.age.clone()).filter(|age| !age.is_empty());
    let cost = Some(found.cost.clone()).filter(|cost| !cost.is_empty());
    let facts = [Some(found.subject.clone()), pages, age, cost];
    let facts = facts.into_iter().flatten();
    let what = format!("{}: {}.", found.title, facts.collect::<Vec<_>>().join(", "));
    if found.cause.is_empty() {
        return what;
    }
    let sure = found.confidence * 100.0;
    format!("{what} Most likely: {} ({sure:.0} % sure).", found.cause)
}

fn places(found: &FindingView) -> Vec<Line> {
    let shown = found.places.iter().take(LISTED).map(|place| {
        let pages = place
            .pages
            .map(|pages| format!(", {}", count(pages, "page")));
        let says = format!("{}: {}", pages.unwrap_or_default(), place.evidence);
        Line::Address(place.subject.clone(), says)
    });
    let more = found.places.len().saturating_sub(LISTED) + found.more_places;
    shown.chain(left(more as u64, "findings.csv")).collect()
}

fn pages(found: &FindingView) -> Vec<Line> {
    let shown = found.urls.iter().take(LISTED).map(|url| {
        let status = match url.status {
            0 => "no answer".to_owned(),
            status => status.to_string(),
        };
        let says = format!(
            ": {status}, {}, {} of {} requests failed",
            url.verdict, url.failed, url.attempts
        );
        Line::Address(url.href.clone(), says)
    });
    let more = found
        .all_urls
        .saturating_sub(found.urls.len().min(LISTED) as u64);
    shown.chain(left(more, "server_errors.csv")).collect()
}

/// Returns pages that link to the pages of a finding, each once.
fn sources(found: &FindingView, view: &View) -> Vec<Line> {
    let own = |id: &str| found.urls.iter().any(|url| url.id == id);
    let pages = (view.pages.rows.iter()).filter(|page| own(&page.id));
    let all = pages.flat_map(|page| page.sources.iter().map(move |source| (source, page)));
    let mut lines: Vec<Line> = Vec::new();
    let mut seen = Vec::new();
    for (source, page) in all {
        if lines.len() < LISTED && !seen.contains(&&source.href) {
            seen.push(&source.href);
            let anchor = Some(&source.anchor).filter(|anchor| !anchor.is_empty());
            let anchor = anchor.map_or(String::new(), |anchor| format!(" (\"{anchor}\")"));
            let says = format!("{anchor}, to {}", page.href);
            lines.push(Line::Address(source.href.clone(), says));
        }
    }
    if !lines.is_empty() {
        lines.push(Line::Text("All links are in error_inlinks.csv.".to_owned()));
    }
    lines
}

fn left(more: u64, file: &str) -> Option<Line> {
    (more > 0).then(|| Line::Text(format!("and {} more, see {file}", number(more))))
}
