//! The links of a page, packed into a few bytes each instead of a row. Neighbouring links are
//! similar: they were often found together, and most share one nature. So each link starts with a
//! byte that says how its target and anchor are written, and which of the recent natures it has.
//!
//! | bits | |
//! |---|---|
//! | 0, 1 | bytes of the difference to the previous target, less one |
//! | 2 to 4 | bytes of the anchor's number |
//! | 5 | that number is a difference to the previous one |
//! | 6, 7 | the nature: 0 follows after this byte, 1 to 3 is a recent one, the latest first |
//!
//! A nature is a byte for its kind, one for its flags (bit 0: followed, 1 to 3: position, 4 to 6:
//! bytes of the number of its `rel`), and that number.

use crate::model::{LinkKind, Position};

use super::ids::UrlId;
use crate::store::runs::id::RunId;

/// A stored link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct PackedLink {
    pub(in crate::store) target: UrlId,
    /// `text.id`, 0 for none.
    pub(in crate::store) anchor: u32,
    pub(in crate::store) nature: Nature,
}

/// The properties that similar links share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Nature {
    pub(in crate::store) kind: LinkKind,
    pub(in crate::store) position: Position,
    pub(in crate::store) follow: bool,
    /// `text.id`, 0 for none.
    pub(in crate::store) rel: u32,
}

impl Nature {
    fn write(self, out: &mut Vec<u8>) {
        let rel = width(self.rel);
        let follow = u8::from(self.follow);
        out.push(self.kind.code());
        out.push((rel as u8) << 4 | self.position.code() << 1 | follow);
        out.extend_from_slice(&self.rel.to_le_bytes()[..rel]);
    }

    fn read(bytes: &mut &[u8]) -> Option<Nature> {
        let ([kind, rest], after) = bytes.split_first_chunk()?;
        *bytes = after;
        Some(Nature {
            kind: LinkKind::from_code(*kind)?,
            position: Position::from_code(rest >> 1 & 7),
            follow: rest & 1 == 1,
            rel: take(bytes, usize::from(rest >> 4))?,
        })
    }
}

/// The recent natures, the latest first.
#[derive(Default)]
struct Natures([Option<Nature>; 3]);

impl Natures {
    /// Returns the index of the nature, from 1, or 0 if it is not a recent one. Makes it the latest.
    fn find(&mut self, nature: Nature) -> u8 {
        let found = self.0.iter().position(|known| *known == Some(nature));
        self.renew(found.unwrap_or(2), nature);
        found.map_or(0, |at| at as u8 + 1)
    }

    /// Returns the nature with this index, from 1, and makes it the latest.
    fn take(&mut self, place: u8) -> Option<Nature> {
        let at = usize::from(place) - 1;
        let nature = self.0[at]?;
        self.renew(at, nature);
        Some(nature)
    }

    /// Moves a nature to the front and removes the one at `at`.
    fn renew(&mut self, at: usize, nature: Nature) {
        self.0.copy_within(..at, 1);
        self.0[0] = Some(nature);
    }
}

/// Returns the key of a page's row in `page_links`.
pub(in crate::store) const fn key(run: RunId, page: UrlId) -> i64 {
    run.0 << 32 | page as i64
}

/// Packs links in order.
pub(in crate::store) fn pack(links: &[PackedLink], out: &mut Vec<u8>) {
    out.clear();
    let mut natures = Natures::default();
    let (mut target, mut anchor) = (0, 0);
    for link in links {
        let by_target = difference(target, link.target);
        let by_anchor = difference(anchor, link.anchor);
        let is_nearer = width(by_anchor) < width(link.anchor);
        let number = if is_nearer { by_anchor } else { link.anchor };
        (target, anchor) = (link.target, link.anchor);
        let place = natures.find(link.nature);
        let target_width = width(by_target).max(1);
        out.push(
            place << 6
                | u8::from(is_nearer) << 5
                | (width(number) as u8) << 2
                | (target_width as u8 - 1),
        );
        if place == 0 {
            link.nature.write(out);
        }
        out.extend_from_slice(&by_target.to_le_bytes()[..target_width]);
        out.extend_from_slice(&number.to_le_bytes()[..width(number)]);
    }
}

/// Reads the output of [`pack`]. Ends early on invalid bytes.
pub(in crate::store) fn unpack(bytes: &[u8]) -> Packed<'_> {
    Packed {
        bytes,
        natures: Natures::default(),
        target: 0,
        anchor: 0,
    }
}

