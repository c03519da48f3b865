//! Findings that differ only in their places (sections or hosts), merged: a reader should see one outage of forty
//! sections or three hundred hosts once, with a list of them.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::assess::diagnose::rules::{Scope, Severity};
use crate::report::words::{count, number};
use crate::store::StoredFinding;

/// Findings of one rule with one cause and one fix, the worst first, each with its number among all findings.
#[derive(Clone, Debug)]
pub struct Problem<'a> {
    /// The first finding, which is shown for all.
    pub main: &'a StoredFinding,
    /// All findings of the problem.
    pub findings: Vec<(usize, &'a StoredFinding)>,
}

/// Returns the problems that findings describe, in the order of the worst finding of each.
pub fn problems(all: &[StoredFinding]) -> Vec<Problem<'_>> {
    let mut problems: Vec<Problem<'_>> = Vec::new();
    for (number, finding) in all.iter().enumerate() {
        let known = problems.iter_mut().find(|it| is_same(it.main, finding));
        match known {
            Some(problem) => problem.findings.push((number, finding)),
            None => problems.push(Problem {
                main: finding,
                findings: vec![(number, finding)],
            }),
        }
    }
    problems
}

/// Maximum problems in a list of what to fix first.
const FIRST: usize = 3;

/// Returns the indexes of the problems to fix first: the worst, and of equally bad ones those with the most pages. Of
/// those with one first step, only the first.
pub fn to_fix(problems: &[Problem<'_>]) -> Vec<usize> {
    let mut worst: Vec<usize> = Vec::new();
    for at in by_urgency(problems) {
        if !worst.iter().any(|it| has_same_step(problems, *it, at)) {
            worst.push(at);
        }
    }
    worst.truncate(FIRST);
    worst
}

/// Returns the indexes of the other problems that the first step of the one at `at` fixes too.
pub fn fixed_with(problems: &[Problem<'_>], at: usize) -> Vec<usize> {
    let mut others = by_urgency(problems);
    others.retain(|it| *it != at && has_same_step(problems, *it, at));
    others
}

fn by_urgency(problems: &[Problem<'_>]) -> Vec<usize> {
    let mut all: Vec<usize> = (0..problems.len())
        .filter(|at| problems[*at].main.severity > Severity::Notice)
        .collect();
    all.sort_by_key(|at| Reverse((problems[*at].main.severity, problems[*at].pages())));
    all
}

/// Returns whether one step fixes both: the topic and the product decide it.
fn has_same_step(problems: &[Problem<'_>], one: usize, other: usize) -> bool {
    let step = |at: usize| (&problems[at].main.advice, &problems[at].main.server);
    step(one) == step(other)
}

fn is_same(one: &StoredFinding, other: &StoredFinding) -> bool {
    let what = |it: &StoredFinding| (it.severity, it.scope == Scope::Site);
    what(one) == what(other)
        && one.rule == other.rule
        && one.causes == other.causes
        && one.advice == other.advice
        && one.server == other.server
}

impl Problem<'_> {
    /// Returns the number of pages of all places; `None` where they are not counted.
    pub fn pages(&self) -> Option<u64> {
        let counted = self.findings.iter().filter_map(|(_, it)| it.pages);
        counted.reduce(|sum, pages| sum + pages)
    }

    /// Returns where it is: the only place, or how many there are.
    pub fn place(&self) -> String {
        let subjects = self.findings.iter().map(|(_, it)| it.subject.as_str());
        let subjects: BTreeSet<&str> = subjects.collect();
        let hosts: BTreeSet<&str> = subjects.iter().map(|it| host(it)).collect();
        let noun = match self.main.scope {
            _ if self
                .findings
                .iter()
                .any(|(_, it)| it.scope != self.main.scope) =>
            {
                "place"
            }
            Scope::Url => "address",
            Scope::Section => "section",
            Scope::Host => "host",
            Scope::Site => "site",
        };
        let places = match noun {
            "address" => format!("{} addresses", number(subjects.len() as u64)),
            noun => count(subjects.len() as u64, noun),
        };
        match (subjects.len(), hosts.len()) {
            (..=1, _) => self.main.subject.clone(),
            (_, 1) => format!("{places} of {}", host(&self.main.subject)),
            (all, hosts) if all == hosts => count(hosts as u64, "host"),
            (_, hosts) => format!("{places} of {}", count(hosts as u64, "host")),
        }
    }
}

/// Returns scheme and host of a URL.
fn host(address: &str) -> &str {
    let start = address.find("://").map_or(0, |at| at + 3);
    let end = address[start..].find('/').map(|at| start + at);
    end.map_or(address, |end| &address[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::diagnose::rules::Rule;

    fn finding(rule: Rule, scope: Scope, subject: &str, pages: u64) -> StoredFinding {
        StoredFinding {
            rule,
            scope,
            subject: subject.to_owned(),
            pages: Some(pages),
            ..StoredFinding::default()
        }
    }

    #[test]
    fn a_step_that_fixes_two_problems_is_named_once() {
        let of = |rule, advice: &str, pages| StoredFinding {
            severity: Severity::Error,
            advice: advice.to_owned(),
            ..finding(rule, Scope::Section, "http://a/x/", pages)
        };
        let all = [
            of(Rule::SectionDown, "upstream_down", 4),
            of(Rule::PersistentCluster, "upstream_down", 3),
            of(Rule::PersistentCluster, "truncated", 2),
            of(Rule::SlowHost, "overload", 1),
            of(Rule::RedirectIntoError, "redirect", 1),
        ];
        let found = problems(&all);
        assert_eq!(to_fix(&found), [0, 2, 3]);
        assert_eq!(fixed_with(&found, 0), [1]);
        assert!(fixed_with(&found, 2).is_empty());
    }

    #[test]
    fn one_problem_in_many_places_is_told_once_and_names_their_number() {
        let check = |scope, subjects: &[&str], place: &str, pages| {
            let mut all: Vec<StoredFinding> = (subjects.iter())
                .map(|subject| finding(Rule::SectionDown, scope, subject, 3))
                .collect();
            all.push(finding(Rule::SlowHost, Scope::Host, "http://a", 1));
            let found = problems(&all);
            assert_eq!(found.len(), 2, "{subjects:?}");
            assert_eq!(
                (found[0].place().as_str(), found[0].pages()),
                (place, Some(pages))
            );
        };
        check(Scope::Section, &["http://a/x/"], "http://a/x/", 3);
        check(
            Scope::Section,
            &["http://a/x/", "http://a/x/"],
            "http://a/x/",
            6,
        );
        let sections = ["http://a/x/", "http://a/y/", "http://a/z/"];
        check(Scope::Section, &sections, "3 sections of http://a", 9);
        check(Scope::Host, &["http://a", "http://b"], "2 hosts", 6);
        let on_two = ["http://a/x/", "http://a/y/", "http://b/y/"];
        check(Scope::Section, &on_two, "3 sections of 2 hosts", 9);
        check(
            Scope::Url,
            &["http://a/1", "http://a/2"],
            "2 addresses of http://a",
            6,
        );
    }
}
