use std::time::Duration;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::model::Moment;

/// The longest distinguishable delay: 2^31 seconds, the value that RFC 9111 section 1.2.2 gives to
/// delta-seconds that are too large. The plan decides how long to wait at most.
pub const LONGEST_DELAY: Duration = Duration::from_secs(1 << 31);

/// The value of a `Retry-After` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// Retry after this time, which lies between zero and [`LONGEST_DELAY`].
    Delay(Duration),
    /// Neither whole seconds nor an HTTP date.
    Invalid,
}

/// Reads the value of a `Retry-After` field (RFC 9110 section 10.2.3).
///
/// A date is relative to the answer's own `Date`, if that can be read, so that a wrong clock on either side does no
/// harm. Otherwise it is relative to `now`. A date in the past means no delay.
pub fn retry_after(value: &str, date_header: Option<&str>, now: Moment) -> RetryAfter {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        let seconds = value.parse().map_or(LONGEST_DELAY, Duration::from_secs);
        return RetryAfter::Delay(seconds.min(LONGEST_DELAY));
    }
    let sent = date_header.and_then(|date| http_date(date, now));
    match http_date(value, now) {
        Some(date) => RetryAfter::Delay(date.since(sent.unwrap_or(now)).min(LONGEST_DELAY)),
        None => RetryAfter::Invalid,
    }
}

/// Reads a date in one of the three formats of RFC 9110 section 5.6.7. The name of the day must be
/// valid, but need not match the date.
fn http_date(text: &str, now: Moment) -> Option<Moment> {
    let words: Vec<&str> = text.split_ascii_whitespace().take(7).collect();
    let (date, time) = match *words.as_slice() {
        // Sun, 06 Nov 1994 08:49:37 GMT
        [weekday, day, month, year, time, "GMT"] => {
            is_weekday(weekday.strip_suffix(',')?, 3).then_some(())?;
            (civil(number(year, 4)?, month, number(day, 2)?)?, time)
        }
        // Sunday, 06-Nov-94 08:49:37 GMT
        [weekday, date, time, "GMT"] => {
            is_weekday(weekday.strip_suffix(',')?, 6).then_some(())?;
            let mut parts = date.split('-');
            let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
            if parts.next().is_some() {
                return None;
            }
            let year = full_year(number(year, 2)?, now);
            (civil(year, month, number(day, 2)?)?, time)
        }
        // Sun Nov  6 08:49:37 1994
        [weekday, month, day, time, year] => {
            is_weekday(weekday, 3).then_some(())?;
            let day = number(day, day.len().min(2))?;
            (civil(number(year, 4)?, month, day)?, time)
        }
        _ => return None,
    };
    let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
    let passed = DateTime::from_parts(date, clock(time)?).duration_since(epoch);
    let millis = i64::try_from(passed.as_millis()).ok()?;
    Some(Moment::from_millis(millis))
}

/// Returns the latest year with these two digits that is at most 50 years ahead (RFC 9110 section
/// 5.6.7).
fn full_year(digits: i16, now: Moment) -> i16 {
    let this_year = jiff::Timestamp::from_millisecond(now.millis())
        .map_or(1970, |now| TimeZone::UTC.to_datetime(now).year());
    let latest = this_year.saturating_add(50);
    latest - (latest - digits).rem_euclid(100)
}

fn civil(year: i16, month: &str, day: i16) -> Option<Date> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn clock(text: &str) -> Option<Time> {
    let mut parts = text.split(':').map(|part| number(part, 2));
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || second > 60 {
        return None;
    }
    let small = |n: i16| i8::try_from(n).ok();
    // A leap second is the end of its minute.
    Time::new(small(hour)?, small(minute)?, small(second.min(59))?, 0).ok()
}

/// Returns whether a text is the name of a day. The short form has three letters and the long form
/// at least six.
fn is_weekday(text: &str, at_least: usize) -> bool {
    const DAYS: [&str; 7] = [
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
    ];
    DAYS.iter().any(|day| match at_least {
        3 => &day[..3] == text,
        _ => *day == text,
    })
}

