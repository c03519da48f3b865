//! `Retry-After`, with `Date` before it and a NUL between them; or a date made of the first bytes.

use std::time::Duration;

use gatecrawl::model::Moment;
use gatecrawl::parse::{LONGEST_DELAY, RetryAfter, retry_after};

use super::parts::{halves, text};

const NOW: i64 = 1_780_000_000;

/// No delay is longer than the longest; digits mean themselves; and a date means the same in each of
/// the three formats of RFC 9110 section 5.6.7, as another library writes them.
pub fn check(bytes: &[u8]) {
    let (date, value) = halves(bytes);
    let (date, value) = (date.map(text), text(value));
    let now = Moment::from_millis(NOW * 1_000);
    let delay = retry_after(&value, date.as_deref(), now);
    if let RetryAfter::Delay(delay) = delay {
        assert!(delay <= LONGEST_DELAY);
    }
    let digits = value.trim();
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = digits.parse().unwrap_or(u64::MAX);
        let expected = Duration::from_secs(seconds).min(LONGEST_DELAY);
        assert_eq!(delay, RetryAfter::Delay(expected));
    }
    if let Some(offset) = bytes.first_chunk() {
        dates_mean_what_they_say(i32::from_le_bytes(*offset), now);
    }
}

fn dates_mean_what_they_say(offset: i32, now: Moment) {
    let at = jiff::Timestamp::from_second(NOW + i64::from(offset)).expect("within a lifetime");
    let expected = Duration::from_secs(u64::try_from(offset).unwrap_or(0));
    let at = at.to_zoned(jiff::tz::TimeZone::UTC);
    let mut formats = vec!["%a, %d %b %Y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    // Two digits mean a year at most fifty years ahead.
    if (1978..2076).contains(&at.year()) {
        formats.push("%A, %d-%b-%y %H:%M:%S GMT");
    }
    for format in formats {
        let written = at.strftime(format).to_string();
        let read = retry_after(&written, None, now);
        assert_eq!(read, RetryAfter::Delay(expected), "{written}");
    }
}
