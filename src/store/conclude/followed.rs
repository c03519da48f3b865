//! The links that pass rank on, held in memory for the walks of Link Score: a page's targets in order,
//! each as its distance to the one before, two or three bytes long. Of a run with more links than fit
//! the first pages are held, and the others read again in each walk.

use crate::store::rows::ids::UrlId;

/// Most bytes that are held; a million pages of twenty links take forty million.
pub(in crate::store) const ROOM: usize = 48 << 20;

/// Bytes in one piece: to grow copies nothing.
const PIECE: usize = 1 << 20;

/// Pages with their targets, in the order in which they came.
#[derive(Debug)]
pub(in crate::store) struct Followed {
    /// Most bytes that are held.
    room: usize,
    pieces: Vec<Vec<u8>>,
    /// The last page that is held.
    last: UrlId,
    is_full: bool,
}

impl Followed {
    pub(in crate::store) fn new(room: usize) -> Followed {
        Followed {
            room,
            pieces: Vec::new(),
            last: 0,
            is_full: false,
        }
    }

    /// Takes in the next page, as long as there is room. Its targets are put in order, each once.
    pub(super) fn hold(&mut self, page: UrlId, targets: &mut Vec<UrlId>) {
        if self.is_full || targets.is_empty() {
            return;
        }
        targets.sort_unstable();
        targets.dedup();
        let most = (targets.len() + 2) * LONGEST;
        let has_room = |piece: &Vec<u8>| piece.capacity() - piece.len() >= most;
        if !self.pieces.last().is_some_and(has_room) {
            self.is_full = (self.pieces.len() + 1) * PIECE > self.room || most > PIECE;
            if self.is_full {
                return;
            }
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        if let Some(piece) = self.pieces.last_mut() {
            put(page, piece);
            put(targets.len() as u32, piece);
            let mut before = 0;
            for target in targets {
                put(*target - before, piece);
                before = *target;
            }
            self.last = page;
        }
    }

    /// The first page that may not be held.
    pub(in crate::store) const fn end(&self) -> UrlId {
        if self.is_full {
            self.last + 1
        } else {
            UrlId::MAX
        }
    }

    /// Hands over the pages that are held.
    pub(in crate::store) fn each(&self, each: &mut dyn FnMut(UrlId, &[UrlId])) {
        let mut targets = Vec::new();
        for mut piece in self.pieces.iter().map(Vec::as_slice) {
            while let Some(page) = take(&mut piece) {
                let count = take(&mut piece).unwrap_or_default();
                targets.clear();
                let mut target = 0;
                for _ in 0..count {
                    target += take(&mut piece).unwrap_or_default();
                    targets.push(target);
                }
                each(page, &targets);
            }
        }
    }
}

/// Bytes of the longest number.
const LONGEST: usize = 5;

/// Seven bits a byte, the lowest first; a set eighth bit says that more follow.
fn put(mut number: u32, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0;
    for shift in (0..).step_by(7).take(LONGEST) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(followed: &Followed) -> Vec<(UrlId, Vec<UrlId>)> {
        let mut found = Vec::new();
        followed.each(&mut |page, targets| found.push((page, targets.to_vec())));
        found
    }

    #[test]
    fn pages_come_back_with_their_targets_in_order() {
        let mut followed = Followed::new(ROOM);
        followed.hold(1, &mut vec![300, 7, 300, u32::MAX]);
        followed.hold(2, &mut vec![]);
        followed.hold(70_000, &mut vec![0, 127, 128]);
        let expected = vec![(1, vec![7, 300, u32::MAX]), (70_000, vec![0, 127, 128])];
        assert_eq!(held(&followed), expected);
        assert_eq!(followed.end(), UrlId::MAX);
    }

    #[test]
    fn memory_has_a_bound_and_what_does_not_fit_begins_where_it_ends() {
        let mut followed = Followed::new(3 * PIECE);
        for page in 1..=100 {
            followed.hold(page, &mut (0..40_000).map(|n| n * 9).collect());
        }
        let bytes: usize = followed.pieces.iter().map(Vec::capacity).sum();
        assert!(followed.is_full && bytes == 3 * PIECE);
        let pages = held(&followed).len() as u32;
        assert_eq!(followed.end(), pages + 1);
        followed.hold(101, &mut vec![1]);
        assert_eq!(held(&followed).len() as u32, pages);
    }
}
