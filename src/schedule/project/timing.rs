//! When a project is due: a few English forms and cron expressions, in a time zone.
//!
//! Days on which clocks change are as in cron: a fixed time that the spring day skips comes at the first moment
//! after the gap, and one that the autumn day repeats comes once. Hourly or minutely times follow real hours.

use std::fmt;
use std::time::Duration;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::model::Moment;

/// The valid forms, for messages.
pub const FORMS: &str = "`hourly`, `daily at 03:30`, `weekly on mon 06:00`, `monthly on 1 04:00`, \
     `@weekly` or five fields of cron such as `0 6 * * 1`";

/// Days of the week, as cron numbers them from 0.
const DAYS: [&str; 7] = [
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];

/// Recurring times.
#[derive(Clone)]
pub struct Timing {
    text: String,
    cron: Cron,
    zone: TimeZone,
}

impl Timing {
    /// Reads a schedule from the configuration. The error says what is wrong with it.
    pub fn parse(text: &str, zone: TimeZone) -> Result<Timing, String> {
        let fault = |why: String| format!("{text:?} is not a schedule ({why}); write {FORMS}");
        let expression = expression(text).map_err(fault)?;
        let cron = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build()
            .parse(&expression)
            .map_err(|why| fault(why.to_string().trim_end_matches('.').to_lowercase()))?;
        let timing = Timing {
            text: text.trim().to_owned(),
            cron,
            zone,
        };
        // The 31st of February can be written, but never comes.
        match timing.after(Moment::default()) {
            Some(_) => Ok(timing),
            None => Err(fault("it never comes".to_owned())),
        }
    }

    /// Returns the first due time after a moment; `None` if there is none in the years that the cron library searches.
    pub fn after(&self, moment: Moment) -> Option<Moment> {
        let found = self.cron.find_next_occurrence(&self.local(moment), false);
        found.ok().map(|zoned| of(&zoned))
    }

    /// Returns the last due time after `after` and up to `now`; `None` if there was none.
    pub fn last(&self, after: Moment, now: Moment) -> Option<Moment> {
        // Searched in ever longer stretches before now: there may have been thousands since `after`. (Croner's
        // search backwards misses times beside a change of clocks.)
        let mut stretch = Duration::from_mins(1);
        loop {
            let start = after.max(now - stretch);
            let times = std::iter::successors(Some(start), |at| self.after(*at));
            let found = times.skip(1).take_while(|at| *at <= now).last();
            if found.is_some() || start == after {
                return found;
            }
            stretch *= 4;
        }
    }

    /// Returns a moment on the clocks of the time zone.
    pub fn local(&self, moment: Moment) -> Zoned {
        zoned(moment, &self.zone)
    }

    /// Returns the schedule as five fields of cron.
    pub fn cron(&self) -> String {
        self.cron.pattern.to_string()
    }

    /// Returns the time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

/// Croner's pattern would print thousands of numbers.
impl fmt::Debug for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timing({:?}, {:?})", self.text, self.zone.iana_name())
    }
}

/// Prints the schedule as it was written.
impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Returns the time zone with an IANA name, such as `Europe/Berlin`.
pub fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| {
        format!("{name:?} is not a time zone of this system; write one such as \"Europe/Berlin\" or \"UTC\"")
    })
}

/// Returns a moment on the clocks of a time zone.
pub(in crate::schedule) fn zoned(moment: Moment, zone: &TimeZone) -> Zoned {
    let timestamp = Timestamp::from_millisecond(moment.millis()).unwrap_or_default();
    timestamp.to_zoned(zone.clone())
}

fn of(zoned: &Zoned) -> Moment {
    Moment::from_millis(zoned.timestamp().as_millisecond())
}

/// Returns the cron expression for a text.
fn expression(text: &str) -> Result<String, String> {
    let lower = text.trim().to_lowercase();
    let words: Vec<&str> = lower
        .split_whitespace()
        .filter(|word| *word != "at" && *word != "on")
        .collect();
    match words.as_slice() {
        ["hourly"] => Ok("0 * * * *".to_owned()),
        ["daily", time] => clock(time).map(|(hour, minute)| format!("{minute} {hour} * * *")),
        ["weekly", days, time] => {
            let (hour, minute) = clock(time)?;
            let days: Vec<String> = days.split(',').map(weekday).collect::<Result<_, _>>()?;
            Ok(format!("{minute} {hour} * * {}", days.join(",")))
        }
        ["monthly", day, time] => {
            let (hour, minute) = clock(time)?;
            match day.parse::<u8>() {
                Ok(day @ 1..=31) => Ok(format!("{minute} {hour} {day} * *")),
                _ => Err(format!("{day:?} is not a day from 1 to 31")),
            }
        }
        ["daily" | "weekly" | "monthly", ..] => Err("its day or time is missing".to_owned()),
        [_] if lower.starts_with('@') => Ok(lower),
        [_, _, _, _, _] => Ok(lower),
        _ => Err("neither a known form nor five fields".to_owned()),
    }
}

/// Returns hour and minute of `06:00`.
pub(in crate::schedule) fn clock(text: &str) -> Result<(u8, u8), String> {
    let fault = || format!("{text:?} is not a time of day such as 06:00");
    let (hour, minute) = text.split_once(':').ok_or_else(fault)?;
    let number = |text: &str, most: u8| {
        let digits =
            !text.is_empty() && text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse::<u8>().ok().filter(|n| digits && *n <= most);
        number.ok_or_else(fault)
    };
    Ok((number(hour, 23)?, number(minute, 59)?))
}

