//! The time zone in which people read times.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use super::moment::Moment;

/// The time zone in which people read times: UTC, unless a project has another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Default for Zone {
    fn default() -> Zone {
        Zone(TimeZone::UTC)
    }
}

impl From<TimeZone> for Zone {
    fn from(zone: TimeZone) -> Zone {
        Zone(zone)
    }
}

impl Zone {
    /// Returns day and time of day, such as `2026-11-23 10:02:10`.
    pub fn seconds(&self, at: Moment) -> String {
        self.format(at, "%Y-%m-%d %H:%M:%S")
    }

    /// Returns day, time of day and the name of the zone at that time, such as `2026-11-23 10:02 CET`.
    pub fn minutes(&self, at: Moment) -> String {
        self.format(at, "%Y-%m-%d %H:%M %Z")
    }

    /// Returns the day, such as `2026-11-23`.
    pub fn day(&self, at: Moment) -> String {
        self.format(at, "%Y-%m-%d")
    }

    /// Returns the time of day, such as `10:02:10`.
    pub fn clock(&self, at: Moment) -> String {
        self.format(at, "%H:%M:%S")
    }

    /// Returns a time after another one: without the day and the name of the zone where both are the same.
    pub fn later(&self, first: Moment, at: Moment) -> String {
        if self.day(first) == self.day(at) && self.name(first) == self.name(at) {
            self.clock(at)
        } else {
            format!("{} {}", self.seconds(at), self.name(at))
        }
    }

    /// Returns a text for people: its times, as [`Moment`] prints them, become those of the zone. A time within a
    /// word, such as a URL, stays.
    pub fn tell(&self, text: &str) -> String {
        let mut last = None;
        let words = text.split(' ').map(|word| {
            let bare = word.trim_end_matches([',', ';', ':', '.', ')']);
            let Some(at) = Moment::parse(bare).filter(|at| at.to_string() == bare) else {
                return Cow::Borrowed(word);
            };
            let told = match last.replace(at) {
                None => format!("{} {}", self.seconds(at), self.name(at)),
                Some(first) => self.later(first, at),
            };
            Cow::Owned(told + &word[bare.len()..])
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// Returns the name of the zone at a time, such as `CET`.
    pub fn name(&self, at: Moment) -> String {
        self.format(at, "%Z")
    }

    fn format(&self, at: Moment, how: &str) -> String {
        let zoned = at.timestamp().to_zoned(self.0.clone());
        zoned.strftime(how).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_zone_and_say_its_name() {
        let late = Moment::parse("2026-11-22T23:30:05Z").expect("a time");
        let summer = Moment::parse("2026-07-01T12:00:00Z").expect("a time");
        let berlin = Zone::from(TimeZone::get("Europe/Berlin").expect("a zone"));
        assert_eq!(berlin.day(late), "2026-11-23");
        assert_eq!(berlin.seconds(late), "2026-11-23 00:30:05");
        assert_eq!(berlin.clock(late), "00:30:05");
        assert_eq!(berlin.minutes(summer), "2026-07-01 14:00 CEST");
        assert_eq!(Zone::default().minutes(late), "2026-11-22 23:30 UTC");
    }

    #[test]
    fn a_sentence_tells_its_times_in_the_zone() {
        let tokyo = Zone::from(TimeZone::get("Asia/Tokyo").expect("a zone"));
        let said = "from 2026-11-22T14:59:50.000Z to 2026-11-22T14:59:58.500Z; good at 2026-11-22T15:00:06.000Z: so";
        let told = "from 2026-11-22 23:59:50 JST to 23:59:58; good at 2026-11-23 00:00:06 JST: so";
        assert_eq!(tokyo.tell(said), told);
        let other = "https://a.test/?t=2026-11-22T14:59:50.000Z  and\ttwo; in 2026.";
        assert_eq!(tokyo.tell(other), other);
    }
}
