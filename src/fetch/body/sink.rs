//! Receives decoded bytes up to a cap. A large sitemap is packed again on arrival. It is read only once, from
//! start to end, and packed it takes a tenth of its bytes or less.

use std::io::{self, Write};
use std::mem;

use flate2::Compression;
use flate2::write::GzEncoder;
use xxhash_rust::xxh3::Xxh3Default;

/// Maximum bytes that are allocated in advance for an announced length.
const MOST_EXPECTED: usize = 1 << 20;

/// Bodies of this size and above grow by a quarter, in bytes.
const LARGE: usize = 1 << 20;

/// Size in bytes from which bodies are packed, where that is allowed. Most sitemaps are smaller; packing
/// itself takes some hundred kilobytes. Ours.
pub(super) const PACKED_FROM: usize = 256 << 10;

/// Bytes that the packer takes while the body arrives, besides its output. Measured.
const PACKER: usize = 352 << 10;

/// Bytes of a packed body that are also kept unpacked, to detect its type (MIME Sniffing standard, section
/// 5.2).
const HEAD: usize = 1_445;

/// Why decoding ended before its input did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fetch) enum Stop {
    /// The cap is reached; the bytes so far are good.
    Full,
    /// The data does not match its header.
    Corrupt,
}

/// A receiver for the bytes of one body.
#[derive(Debug)]
pub(in crate::fetch) struct Sink {
    /// The beginning of the body, up to the limit; empty once the body is packed.
    bytes: Growing,
    packing: Option<Box<Packing>>,
    /// Number of bytes received, kept or not.
    pub(in crate::fetch) count: usize,
    cap: usize,
    /// Size from which the body is packed.
    packed_from: usize,
}

/// A received body.
#[derive(Debug, Default)]
pub(in crate::fetch) struct Kept {
    /// The kept part of the body, or a gzip file of it.
    pub(in crate::fetch) bytes: Vec<u8>,
    /// Facts about the body, if it is packed.
    pub(in crate::fetch) packed: Option<Packed>,
}

/// Facts about a packed body.
#[derive(Debug)]
pub(in crate::fetch) struct Packed {
    pub(in crate::fetch) head: Vec<u8>,
    pub(in crate::fetch) fingerprint: u64,
}

impl Kept {
    /// Returns the number of allocated bytes.
    pub(super) fn size(&self) -> usize {
        self.bytes.capacity()
    }

    /// Returns the first bytes of the body, enough to detect its type.
    pub(in crate::fetch) fn head(&self) -> &[u8] {
        self.packed
            .as_ref()
            .map_or(&self.bytes, |packed| &packed.head)
    }
}

impl Sink {
    /// Creates a sink that accepts `cap` bytes and keeps the first `kept` of them.
    pub(in crate::fetch) fn new(cap: usize, kept: usize) -> Sink {
        Sink {
            bytes: Growing {
                bytes: Vec::new(),
                most: kept,
            },
            packing: None,
            count: 0,
            cap,
            packed_from: usize::MAX,
        }
    }

    /// Creates a sink that accepts and keeps `cap` bytes. It packs large bodies that are not gzip files
    /// themselves.
    pub(super) fn packing(cap: usize) -> Sink {
        Sink {
            packed_from: PACKED_FROM,
            ..Sink::new(cap, cap)
        }
    }

    /// Returns how many bytes it accepts.
    pub(super) fn cap(&self) -> usize {
        self.cap
    }

    /// Returns the number of allocated bytes.
    pub(super) fn size(&self) -> usize {
        match &self.packing {
            Some(packing) => packing.file.get_ref().bytes.capacity() + PACKER,
            None => self.bytes.bytes.capacity(),
        }
    }

    /// Returns the maximum number of bytes that it may allocate.
    pub(super) fn most(&self) -> usize {
        let is_packing = self.packed_from < usize::MAX;
        self.bytes.most + if is_packing { PACKER } else { 0 }
    }

