//! A notification without markup. Channels render only this; the database keeps it until it is sent.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::report::words::{number, tame};
use crate::report::{BriefPage, Fact, FindingBrief, PageList, Tone};
use crate::terminal::wrap::paragraph;

use super::choice::Occasion;

/// The title above the findings.
pub(super) const FINDINGS: &str = "What is wrong";

/// The title above the numbers.
pub(super) const NUMBERS: &str = "Numbers";

/// The title before the state of the site.
const NOW: &str = "Now";

/// Maximum characters of a line of the text part.
const WIDTH: usize = 78;

/// Version of the JSON that webhooks get: raised when a key changes its meaning or is removed.
const SCHEMA: u32 = 1;

/// A notification. All its lists are bounded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The key of the event, the same if it is sent again: `shop/run/7/ended`.
    pub event: String,
    /// Why it is sent, the most urgent occasion first.
    pub occasions: Vec<Occasion>,
    /// The project's name.
    pub project: String,
    /// The audited site; empty without a run.
    pub site: String,
    /// The run, if there is one.
    pub run: Option<i64>,
    /// The time of the event, RFC 3339 in UTC.
    pub at: String,
    /// The time of the event as people read it, in the project's time zone.
    #[serde(default)]
    pub time: String,
    /// One line for a list of mails, without the name of the program.
    pub subject: String,
    /// How bad it is.
    pub tone: Tone,
    /// The event, in one sentence.
    pub headline: String,
    /// The state of the site, if the headline does not say it.
    #[serde(default)]
    pub state: Option<String>,
    /// Names and values, for a small table: people read the numbers last.
    pub facts: Vec<Fact>,
    /// The findings, the worst first.
    #[serde(default)]
    pub findings: Vec<FindingBrief>,
    /// Number of findings that are left out.
    #[serde(default)]
    pub more_findings: u64,
    /// Pages, under a title.
    pub lists: Vec<PageList>,
    /// Sentences about what limits the result, such as pages that were not requested.
    pub notes: Vec<String>,
    /// The file `report.html` of the run, if it was written.
    pub report: Option<PathBuf>,
}

impl Message {
    /// Returns the most urgent occasion.
    pub fn occasion(&self) -> Occasion {
        self.occasions.first().copied().unwrap_or(Occasion::Digest)
    }

    /// Returns the subject as a mail or a chat shows it.
    pub fn title(&self) -> String {
        format!("[gatecrawl] {}", self.subject)
    }

    /// Returns the facts, the state of the site as the first of them: for channels that show it among the facts.
    pub(super) fn facts_with_state(&self) -> Vec<Fact> {
        let state = self.state.iter().map(|state| Fact {
            name: NOW.to_owned(),
            value: state.clone(),
        });
        state.chain(self.facts.iter().cloned()).collect()
    }

    /// Returns the text part of a mail, in lines of 78 characters unless a URL is longer (RFC 5322, 2.1.1).
    pub fn text(&self) -> String {
        let wrapped = |first: &str, text: &str| paragraph(text, WIDTH, first).trim_end().to_owned();
        let mut lines = vec![wrapped("", &self.headline)];
        let state = self.state.iter();
        lines.extend(state.map(|state| wrapped("", &format!("{NOW}: {state}"))));
        if !self.findings.is_empty() {
            lines.extend([String::new(), FINDINGS.to_owned()]);
        }
        for finding in &self.findings {
            let (title, facts) = self::lines(finding);
            lines.push(wrapped("  ", &title));
            let facts = facts.iter();
            lines.extend(facts.map(|(name, text)| wrapped(&format!("    {name}: "), text)));
        }
        if self.more_findings > 0 {
            let more = number(self.more_findings);
            lines.push(format!("  and {more} more in the report"));
        }
        for list in &self.lists {
            lines.extend([String::new(), list.title.clone()]);
            for page in &list.pages {
                lines.push(format!("  {}", page.address));
                let said = Some(said(page)).filter(|said| !said.is_empty());
                lines.extend(said.map(|said| wrapped("    ", &said)));
            }
            if list.more > 0 {
                lines.push(format!("  and {} more", number(list.more)));
            }
        }
        if !self.facts.is_empty() {
            lines.extend([String::new(), NUMBERS.to_owned()]);
        }
        let widths = self.facts.iter().map(|fact| fact.name.chars().count());
        let width = widths.max().unwrap_or_default();
        let rows = self.facts.iter();
        lines.extend(rows.map(|fact| wrapped(&format!("  {:width$}  ", fact.name), &fact.value)));
        for note in &self.notes {
            lines.extend([String::new(), wrapped("", note)]);
        }
        lines.extend([String::new(), "-- ".to_owned(), self.footer()]);
        tame(&lines.join("\n")).into_owned() + "\n"
    }

    /// Returns the JSON for webhooks; docs/notify.md explains its keys.
    pub fn json(&self) -> Value {
        json!({
            "schema": SCHEMA,
            "event": self.event,
            "occasions": self.occasions,
            "project": self.project,
            "site": self.site,
            "run": self.run,
            "at": self.at,
            "subject": self.subject,
            "tone": self.tone,
            "headline": self.headline,
            "facts": self.facts_with_state(),
            "findings": self.findings,
            "more_findings": self.more_findings,
            "lists": self.lists,
            "notes": self.notes,
        })
    }

    /// Returns the last line of a message: project, run and time.
    pub(super) fn footer(&self) -> String {
        let run = self.run.map_or(String::new(), |run| format!(", run {run}"));
        format!("gatecrawl, project {}{run}, {}", self.project, self.time)
    }
}

/// Returns status and detail of a page.
pub(super) fn said(page: &BriefPage) -> String {
    let status = page.status.map(|status| status.to_string());
    let parts = [status.unwrap_or_default(), page.detail.clone()];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

/// Returns a finding in lines: what and where, then cause, owner, evidence and first step as far as they are known.
/// For a finding that was already reported and has not grown: the owner and the command that explains it.
pub(super) fn lines(finding: &FindingBrief) -> (String, Vec<(&'static str, &str)>) {
    let more = match finding.more_pages {
        0 => String::new(),
        1 => "1 page more".to_owned(),
        more => format!("{} pages more", number(more)),
    };
    let about = match (finding.new, finding.age.as_str()) {
        (true, _) => ["new", ""],
        (false, age) => [&*more, age],
    };
    let about: Vec<&str> = about.into_iter().filter(|part| !part.is_empty()).collect();
    let age = match about.join(", ") {
        about if about.is_empty() => about,
        about => format!(" ({about})"),
    };
    let title = format!("{}: {}{age}", finding.title, finding.subject);
    let (owner, more) = (("Owner", &*finding.owner), ("More", &*finding.explain));
    let lines = if finding.new || finding.more_pages > 0 {
        vec![
            ("Cause", &*finding.cause),
            ("Evidence", &*finding.evidence),
            owner,
            ("First step", &*finding.step),
            more,
        ]
    } else {
        vec![owner, more]
    };
    let known = lines.into_iter().filter(|(_, text)| !text.is_empty());
    (title, known.collect())
}
