//! The ladder of rechecks: the failing URLs of a run are requested again after minutes, hours and days. This shows how
//! long they fail, and a recovery is seen before the next run.

use std::str::FromStr;
use std::time::Duration;

use crate::model::Moment;

/// Maximum time from the end of a run to a recheck, a week: search engines begin to drop pages that fail for days.
const MOST: Duration = Duration::from_hours(7 * 24);

/// When failed URLs are requested again, counted from the end of their run, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder(Vec<Duration>);

impl Ladder {
    /// Returns when the next step after the first `done` steps is due; `None` if there is none.
    pub fn next(&self, ended: Moment, done: u8) -> Option<Moment> {
        self.0.get(usize::from(done)).map(|wait| ended + *wait)
    }

    /// Returns the number of steps that are done after a recheck at `now`: at least one more than `done`, and all steps
    /// that were due before. So one recheck makes up for missed ones.
    pub fn taken(&self, ended: Moment, done: u8, now: Moment) -> u8 {
        let over = self.0.iter().filter(|wait| ended + **wait <= now).count();
        (over as u8).max(done.saturating_add(1))
    }
}

/// After a quarter of an hour, an hour, six hours, one day and two, then daily for a week: the first steps
/// separate an outage from a fault, search engines react to the last ones.
impl Default for Ladder {
    fn default() -> Ladder {
        let hours = [1, 6, 24, 48, 72, 96, 120, 144];
        let rest = hours.into_iter().map(Duration::from_hours);
        let first = std::iter::once(Duration::from_mins(15));
        Ladder(first.chain(rest).collect())
    }
}

/// `none`, or waits such as `15m, 1h, 2d`.
impl FromStr for Ladder {
    type Err = String;

    fn from_str(text: &str) -> Result<Ladder, String> {
        if text.trim() == "none" {
            return Ok(Ladder(Vec::new()));
        }
        let mut waits = text
            .split(',')
            .map(|part| wait(part.trim()))
            .collect::<Result<Vec<_>, _>>()?;
        waits.sort_unstable();
        waits.dedup();
        if waits.len() > 100 {
            return Err("more than 100 steps".to_owned());
        }
        Ok(Ladder(waits))
    }
}

fn wait(text: &str) -> Result<Duration, String> {
    let fault = || format!("{text:?} is neither a wait such as 15m, 6h or 2d, up to 7d, nor none");
    let units = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];
    let (number, seconds) = units
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
        .ok_or_else(fault)?;
    let number: u32 = number.trim().parse().map_err(|_| fault())?;
    let wait = Duration::from_secs(u64::from(number) * seconds);
    (wait > Duration::ZERO && wait <= MOST)
        .then_some(wait)
        .ok_or_else(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDED: Moment = Moment::from_millis(1_000_000);

    fn minutes(count: u64) -> Moment {
        ENDED + Duration::from_mins(count)
    }

    #[test]
    fn steps_are_counted_from_the_end_of_the_run() {
        let ladder = Ladder::default();
        assert_eq!(ladder.next(ENDED, 0), Some(minutes(15)));
        assert_eq!(ladder.next(ENDED, 4), Some(minutes(48 * 60)));
        assert_eq!(ladder.next(ENDED, 8), Some(minutes(144 * 60)));
        assert_eq!(ladder.next(ENDED, 9), None);
    }

    #[test]
    fn what_was_missed_is_caught_up_in_one_step() {
        let ladder: Ladder = "1h, 15m, 6h".parse().expect("a ladder");
        let cases = [(0, 15, 1), (0, 61, 2), (1, 600, 3), (0, 600, 3), (2, 10, 3)];
        for (done, at, expected) in cases {
            assert_eq!(
                ladder.taken(ENDED, done, minutes(at)),
                expected,
                "{done} {at}"
            );
        }
    }

    #[test]
    fn ladders_are_lists_of_waits() {
        let none: Ladder = "none".parse().expect("none");
        assert_eq!(none.next(ENDED, 0), None);
        for text in ["", "0m", "8d", "soon", "15", "1h,,2h"] {
            assert!(text.parse::<Ladder>().is_err(), "{text}");
        }
    }
}
