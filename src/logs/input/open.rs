//! Opens a source, decompressed. Compression is recognised by the first bytes, not by the name.

use std::fs::File;
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

/// Bytes at the beginning that identify the compression.
const MAGIC: usize = 4;

/// Size of the buffer before a decoder.
const BUFFER: usize = 1 << 17;

type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

/// Opens a file.
pub(in crate::logs) fn file(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    decoded(File::open(path)?)
}

/// Returns whether a file begins as a compressed one.
pub(in crate::logs) fn is_compressed(magic: &[u8]) -> bool {
    magic.starts_with(&[0x1f, 0x8b]) || magic.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
}

/// Returns the bytes of a source, decompressed if it is gzip or Zstandard.
pub(in crate::logs) fn decoded<'a>(
    source: impl Read + Send + 'a,
) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut source = source;
    let mut magic = Vec::with_capacity(MAGIC);
    (&mut source).take(MAGIC as u64).read_to_end(&mut magic)?;
    let kind = magic.clone();
    let whole: Whole<_> = Cursor::new(magic).chain(source);
    Ok(match kind.as_slice() {
        [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER, whole))),
        [0x28, 0xb5, 0x2f, 0xfd] => Box::new(zstd::stream::read::Decoder::with_buffer(
            BufReader::with_capacity(BUFFER, whole),
        )?),
        _ => Box::new(whole),
    })
}
