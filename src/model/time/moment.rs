//! A point in time, passed in wherever it is needed: nothing on floors 0 and 1 reads a clock.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment in milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

/// Serializes as text, RFC 3339 in UTC.
impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        let text = String::deserialize(deserializer)?;
        Moment::parse(&text).ok_or_else(|| D::Error::custom("not a time"))
    }
}

impl Moment {
    /// Returns the moment this many milliseconds after 1970-01-01 UTC.
    pub const fn from_millis(millis: i64) -> Moment {
        Moment(millis)
    }

    /// Parses a text in RFC 3339.
    pub fn parse(text: &str) -> Option<Moment> {
        let timestamp: Timestamp = text.parse().ok()?;
        Some(Moment(timestamp.as_millisecond()))
    }

    /// Returns the milliseconds since 1970-01-01 UTC.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Returns the time passed since `earlier`; zero if that lies in the future.
    pub fn since(self, earlier: Moment) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Formats as `YYYY-MM-DD HH:MM:SS` in UTC, like Screaming Frog's `Crawl Timestamp`.
    pub fn spreadsheet(self) -> String {
        self.timestamp().strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    pub(super) fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or_default()
    }
}

impl Add<Duration> for Moment {
    type Output = Moment;

    fn add(self, rhs: Duration) -> Moment {
        let millis = i64::try_from(rhs.as_millis()).unwrap_or(i64::MAX);
        Moment(self.0.saturating_add(millis))
    }
}

impl Sub<Duration> for Moment {
    type Output = Moment;

    fn sub(self, rhs: Duration) -> Moment {
        let millis = i64::try_from(rhs.as_millis()).unwrap_or(i64::MAX);
        Moment(self.0.saturating_sub(millis))
    }
}

/// Formats as RFC 3339 in UTC with milliseconds, such as `2026-11-22T11:00:00.000Z`.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
        f.write_str(&PRINTER.timestamp_to_string(&self.timestamp()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_utc_with_milliseconds() {
        let moment = Moment::from_millis(1_795_345_200_007);
        assert_eq!(moment.to_string(), "2026-11-22T11:00:00.007Z");
        assert_eq!(moment.spreadsheet(), "2026-11-22 11:00:00");
        assert_eq!(Moment::parse("2026-11-22T11:00:00.007Z"), Some(moment));
        assert_eq!(Moment::parse("yesterday"), None);
    }

    #[test]
    fn time_passed_is_never_negative() {
        let (a, b) = (Moment::from_millis(5), Moment::from_millis(9));
        assert_eq!(b.since(a), Duration::from_millis(4));
        assert_eq!(a.since(b), Duration::ZERO);
        assert_eq!(a + Duration::from_millis(4), b);
    }
}