    /// Allocates room for a body of this announced length, instead of growing step by step.
    pub(in crate::fetch) fn expect(&mut self, bytes: u64) {
        let most = self.bytes.most.min(self.packed_from).min(MOST_EXPECTED);
        let expected = usize::try_from(bytes).unwrap_or(most);
        self.bytes.bytes.reserve(expected.min(most));
    }

    /// Appends a piece.
    pub(super) fn append(&mut self, piece: &[u8]) -> Result<(), Stop> {
        let room = self.cap - self.count;
        let taken = &piece[..piece.len().min(room)];
        self.count += taken.len();
        match &mut self.packing {
            Some(packing) => packing.take(taken),
            None => self.bytes.take(taken),
        }
        if self.packing.is_none() && self.bytes.bytes.len() > self.packed_from {
            self.pack();
        }
        if piece.len() > room {
            Err(Stop::Full)
        } else {
            Ok(())
        }
    }

    /// Returns the body.
    pub(super) fn into_kept(self) -> Kept {
        match self.packing {
            Some(packing) => packing.finish(),
            None => Kept {
                bytes: self.bytes.bytes,
                packed: None,
            },
        }
    }

    fn pack(&mut self) {
        // Its reader unpacks only once.
        if self.bytes.bytes.starts_with(&[0x1F, 0x8B]) {
            self.packed_from = usize::MAX;
            return;
        }
        let begun = mem::take(&mut self.bytes.bytes);
        let mut packing = Packing {
            head: begun[..HEAD.min(begun.len())].to_vec(),
            digest: Xxh3Default::new(),
            file: GzEncoder::new(
                Growing {
                    bytes: Vec::new(),
                    // A gzip file of incompressible data is larger than that.
                    most: usize::MAX,
                },
                Compression::fast(),
            ),
        };
        packing.take(&begun);
        self.packing = Some(Box::new(packing));
    }
}

/// A body that is compressed as it arrives, with its beginning and its digest.
struct Packing {
    head: Vec<u8>,
    digest: Xxh3Default,
    file: GzEncoder<Growing>,
}

impl Packing {
    fn take(&mut self, piece: &[u8]) {
        self.digest.update(piece);
        // Writing to memory cannot fail.
        let _ = self.file.write_all(piece);
    }

    fn finish(self) -> Kept {
        let file = self.file.finish();
        Kept {
            bytes: file.map(|file| file.bytes).unwrap_or_default(),
            packed: Some(Packed {
                head: self.head,
                fingerprint: self.digest.digest(),
            }),
        }
    }
}

impl std::fmt::Debug for Packing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Packing(..)")
    }
}

/// Bytes up to a limit; more are dropped. A large body grows by a quarter and never beyond the limit, because
/// doubling would take twice its size.
#[derive(Debug)]
struct Growing {
    bytes: Vec<u8>,
    most: usize,
}

impl Growing {
    fn take(&mut self, piece: &[u8]) {
        let wanted = self.most.saturating_sub(self.bytes.len());
        let kept = &piece[..piece.len().min(wanted)];
        self.make_room(kept.len());
        self.bytes.extend_from_slice(kept);
    }

    fn make_room(&mut self, more: usize) {
        let (length, capacity) = (self.bytes.len(), self.bytes.capacity());
        if length + more > capacity && capacity >= LARGE {
            let wanted = (length + more).max(capacity + capacity / 4);
            self.bytes.reserve_exact(wanted.min(self.most) - length);
        }
    }
}

