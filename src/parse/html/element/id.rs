//! Names of elements and attributes as numbers.

/// The lower-case name of an element or attribute as a number, cheap to store and compare. A name
/// of up to eight bytes is stored as its bytes, a longer one as a hash. Names that collide on
/// purpose can only harm the reading of their own page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::parse::html) struct Id(pub(super) u64);

impl Id {
    /// Returns whether the bytes of a name are its number. A leading NUL would be lost.
    pub(super) const fn packs(name: &[u8]) -> bool {
        name.len() <= 8 && !matches!(name, [0, ..])
    }

    /// Appends a byte to a name that packs.
    pub(super) const fn and(self, byte: u8) -> Id {
        Id(self.0 << 8 | byte.to_ascii_lowercase() as u64)
    }

    /// Returns the number of the name at the beginning of a text. It reads eight bytes at once.
    pub(in crate::parse::html) fn at_the_beginning(text: &[u8], length: usize) -> Id {
        match text.first_chunk() {
            Some(eight) if (1..=8).contains(&length) && eight[0] != 0 => Id(in_lower_case(
                u64::from_be_bytes(*eight) >> (64 - 8 * length),
            )),
            _ => Id::of(&text[..length]),
        }
    }

    /// Returns the number of a name in any case.
    pub(in crate::parse::html) const fn of(name: &[u8]) -> Id {
        let mut at = 0;
        if Id::packs(name) {
            let mut packed = Id(0);
            while at < name.len() {
                packed = packed.and(name[at]);
                at += 1;
            }
            return packed;
        }
        // FNV-1a, 64 bits.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        while at < name.len() {
            hash = (hash ^ name[at].to_ascii_lowercase() as u64).wrapping_mul(0x0100_0000_01b3);
            at += 1;
        }
        Id(hash | 1 << 63)
    }
}

/// Returns eight bytes with ASCII letters in lower case; others stay unchanged.
const fn in_lower_case(eight: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let low = eight & (0x7f * EACH);
    let from_a = low + (0x80 - b'A' as u64) * EACH;
    let after_z = low + (0x7f - b'Z' as u64) * EACH;
    let upper = (from_a ^ after_z) & !eight & (0x80 * EACH);
    eight | upper >> 2
}
