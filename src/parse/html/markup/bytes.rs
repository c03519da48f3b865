//! The role of each byte in a tag.

pub(super) fn ends_tag_name(byte: u8) -> bool {
    SORTS[usize::from(byte)] & ENDS_TAG_NAME != 0
}

pub(super) const SOLID: u8 = 1;
pub(super) const ENDS_TAG_NAME: u8 = 1 << 1;
pub(super) const ENDS_ATTRIBUTE_NAME: u8 = 1 << 2;
pub(super) const ENDS_VALUE: u8 = 1 << 3;
/// The role of each byte in a tag: one lookup instead of up to seven comparisons.
pub(super) static SORTS: [u8; 256] = sorts();

const fn sorts() -> [u8; 256] {
    let mut table = [SOLID; 256];
    let mut byte = 0;
    while byte < table.len() {
        if (byte as u8).is_ascii_whitespace() {
            table[byte] = ENDS_TAG_NAME | ENDS_ATTRIBUTE_NAME | ENDS_VALUE;
        }
        byte += 1;
    }
    table[b'/' as usize] |= ENDS_TAG_NAME | ENDS_ATTRIBUTE_NAME;
    table[b'>' as usize] |= ENDS_TAG_NAME | ENDS_ATTRIBUTE_NAME | ENDS_VALUE;
    table[b'=' as usize] |= ENDS_ATTRIBUTE_NAME;
    table
}
