//! Crawlers, by their numbers.

use super::part::{Answers, Each, Part, give_all, one};
use crate::logs::bots::table::BOTS;
use crate::logs::bots::verify::Verified;
use crate::logs::found::Found;
use crate::logs::found::summary::moment;
use crate::logs::tally::totals::BotTally;
use crate::store::tables::Kind;

/// A day counts as the worst one only with this many requests. Ours.
const FEWEST: u64 = 10;

/// A crawler.
pub(super) struct Row<'a> {
    name: &'a str,
    verified: Verified,
    tally: &'a BotTally,
    /// The worst day since 1970, and its share of failures.
    worst: Option<(u32, f64)>,
    list_date: Option<&'a str>,
}

pub(super) fn parts<'a>() -> Vec<Part<Row<'a>>> {
    vec![
        one(
            "Bot",
            Kind::Text,
            "The crawler that the user agent names.",
            |row| row.name.into(),
        ),
        one(
            "Verified",
            Kind::Text,
            "`yes`: its address is published, or its name resolves forth and back. `no`: it is not the crawler. `unverified`: unknown, also if a look-up failed.",
            |row| row.verified.name().into(),
        ),
        one("Requests", Kind::Whole, "Its requests.", |row| {
            row.tally.requests.into()
        }),
        Part::Answers(|row| Answers {
            by_status: row.tally.by_status,
            refused: row.tally.refused,
        }),
        one(
            "429",
            Kind::Whole,
            "Those that were refused as too many.",
            |row| row.tally.limited.into(),
        ),
        one(
            "499",
            Kind::Whole,
            "Those that the crawler gave up before the answer (nginx's 499).",
            |row| row.tally.gave_up.into(),
        ),
        Part::Rate(|row| (row.tally.failed(), row.tally.requests)),
        Part::Times(|row| Some(&row.tally.times)),
        one("First Seen", Kind::Time, "Its first request.", |row| {
            moment(row.tally.first).into()
        }),
        one("Last Seen", Kind::Time, "Its last request.", |row| {
            moment(row.tally.last).into()
        }),
        one(
            "Worst Day",
            Kind::Text,
            "The day with the largest share of failures, of those with ten requests or more.",
            |row| {
                let midnight = row.worst.and_then(|(day, _)| moment(day * 86_400));
                midnight.map(|it| it.to_string()[..10].to_owned()).into()
            },
        ),
        one(
            "Worst Day Error Rate",
            Kind::Share(4),
            "That share.",
            |row| row.worst.map(|(_, share)| share).into(),
        ),
        one(
            "robots.txt Requests",
            Kind::Whole,
            "Requests of robots.txt.",
            |row| row.tally.robots.0.into(),
        ),
        one(
            "robots.txt 5xx",
            Kind::Whole,
            "Those that failed: search engines stop crawling meanwhile.",
            |row| row.tally.robots.1.into(),
        ),
        one(
            "Sitemap Requests",
            Kind::Whole,
            "Requests of URLs with `sitemap` in their names.",
            |row| row.tally.sitemaps.0.into(),
        ),
        one("Sitemap 5xx", Kind::Whole, "Those that failed.", |row| {
            row.tally.sitemaps.1.into()
        }),
        one(
            "List Date",
            Kind::Text,
            "Date of the list of addresses that it was compared with.",
            |row| row.list_date.into(),
        ),
    ]
}

pub(super) fn rows(found: &Found, each: Each<'_>) {
    let rows = found
        .totals
        .bots
        .iter()
        .map(|((number, verified), tally)| Row {
            name: BOTS.get(usize::from(*number)).map_or("", |bot| &bot.name),
            verified: *verified,
            tally,
            worst: worst_day(tally),
            list_date: found.dates.get(number).map(String::as_str),
        });
    give_all(&parts(), rows, each);
}

fn worst_day(tally: &BotTally) -> Option<(u32, f64)> {
    let days = tally.days.iter();
    let days = days.filter(|(_, (requests, _))| *requests >= FEWEST);
    let shares = days.map(|(day, (requests, failed))| (*day, *failed as f64 / *requests as f64));
    shares.max_by(|one, other| one.1.total_cmp(&other.1))
}
