//! A source in blocks of whole lines.

use std::io::{self, Read};

/// Size of a block, in bytes. Ours: it stays in the processor's own cache until it is parsed.
const SIZE: usize = 1 << 18;

/// Maximum length of a line in bytes: longer ones are cut into pieces, which are unreadable. Ours; servers cut at 64
/// KiB or less.
const LONGEST: usize = 1 << 20;

/// Reads blocks.
pub(in crate::logs) struct Blocks<R> {
    source: R,
    /// The beginning of a line whose end was not read yet.
    rest: Vec<u8>,
    is_over: bool,
}

impl<R: Read> Blocks<R> {
    pub(in crate::logs) fn new(source: R) -> Blocks<R> {
        Blocks {
            source,
            rest: Vec::new(),
            is_over: false,
        }
    }

    /// Returns whether the source is read to its end.
    pub(in crate::logs) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Fills a buffer with the next whole lines. Leaves it empty at the end. A last line without its end counts as a
    /// line, because most logs that are copied end so.
    pub(in crate::logs) fn next(&mut self, block: &mut Vec<u8>) -> io::Result<()> {
        block.clear();
        block.append(&mut self.rest);
        while !self.is_over {
            let had = block.len();
            let room = (SIZE - had.min(SIZE)).max(SIZE / 4) as u64;
            let read = (&mut self.source).take(room).read_to_end(block)?;
            self.is_over = read == 0;
            if block.len() < SIZE && !self.is_over {
                continue;
            }
            if self.is_over {
                break;
            }
            match memchr::memrchr(b'\n', block) {
                Some(end) => {
                    self.rest.extend_from_slice(&block[end + 1..]);
                    block.truncate(end + 1);
                    break;
                }
                None if block.len() >= LONGEST => break,
                None => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_whole_lines_and_nothing_is_lost() {
        let line = format!("{}\n", "x".repeat(999));
        let text = line.repeat(2_000) + "the last one";
        let mut blocks = Blocks::new(text.as_bytes());
        let (mut all, mut block, mut count) = (Vec::new(), Vec::new(), 0);
        loop {
            blocks.next(&mut block).expect("read");
            if block.is_empty() {
                break;
            }
            count += 1;
            assert!(block.ends_with(b"\n") || block.ends_with(b"one"));
            all.extend_from_slice(&block);
        }
        assert_eq!(all, text.as_bytes());
        assert!(count >= 3, "{count}");
    }
}
