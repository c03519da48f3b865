//! All topics, in the order in which a reader looks for them.

use serde::Serialize;

use super::book::{BOOKS, Topics};
use super::lookup::{SERVERS, lookup};
use super::proxies;
use crate::assess::Verdict;
use crate::model::{Cause, Outcome, SkipReason};

/// Topics of one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// The title of the group.
    pub title: &'static str,
    /// Their keys and titles.
    pub topics: Vec<Entry>,
}

/// One topic of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Its key.
    pub key: &'static str,
    /// Its name, or the meaning of an outcome.
    pub title: String,
}

/// Returns the topics by kind.
pub fn groups() -> Vec<Group> {
    let books = &*BOOKS;
    let ten = Cause::TEN.map(Cause::id);
    let is_cause = |key: &&str| ten.contains(key);
    let with = |prefix: &'static str| keys(&books.steps).filter(move |key| key.starts_with(prefix));
    let more = keys(&books.causes).filter(|key| !is_cause(key));
    let verdicts = Verdict::ALL.map(Verdict::name);
    let reasons = SkipReason::ALL.map(SkipReason::name);
    let others = keys(&books.words).filter(|key| !verdicts.contains(key) && !reasons.contains(key));
    vec![
        group("Status codes", keys(&books.statuses), title),
        group("Causes", ten.into_iter(), title),
        group("More", more.chain([proxies::KEY]), title),
        group("Steps of a repair", with("step."), title),
        group("Ways to check", with("check."), title),
        group("Servers", SERVERS.iter().map(|(key, _)| *key), title),
        group(
            "Outcomes",
            Outcome::ALL.iter().map(|outcome| outcome.id()),
            meaning,
        ),
        group("Verdicts", verdicts.into_iter(), title),
        group("Why a URL was not requested", reasons.into_iter(), title),
        group("Scores and other words", others, title),
        group("What is counted", keys(&books.numbers), title),
    ]
}

/// Returns all topics that have a playbook, in alphabetical order.
pub fn topics() -> Vec<&'static str> {
    let mut keys: Vec<&str> = groups()
        .iter()
        .flat_map(|group| group.topics.iter().map(|topic| topic.key))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn keys(topics: &'static Topics) -> impl Iterator<Item = &'static str> {
    topics.keys().map(String::as_str)
}

fn group(
    title: &'static str,
    keys: impl Iterator<Item = &'static str>,
    name: fn(&str) -> String,
) -> Group {
    let topics = keys.map(|key| Entry {
        key,
        title: name(key),
    });
    Group {
        title,
        topics: topics.collect(),
    }
}

fn title(key: &str) -> String {
    lookup(key, None).map_or_else(String::new, |playbook| playbook.title)
}

/// Returns the meaning of an outcome, whose name says little. A status has the status's title.
fn meaning(key: &str) -> String {
    match BOOKS.outcomes.get(key) {
        Some(topic) => topic.meaning.clone(),
        None => title(key),
    }
}
