//! Episodes, in the order of time.

use super::part::{Each, Part, give_all, one};
use crate::logs::found::Found;
use crate::logs::found::episode::Episode;
use crate::store::tables::Kind;

type Row<'a> = &'a Episode;

pub(super) fn parts<'a>() -> Vec<Part<Row<'a>>> {
    vec![
        one(
            "From",
            Kind::Time,
            "The first failure of the episode.",
            |row| row.from.into(),
        ),
        one("To", Kind::Time, "The last one.", |row| row.to.into()),
        one(
            "Kind",
            Kind::Text,
            "`after_event`, `daily`, `everything`, `one_backend`, `load`, `paths` or `other`; see [logs.md](logs.md).",
            |row| row.kind.name().into(),
        ),
        one("Requests", Kind::Whole, "Requests in its minutes.", |row| {
            row.requests.into()
        }),
        one("5xx", Kind::Whole, "Those that failed with a 5xx.", |row| {
            row.failed.into()
        }),
        one(
            "Error Rate",
            Kind::Share(4),
            "Share of them that failed.",
            |row| (row.failed as f64 / row.requests.max(1) as f64).into(),
        ),
        one("URLs", Kind::Whole, "URLs that failed.", |row| {
            row.urls.into()
        }),
        one(
            "Statuses",
            Kind::Text,
            "The statuses, the most frequent first.",
            |row| {
                let statuses: Vec<String> = row.statuses.iter().map(u16::to_string).collect();
                statuses.join(" ").into()
            },
        ),
        one(
            "Requests per Second",
            Kind::Decimals(2),
            "In its minutes.",
            |row| row.load.into(),
        ),
        one(
            "Usual Requests per Second",
            Kind::Decimals(2),
            "In the median minute of the logs.",
            |row| row.usual_load.into(),
        ),
        one(
            "Section",
            Kind::Text,
            "The section of nine of ten failures, if there is one.",
            |row| row.section.as_deref().into(),
        ),
        one(
            "Backend",
            Kind::Text,
            "The backend of nine of ten failures, if there is one.",
            |row| row.backend.as_deref().into(),
        ),
        one(
            "Probable Cause",
            Kind::Text,
            "The most frequent cause.",
            |row| row.cause.into(),
        ),
        one(
            "Event",
            Kind::Text,
            "The event of `--event` that it followed within a quarter of an hour.",
            |row| row.event.as_deref().into(),
        ),
    ]
}

pub(super) fn rows(found: &Found, each: Each<'_>) {
    give_all(&parts(), &found.episodes, each);
}
