use std::time::Duration;

/// Units of an age, in seconds.
const UNITS: [(char, u64); 3] = [('h', 3_600), ('d', 86_400), ('w', 604_800)];

/// Reads `12h`, `30d` or `8w`.
pub(crate) fn age(text: &str) -> Result<Duration, String> {
    let fault = || format!("{text:?} is not an age such as 12h, 30d or 8w");
    let found = UNITS
        .iter()
        .find_map(|(unit, seconds)| Some((text.trim().strip_suffix(*unit)?, seconds)));
    let (number, seconds) = found.ok_or_else(fault)?;
    let number: u32 = number.parse().map_err(|_| fault())?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_units() {
        assert_eq!(age("12h"), Ok(Duration::from_hours(12)));
        assert_eq!(age("2w"), Ok(Duration::from_hours(336)));
        for text in ["", "d", "30", "1.5d", "-1d"] {
            assert!(age(text).is_err(), "{text}");
        }
    }
}
