//! Times as logs write them.

use super::scan::{decimal, whole};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Length of `22/Nov/2026:11:23:17 +0000`.
const CLF: usize = 26;

/// Reads times. Keeps the last one, because neighbouring lines mostly share their minute.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Offset from UTC, in milliseconds, of times without a zone.
    offset: i64,
    last: [u8; CLF],
    /// The begin of the last time's minute.
    last_minute: i64,
    last_day: [u8; 11],
    last_midnight: i64,
    /// Offset of the last time that had a zone.
    seen: Option<i64>,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::new(0)
    }
}

impl Clock {
    /// Returns a clock for times whose zone, if they name none, is this many milliseconds ahead of UTC.
    pub fn new(offset: i64) -> Clock {
        Clock {
            offset,
            last: [0; CLF],
            last_minute: 0,
            last_day: [0; 11],
            last_midnight: 0,
            seen: None,
        }
    }

    /// Returns the offset from UTC of the last time that named its zone, in milliseconds.
    pub const fn seen_offset(&self) -> Option<i64> {
        self.seen
    }

    /// Reads `22/Nov/2026:11:23:17 +0000`.
    pub(super) fn clf(&mut self, text: &[u8]) -> Option<i64> {
        let text: &[u8; CLF] = text.try_into().ok()?;
        if text[..18] == self.last[..18] && text[20..] == self.last[20..] {
            return Some(self.last_minute + second(&text[18..20])?);
        }
        let day: &[u8; 11] = text.first_chunk()?;
        if *day != self.last_day {
            self.last_midnight = date(year(&day[7..11])?, month(&day[3..6])?, two(&day[0..2])?)?;
            self.last_day = *day;
        }
        if text[11] != b':' || text[20] != b' ' {
            return None;
        }
        let offset = zone(&text[21..])?;
        self.seen = Some(offset);
        let millis = self.last_midnight + of_day(&text[12..20])? - offset;
        self.last = *text;
        self.last_minute = millis - second(&text[18..20])?;
        Some(millis)
    }

    /// Reads a time in any known form.
    pub(super) fn any(&mut self, text: &[u8]) -> Option<i64> {
        let text = text.strip_prefix(b"[").unwrap_or(text);
        let text = text.strip_suffix(b"]").unwrap_or(text);
        match text {
            [_, _, b'/', ..] if text.len() == CLF => self.clf(text),
            [_, _, b'/' | b'-', _, _, _, b'/' | b'-', ..] => self.local_day(text),
            [_, _, _, _, b'-', ..] => self.iso(text),
            [_, _, _, _, b'/', _, _, b'/', ..] => self.slashes(text),
            [b'A'..=b'Z', _, _, b' ', ..] => self.asctime(text),
            _ => unix(text),
        }
    }

    /// Reads `22/Nov/2026:11:25:37.140` and `22-Nov-2026 11:20:00`, which name no zone.
    fn local_day(&mut self, text: &[u8]) -> Option<i64> {
        let midnight = date(
            year(text.get(7..11)?)?,
            month(text.get(3..6)?)?,
            two(text.get(0..2)?)?,
        )?;
        let rest = text.get(12..)?;
        Some(midnight + of_day(rest.get(..8)?)? + fraction(&rest[8..]).0 - self.offset)
    }

    /// Reads `2026-11-22T11:23:17.186641Z` , also with a blank, an offset or no zone.
    fn iso(&mut self, text: &[u8]) -> Option<i64> {
        let midnight = day(text)?;
        let rest = text.get(11..)?;
        let millis = midnight + of_day(rest.get(..8)?)?;
        let (fraction, zoned) = fraction(&rest[8..]);
        let offset = match zoned {
            b"" => self.offset,
            b"Z" | b"z" => 0,
            _ => {
                let offset = zone(zoned.strip_prefix(b" ").unwrap_or(zoned))?;
                self.seen = Some(offset);
                offset
            }
        };
        Some(millis + fraction - offset)
    }

    /// Reads `2026/11/22 11:23:17` (nginx's error log).
    fn slashes(&mut self, text: &[u8]) -> Option<i64> {
        let rest = text.get(11..19)?;
        Some(day(text)? + of_day(rest)? - self.offset)
    }

    /// Reads `Sun Nov 22 11:24:26.738579 2026` (Apache's error log).
    fn asctime(&mut self, text: &[u8]) -> Option<i64> {
        let time = text.get(11..19)?;
        let (fraction, rest) = fraction(&text[19..]);
        let year = year(rest.strip_prefix(b" ")?.get(..4)?)?;
        let of_month = text.get(8..10)?;
        let of_month = match of_month {
            [b' ', digit] => i64::from(digit.checked_sub(b'0')?),
            _ => two(of_month)?,
        };
        let midnight = date(year, month(text.get(4..7)?)?, of_month)?;
        Some(midnight + of_day(time)? + fraction - self.offset)
    }
}

/// Reads seconds, milliseconds, microseconds or nanoseconds since 1970, distinguished by their size.
fn unix(text: &[u8]) -> Option<i64> {
    let number = decimal(text)?;
    let millis = match number {
        n if n < 0.0 => return None,
        n if n < 1e11 => n * 1e3,
        n if n < 1e14 => n,
        n if n < 1e17 => n / 1e3,
        n => n / 1e6,
    };
    (millis > 1e11).then_some(millis.round() as i64)
}

