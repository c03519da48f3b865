//! The result of a rule: its subject, severity, evidence, and the topic of the advice.

use serde::{Deserialize, Serialize, Serializer};

use super::rule::Rule;
use crate::assess::diagnose::cluster::ClusterFacts;
use crate::assess::diagnose::evidence::{Evidence, sentences};
use crate::assess::playbook::server_key;
use crate::model::{Cause, Causes};

/// How harmful a finding is for crawling and indexing.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    #[default]
    Notice,
    /// Fix it in time.
    Warning,
    /// Pages are being lost, or will be soon.
    Error,
    /// Crawling of the host stops, or most of the site is gone.
    Critical,
}

impl Severity {
    /// All severities, the mildest first.
    pub const ALL: [Severity; 4] = [
        Severity::Notice,
        Severity::Warning,
        Severity::Error,
        Severity::Critical,
    ];

    /// Returns the severity of this name.
    pub fn from_id(id: &str) -> Option<Severity> {
        Severity::ALL
            .into_iter()
            .find(|severity| severity.id() == id)
    }

    /// Returns the name in exports.
    pub const fn id(self) -> &'static str {
        match self {
            Severity::Notice => "notice",
            Severity::Warning => "warning",
            Severity::Error => "error",
            Severity::Critical => "critical",
        }
    }
}

/// The scope of a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One URL.
    #[default]
    Url,
    /// A section of a host.
    Section,
    /// A host.
    Host,
    /// The whole site.
    Site,
}

impl Scope {
    /// All scopes, the narrowest first.
    pub const ALL: [Scope; 4] = [Scope::Url, Scope::Section, Scope::Host, Scope::Site];

    /// Returns the scope of this name.
    pub fn from_id(id: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.id() == id)
    }

    /// Returns the section if the URLs of a cluster are all in one, otherwise their host.
    pub fn of_places(facts: &ClusterFacts) -> Scope {
        match facts.sections.len() {
            0 | 1 => Scope::Section,
            _ => Scope::Host,
        }
    }

    /// Returns the name in exports.
    pub const fn id(self) -> &'static str {
        match self {
            Scope::Url => "url",
            Scope::Section => "section",
            Scope::Host => "host",
            Scope::Site => "site",
        }
    }
}

/// One problem that a rule found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule that made it.
    pub rule: Rule,
    /// Its severity.
    pub severity: Severity,
    /// Its scope.
    pub scope: Scope,
    /// The URL, section, host or site.
    pub subject: String,
    /// The causes that may be named, the most probable first: none, one, or "A or B".
    pub causes: Vec<Cause>,
    /// Its probability, from 0 to 1.
    pub confidence: f64,
    /// The evidence for it.
    pub evidence: Vec<Evidence>,
    /// Number of pages that it is about, as far as the rule counts them.
    pub pages: Option<u64>,
    /// The server product that made the error pages, if they name one.
    pub product: Option<&'static str>,
    /// URLs that the evidence shows.
    pub shown: Vec<String>,
    /// The key of the playbook to follow.
    pub advice: &'static str,
}

impl Finding {
    /// Returns the causes as one text: `overload`, `overload or maintenance`, or nothing.
    pub fn cause_text(&self) -> String {
        let causes: Causes = self.causes.iter().copied().collect();
        causes.to_string()
    }

    /// Returns the evidence, one sentence each.
    pub fn sentences(&self) -> Vec<String> {
        self.evidence.iter().map(ToString::to_string).collect()
    }

    /// Returns the server product whose notes apply, if the error pages name one.
    pub fn server(&self) -> Option<&'static str> {
        server_key(self.product?)
    }

    /// Returns the evidence as one text.
    pub fn evidence_text(&self) -> String {
        sentences(&self.evidence)
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut row = serializer.serialize_struct("Finding", 9)?;
        row.serialize_field("rule", &self.rule)?;
        row.serialize_field("severity", &self.severity)?;
        row.serialize_field("scope", &self.scope)?;
        row.serialize_field("subject", &self.subject)?;
        row.serialize_field("causes", &self.causes)?;
        row.serialize_field("confidence", &self.confidence)?;
        row.serialize_field("evidence", &self.evidence)?;
        row.serialize_field("text", &self.evidence_text())?;
        row.serialize_field("advice", self.advice)?;
        row.end()
    }
}
