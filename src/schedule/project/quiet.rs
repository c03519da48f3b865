//! Hours in which no task of a project begins: due tasks wait for their end.

use std::str::FromStr;

use jiff::Zoned;

use crate::model::Moment;

use super::timing::clock;

/// Quiet hours from one time of day to another; past midnight if the second is earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// The first quiet minute, counted from midnight.
    from: u16,
    /// The first minute after the quiet hours, counted from midnight.
    to: u16,
}

impl QuietHours {
    /// Returns whether the time of the project's time zone is quiet.
    pub fn has(self, local: &Zoned) -> bool {
        let minute = minutes((local.hour().unsigned_abs(), local.minute().unsigned_abs()));
        if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }

    /// Returns the end of the quiet hours that contain this local time.
    pub fn end(self, local: &Zoned) -> Moment {
        let (hour, minute) = ((self.to / 60) as i8, (self.to % 60) as i8);
        let time = jiff::civil::time(hour, minute, 0, 0);
        let today = local.with().time(time).build();
        let tomorrow = || {
            local
                .tomorrow()
                .and_then(|day| day.with().time(time).build())
        };
        let end = match today {
            Ok(end) if end > *local => Ok(end),
            _ => tomorrow(),
        };
        // Beyond the year 9999 there is no tomorrow; the caller checks again.
        let end = end.unwrap_or_else(|_| local.clone());
        Moment::from_millis(end.timestamp().as_millisecond())
    }
}

impl FromStr for QuietHours {
    type Err = String;

    fn from_str(text: &str) -> Result<QuietHours, String> {
        let fault = || format!("{text:?} is not a span of hours such as \"22:00-06:00\"");
        let (from, to) = text.split_once('-').ok_or_else(fault)?;
        let read = |text: &str| clock(text.trim()).map(minutes).map_err(|_| fault());
        let (from, to) = (read(from)?, read(to)?);
        if from == to {
            return Err(format!("{text:?} would be the whole day, or none of it"));
        }
        Ok(QuietHours { from, to })
    }
}

fn minutes((hour, minute): (u8, u8)) -> u16 {
    u16::from(hour) * 60 + u16::from(minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nights_go_over_midnight() {
        let at = |text: &str| -> Zoned {
            let text = format!("2026-11-28T{text}:30[Europe/Berlin]");
            text.parse().expect("a time")
        };
        let cases = [
            ("22:00-06:00", "21:59", false),
            ("22:00-06:00", "22:00", true),
            ("22:00-06:00", "05:59", true),
            ("22:00-06:00", "06:00", false),
            ("09:00 - 17:30", "17:29", true),
            ("09:00 - 17:30", "17:30", false),
        ];
        for (hours, time, expected) in cases {
            let quiet: QuietHours = hours.parse().expect("hours");
            assert_eq!(quiet.has(&at(time)), expected, "{hours} {time}");
        }
        for text in ["", "22:00", "22:00-25:00", "22-6", "06:00-06:00"] {
            assert!(text.parse::<QuietHours>().is_err(), "{text}");
        }
    }
}
