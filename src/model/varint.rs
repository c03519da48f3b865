//! Whole numbers in as few bytes as they need.

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
