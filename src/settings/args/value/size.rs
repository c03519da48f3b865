const UNITS: [(&str, u64); 10] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    // A single letter has the meaning that it has in curl and wget.
    ("k", 1 << 10),
    ("m", 1 << 20),
    ("g", 1 << 30),
    ("b", 1),
];

/// Reads a size in bytes: `10MiB`, `500KB`, `2M`, or a number.
pub(crate) fn size<T: TryFrom<u64>>(text: &str) -> Result<T, String> {
    let lower = text.trim().to_ascii_lowercase();
    let (number, unit) = UNITS
        .iter()
        .find_map(|(name, bytes)| Some((lower.strip_suffix(name)?, *bytes)))
        .unwrap_or((&lower, 1));
    let number: u64 = number
        .trim_end()
        .parse()
        .map_err(|_| format!("{text:?} is not a size such as 10MiB, 500KB or 2M"))?;
    if number == 0 {
        return Err("must be more than 0".to_owned());
    }
    let bytes = number.checked_mul(unit).map(T::try_from);
    match bytes {
        Some(Ok(bytes)) => Ok(bytes),
        _ => Err(format!("{text:?} is too large")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_or_are_bytes() {
        let cases = [
            ("10MiB", 10 << 20),
            ("1KiB", 1024),
            ("5KB", 5_000),
            ("2 mb", 2_000_000),
            ("3k", 3 << 10),
            ("3M", 3 << 20),
            ("12b", 12),
            ("7", 7),
        ];
        for (text, bytes) in cases {
            assert_eq!(size::<u64>(text), Ok(bytes), "{text}");
        }
        for text in [
            "",
            "MiB",
            "-1",
            "1.5M",
            "1T",
            "0",
            "99999999999999999999",
            "99999999999g",
        ] {
            assert!(size::<u64>(text).is_err(), "{text}");
        }
        // A disk may be larger than `usize`.
        assert_eq!(size::<u64>("20GB"), Ok(20_000_000_000));
        assert!(size::<u32>("20GB").is_err());
    }
}
