use std::io::{self, BufRead, Read};

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use flate2::bufread::MultiGzDecoder;
use memchr::{memchr_iter, memmem};

/// Maximum bytes read of a file, decompressed (sitemaps.org: 52,428,800 bytes).
pub const SIZE_LIMIT: u64 = 50 * 1024 * 1024;

/// Maximum bytes of one tag, text or comment. A location is shorter than 2,048 characters.
const PIECE_LIMIT: usize = 1024 * 1024;

/// Bytes that are decoded at a time.
const CHUNK: usize = 16 * 1024;

/// The text of a sitemap as a stream of UTF-8: decompressed, decoded, without byte order mark. It
/// ends at [`SIZE_LIMIT`] and where decompression fails; its fields show which.
pub(in crate::parse) struct Source<'a> {
    input: Box<dyn BufRead + 'a>,
    /// Number of bytes that may still be read.
    left: u64,
    decoder: Decoder,
    ended: bool,
    /// Decoded and not consumed: `text[start..end]`.
    text: Vec<u8>,
    start: usize,
    end: usize,
    /// Number of bytes that the current piece may still take.
    piece: usize,
    /// The line of the next byte, counted from 1.
    pub(super) line: u64,
    /// The first line with bytes that are invalid in the encoding; they were replaced.
    pub(super) bad_text: Option<u64>,
    /// Why decompression ended early.
    pub(in crate::parse) fault: Option<String>,
    /// Whether there is more than may be read.
    pub(in crate::parse) over: bool,
}

impl<'a> Source<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Source<'a> {
        let input: Box<dyn BufRead + 'a> = if bytes.starts_with(&[0x1F, 0x8B]) {
            Box::new(io::BufReader::with_capacity(
                CHUNK,
                MultiGzDecoder::new(bytes),
            ))
        } else {
            Box::new(bytes)
        };
        Source::of(input, SIZE_LIMIT)
    }

    /// Returns the decompressed text, up to `limit` bytes.
    pub(in crate::parse) fn of(input: Box<dyn BufRead + 'a>, limit: u64) -> Source<'a> {
        let mut source = Source {
            input,
            left: limit,
            decoder: UTF_8.new_decoder(),
            ended: false,
            text: Vec::new(),
            start: 0,
            end: 0,
            piece: PIECE_LIMIT,
            line: 1,
            bad_text: None,
            fault: None,
            over: false,
        };
        match source.input.fill_buf() {
            Ok(head) => source.decoder = encoding(head).new_decoder(),
            // The decoder may report this only once.
            Err(error) => source.fault = Some(error.to_string()),
        }
        source
    }

    /// Resets the limit of a piece: called before each event or line.
    pub(in crate::parse) fn next_piece(&mut self) {
        self.piece = PIECE_LIMIT;
    }

    /// Skips white space, and returns the first byte after it.
    pub(super) fn first_byte(&mut self) -> Option<u8> {
        loop {
            self.next_piece();
            let available = self.fill_buf().ok()?;
            let blank = available
                .iter()
                .take_while(|b| b.is_ascii_whitespace())
                .count();
            let first = available.get(blank).copied();
            let done = available.is_empty();
            self.consume(blank);
            if first.is_some() || done {
                return first;
            }
        }
    }

    /// Decodes the next chunk; the one before is fully consumed.
    fn decode(&mut self) {
        let mut chunk = [0; CHUNK];
        let room = CHUNK.min(usize::try_from(self.left).unwrap_or(CHUNK));
        let read = if room == 0 {
            self.over = !matches!(self.input.fill_buf(), Ok([]));
            0
        } else {
            self.input.read(&mut chunk[..room]).unwrap_or_else(|error| {
                self.fault = Some(error.to_string());
                0
            })
        };
        self.left -= read as u64;
        self.ended = read == 0;
        let room = self.decoder.max_utf8_buffer_length(read).unwrap_or(0);
        self.text.resize(room.max(self.text.len()), 0);
        let (_, _, written, replaced) =
            self.decoder
                .decode_to_utf8(&chunk[..read], &mut self.text, self.ended);
        if replaced && self.bad_text.is_none() {
            let before = String::from_utf8_lossy(&self.text[..written]);
            let until = before.find('\u{FFFD}').unwrap_or(0);
            let lines = memchr_iter(b'\n', &before.as_bytes()[..until]).count();
            self.bad_text = Some(self.line + lines as u64);
        }
        (self.start, self.end) = (0, written);
    }
}

