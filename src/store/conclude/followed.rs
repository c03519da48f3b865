//! The links that pass rank on, kept in memory for the walks of Link Score. Targets of a page are
//! sorted and stored as differences, two or three bytes each. If a run has more links than fit, the
//! first pages are kept and each walk reads the others from the file.

use crate::model::{LONGEST_VARINT, put_varint, take_varint};
use crate::store::rows::ids::UrlId;

/// Maximum number of bytes kept; a million pages with twenty links each take forty million.
pub(in crate::store) const ROOM: usize = 48 << 20;

/// Bytes of one piece. Growing by pieces copies nothing.
const PIECE: usize = 1 << 20;

/// Pages with their targets, in the order in which they were added.
#[derive(Debug)]
pub(in crate::store) struct Followed {
    /// Maximum number of bytes kept.
    room: usize,
    pieces: Vec<Vec<u8>>,
    /// The last page kept.
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

    /// Adds the next page if there is room. Sorts its targets and removes duplicates.
    pub(super) fn hold(&mut self, page: UrlId, targets: &mut Vec<UrlId>) {
        if self.is_full || targets.is_empty() {
            return;
        }
        targets.sort_unstable();
        targets.dedup();
        let most = (targets.len() + 2) * LONGEST_VARINT;
        let has_room = |piece: &Vec<u8>| piece.capacity() - piece.len() >= most;
        if !self.pieces.last().is_some_and(has_room) {
            self.is_full = (self.pieces.len() + 1) * PIECE > self.room || most > PIECE;
            if self.is_full {
                return;
            }
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        if let Some(piece) = self.pieces.last_mut() {
            put_varint(page, piece);
            put_varint(targets.len() as u32, piece);
            let mut before = 0;
            for target in targets {
                put_varint(*target - before, piece);
                before = *target;
            }
            self.last = page;
        }
    }

    /// Returns the first page that may be missing.
    pub(in crate::store) const fn end(&self) -> UrlId {
        if self.is_full {
            self.last + 1
        } else {
            UrlId::MAX
        }
    }

    /// Passes the kept pages to `each`.
    pub(in crate::store) fn each(&self, each: &mut dyn FnMut(UrlId, &[UrlId])) {
        let mut targets = Vec::new();
        for mut piece in self.pieces.iter().map(Vec::as_slice) {
            while let Some(page) = take_varint(&mut piece) {
                let count = take_varint(&mut piece).unwrap_or_default();
                targets.clear();
                let mut target = 0;
                for _ in 0..count {
                    target += take_varint(&mut piece).unwrap_or_default();
                    targets.push(target);
                }
                each(page, &targets);
            }
        }
    }
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
    fn memory_is_bounded_and_end_is_the_first_page_that_did_not_fit() {
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
