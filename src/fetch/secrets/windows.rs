//! Divides a long text for a search that copies its input. The windows overlap by more than the longest
//! secret takes, however it is written.

use std::ops::Range;

use super::canonical::{LAYERS, LONGEST_REFERENCE, canonical};

/// The usual width of a window in bytes (ours): small compared with a page, large compared with a secret.
const WIDTH: usize = 256 << 10;

/// The widest window in bytes (ours). An echo spread over more than this, by skipped white space or by zeros
/// before numbers, is not recognised.
const WIDEST: usize = 4 << 20;

/// How far a search may misread escapes cut by a window's edge, in bytes of the canonical form.
const MISREAD: usize = 2 * LAYERS * LONGEST_REFERENCE;

/// How long texts are divided into overlapping windows, each searched by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fetch) struct Windows {
    width: usize,
    /// Length at which a window ends, even if readers skip most of it.
    widest: usize,
    /// Minimum overlap of two windows, in bytes of the canonical form.
    overlap: usize,
}

impl Windows {
    /// Creates windows in which texts of up to `longest` bytes, in canonical form, are found.
    pub(in crate::fetch) fn new(longest: usize) -> Windows {
        let overlap = longest + MISREAD;
        let width = WIDTH.max(8 * overlap);
        Windows {
            width,
            widest: WIDEST.max(width),
            overlap,
        }
    }

    /// Returns the narrowest windows that find the same, for tests that try every offset.
    #[cfg(test)]
    pub(super) fn narrow(self) -> Windows {
        Windows {
            width: 8 * self.overlap,
            widest: 64 * self.overlap,
            ..self
        }
    }

    /// Returns the width of a window, if the text is that long and its form not much shorter.
    pub(super) fn width(self) -> usize {
        self.width
    }

    /// Returns the windows of a text, in order; the last one ends with it.
    pub(in crate::fetch) fn of(self, text: &[u8]) -> impl Iterator<Item = Range<usize>> {
        let mut next = Some(0);
        std::iter::from_fn(move || {
            let start = next?;
            let mut width = self.width;
            loop {
                let end = text.len().min(start + width);
                let rest = &text[start..end];
                let following = (end < text.len()).then(|| self.next_start(rest));
                match following {
                    None => next = None,
                    Some(None) => {
                        width *= 2;
                        continue;
                    }
                    Some(Some(at)) => next = Some(start + at),
                }
                return Some(start..end);
            }
        })
    }

    /// Returns where in this window the next one begins, or `None` if this one is too short, because readers
    /// skip most of it.
    pub(super) fn next_start(self, window: &[u8]) -> Option<usize> {
        let mut tail = 2 * self.overlap;
        while 2 * tail <= window.len() {
            let start = run_start(window, window.len() - tail);
            // Zeros may precede a number whose beginning is outside this part.
            let form = canonical(&window[start..]);
            let distinctive = form.bytes().iter().filter(|byte| **byte != b'0');
            if distinctive.count() >= self.overlap && start > 0 {
                return Some(start);
            }
            tail *= 2;
        }
        (window.len() >= self.widest).then(|| window.len() - 2 * self.overlap)
    }
}

/// Returns the start of the run of backslashes and skipped bytes that ends at a place: read from its middle,
/// it would mean something else.
fn run_start(text: &[u8], at: usize) -> usize {
    let is_run = |byte: &u8| matches!(byte, b'\\' | b'\0' | b'\t' | b'\n' | b'\r');
    let run = text[..at].iter().rev().take_while(|byte| is_run(byte));
    at - run.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_the_text_and_overlap() {
        let windows = Windows::new(40);
        let text = vec![b'x'; 3 * WIDTH];
        let all: Vec<Range<usize>> = windows.of(&text).collect();
        assert_eq!(
            (all[0].start, all.last().expect("one").end),
            (0, text.len())
        );
        for pair in all.windows(2) {
            assert!(pair[1].start + windows.overlap <= pair[0].end, "{pair:?}");
            assert!(
                pair[1].start > pair[0].start && pair[0].len() <= WIDTH,
                "{pair:?}"
            );
        }
        assert_eq!(windows.of(b"").last(), Some(0..0));
    }

    #[test]
    fn skipped_bytes_make_windows_wider_but_never_endless() {
        let windows = Windows::new(40).narrow();
        for byte in [b'\n', b'\0', b'\\', b'%', b' ', b'0'] {
            let text = vec![byte; 3 * windows.widest];
            let all: Vec<Range<usize>> = windows.of(&text).collect();
            assert_eq!(all.last().expect("one").end, text.len());
            assert!(
                all.iter().all(|window| window.len() <= 2 * windows.widest),
                "{byte}"
            );
            assert!(all.len() < 60, "{byte}: {}", all.len());
        }
    }
}
