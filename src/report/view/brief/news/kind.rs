//! The kinds of changes.

use serde::{Deserialize, Serialize};

use crate::assess::compare::{Canonical, DeadLinks, Group, Lost, Noindex};

use super::super::outage::OutageBrief;

/// A change, or the reason why the run could not see one. The order of the variants is that of their weight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the sentences below say what the fields are")]
pub enum News {
    Unaudited {
        why: String,
        #[serde(default)]
        cause: UnauditedCause,
    },
    GivenUp {
        urls: u64,
    },
    /// The start page fails, and other pages do not.
    StartPage {
        why: String,
        /// Other pages that were requested.
        others: u64,
    },
    /// Pages that fail and did not, or were absent.
    Broken {
        pages: u64,
        /// The folder that all of them are in.
        #[serde(default)]
        folder: Option<String>,
        /// Number of pages that failed there before for the same cause.
        #[serde(default)]
        before: u64,
    },
    /// Pages of one section, or all pages, that search engines are told to leave out.
    Noindex(Noindex),
    /// Pages that the site no longer serves though it does not fail.
    Lost(Lost),
    /// Pages that fail, in a first run.
    Failing {
        pages: u64,
    },
    /// Pages that were intermittent, and now always fail.
    Died {
        pages: u64,
    },
    Outage(OutageBrief),
    /// Findings that the baseline lacks, and that no other change reports.
    Found {
        title: String,
        subject: String,
        /// Pages that it is about; `None` if they are not counted.
        #[serde(default)]
        pages: Option<u64>,
        more: u64,
    },
    /// Pages that are refused now and then, and answer when they are asked again.
    RefusedAtTimes {
        pages: u64,
        status: u16,
    },
    GatesFailed {
        expressions: Vec<String>,
    },
    SitemapLost {
        address: String,
        more: u64,
    },
    Moved {
        pages: u64,
        from: String,
        to: String,
    },
    Canonical(Canonical),
    /// Missing or refused URLs that nothing named before.
    DeadLinks(DeadLinks),
    /// The two runs have other scopes or limits.
    Rescoped {
        how: String,
    },
    Worse {
        pages: u64,
    },
    Gone {
        pages: u64,
    },
    Unlinked {
        pages: u64,
    },
    /// The run before could not be audited, and this one is.
    AuditedAgain {
        /// The day of that run.
        since: String,
    },
    Recovered {
        pages: u64,
    },
    /// Pages that were refused, missing or redirected, and are there again.
    Back(Group),
    SitemapBack {
        address: String,
        more: u64,
    },
    /// Findings of the baseline that are gone.
    Resolved {
        title: String,
        subject: String,
        more: u64,
    },
    /// Pages that search engines may index again.
    Indexable(Group),
    Better {
        pages: u64,
    },
    Appeared {
        pages: u64,
    },
}

/// Why a site could not be audited, as far as a subject says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnauditedCause {
    /// Its pages could not be read.
    #[default]
    Unread,
    /// robots.txt forbids the start page.
    Forbidden,
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// Action is needed.
    Bad,
    /// Worth knowing.
    Neutral,
    /// All is well, or better.
    Good,
}

impl News {
    /// Returns how bad it is.
    pub fn tone(&self) -> Tone {
        match self {
            News::Unaudited { .. }
            | News::GivenUp { .. }
            | News::StartPage { .. }
            | News::Broken { .. }
            | News::Failing { .. }
            | News::Died { .. }
            | News::Outage(_)
            | News::Noindex(_)
            | News::Lost(_)
            | News::GatesFailed { .. }
            | News::SitemapLost { .. } => Tone::Bad,
            News::Found { .. }
            | News::RefusedAtTimes { .. }
            | News::Canonical(_)
            | News::DeadLinks(_)
            | News::Rescoped { .. }
            | News::Moved { .. }
            | News::Worse { .. }
            | News::Gone { .. }
            | News::Unlinked { .. }
            | News::Appeared { .. } => Tone::Neutral,
            News::AuditedAgain { .. }
            | News::Recovered { .. }
            | News::Back(_)
            | News::SitemapBack { .. }
            | News::Resolved { .. }
            | News::Indexable(_)
            | News::Better { .. } => Tone::Good,
        }
    }

    /// Returns its rank: by weight, then by the number of pages.
    pub(super) fn rank(&self) -> (u8, std::cmp::Reverse<u64>) {
        let kind = match self {
            News::Unaudited { .. } => 0,
            News::Noindex(found) if found.whole => 1,
            News::GivenUp { .. } | News::StartPage { .. } => 2,
            News::Broken { .. } | News::Failing { .. } => 3,
            News::Died { .. } => 4,
            News::Outage(_) => 5,
            News::Lost(_) | News::Noindex(_) => 6,
            News::Moved { .. } => 7,
            News::SitemapLost { .. } => 8,
            News::Found { .. } | News::RefusedAtTimes { .. } => 9,
            News::GatesFailed { .. } => 10,
            News::Canonical(_) => 11,
            News::Rescoped { .. } => 12,
            News::Worse { .. } => 13,
            News::DeadLinks(_) => 14,
            News::Gone { .. } => 15,
            News::Unlinked { .. } => 16,
            News::AuditedAgain { .. } => 17,
            News::Recovered { .. } => 18,
            News::Back(_) => 19,
            News::SitemapBack { .. } => 20,
            News::Resolved { .. } => 21,
            News::Indexable(_) => 22,
            News::Better { .. } => 23,
            News::Appeared { .. } => 24,
        };
        (kind, std::cmp::Reverse(self.pages()))
    }

    /// Returns the number of pages that it is about; 0 if it is not about pages.
    pub(in crate::report::view::brief) fn pages(&self) -> u64 {
        match self {
            News::Broken { pages, .. }
            | News::Failing { pages }
            | News::RefusedAtTimes { pages, .. }
            | News::Died { pages }
            | News::Moved { pages, .. }
            | News::Worse { pages }
            | News::Gone { pages }
            | News::Unlinked { pages }
            | News::Recovered { pages }
            | News::Better { pages }
            | News::Appeared { pages } => *pages,
            News::Noindex(Noindex { pages, .. })
            | News::Lost(Lost { pages, .. })
            | News::Canonical(Canonical { pages, .. })
            | News::DeadLinks(DeadLinks { pages, .. })
            | News::Back(pages)
            | News::Indexable(pages) => pages.pages,
            News::Unaudited { .. }
            | News::Rescoped { .. }
            | News::AuditedAgain { .. }
            | News::SitemapBack { .. }
            | News::Resolved { .. }
            | News::GivenUp { .. }
            | News::StartPage { .. }
            | News::Outage(_)
            | News::Found { .. }
            | News::GatesFailed { .. }
            | News::SitemapLost { .. } => 0,
        }
    }
}
