//! URLs that fail for others or for a crawl, in the order of their addresses.

use super::part::{Each, Part, give_all, one};
use crate::assess::Verdict;
use crate::logs::found::Found;
use crate::logs::found::crawl::compare::ComparedUrl;
use crate::logs::found::summary::moment;
use crate::logs::tally::urls::FailureTally;
use crate::model::Cause;
use crate::store::tables::Kind;

/// A URL.
pub(super) struct Row<'a> {
    url: &'a ComparedUrl,
    failures: FailureTally,
    cause: Option<Cause>,
}

pub(super) fn parts<'a>() -> Vec<Part<Row<'a>>> {
    vec![
        one(
            "Address",
            Kind::Text,
            "The URL; as the log names it if the crawl did not request it.",
            |row| row.url.address.as_str().into(),
        ),
        one(
            "Difference",
            Kind::Text,
            "`only_others`, `not_crawled`, `both`, `only_crawl` or `not_requested`; see [logs.md](logs.md).",
            |row| row.url.difference.name().into(),
        ),
        one("Verdict", Kind::Text, "The verdict of the crawl.", |row| {
            row.url.verdict.map(Verdict::name).into()
        }),
        one("Attempts", Kind::Whole, "Attempts of the crawl.", |row| {
            row.url.attempts.into()
        }),
        one(
            "Failed Attempts",
            Kind::Whole,
            "Those that failed.",
            |row| row.url.failed_attempts.into(),
        ),
        one(
            "Last Failed Attempt",
            Kind::Time,
            "The last failure of the crawl.",
            |row| row.url.last_failed_attempt.into(),
        ),
        one(
            "Requests",
            Kind::Whole,
            "Requests in the logs, without those of the crawl.",
            |row| row.url.tally.requests.into(),
        ),
        one("5xx", Kind::Whole, "Those that failed with a 5xx.", |row| {
            row.failures.total().into()
        }),
        Part::Who(|row| row.url.tally.by_client()),
        one(
            "Last Failed",
            Kind::Time,
            "The last failure in the logs.",
            |row| moment(row.failures.last).into(),
        ),
        one(
            "Last OK",
            Kind::Time,
            "The last answer below 400 in the logs.",
            |row| moment(row.url.tally.last_ok).into(),
        ),
        one(
            "Probable Cause",
            Kind::Text,
            "The most frequent cause of the failures in the logs.",
            |row| row.cause.into(),
        ),
        one(
            "Log Line",
            Kind::Text,
            "The first line that explains a failure of the crawl, as file and line.",
            |row| row.url.line.as_deref().into(),
        ),
    ]
}

pub(super) fn rows(found: &Found, each: Each<'_>) {
    let rows = found.compared.iter().map(|url| Row {
        url,
        failures: url.tally.failures.unwrap_or_default(),
        cause: url.id.and_then(|id| found.causes.get(&id)?.0),
    });
    give_all(&parts(), rows, each);
}
