//! Hours, in their order.

use super::part::{Answers, Each, Part, give_all, one};
use crate::logs::found::Found;
use crate::logs::found::summary::moment;
use crate::logs::tally::totals::Span;
use crate::store::tables::Kind;

/// An hour since 1970, and its requests.
type Row<'a> = (u32, &'a Span);

pub(super) fn parts<'a>() -> Vec<Part<Row<'a>>> {
    vec![
        one("Hour", Kind::Time, "Begin of the hour, in UTC.", |row| {
            moment(row.0 * 3_600).into()
        }),
        one("Requests", Kind::Whole, "Requests in this hour.", |row| {
            row.1.requests.into()
        }),
        Part::Answers(|row| Answers {
            by_status: row.1.by_status,
            refused: row.1.refused,
        }),
        Part::Rate(|row| (row.1.failed(), row.1.requests)),
        Part::Who(|row| {
            let span = row.1;
            [
                (span.user, span.user_failed),
                (span.search, span.search_failed),
            ]
        }),
        one(
            "Googlebot Requests",
            Kind::Whole,
            "Those of Googlebot.",
            |row| row.1.google.into(),
        ),
        one(
            "Googlebot 5xx",
            Kind::Whole,
            "Those of Googlebot that failed.",
            |row| row.1.google_failed.into(),
        ),
    ]
}

pub(super) fn rows(found: &Found, each: Each<'_>) {
    let hours = found.totals.hours.iter();
    give_all(&parts(), hours.map(|(hour, span)| (*hour, span)), each);
}
