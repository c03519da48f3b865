//! Messages of error logs, by the program that wrote them.

use super::part::{Each, Part, give_all, one};
use crate::logs::found::Found;
use crate::logs::tally::totals::MessageTally;
use crate::model::Moment;
use crate::parse::log::{Pattern, pattern};
use crate::store::tables::Kind;

/// Messages with one pattern, or without any.
pub(super) struct Row<'a> {
    server: &'a str,
    pattern: Option<&'a Pattern>,
    tally: &'a MessageTally,
    /// File, line and text of an example.
    example: Option<(&'a str, u64, &'a str)>,
}

pub(super) fn parts<'a>() -> Vec<Part<Row<'a>>> {
    vec![
        one(
            "Server",
            Kind::Text,
            "The program that wrote the messages.",
            |row| row.server.into(),
        ),
        one(
            "Pattern",
            Kind::Text,
            "Name of the known message; empty for all others of the program.",
            |row| row.pattern.map(|pattern| pattern.id.as_str()).into(),
        ),
        one("Probable Cause", Kind::Text, "What it means.", |row| {
            row.pattern.map(Pattern::cause).into()
        }),
        one("Lines", Kind::Whole, "Records with it.", |row| {
            row.tally.lines.into()
        }),
        one("First Seen", Kind::Time, "The first one.", |row| {
            moment(row.tally.first).into()
        }),
        one("Last Seen", Kind::Time, "The last one.", |row| {
            moment(row.tally.last).into()
        }),
        one("Example File", Kind::Text, "Where an example is.", |row| {
            row.example.map(|(file, ..)| file).into()
        }),
        one("Example Line", Kind::Whole, "Its line there.", |row| {
            row.example.map(|(_, line, _)| line).into()
        }),
        one(
            "Example",
            Kind::Text,
            "The message, without the address of the client.",
            |row| row.example.map(|(.., text)| text).into(),
        ),
    ]
}

/// Returns the moment of milliseconds, if they are known.
fn moment(millis: i64) -> Option<Moment> {
    (millis > 0).then(|| Moment::from_millis(millis))
}

pub(super) fn rows(found: &Found, each: Each<'_>) {
    let file = |number: u32| found.files.get(number as usize).map_or("", String::as_str);
    let messages = found.totals.messages.iter();
    let rows = messages.map(|((server, number), tally)| Row {
        server,
        pattern: number.and_then(pattern),
        tally,
        example: (tally.example.as_ref()).map(|(at, line, text)| (file(*at), *line, text.as_str())),
    });
    give_all(&parts(), rows, each);
}