/// Reads a number of exactly this many digits.
fn number(text: &str, digits: usize) -> Option<i16> {
    let right = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    right.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// 2026-11-22T11:00:00Z
    const NOW: Moment = Moment::from_millis(1_795_345_200_000);

    #[test]
    fn the_vectors_hold() {
        let text = include_str!("../../../fixtures/domain/scoring-vectors.json");
        let vectors: Value = serde_json::from_str(text).expect("valid JSON");
        let cases = vectors["retry_after"].as_array().expect("an array");
        assert_eq!(cases.len(), 11);
        for case in cases {
            let header = case["header"].as_str().expect("a text");
            let now = http_date(case["now"].as_str().expect("a text"), NOW).expect("a date");
            let expected = match &case["seconds"] {
                Value::Number(n) => {
                    RetryAfter::Delay(Duration::from_secs(n.as_u64().expect("whole")))
                }
                Value::String(_) => RetryAfter::Delay(LONGEST_DELAY),
                _ => RetryAfter::Invalid,
            };
            assert_eq!(retry_after(header, None, now), expected, "{header:?}");
        }
    }

    #[test]
    fn dates_are_read_in_three_formats_only() {
        let same = Some(Moment::from_millis(784_111_777_000));
        let cases = [
            ("Sun, 06 Nov 1994 08:49:37 GMT", same),
            ("Sunday, 06-Nov-94 08:49:37 GMT", same),
            ("Sun Nov  6 08:49:37 1994", same),
            ("Sun Nov 06 08:49:37 1994", same),
            ("Mon, 06 Nov 1994 08:49:37 GMT", same),
            ("Sun, 6 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49:37 UTC", None),
            ("Sun, 06 Nov 1994 08:49:37 +0000", None),
            ("Sun, 31 Feb 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 24:00:00 GMT", None),
            ("Sun, 06 Nov 1994 08:49 GMT", None),
            ("Day, 06 Nov 1994 08:49:37 GMT", None),
            ("1994-11-06T08:49:37Z", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(http_date(text, NOW), expected, "{text:?}");
        }
    }

    #[test]
    fn two_digit_years_are_at_most_fifty_years_ahead() {
        let cases = [
            (26, 2026),
            (76, 2076),
            (77, 1977),
            (94, 1994),
            (0, 2000),
            (99, 1999),
        ];
        for (digits, year) in cases {
            assert_eq!(full_year(digits, NOW), year);
        }
    }

    #[test]
    fn dates_are_relative_to_the_clock_of_the_server() {
        let date = "Sun, 22 Nov 2026 15:02:00 GMT";
        let sent = "Sun, 22 Nov 2026 15:00:00 GMT";
        let minutes = |n: u64| RetryAfter::Delay(Duration::from_secs(n * 60));
        assert_eq!(retry_after(date, Some(sent), NOW), minutes(2));
        assert_eq!(retry_after(date, Some("yesterday"), NOW), minutes(242));
        assert_eq!(retry_after(sent, Some(date), NOW), minutes(0));
        assert_eq!(retry_after("60", Some(sent), NOW), minutes(1));
    }

    #[test]
    fn far_dates_and_numbers_stop_at_the_cap() {
        let capped = RetryAfter::Delay(LONGEST_DELAY);
        assert_eq!(
            retry_after("Fri, 31 Dec 9999 23:59:59 GMT", None, NOW),
            capped
        );
        assert_eq!(retry_after("4294967295", None, NOW), capped);
        let below = RetryAfter::Delay(Duration::from_secs((1 << 31) - 1));
        assert_eq!(retry_after("2147483647", None, NOW), below);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC{0,40}", millis in any::<i64>()) {
            let _ = retry_after(&text, Some(&text), Moment::from_millis(millis));
        }

        #[test]
        fn a_shuffled_date_is_read_without_a_panic(
            text in "(Sun|Sunday|,| |06|-|Nov|94|1994|9999|08:49:37|24:60:61|GMT){0,8}",
            millis in any::<i64>(),
        ) {
            let _ = retry_after(&text, None, Moment::from_millis(millis));
        }
    }
}