impl Read for Source<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(out.len());
        out[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.piece == 0 {
            return Err(io::Error::other("a piece of markup is over 1 MiB"));
        }
        while self.start == self.end && !self.ended {
            self.decode();
        }
        Ok(&self.text[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        let end = (self.start + count).min(self.end);
        self.line += memchr_iter(b'\n', &self.text[self.start..end]).count() as u64;
        self.start = end;
        self.piece = self.piece.saturating_sub(count);
    }
}

/// Returns the encoding of a text without byte order mark, which the decoder handles. It is UTF-16
/// if the first character shows it, else the one of the XML declaration, else UTF-8.
fn encoding(head: &[u8]) -> &'static Encoding {
    match head {
        [b'<', 0, ..] => return UTF_16LE,
        [0, b'<', ..] => return UTF_16BE,
        _ => {}
    }
    declared(head)
        // Text that was read as ASCII so far cannot be UTF-16.
        .map_or(UTF_8, Encoding::output_encoding)
}

fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let rest = head.trim_ascii_start().strip_prefix(b"<?xml")?;
    let declaration = &rest[..memmem::find(rest, b"?>")?];
    let at = memmem::find(declaration, b"encoding")? + b"encoding".len();
    let value = declaration[at..].trim_ascii_start().strip_prefix(b"=")?;
    let (quote, value) = value.trim_ascii_start().split_first()?;
    let label = value.split(|b| b == quote).next()?;
    Encoding::for_label(label)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn text(bytes: &[u8]) -> String {
        let mut text = String::new();
        let mut source = Source::new(bytes);
        loop {
            source.next_piece();
            let available = source.fill_buf().expect("pieces are short");
            if available.is_empty() {
                return text;
            }
            text.push_str(std::str::from_utf8(available).expect("UTF-8"));
            let count = available.len();
            source.consume(count);
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).expect("memory has room");
        encoder.finish().expect("memory has room")
    }

    #[test]
    fn every_encoding_becomes_utf_8() {
        let utf16 = |text: &str, mark: bool, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            let mark = mark.then_some(0xFEFF);
            let units = mark.into_iter().chain(text.encode_utf16());
            units.flat_map(bytes).collect()
        };
        let cases = [
            (b"<a>\xC3\xA9</a>".to_vec(), "<a>é</a>"),
            (b"\xEF\xBB\xBF<a/>".to_vec(), "<a/>"),
            (utf16("<é/>", true, u16::to_le_bytes), "<é/>"),
            (utf16("<é/>", true, u16::to_be_bytes), "<é/>"),
            (utf16("<é/>", false, u16::to_le_bytes), "<é/>"),
            (utf16("<é/>", false, u16::to_be_bytes), "<é/>"),
            (
                b"<?xml version='1.0' encoding = 'ISO-8859-1'?>\xE9".to_vec(),
                "<?xml version='1.0' encoding = 'ISO-8859-1'?>é",
            ),
            (
                b"<?xml encoding=\"UTF-16\"?><a/>".to_vec(),
                "<?xml encoding=\"UTF-16\"?><a/>",
            ),
            (gzip("<é/>".as_bytes()), "<é/>"),
            ([gzip(b"<a>"), gzip(b"</a>")].concat(), "<a></a>"),
            (Vec::new(), ""),
        ];
        for (bytes, expected) in cases {
            assert_eq!(text(&bytes), expected);
        }
    }

    #[test]
    fn broken_compression_gives_what_came_before() {
        let whole = gzip(&b"<url/>\n".repeat(20_000));
        let mut source = Source::new(&whole[..whole.len() - 20]);
        let mut read = 0;
        while let Ok(available @ [_, ..]) = source.fill_buf() {
            let count = available.len();
            read += count;
            source.consume(count);
            source.next_piece();
        }
        assert!(read > 0);
        assert!(source.fault.is_some());
    }

    #[test]
    fn a_bomb_ends_at_the_limit() {
        let size = usize::try_from(SIZE_LIMIT).expect("64 bits");
        let bomb = gzip(&vec![b'\n'; size + 1]);
        let mut source = Source::new(&bomb);
        assert_eq!(source.first_byte(), None);
        assert!(source.over);
        let fits = gzip(&vec![b'\n'; size]);
        let mut source = Source::new(&fits);
        assert_eq!(source.first_byte(), None);
        assert!(!source.over);
        assert_eq!(source.line, SIZE_LIMIT + 1);
    }
}
