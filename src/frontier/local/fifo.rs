//! A queue of entries, first in, first out, written one after another into chunks. An entry takes its path
//! and a few bytes more, or fourteen bytes if its path is on the shelf, without an allocation of its own. A
//! site's queue is most of the frontier's memory.

use std::collections::VecDeque;

use super::entry::{Entry, Place};
use crate::model::{Fingerprint, LONGEST_VARINT, Role, put_varint, take_varint};

/// Bytes after which a new chunk starts. The only chunk of a small queue grows as it is filled.
const CHUNK: usize = 16 * 1024;

/// Maximum bytes of an entry besides its path.
const LONGEST_HEADER: usize = 3 + 3 * LONGEST_VARINT;

/// Marks a shelved entry, in place of the length of a path, which is never 0.
const SHELVED: u32 = 0;

/// A queue of entries.
#[derive(Debug, Default)]
pub(super) struct Fifo {
    chunks: VecDeque<Vec<u8>>,
    /// Bytes of the first chunk that were read.
    taken: usize,
}

impl Fifo {
    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    pub(super) fn push(&mut self, entry: &Entry) {
        let mut length = LONGEST_HEADER + place_length(&entry.place);
        let chunk = self.chunks.back();
        if chunk.is_none_or(|chunk| chunk.len() + length > CHUNK) {
            if !self.chunks.is_empty() {
                length = length.max(CHUNK);
            }
            self.chunks.push_back(Vec::with_capacity(length));
        }
        if let Some(chunk) = self.chunks.back_mut() {
            write(entry, chunk);
        }
    }

    /// Puts the entries of another queue before its own.
    pub(super) fn put_before(&mut self, mut other: Fifo) {
        if let Some(first) = self.chunks.front_mut() {
            first.drain(..std::mem::take(&mut self.taken));
        }
        other.chunks.append(&mut self.chunks);
        *self = other;
    }

    pub(super) fn pop(&mut self) -> Option<Entry> {
        let chunk = self.chunks.front()?;
        let mut rest = &chunk[self.taken..];
        let entry = read(&mut rest);
        self.taken = chunk.len() - rest.len();
        if rest.is_empty() {
            self.chunks.pop_front();
            self.taken = 0;
        }
        entry
    }
}

fn write(entry: &Entry, out: &mut Vec<u8>) {
    out.extend([entry.role.code(), entry.hops, entry.pass]);
    put_varint(entry.depth, out);
    put_varint(entry.tries, out);
    match &entry.place {
        Place::Path(path) => {
            // A URL is no longer than 8 KiB.
            put_varint(path.len() as u32, out);
            out.extend_from_slice(path.as_bytes());
        }
        Place::Shelved(url) => {
            put_varint(SHELVED, out);
            out.extend_from_slice(&url.get().to_le_bytes());
        }
    }
}

fn place_length(place: &Place) -> usize {
    match place {
        Place::Path(path) => path.len(),
        Place::Shelved(_) => size_of::<u64>(),
    }
}

/// Reads the output of [`write`].
fn read(bytes: &mut &[u8]) -> Option<Entry> {
    let (&[role, hops, pass], rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    let (depth, tries, length) = (
        take_varint(bytes)?,
        take_varint(bytes)?,
        take_varint(bytes)?,
    );
    let place = if length == SHELVED {
        let (number, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Place::Shelved(Fingerprint::from_number(u64::from_le_bytes(*number)))
    } else {
        let (path, rest) = bytes.split_at_checked(length as usize)?;
        *bytes = rest;
        Place::Path(std::str::from_utf8(path).ok()?.into())
    };
    Some(Entry {
        place,
        depth,
        tries,
        hops,
        role: Role::from_code(role)?,
        pass,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    fn entry(dice: &mut fastrand::Rng) -> Entry {
        let length = dice.usize(..200) * dice.usize(..200);
        let number = |dice: &mut fastrand::Rng| dice.u32(..) >> dice.u32(..32);
        let place = match dice.u32(..3) {
            0 => Place::Shelved(Fingerprint::from_number(dice.u64(..))),
            _ => Place::Path(format!("/{}", "é".repeat(length)).into()),
        };
        Entry {
            place,
            depth: number(dice),
            tries: number(dice),
            hops: dice.u8(..),
            role: Role::ALL[dice.usize(..Role::ALL.len())],
            pass: dice.u8(..),
        }
    }

    #[test]
    fn entries_are_read_back_in_order() {
        let mut dice = fastrand::Rng::with_seed(7);
        let (mut fifo, mut expected) = (Fifo::default(), VecDeque::new());
        for step in 0..4_000 {
            // Filled for a while, then emptied.
            if dice.u32(..4_000) > step {
                let entry = entry(&mut dice);
                fifo.push(&entry);
                expected.push_back(entry);
            } else if step % 8 == 0 {
                let mut before = Fifo::default();
                let entries: Vec<Entry> = (0..dice.u32(..4)).map(|_| entry(&mut dice)).collect();
                for entry in &entries {
                    before.push(entry);
                }
                for entry in entries.into_iter().rev() {
                    expected.push_front(entry);
                }
                fifo.put_before(before);
            } else {
                assert_eq!(fifo.pop(), expected.pop_front());
            }
            assert_eq!(fifo.is_empty(), expected.is_empty());
        }
        while let Some(entry) = expected.pop_front() {
            assert_eq!(fifo.pop(), Some(entry));
        }
        assert!(fifo.is_empty());
        assert_eq!(fifo.pop(), None);
    }

    #[test]
    fn an_entry_takes_its_path_and_six_bytes() {
        let mut fifo = Fifo::default();
        for n in 100_000..200_000 {
            fifo.push(&Entry {
                place: Place::Path(format!("/{n}").into()),
                depth: 3,
                tries: 0,
                hops: 0,
                role: Role::Page,
                pass: 1,
            });
        }
        let bytes: usize = fifo.chunks.iter().map(Vec::capacity).sum();
        assert!(bytes < 100_000 * 15, "{bytes}");
        for _ in 0..99_999 {
            fifo.pop();
        }
        assert_eq!(fifo.chunks.len(), 1, "what was taken is given back");
    }
}
