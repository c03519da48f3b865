//! The dates of `unavailable_after`, in the formats that search engines accept: RFC 822, RFC 850 and ISO 8601
//! (Google, "Robots meta tag specifications").

use jiff::civil::{Date, DateTime};
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::model::Moment;

/// Returns whether a date has passed. An unreadable date has not; a day has passed when it is over. Without a
/// known zone the date is in UTC (RFC 2822 section 4.3).
pub(super) fn has_passed(date: &str, now: Moment) -> bool {
    let date = date.trim();
    let at = iso(date).or_else(|| mail(date));
    at.is_some_and(|at| at.as_millisecond() < now.millis())
}

/// Reads `2026-06-25`, `2026-06-25 15:00:00`, `2026-06-25T15:00:00+02:00`.
fn iso(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    let time: DateTime = match text.parse::<Date>() {
        Ok(day) if text.len() <= "2026-06-25".len() => day
            .checked_add(1.day())
            .ok()?
            .to_datetime(jiff::civil::Time::MIN),
        _ => text.parse().ok()?,
    };
    TimeZone::UTC.to_timestamp(time).ok()
}

/// Reads `Thu, 25 Jun 2026 15:00:00 GMT`, `Thursday, 25-Jun-26 15:00:00 GMT`, each also without its day of
/// the week.
fn mail(text: &str) -> Option<Timestamp> {
    let (_, text) = text.rsplit_once(',').unwrap_or(("", text));
    let mut words = text.split_ascii_whitespace();
    let mut date = words.next()?.replace('-', " ");
    let rest: Vec<&str> = words.take(5).collect();
    let has_zone = rest.last().is_some_and(|last| !last.contains(':'));
    for word in rest.into_iter().chain((!has_zone).then_some("GMT")) {
        date.push(' ');
        date.push_str(word);
    }
    DateTimeParser::new().parse_timestamp(date).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_every_form_pass_at_their_moment() {
        // 2026-06-25T15:00:00Z
        const AT: i64 = 1_782_399_600;
        const HOUR: i64 = 3_600;
        let cases = [
            ("25 Jun 2026 15:00:00 GMT", AT),
            ("Thu, 25 Jun 2026 15:00:00 GMT", AT),
            ("25 jun 26 15:00:00 UT", AT),
            ("25 Jun 2026 15:00 +0200", AT - 2 * HOUR),
            ("25-Jun-2026 15:00:00 EST", AT + 5 * HOUR),
            ("Thursday, 25-Jun-26 15:00:00 GMT", AT),
            ("25 Jun 2026 15:00:00 XYZ", AT),
            ("25 Jun 2026 15:00:00", AT),
            ("2026-06-25T15:00:00Z", AT),
            ("2026-06-25T15:00:00+02:00", AT - 2 * HOUR),
            ("2026-06-25T15:00:00", AT),
            ("2026-06-25 15:00:00", AT),
            (" 2026-06-25 ", AT + 9 * HOUR),
        ];
        for (text, at) in cases {
            let passed = |second: i64| has_passed(text, Moment::from_millis(second * 1_000));
            assert_eq!([passed(at - 1), passed(at + 1)], [false, true], "{text}");
        }
    }

    #[test]
    fn a_text_that_is_no_date_never_passes() {
        let late = Moment::from_millis(i64::MAX / 4);
        for text in [
            "",
            ",",
            "soon",
            "0",
            "25",
            "Thu,",
            "2026",
            "99 Jun 2026 15:00:00 GMT",
            "-",
        ] {
            assert!(!has_passed(text, late), "{text}");
        }
    }
}
