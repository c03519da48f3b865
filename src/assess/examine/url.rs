//! One URL as the examination receives it, and its result.

use super::histories::Home;
use crate::assess::diagnose::{AnswerFacts, SoftError, soft_error};
use crate::assess::score::weight::Importance;
use crate::assess::verdict::earlier_runs::EarlierRuns;
use crate::assess::verdict::judgement::Judgement;
use crate::assess::verdict::observation::Observation;
use crate::model::{Cause, Experiment, Purpose, Role};

/// A URL with all its records.
#[derive(Debug)]
pub struct Seen<'a> {
    /// Its URL.
    pub address: &'a str,
    /// Scheme, host and port.
    pub host: &'a str,
    /// The first folder of its path.
    pub section: &'a str,
    /// The pattern of its family; empty if it never failed and no page of the run is slow.
    pub family: &'a str,
    /// The path of the widest folder below its section around it of which every page fails, if there is one.
    pub dead_folder: Option<&'a str>,
    /// Its role in the crawl.
    pub role: Role,
    /// The facts that make it important.
    pub importance: Importance,
    /// The results of earlier runs, if it failed.
    pub earlier: EarlierRuns,
    /// Its attempts in time order, experiments included.
    pub attempts: &'a [SeenAttempt<'a>],
    /// The page of its last answer, if that was an error page with a success status.
    pub soft_page: Option<SeenPage<'a>>,
}

/// One attempt at a URL.
#[derive(Clone, Copy, Debug)]
pub struct SeenAttempt<'a> {
    /// Why it was made.
    pub purpose: Purpose,
    /// The evidence for a verdict.
    pub observation: Observation,
    /// The evidence for a cause.
    pub facts: AnswerFacts<'a>,
    /// The name in data of the kind of machine that made an error page.
    pub made_by: Option<&'a str>,
    /// The line of a server log about its failure.
    pub log_line: Option<SeenLine<'a>>,
}

/// A line of a server log.
#[derive(Clone, Copy, Debug)]
pub struct SeenLine<'a> {
    /// The cause that it proves.
    pub cause: Cause,
    /// Where it is, such as `line 4711 of error.log`.
    pub place: &'a str,
}

/// The beginning of a page.
#[derive(Clone, Copy, Debug)]
pub struct SeenPage<'a> {
    /// Its status.
    pub status: u16,
    /// The beginning of its body.
    pub head: &'a [u8],
}

/// The result for a URL.
#[derive(Clone, Copy, Debug)]
pub struct Examined {
    /// The judgement on its attempts.
    pub judgement: Judgement,
    /// Its importance, 1..7.
    pub weight: f64,
    /// Urgency of a fix, 0..700.
    pub priority: f64,
    /// The number of its cluster of failures, if it failed.
    pub cluster: Option<usize>,
}

impl<'a> Seen<'a> {
    /// Returns its groups.
    pub(super) fn home(&self) -> Home<'a> {
        Home {
            host: self.host,
            section: self.section,
            family: self.family,
        }
    }

    /// Returns the attempts that are evidence about the URL. Experiments use other ways, and without a
    /// network no request reaches a server.
    pub(super) fn evidence(&self) -> impl DoubleEndedIterator<Item = &SeenAttempt<'a>> {
        let attempts = self.attempts.iter();
        attempts.filter(|attempt| attempt.purpose.is_evidence())
    }

    /// Returns whether an experiment in the crawl's own way was fine: alone, or over a new connection.
    pub(super) fn is_fine_alone(&self) -> bool {
        let own = [Experiment::Alone, Experiment::FreshConnection].map(Purpose::Experiment);
        let mut made = self.attempts.iter();
        made.any(|made| own.contains(&made.purpose) && made.facts.outcome.is_content())
    }

    /// Returns the fault of the page in its last answer, if that is an error page with a success status.
    pub(super) fn soft_error(&self) -> SoftError {
        let page = self.soft_page.as_ref();
        page.and_then(|page| soft_error(page.status, page.head))
            .unwrap_or_else(SoftError::unexplained)
    }

    /// Returns the last failure of the most frequent kind; of two equally frequent kinds the later.
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

    /// Returns the last of them that failed.
    pub(super) fn last_failure(&self) -> Option<&SeenAttempt<'a>> {
        self.evidence()
            .rfind(|attempt| attempt.facts.outcome.is_failure())
    }
}
