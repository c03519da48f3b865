//! Finds where to continue in a log that was read before. A log is recognised by its first line and by the last bytes
//! before the checkpoint. Its name, its inode number and its compression do not matter. So a rotated file is read to
//! its end, and a new file with the old name is read from its beginning.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use super::open;
use crate::store::LogCheckpoint;

/// Bytes before a checkpoint that identify it.
const TAIL: usize = 256;

/// Bytes in which the first line must end. Ours.
const SAMPLE: u64 = 1 << 17;

/// A log, opened where its reading begins.
pub(in crate::logs) struct Begun {
    pub(in crate::logs) source: Box<dyn Read + Send>,
    /// The checkpoint from which the log is read.
    pub(in crate::logs) point: LogCheckpoint,
    /// The checkpoint that was found; absent if the log is new.
    pub(in crate::logs) before: Option<LogCheckpoint>,
    /// The first bytes of the log.
    pub(in crate::logs) sample: Vec<u8>,
    pub(in crate::logs) is_plain: bool,
    /// The device and the number of the file on it.
    pub(in crate::logs) place: (u64, u64),
}

/// Opens a log after the part that was read before. `None` if it has no whole line.
pub(in crate::logs) fn begin(path: &Path, known: &[LogCheckpoint]) -> io::Result<Option<Begun>> {
    let mut file = File::open(path)?;
    let place = place(&file)?;
    let mut magic = Vec::new();
    (&mut file).take(4).read_to_end(&mut magic)?;
    let is_plain = !open::is_compressed(&magic);
    let mut sample = Vec::new();
    let sampled = open::file(path)?.take(SAMPLE).read_to_end(&mut sample);
    let Some(end) = memchr::memchr(b'\n', &sample) else {
        // A damaged archive is read as far as it goes.
        return sampled.map(|_| None);
    };
    let head = xxh3_64(&sample[..end]);
    sample.truncate(memchr::memrchr(b'\n', &sample).unwrap_or(end) + 1);
    let mut candidates: Vec<&LogCheckpoint> =
        known.iter().filter(|known| known.head == head).collect();
    candidates.sort_by_key(|known| std::cmp::Reverse(known.offset));
    let mut before = None;
    for candidate in candidates {
        let matches = if is_plain {
            file.seek(SeekFrom::Start(
                candidate.offset.saturating_sub(TAIL as u64),
            ))?;
            ends_at(&mut file, candidate)?
        } else {
            let mut source = open::file(path)?;
            skip(&mut source, candidate.offset.saturating_sub(TAIL as u64))?;
            ends_at(&mut source, candidate)?
        };
        if matches {
            before = Some(candidate.clone());
            break;
        }
    }
    let point = before.clone().unwrap_or_else(|| LogCheckpoint {
        head,
        offset: 0,
        tail: xxh3_64(&[]),
        line: 1,
        device: place.0,
        inode: place.1,
        path: String::new(),
    });
    let source: Box<dyn Read + Send> = if is_plain {
        file.seek(SeekFrom::Start(point.offset))?;
        Box::new(file)
    } else {
        let mut source = open::file(path)?;
        skip(&mut source, point.offset)?;
        source
    };
    Ok(Some(Begun {
        source,
        point,
        before,
        sample,
        is_plain,
        place,
    }))
}

/// Moves a checkpoint behind a block.
pub(in crate::logs) fn advance(point: &mut LogCheckpoint, block: &[u8], lines: u64) {
    point.offset += block.len() as u64;
    point.line += lines;
    // A block shorter than `TAIL` is hashed whole: the bytes before it belong to the previous block.
    point.tail = xxh3_64(&block[block.len().saturating_sub(TAIL)..]);
}

/// Returns whether the bytes up to a checkpoint end as they did.
fn ends_at(source: &mut impl Read, point: &LogCheckpoint) -> io::Result<bool> {
    let mut tail = Vec::new();
    let length = point.offset.min(TAIL as u64);
    source.take(length).read_to_end(&mut tail)?;
    if tail.len() as u64 != length {
        return Ok(false);
    }
    // The last block of the earlier call may have been shorter.
    Ok((0..=tail.len()).any(|from| xxh3_64(&tail[from..]) == point.tail))
}

fn skip(source: &mut impl Read, bytes: u64) -> io::Result<()> {
    io::copy(&mut source.take(bytes), &mut io::sink()).map(|_| ())
}

#[cfg(unix)]
fn place(file: &File) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = file.metadata()?;
    Ok((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn place(_: &File) -> io::Result<(u64, u64)> {
    Ok((0, 0))
}