/// Returns the number of a weekday in cron.
fn weekday(name: &str) -> Result<String, String> {
    let name = name.trim();
    // Two letters may stand for two of them.
    let is_meant = |day: &&str| name.len() >= 3 && day.starts_with(name);
    let known = DAYS.iter().position(is_meant);
    known
        .map(|at| at.to_string())
        .ok_or_else(|| format!("{name:?} is not a day of the week such as mon"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(text: &str, name: &str) -> Timing {
        Timing::parse(text, zone(name).expect("a zone")).expect("a schedule")
    }

    fn moment(text: &str) -> Moment {
        let at: Timestamp = text.parse().expect("a time");
        Moment::from_millis(at.as_millisecond())
    }

    /// Returns the next times after one, as local times.
    fn next(timing: &Timing, after: &str, count: usize) -> Vec<String> {
        let next = std::iter::successors(Some(moment(after)), |at| timing.after(*at));
        let local = |at| timing.local(at).strftime("%m-%d %H:%M %Z").to_string();
        next.skip(1).take(count).map(local).collect()
    }

    #[test]
    fn english_and_cron_say_the_same() {
        let cases = [
            ("hourly", "0 * * * *"),
            ("daily at 03:30", "30 3 * * *"),
            ("Daily 3:30", "30 3 * * *"),
            ("weekly on mon 06:00", "0 6 * * 1"),
            ("weekly on Monday,thu at 06:05", "5 6 * * 1,4"),
            ("monthly on 31 04:00", "0 4 31 * *"),
            ("@weekly", "0 0 * * 0"),
            ("*/15 8-17 * * 1-5", "*/15 8-17 * * 1-5"),
        ];
        for (text, expected) in cases {
            assert_eq!(timing(text, "UTC").cron(), expected, "{text}");
            assert_eq!(timing(text, "UTC").to_string(), text);
        }
    }

    #[test]
    fn an_invalid_schedule_is_an_error() {
        let cases = [
            ("", "neither"),
            ("sometimes", "neither"),
            ("daily", "missing"),
            ("daily at 24:00", "not a time of day"),
            ("daily at 6", "not a time of day"),
            ("weekly on m 06:00", "not a day of the week"),
            ("weekly on monkey 06:00", "not a day of the week"),
            ("monthly on 32 06:00", "not a day from 1 to 31"),
            ("61 * * * *", "61"),
            ("0 0 31 2 *", "never"),
            ("0 0 0 * * *", "neither"),
        ];
        for (text, part) in cases {
            let fault = Timing::parse(text, TimeZone::UTC).expect_err(text);
            assert!(
                fault.contains(part) && fault.contains("weekly on"),
                "{fault}"
            );
        }
        assert!(zone("Europe/Belrin").is_err());
    }

    #[test]
    fn the_hour_that_spring_leaves_out_comes_after_the_gap() {
        let daily = timing("daily at 02:30", "America/New_York");
        let days = next(&daily, "2026-03-07T00:00:00Z", 3);
        assert_eq!(
            days,
            ["03-07 02:30 EST", "03-08 03:00 EDT", "03-09 02:30 EDT"]
        );
        let berlin = timing("daily at 02:00", "Europe/Berlin");
        let days = next(&berlin, "2026-03-28T12:00:00Z", 2);
        assert_eq!(days, ["03-29 03:00 CEST", "03-30 02:00 CEST"]);
    }

    #[test]
    fn the_hour_that_autumn_has_twice_comes_once() {
        let daily = timing("daily at 01:30", "America/New_York");
        let days = next(&daily, "2026-10-31T12:00:00Z", 2);
        assert_eq!(days, ["11-01 01:30 EDT", "11-02 01:30 EST"]);
    }

    #[test]
    fn every_hour_is_every_hour_that_passes() {
        let hourly = timing("hourly", "Europe/Berlin");
        let spring = next(&hourly, "2026-03-29T00:00:00Z", 2);
        assert_eq!(spring, ["03-29 03:00 CEST", "03-29 04:00 CEST"]);
        let autumn = next(&hourly, "2026-10-24T23:30:00Z", 3);
        assert_eq!(
            autumn,
            ["10-25 02:00 CEST", "10-25 02:00 CET", "10-25 03:00 CET"]
        );
    }

    #[test]
    fn the_last_time_is_the_one_that_came_last() {
        for (text, name) in [
            ("daily at 02:30", "America/New_York"),
            ("daily at 01:30", "America/New_York"),
            ("hourly", "Europe/Berlin"),
            ("weekly on sun 02:15", "Australia/Lord_Howe"),
        ] {
            let timing = timing(text, name);
            let mut at = moment("2026-01-01T00:00:00Z");
            while at < moment("2027-01-01T00:00:00Z") {
                let next = timing.after(at).expect("a next one");
                let start = moment("2025-12-01T00:00:00Z");
                let last = |now| timing.last(start, now);
                assert_eq!(last(next), Some(next), "{text} at {next}");
                let before = Moment::from_millis(next.millis() - 1);
                assert!(last(before).expect("one") <= at, "{text} at {next}");
                assert_eq!(timing.last(next, next), None);
                at = next;
            }
        }
    }
}
