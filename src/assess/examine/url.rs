//! One URL as it is handed over, and what comes back.

use crate::assess::diagnose::{AnswerFacts, SoftError, soft_error};
use crate::assess::score::weight::Importance;
use crate::assess::verdict::earlier_runs::EarlierRuns;
use crate::assess::verdict::judgement::Judgement;
use crate::assess::verdict::observation::Observation;
use crate::model::{Purpose, Role};

/// A URL with all that was recorded of it.
#[derive(Debug)]
pub struct Seen<'a> {
    /// Its address.
    pub address: &'a str,
    /// Scheme, host and port.
    pub host: &'a str,
    /// The first folder of its path.
    pub section: &'a str,
    /// The pattern of its family; empty where nothing of it failed.
    pub family: &'a str,
    /// What it is to the crawl.
    pub role: Role,
    /// What makes it matter.
    pub importance: Importance,
    /// What earlier runs saw of it, if it failed.
    pub earlier: EarlierRuns,
    /// Its attempts in time order, experiments included.
    pub attempts: &'a [SeenAttempt<'a>],
    /// The page of its last answer, if that was an error page with a status of success.
    pub soft_page: Option<SeenPage<'a>>,
}

/// One attempt at a URL.
#[derive(Clone, Copy, Debug)]
pub struct SeenAttempt<'a> {
    /// Why it was made.
    pub purpose: Purpose,
    /// As evidence for a verdict.
    pub observation: Observation,
    /// As evidence for a cause.
    pub facts: AnswerFacts<'a>,
    /// The kind of machine that made an error page, by the name in data.
    pub made_by: Option<&'a str>,
}

/// The beginning of a page.
#[derive(Clone, Copy, Debug)]
pub struct SeenPage<'a> {
    /// Its status.
    pub status: u16,
    /// The beginning of its body.
    pub head: &'a [u8],
}

/// What a URL amounts to.
#[derive(Clone, Copy, Debug)]
pub struct Examined {
    /// What its attempts amount to.
    pub judgement: Judgement,
    /// How much it matters, 1..7.
    pub weight: f64,
    /// What to mend first, 0..700.
    pub priority: f64,
    /// The number of its cluster of failures, if it failed.
    pub cluster: Option<usize>,
}

impl<'a> Seen<'a> {
    /// The attempts that say something of the URL: experiments ask in other ways, and
    /// without a network nobody is asked.
    pub(super) fn evidence(&self) -> impl DoubleEndedIterator<Item = &SeenAttempt<'a>> {
        let attempts = self.attempts.iter();
        attempts.filter(|attempt| attempt.purpose.is_evidence())
    }

    /// What is wrong with its page, that of its last answer, if that is an error page with a status of success.
    pub(super) fn soft_error(&self) -> SoftError {
        let page = self.soft_page.as_ref();
        page.and_then(|page| soft_error(page.status, page.head))
            .unwrap_or_else(SoftError::unexplained)
    }

    /// The last failure of the kind that it had most often, of two as frequent the later.
    pub(super) fn main_failure(&self) -> Option<&SeenAttempt<'a>> {
        let failures = || {
            let attempts = self.evidence();
            attempts.filter(|attempt| attempt.facts.outcome.is_failure())
        };
        // `max_by_key` takes the last of equals.
        failures().max_by_key(|one| {
            let alike = failures().filter(|other| other.facts.outcome == one.facts.outcome);
            alike.count()
        })
    }

    /// The last of them that failed.
    pub(super) fn last_failure(&self) -> Option<&SeenAttempt<'a>> {
        self.evidence()
            .rfind(|attempt| attempt.facts.outcome.is_failure())
    }
}
