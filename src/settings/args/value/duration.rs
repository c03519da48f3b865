use std::time::Duration;

/// Maximum duration in seconds: a day. A longer one is probably a mistake in the unit.
const MOST: f64 = 86_400.0;

const UNITS: [(&str, f64); 5] = [
    // "ms" before "s": the first match counts.
    ("ms", 0.001),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3_600.0),
    ("", 1.0),
];

/// Reads `200ms`, `2s`, `1.5m`, `1h`, or a number of seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let fault = || format!("{text:?} is not a duration such as 200ms, 2s or 1m");
    let (number, seconds) = UNITS
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
        .ok_or_else(fault)?;
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let number: f64 = number.parse().ok().filter(|_| plain).ok_or_else(fault)?;
    let seconds = number * seconds;
    if seconds > MOST {
        return Err(format!("{text:?} is longer than a day"));
    }
    // Whole nanoseconds: 0.001 has no exact form.
    Ok(Duration::from_nanos((seconds * 1e9).round() as u64))
}

/// Reads a duration that is not zero.
pub(crate) fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("must be more than 0".to_owned()),
        duration => Ok(duration),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_or_are_seconds() {
        let cases = [
            ("200ms", 200),
            ("2s", 2_000),
            ("1m", 60_000),
            ("1.5m", 90_000),
            ("1h", 3_600_000),
            ("3", 3_000),
            ("0.5", 500),
            (" 1s ", 1_000),
            ("0", 0),
        ];
        for (text, millis) in cases {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in ["", "s", "1d", "-1s", "1e3", "inf", "NaN", "1 s", "25h", "."] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert!(positive_duration("0s").is_err());
    }
}
