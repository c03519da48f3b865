//! Hosts of which one backend of several fails, so that a page of them is fine or fails by turns.

use crate::assess::examine::url::Seen;
use crate::model::Outcome;

/// A host, or a section of one, of which one backend of several fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadBackend {
    /// Scheme, host and port.
    pub(in crate::assess::examine) host: String,
    /// The section, if the whole host is not concerned.
    pub(in crate::assess::examine) section: Option<String>,
    /// The outcome of most failures.
    pub(in crate::assess::examine) outcome: Outcome,
}

impl DeadBackend {
    /// Returns whether the failing backend explains the failures of a URL: the URL is on its host and in its section,
    /// if it has one, and the URL's most frequent failure has its outcome.
    pub(in crate::assess::examine) fn explains(&self, seen: &Seen<'_>) -> bool {
        let is_here = self.host == seen.host
            && (self.section.as_deref()).is_none_or(|section| section == seen.section);
        let main = seen.main_failure();
        is_here && main.is_some_and(|main| main.facts.outcome == self.outcome)
    }
}
