//! The links of a page, packed: a handful of bytes each instead of a row. Numbers are LEB128;
//! targets are differences to the target before, because neighbours are often found together.

use crate::model::{LinkKind, Position};

use super::ids::UrlId;

/// A stored link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PackedLink {
    pub(super) target: UrlId,
    pub(super) kind: LinkKind,
    pub(super) position: Position,
    pub(super) follow: bool,
    /// `text.id`, 0 for none.
    pub(super) anchor: u32,
    /// `text.id`, 0 for none.
    pub(super) rel: u32,
}

/// Packs links in order.
pub(super) fn pack(links: &[PackedLink], out: &mut Vec<u8>) {
    out.clear();
    let mut before = 0;
    for link in links {
        let target = i64::from(link.target);
        put(out, zigzag(target - before));
        before = target;
        out.push(link.kind.code());
        out.push(link.position.code() << 1 | u8::from(link.follow));
        put(out, u64::from(link.anchor));
        put(out, u64::from(link.rel));
    }
}

/// Reads what [`pack`] wrote; ends early if the bytes are not of its making.
pub(super) fn unpack(mut bytes: &[u8]) -> impl Iterator<Item = PackedLink> {
    let mut before = 0;
    std::iter::from_fn(move || {
        let target = i64::checked_add(before, unzigzag(take(&mut bytes)?))?;
        before = target;
        let (kind, rest) = bytes.split_first()?;
        let (flags, rest) = rest.split_first()?;
        bytes = rest;
        Some(PackedLink {
            target: u32::try_from(target).ok()?,
            kind: LinkKind::from_code(*kind)?,
            position: Position::from_code(flags >> 1),
            follow: flags & 1 == 1,
            anchor: u32::try_from(take(&mut bytes)?).ok()?,
            rel: u32::try_from(take(&mut bytes)?).ok()?,
        })
    })
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

const fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn targets_that_no_number_holds_end_it() {
        let mut bytes = Vec::new();
        for difference in [i64::from(u32::MAX), i64::MAX] {
            put(&mut bytes, zigzag(difference));
            bytes.extend([LinkKind::Anchor.code(), 0, 0, 0]);
        }
        assert_eq!(unpack(&bytes).count(), 1);
    }

    fn any_link() -> impl Strategy<Value = PackedLink> {
        (
            any::<u32>(),
            1..=21_u8,
            0..=6_u8,
            any::<bool>(),
            any::<u32>(),
            any::<u32>(),
        )
            .prop_map(|(target, kind, position, follow, anchor, rel)| PackedLink {
                target,
                kind: LinkKind::from_code(kind).expect("a kind"),
                position: Position::from_code(position),
                follow,
                anchor,
                rel,
            })
    }

    proptest! {
        #[test]
        fn links_come_back_as_they_were(links in proptest::collection::vec(any_link(), 0..50)) {
            let mut bytes = Vec::new();
            pack(&links, &mut bytes);
            prop_assert_eq!(unpack(&bytes).collect::<Vec<_>>(), links);
        }

        #[test]
        fn other_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(unpack(&bytes).count() <= bytes.len());
        }
    }
}
