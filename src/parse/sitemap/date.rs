use jiff::civil::Date;

/// Returns whether a text is a date in the format of `lastmod`: `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, or
/// that with a time of day, optional fractions of a second, and a zone (W3C note "Date and Time
/// Formats").
pub(super) fn is_w3c_date(text: &str) -> bool {
    match text.split_once('T') {
        Some((date, time)) => date.len() == 10 && is_date(date) && is_time(time),
        None => is_date(text),
    }
}

fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let year = parts.next().and_then(|year| number(year, 4));
    let month = parts.next().map_or(Some(1), |month| number(month, 2));
    let day = parts.next().map_or(Some(1), |day| number(day, 2));
    let (Some(year), Some(month), Some(day), None) = (year, month, day, parts.next()) else {
        return false;
    };
    let small = |n: i16| i8::try_from(n).unwrap_or_default();
    Date::new(year, small(month), small(day)).is_ok()
}

fn is_time(text: &str) -> bool {
    let Some(end) = text.find(['Z', '+', '-']) else {
        return false;
    };
    let (time, zone) = text.split_at(end);
    is_clock(time) && (zone == "Z" || (zone.len() == 6 && is_clock(&zone[1..])))
}

/// Returns whether a text is `hh:mm`, `hh:mm:ss` or `hh:mm:ss.s`.
fn is_clock(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let below = |part: Option<&str>, limit: i16| {
        part.and_then(|part| number(part, 2))
            .is_some_and(|n| n < limit)
    };
    let second = |part: &str| {
        let (whole, fraction) = part.split_once('.').unwrap_or((part, "0"));
        let digits = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
        digits && below(Some(whole), 61)
    };
    below(parts.next(), 24) && below(parts.next(), 60) && parts.next().is_none_or(second)
}

fn number(text: &str, digits: usize) -> Option<i16> {
    let right = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    right.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_distinguished_from_other_texts() {
        let right = [
            "2026",
            "2026-11",
            "2026-11-22",
            "2024-02-29",
            "2026-11-22T11:00Z",
            "2026-11-22T11:00:00Z",
            "2026-11-22T11:00:00+01:00",
            "2026-11-22T11:00:00.123456-08:00",
        ];
        for text in right {
            assert!(is_w3c_date(text), "{text}");
        }
        let wrong = [
            "",
            "yesterday",
            "22.11.2026",
            "2026-13-01",
            "2026-02-29",
            "2026-1-1",
            "2026-11-22 11:00:00",
            "2026-11-22T11:00:00",
            "2026-11-22T25:00Z",
            "2026-11T11:00Z",
            "2026-11-22T11:00:00.Z",
            "2026-11-22T11:00:00+1",
            "2026-11-22T11:00:00+\u{e9}:000",
            "Sun, 22 Nov 2026 11:00:00 GMT",
        ];
        for text in wrong {
            assert!(!is_w3c_date(text), "{text}");
        }
    }
}