/// Returns midnight of `2026-11-22` or `2026/11/22`.
fn day(text: &[u8]) -> Option<i64> {
    date(
        year(text.get(..4)?)?,
        two(text.get(5..7)?)?,
        two(text.get(8..10)?)?,
    )
}

/// Returns the milliseconds since midnight of `11:23:17`.
fn of_day(text: &[u8]) -> Option<i64> {
    let [h1, h2, b':', m1, m2, b':', s1, s2] = *text else {
        return None;
    };
    let (hours, minutes) = (two(&[h1, h2])?, two(&[m1, m2])?);
    let seconds = second(&[s1, s2])?;
    (hours < 24 && minutes < 60).then_some((hours * 60 + minutes) * 60_000 + seconds)
}

/// Returns the milliseconds of a second of a minute.
fn second(text: &[u8]) -> Option<i64> {
    two(text)
        .filter(|second| *second <= 60)
        .map(|second| second * 1_000)
}

/// Returns the milliseconds of `.186641` or `,186` at the beginning, and the rest.
fn fraction(text: &[u8]) -> (i64, &[u8]) {
    let Some((b'.' | b',', rest)) = text.split_first() else {
        return (0, text);
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut millis = 0;
    for at in 0..3 {
        let digit = rest[..digits].get(at).map_or(0, |byte| byte - b'0');
        millis = millis * 10 + i64::from(digit);
    }
    (millis, &rest[digits..])
}

/// Returns the offset of `+0100` or `+01:00` in milliseconds.
fn zone(text: &[u8]) -> Option<i64> {
    let (sign, hours, minutes) = match text {
        [sign, h1, h2, m1, m2] | [sign, h1, h2, b':', m1, m2] => (sign, [*h1, *h2], [*m1, *m2]),
        _ => return None,
    };
    let minutes = two(&hours)? * 60 + two(&minutes)?;
    match sign {
        b'+' => Some(minutes * 60_000),
        b'-' => Some(-minutes * 60_000),
        _ => None,
    }
}

fn two(text: &[u8]) -> Option<i64> {
    match text {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some(i64::from((a - b'0') * 10 + (b - b'0'))),
        _ => None,
    }
}

fn year(text: &[u8]) -> Option<i64> {
    let year = whole(text)? as i64;
    (1970..10_000).contains(&year).then_some(year)
}

fn month(text: &[u8]) -> Option<i64> {
    const NAMES: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let at = NAMES.chunks(3).position(|name| name == text)?;
    Some(at as i64 + 1)
}

/// Returns midnight of a day (H. Hinnant, "chrono-compatible low-level date algorithms").
fn date(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(days * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_form() {
        let expected = 1_795_346_597_000;
        let mut clock = Clock::new(0);
        for (text, more) in [
            ("22/Nov/2026:11:23:17 +0000", 0),
            ("22/Nov/2026:12:23:17 +0100", 0),
            ("22/Nov/2026:12:23:18 +0100", 1_000),
            ("22/Nov/2026:12:24:17 +0100", 60_000),
            ("22/Nov/2026:11:24:17 +0000", 60_000),
            ("22/Nov/2026:05:53:17 -0530", 0),
            ("22/Nov/2026:11:23:17.140", 140),
            ("2026-11-22T11:23:17.186641Z", 186),
            ("2026-11-22T11:23:17Z", 0),
            ("2026-11-22 11:23:17", 0),
            ("2026-11-22T13:23:17.5+02:00", 500),
            ("2026-11-22 11:23:17 +0000", 0),
            ("2026/11/22 11:23:17", 0),
            ("Sun Nov 22 11:23:17.738579 2026", 738),
            ("Sun Nov 22 11:23:17 2026", 0),
            ("22-Nov-2026 11:23:17", 0),
            ("1795346597", 0),
            ("1795346597.125", 125),
            ("1795346597125", 125),
            ("1795346597125000000", 125),
        ] {
            assert_eq!(clock.any(text.as_bytes()), Some(expected + more), "{text}");
        }
        assert_eq!(clock.seen_offset(), Some(0));
        let mut east = Clock::new(3_600_000);
        assert_eq!(east.any(b"2026/11/22 12:23:17"), Some(expected));
    }

    #[test]
    fn what_is_no_time_is_none() {
        let mut clock = Clock::new(0);
        for text in [
            "",
            "-",
            "22/Nov/2026:11:23:17",
            "22/Foo/2026:11:23:17 +0000",
            "99/Nov/2026:11:23:17 +0000",
            "22/Nov/2026:25:23:17 +0000",
            "22/Nov/2026:11:23:61 +0000",
            "22/Nov/2026:11:23:17 x0000",
            "2026-13-22T11:23:17Z",
            "2026-11-22T",
            "Sun Nov",
            "17",
            "\u{e9}",
        ] {
            let found = clock.any(text.as_bytes());
            assert!(found.is_none() || text == "22/Nov/2026:11:23:17", "{text}");
        }
    }
}
