//! Clients, in the order of their IP addresses.

use super::part::{Each, Part, give_all, one};
use crate::logs::found::Found;
use crate::logs::found::summary::moment;
use crate::logs::tally::clients::ClientTally;
use crate::store::tables::Kind;

type Row = (String, ClientTally);

pub(super) fn parts() -> Vec<Part<Row>> {
    vec![
        one(
            "Client",
            Kind::Text,
            "The address; `(other)` for all but the first 10,000. Written only with `--keep-clients`.",
            |row| row.0.as_str().into(),
        ),
        one("Requests", Kind::Whole, "Its requests.", |row| {
            row.1.requests.into()
        }),
        one("5xx", Kind::Whole, "Those that failed with a 5xx.", |row| {
            row.1.failed.into()
        }),
        one(
            "4xx",
            Kind::Whole,
            "Those that were answered with a 4xx.",
            |row| row.1.refused.into(),
        ),
        Part::Rate(|row| (row.1.failed, row.1.requests)),
        one("Last Seen", Kind::Time, "Its last request.", |row| {
            moment(row.1.last).into()
        }),
    ]
}

pub(super) fn rows(found: &Found, each: Each<'_>) {
    give_all(&parts(), found.totals.clients.all(), each);
}
