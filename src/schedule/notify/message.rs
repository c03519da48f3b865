//! What is told, without a word of markup. Channels render this and nothing else; the database keeps
//! it until it was sent.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::report::words::{number, tame};

use super::choice::Occasion;

/// Most pages that a list names; how many more there are is said.
pub(super) const MOST_PAGES: usize = 100;

/// Version of the JSON that webhooks get: raised when a key changes its meaning or goes away.
const SCHEMA: u32 = 1;

/// What is told. Everything in it is bounded in number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Names what happened, the same if it is told again: `shop/run/7/ended`.
    pub event: String,
    /// Why it is told, the most urgent occasion first.
    pub occasions: Vec<Occasion>,
    /// The project's name.
    pub project: String,
    /// What was audited; empty where no run came of it.
    pub site: String,
    /// The run; absent where there is none.
    pub run: Option<i64>,
    /// When it happened, RFC 3339 in UTC.
    pub at: String,
    /// One line for a list of mails, without the name of the program.
    pub subject: String,
    /// How bad it is.
    pub tone: Tone,
    /// What happened, in one sentence.
    pub headline: String,
    /// Names and values, for a small table.
    pub facts: Vec<Fact>,
    /// Pages, under a title.
    pub lists: Vec<PageList>,
    /// What is to be kept in mind, in sentences.
    pub notes: Vec<String>,
    /// The file `report.html` of the run, if it was written.
    pub report: Option<PathBuf>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// Somebody should act.
    Bad,
    /// Somebody should know.
    Neutral,
    /// All is well, or better.
    Good,
}

/// A name and a value, both in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Such as `Crawlability`.
    pub name: String,
    /// Such as `88.6, before 97.1`.
    pub value: String,
}

/// Pages of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageList {
    /// `new`, `recovered` or `failing`.
    pub kind: String,
    /// Such as `2 pages fail now and did not before`.
    pub title: String,
    /// How bad that is.
    pub tone: Tone,
    /// The pages, the worst first.
    pub pages: Vec<Page>,
    /// How many more there are than are listed.
    pub more: u64,
}

/// A page, and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Its address.
    pub address: String,
    /// Its last status code; absent where there was no answer or it is not known.
    pub status: Option<u16>,
    /// What was seen of it, in words; may be empty.
    pub detail: String,
}

impl Message {
    /// The most urgent occasion.
    pub fn occasion(&self) -> Occasion {
        self.occasions.first().copied().unwrap_or(Occasion::Digest)
    }

    /// The subject as a mail or a chat shows it.
    pub fn title(&self) -> String {
        format!("[gatecrawl] {}", self.subject)
    }

    /// The text part of a mail.
    pub fn text(&self) -> String {
        let mut lines = vec![self.headline.clone(), String::new()];
        let widths = self.facts.iter().map(|fact| fact.name.chars().count());
        let width = widths.max().unwrap_or_default();
        let facts = self.facts.iter();
        lines.extend(facts.map(|fact| format!("  {:width$}  {}", fact.name, fact.value)));
        for list in &self.lists {
            lines.extend([String::new(), list.title.clone()]);
            for page in &list.pages {
                lines.push(format!("  {}", page.address));
                let said = Some(page.said()).filter(|said| !said.is_empty());
                lines.extend(said.map(|said| format!("    {said}")));
            }
            if list.more > 0 {
                lines.push(format!("  and {} more", number(list.more)));
            }
        }
        for note in &self.notes {
            lines.extend([String::new(), note.clone()]);
        }
        lines.extend([String::new(), "-- ".to_owned(), self.footer()]);
        tame(&lines.join("\n")).into_owned() + "\n"
    }

    /// What webhooks get; docs/notify.md explains its keys.
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
            "facts": self.facts,
            "lists": self.lists,
            "notes": self.notes,
        })
    }

    /// The last line.
    pub(super) fn footer(&self) -> String {
        let run = self.run.map_or(String::new(), |run| format!(", run {run}"));
        format!("gatecrawl, project {}{run}, {}", self.project, self.at)
    }
}

impl Page {
    /// Status and detail.
    pub(super) fn said(&self) -> String {
        let status = self.status.map(|status| status.to_string());
        let parts = [status.unwrap_or_default(), self.detail.clone()];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(", ")
    }
}
