//! URLs, in the order of their addresses.

use super::part::{Answers, Each, Part, give, one};
use crate::logs::found::Found;
use crate::logs::found::summary::moment;
use crate::logs::tally::family::text;
use crate::logs::tally::names::NO_NAME;
use crate::logs::tally::urls::{FailureTally, UrlTally};
use crate::model::Cause;
use crate::store::tables::Kind;

/// A URL.
pub(super) struct Row<'a> {
    address: String,
    family: String,
    tally: UrlTally,
    failures: FailureTally,
    backend: Option<&'a str>,
    cause: Option<Cause>,
}

pub(super) fn parts<'a>() -> Vec<Part<Row<'a>>> {
    vec![
        one(
            "Address",
            Kind::Text,
            "Path and query; the host before it if the log names one. Secrets in the query are masked.",
            |row| row.address.as_str().into(),
        ),
        one(
            "Family",
            Kind::Text,
            "The pattern of URLs that the same code seems to serve; `*` stands for any value.",
            |row| row.family.as_str().into(),
        ),
        one("Requests", Kind::Whole, "Requests in the logs.", |row| {
            row.tally.requests.into()
        }),
        Part::Answers(|row| Answers {
            by_status: row.failures.by_status.map(u64::from),
            refused: row.tally.not_found.into(),
        }),
        Part::Rate(|row| (row.failures.total().into(), row.tally.requests.into())),
        Part::Who(|row| row.tally.by_client()),
        one("First Failed", Kind::Time, "The first failure.", |row| {
            moment(row.failures.first).into()
        }),
        one("Last Failed", Kind::Time, "The last failure.", |row| {
            moment(row.failures.last).into()
        }),
        one("Last OK", Kind::Time, "The last answer below 400.", |row| {
            moment(row.tally.last_ok).into()
        }),
        Part::Times(|row| row.tally.times.as_ref()),
        one(
            "Backend",
            Kind::Text,
            "The backend of most failures, if the log names it.",
            |row| row.backend.into(),
        ),
        one(
            "Probable Cause",
            Kind::Text,
            "The most frequent cause of the failures: of the error log if a record belongs to the request, otherwise of the fields of the access log.",
            |row| row.cause.into(),
        ),
    ]
}

pub(super) fn rows(found: &Found, each: Each<'_>) {
    let paths = found.urls.learn();
    let parts = parts();
    found.urls.sorted(|id, key, tally| {
        let (cause, backend) = found.causes.get(&id).copied().unwrap_or((None, NO_NAME));
        let row = Row {
            address: text(key).into_owned(),
            family: paths.family(key),
            failures: tally.failures.unwrap_or_default(),
            tally,
            backend: found.totals.backends.name(backend),
            cause,
        };
        give(&parts, &row, each)
    });
}
