//! Sizes in readable form.

/// Returns a size in a suitable unit, with at most one decimal: `20 GB`, `1.5 MB`, `700 bytes`.
pub fn bytes_in_words(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] = [
        (1_000_000_000_000, "TB"),
        (1_000_000_000, "GB"),
        (1_000_000, "MB"),
        (1_000, "kB"),
    ];
    let Some((unit, name)) = UNITS.into_iter().find(|(unit, _)| bytes >= *unit) else {
        return format!("{bytes} bytes");
    };
    let tenths = bytes / (unit / 10);
    match tenths % 10 {
        0 => format!("{} {name}", tenths / 10),
        rest => format!("{}.{rest} {name}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_their_unit() {
        let cases = [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_000, "1 kB"),
            (350_000, "350 kB"),
            (1_560_000, "1.5 MB"),
            (20_000_000_000, "20 GB"),
            (2_040_000_000_000, "2 TB"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(bytes_in_words(bytes), expected);
        }
    }
}
