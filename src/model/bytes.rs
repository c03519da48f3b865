//! Counts of bytes in words, and whole numbers in as few bytes as they need.

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

/// Bytes of the longest encoded number.
pub const LONGEST_VARINT: usize = 5;

/// Encodes seven bits in each byte, the lowest first; a set eighth bit means that more follow.
pub fn put_varint(mut number: u32, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads an encoded number, or returns `None` if there is no whole one.
pub fn take_varint(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0;
    for shift in (0..u32::BITS).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(number);
        }
    }
    None
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