/// An iterator over packed links.
pub(in crate::store) struct Packed<'a> {
    bytes: &'a [u8],
    natures: Natures,
    /// Target of the previous link; the anchor likewise.
    target: UrlId,
    anchor: u32,
}

impl Iterator for Packed<'_> {
    type Item = PackedLink;

    fn next(&mut self) -> Option<PackedLink> {
        let (head, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        let nature = match head >> 6 {
            0 => {
                let nature = Nature::read(&mut self.bytes)?;
                self.natures.renew(2, nature);
                nature
            }
            place => self.natures.take(place)?,
        };
        let way = take(&mut self.bytes, usize::from(head & 3) + 1)?;
        self.target = apart(self.target, way);
        let number = take(&mut self.bytes, usize::from(head >> 2 & 7))?;
        self.anchor = match head >> 5 & 1 {
            0 => number,
            _ => apart(self.anchor, number),
        };
        Some(PackedLink {
            target: self.target,
            anchor: self.anchor,
            nature,
        })
    }
}

/// Returns the number of bytes of a number; 0 takes none.
const fn width(number: u32) -> usize {
    (u32::BITS - number.leading_zeros()).div_ceil(8) as usize
}

/// Reads a number of `width` bytes. Returns `None` for more than four, or if the bytes are missing.
fn take(bytes: &mut &[u8], width: usize) -> Option<u32> {
    let number = match bytes.first_chunk() {
        Some(word) if width <= 4 => u32::from_le_bytes(*word) & low(width),
        _ => {
            let mut word = [0; 4];
            word.get_mut(..width)?.copy_from_slice(bytes.get(..width)?);
            u32::from_le_bytes(word)
        }
    };
    *bytes = &bytes[width..];
    Some(number)
}

/// Returns `width` bytes of ones.
const fn low(width: usize) -> u32 {
    ((1_u64 << (8 * width)) - 1) as u32
}

/// Returns the zigzag difference from one number to another: short distances in either direction are
/// small numbers.
const fn difference(from: u32, to: u32) -> u32 {
    let way = to.wrapping_sub(from).cast_signed();
    ((way << 1) ^ (way >> 31)).cast_unsigned()
}

/// Adds such a difference to a number.
const fn apart(from: u32, way: u32) -> u32 {
    from.wrapping_add((way >> 1) ^ (way & 1).wrapping_neg())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_nature() -> impl Strategy<Value = Nature> {
        (1..=21_u8, 0..=6_u8, any::<bool>(), any::<u32>()).prop_map(
            |(kind, position, follow, rel)| Nature {
                kind: LinkKind::from_code(kind).expect("a kind"),
                position: Position::from_code(position),
                follow,
                rel,
            },
        )
    }

    /// Generates numbers of every width, and neighbours.
    fn any_number() -> impl Strategy<Value = u32> {
        (any::<u32>(), 0..32_u32).prop_map(|(number, shift)| number >> shift)
    }

    /// Generates links of few natures, as a page has them.
    fn any_links() -> impl Strategy<Value = Vec<PackedLink>> {
        let links = proptest::collection::vec((any_number(), any_number(), 0..5_usize), 0..50);
        let natures = proptest::collection::vec(any_nature(), 5);
        (links, natures).prop_map(|(links, natures)| {
            let link = |(target, anchor, nature): (u32, u32, usize)| PackedLink {
                target,
                anchor,
                nature: natures[nature],
            };
            links.into_iter().map(link).collect()
        })
    }

    #[test]
    fn a_link_like_the_one_before_takes_three_bytes() {
        let nature = Nature {
            kind: LinkKind::Anchor,
            position: Position::Navigation,
            follow: true,
            rel: 0,
        };
        let links: Vec<PackedLink> = (1..=10)
            .map(|n| PackedLink {
                target: 70_000 + n,
                anchor: 90_000 + n,
                nature,
            })
            .collect();
        let mut bytes = Vec::new();
        pack(&links, &mut bytes);
        assert_eq!(bytes.len(), 1 + 2 + 3 + 3 + 9 * 3);
    }

    proptest! {
        #[test]
        fn packed_links_are_read_back_unchanged(links in any_links()) {
            let mut bytes = Vec::new();
            pack(&links, &mut bytes);
            prop_assert_eq!(unpack(&bytes).collect::<Vec<_>>(), links);
        }

        #[test]
        fn invalid_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(unpack(&bytes).count() <= bytes.len());
        }
    }
}
