//! The schedule of the confirmation passes: a name, or a list of moments.

use std::str::FromStr;
use std::time::Duration;

use super::duration::duration;

/// Schedules with a name: two short passes, what an audit can wait for, and a whole night.
const NAMED: [(&str, &str); 4] = [
    ("none", ""),
    ("quick", "15s,60s"),
    ("standard", "1m,5m,15m"),
    ("thorough", "1m,5m,15m,1h,6h"),
];

/// Moments of the confirmation passes, counted from the end of the crawl, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule(pub(crate) Vec<Duration>);

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Schedule, String> {
        let named = NAMED.iter().find(|(name, _)| *name == text.trim());
        let list = named.map_or(text, |(_, list)| list);
        if named.is_none() && list.trim().is_empty() {
            return Err("empty; write none, quick, standard, thorough or a list".to_owned());
        }
        let parts = list.split(',').filter(|part| !part.trim().is_empty());
        let mut delays = parts
            .map(|part| {
                duration(part).map_err(|_| {
                    format!(
                        "{part:?} is neither none, quick, standard, thorough nor a duration such \
                         as 15s or 5m"
                    )
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        delays.sort_unstable();
        Ok(Schedule(delays))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_have_names_or_are_lists() {
        let cases: [(&str, &[u64]); 4] = [
            ("none", &[]),
            ("quick", &[15, 60]),
            ("5m, 1m", &[60, 300]),
            ("10s", &[10]),
        ];
        for (text, seconds) in cases {
            let expected = seconds.iter().copied().map(Duration::from_secs).collect();
            assert_eq!(text.parse(), Ok(Schedule(expected)), "{text}");
        }
        for text in ["", "quik", "1m,later"] {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
    }
}
