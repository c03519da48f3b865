//! The playbooks as they are written in the files, and as lookups return them. Text to be typed is
//! between backticks.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::model::Cause;

/// The explanation of a topic, and the advice for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Playbook {
    /// The topic's key, such as `upstream_down` or `502`.
    pub key: String,
    /// The title of the topic.
    pub title: String,
    /// Who usually has to act; `None` for topics that are not findings.
    pub owner: Option<Owner>,
    /// Its meaning.
    pub meaning: String,
    /// Its effect on crawling and indexing; empty if it has none.
    pub seo: String,
    /// The causes behind it, the most probable first.
    pub causes: Vec<Cause>,
    /// Its symptoms.
    pub signs: Vec<String>,
    /// How to confirm it: commands and places to check.
    pub confirm: Vec<String>,
    /// How to fix it.
    pub act: Vec<String>,
    /// How to see that it is over.
    pub verify: Vec<String>,
    /// Keys of the next steps and checks.
    pub steps: Vec<String>,
    /// Notes for the requested server product.
    pub server: Option<ServerNotes>,
    /// Measurements about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
}

impl Playbook {
    /// Returns how to fix it, step by step: the lines that the product has for this topic, then those for every
    /// product. General lines about the product are not steps of a fix.
    pub fn fix(&self) -> impl Iterator<Item = &String> {
        let own = self.server.iter().flat_map(|notes| &notes.own);
        own.chain(&self.act)
    }
}

/// Who usually has to act on a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// Operators of servers, networks and names.
    Hosting,
    /// Developers of the application.
    Developers,
    /// Operators of the cache or CDN.
    Cdn,
    /// Editors of the pages.
    Content,
    /// The SEO team.
    Seo,
    /// The person who runs the crawl.
    Crawl,
}

impl Owner {
    /// Returns the name of the team, as reports show it.
    pub const fn team(self) -> &'static str {
        match self {
            Owner::Hosting => "hosting team",
            Owner::Developers => "developers",
            Owner::Cdn => "CDN team",
            Owner::Content => "content team",
            Owner::Seo => "SEO team",
            Owner::Crawl => "you, who run the crawl",
        }
    }
}

/// The answer of each product to each fault.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Measured {
    /// Products with their versions: the columns.
    pub products: Vec<String>,
    /// A row for each fault.
    pub rows: Vec<MeasuredRow>,
    /// Notes on the marks in the cells and on the measurement.
    pub notes: Vec<String>,
}

/// The answers to one fault.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredRow {
    /// The behaviour of the backend.
    pub fault: String,
    /// A status for each product, which may have a mark; empty if not measured.
    pub answers: Vec<String>,
}

/// Notes for a server product.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ServerNotes {
    /// Its key, such as `nginx`.
    pub key: String,
    /// Its name.
    pub title: String,
    /// How to examine it.
    pub confirm: Vec<String>,
    /// How to fix what the topic is about; empty if the product has nothing special for it.
    pub own: Vec<String>,
    /// How to fix it in general, whatever the topic.
    pub act: Vec<String>,
    /// Facts that are easily forgotten.
    pub remember: String,
}

/// A topic as written in a file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Topic {
    pub(super) title: String,
    pub(super) owner: Option<Owner>,
    pub(super) meaning: String,
    pub(super) seo: String,
    pub(super) causes: Vec<String>,
    pub(super) signs: Vec<String>,
    pub(super) confirm: Vec<String>,
    pub(super) act: Vec<String>,
    pub(super) verify: Vec<String>,
    pub(super) steps: Vec<String>,
    /// For outcomes: the cause whose playbook applies.
    pub(super) follow: Option<String>,
}

/// A server product as written in its file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Server {
    pub(super) title: String,
    pub(super) confirm: Vec<String>,
    pub(super) act: Vec<String>,
    pub(super) remember: String,
    pub(super) cause: BTreeMap<String, Vec<String>>,
}

pub(super) type Topics = BTreeMap<String, Topic>;

/// All files.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) causes: Topics,
    pub(super) steps: Topics,
    pub(super) statuses: Topics,
    pub(super) outcomes: Topics,
    pub(super) words: Topics,
    pub(super) numbers: Topics,
    pub(super) servers: BTreeMap<String, Server>,
}

pub(super) static BOOKS: LazyLock<Books> = LazyLock::new(|| Books::read().unwrap_or_default());

impl Books {
    pub(super) fn read() -> Result<Books, toml::de::Error> {
        Ok(Books {
            causes: toml::from_str(include_str!("causes.toml"))?,
            steps: toml::from_str(include_str!("steps.toml"))?,
            statuses: toml::from_str(include_str!("statuses.toml"))?,
            outcomes: toml::from_str(include_str!("outcomes.toml"))?,
            words: toml::from_str(include_str!("words.toml"))?,
            numbers: numbers(include_str!("../../../docs/numbers.md")),
            servers: toml::from_str(include_str!("servers.toml"))?,
        })
    }
}

/// Returns a topic as keys are written: no capitals, `_` between words.
pub(super) fn normal(topic: &str) -> String {
    let topic = topic.trim().to_lowercase().replace(['-', ' '], "_");
    topic
        .strip_prefix("http_")
        .map_or(topic.clone(), str::to_owned)
}

/// Reads the document that defines what is counted: each paragraph that begins with its word in bold is a topic.
fn numbers(document: &str) -> Topics {
    let paragraphs = document.split("\n\n");
    let defined = paragraphs.filter_map(|text| text.trim().strip_prefix("**")?.split_once(".** "));
    let topics = defined.map(|(title, meaning)| {
        let topic = Topic {
            title: title.to_owned(),
            meaning: meaning.replace('\n', " "),
            ..Topic::default()
        };
        (normal(title), topic)
    });
    topics.collect()
}

impl Topic {
    /// Returns the topic as a playbook.
    pub(super) fn playbook(&self, key: &str) -> Playbook {
        Playbook {
            key: key.to_owned(),
            title: self.title.clone(),
            owner: self.owner,
            meaning: self.meaning.clone(),
            seo: self.seo.clone(),
            causes: self
                .causes
                .iter()
                .filter_map(|id| Cause::from_id(id))
                .collect(),
            signs: self.signs.clone(),
            confirm: self.confirm.clone(),
            act: self.act.clone(),
            verify: self.verify.clone(),
            steps: self.steps.clone(),
            server: None,
            measured: None,
        }
    }
}

impl Server {
    /// Returns the notes for a topic with these causes, with at most `most` lines about each.
    pub(super) fn notes(&self, key: &str, topics: &[&str], most: usize) -> ServerNotes {
        let own = topics
            .iter()
            .filter_map(|topic| self.cause.get(*topic))
            .flat_map(|lines| lines.iter().take(most));
        ServerNotes {
            key: key.to_owned(),
            title: self.title.clone(),
            confirm: self.confirm.clone(),
            own: own.cloned().collect(),
            act: self.act.clone(),
            remember: self.remember.clone(),
        }
    }
}