impl Write for Growing {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.take(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::bufread::MultiGzDecoder;
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;
    use crate::parse::sitemap::{Entry, Report, read};

    fn unpacked(kept: &Kept) -> Vec<u8> {
        let mut body = Vec::new();
        MultiGzDecoder::new(&*kept.bytes)
            .read_to_end(&mut body)
            .expect("a gzip file");
        body
    }

    /// Returns the kept body if it arrives in pieces of `piece` bytes.
    fn kept(body: &[u8], piece: usize) -> Kept {
        filled(Sink::packing(100 << 20), body, piece)
    }

    fn filled(mut sink: Sink, body: &[u8], piece: usize) -> Kept {
        body.chunks(piece)
            .try_for_each(|piece| sink.append(piece))
            .expect("room");
        assert_eq!(sink.count, body.len());
        sink.into_kept()
    }

    fn lines(bytes: usize) -> Vec<u8> {
        let lines = (0..).flat_map(|n| format!("http://h/{n}\n").into_bytes());
        lines.take(bytes).collect()
    }

    #[test]
    fn only_large_bodies_are_packed_whatever_their_pieces() {
        for length in [0, 1, PACKED_FROM - 1, PACKED_FROM, PACKED_FROM + 1, 900_000] {
            let body = lines(length);
            for piece in [1_000, PACKED_FROM, 1 << 20] {
                let kept = kept(&body, piece);
                assert!(kept.head().starts_with(&body[..length.min(HEAD)]));
                match &kept.packed {
                    Some(packed) => {
                        assert!(length > PACKED_FROM && kept.bytes.len() < length / 3);
                        assert_eq!(unpacked(&kept), body);
                        assert_eq!(packed.fingerprint, xxh3_64(&body));
                    }
                    None => assert!(length <= PACKED_FROM && kept.bytes == body),
                }
            }
        }
    }

    #[test]
    fn a_gzip_file_is_not_packed_again() {
        let mut file = GzEncoder::new(Vec::new(), Compression::none());
        file.write_all(&lines(900_000)).expect("memory has room");
        let file = file.finish().expect("memory has room");
        let kept = kept(&file, 1_000);
        assert!(kept.packed.is_none());
        assert_eq!(kept.bytes, file);
    }

    #[test]
    fn packed_spaces_take_little_but_count_in_full_for_the_cap() {
        let mut sink = Sink::packing(50 << 20);
        let spaces = vec![b' '; 1 << 20];
        for _ in 0..50 {
            sink.append(&spaces).expect("room");
            assert!(sink.size() < 1 << 20, "{} bytes", sink.size());
        }
        assert_eq!(sink.append(b" "), Err(Stop::Full));
        assert_eq!(unpacked(&sink.into_kept()).len(), 50 << 20);
    }

    fn parsed(body: &[u8]) -> (Vec<Entry>, Report) {
        let mut entries = Vec::new();
        let report = read(body, &mut |entry| entries.push(entry));
        (entries, report)
    }

    /// Every sitemap of the fixtures, cut off at many places, gives the same result, packed or not.
    #[test]
    fn a_packed_sitemap_gives_the_same_report_as_the_plain_one() {
        let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/sitemaps");
        let files = std::fs::read_dir(fixtures).expect("fixtures");
        let files = files.map(|file| std::fs::read(file.expect("a file").path()));
        let mut bodies: Vec<Vec<u8>> = files.map(|body| body.expect("readable")).collect();
        bodies.retain(|body| !body.starts_with(&[0x1F, 0x8B]));
        let wide = "<urlset><url><loc>http://h/é</loc></url></urlset>".encode_utf16();
        bodies.push(wide.flat_map(u16::to_le_bytes).collect());
        bodies.push(
            b"<?xml version='1.0' encoding='ISO-8859-1'?><urlset><url><loc>http://h/\xE9".to_vec(),
        );
        for body in &bodies {
            for end in (3..=body.len()).rev().step_by(body.len() / 200 + 1) {
                let text = &body[..end];
                let sink = Sink {
                    packed_from: 1,
                    ..Sink::packing(1 << 20)
                };
                let kept = filled(sink, text, 7);
                assert!(kept.packed.is_some());
                let shown = String::from_utf8_lossy(text);
                assert_eq!(parsed(&kept.bytes), parsed(text), "{shown}");
            }
        }
    }
}
