//! Content codings undone step by step. Each step makes at most one small buffer of output, so
//! that a few bytes that stand for gigabytes cost no more memory than the cap they run into.

use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::codings::{Coding, STEP, coding};

/// Codings undone one after the other. Servers behind misconfigured proxies compress twice; more
/// than that is an attack or nonsense.
const DEEPEST: usize = 2;

/// Most bytes that are believed before they come.
const MOST_EXPECTED: usize = 1 << 20;

/// Bodies from here on grow by a quarter, in bytes.
const LARGE: usize = 1 << 20;

/// Why decoding ended before its input did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The cap is reached; what is there is good.
    Full,
    /// The data is not what its header says.
    Corrupt,
}

/// Where decoded bytes go, up to a cap.
#[derive(Debug)]
pub(super) struct Sink {
    /// The beginning: what is kept.
    pub(super) bytes: Vec<u8>,
    /// How many there were, kept or not.
    pub(super) count: usize,
    cap: usize,
    kept: usize,
}

impl Sink {
    /// One that takes `cap` bytes and keeps the first `kept` of them.
    pub(super) fn new(cap: usize, kept: usize) -> Sink {
        Sink {
            bytes: Vec::new(),
            count: 0,
            cap,
            kept,
        }
    }

    /// Makes room for a body that says to be so long, instead of growing step by step.
    pub(super) fn expect(&mut self, bytes: u64) {
        let most = self.kept.min(MOST_EXPECTED);
        self.bytes
            .reserve(usize::try_from(bytes).unwrap_or(most).min(most));
    }

    /// Makes room for some bytes more. A large body grows by a quarter and never beyond what is kept: by
    /// doubling it would take twice its size.
    fn make_room(&mut self, more: usize) {
        let (length, capacity) = (self.bytes.len(), self.bytes.capacity());
        if length + more > capacity && capacity >= LARGE {
            let wanted = (length + more).max(capacity + capacity / 4);
            self.bytes.reserve_exact(wanted.min(self.kept) - length);
        }
    }

    fn append(&mut self, piece: &[u8]) -> Result<(), Stop> {
        let room = self.cap - self.count;
        let taken = &piece[..piece.len().min(room)];
        self.count += taken.len();
        let wanted = self.kept.saturating_sub(self.bytes.len());
        let kept = &taken[..taken.len().min(wanted)];
        self.make_room(kept.len());
        self.bytes.extend_from_slice(kept);
        if piece.len() > room {
            Err(Stop::Full)
        } else {
            Ok(())
        }
    }
}

/// Undoes the codings of one body.
pub(super) struct Decoder {
    /// The coding applied last comes first.
    stages: Vec<Stage>,
}

impl Decoder {
    /// The decoder for a body with these headers. Unknown codings are ignored, as browsers do:
    /// most of them are misplaced character sets.
    pub(super) fn new(headers: &HeaderMap) -> Result<Decoder, Stop> {
        let mut stages = Vec::new();
        for value in headers.get_all(CONTENT_ENCODING) {
            for name in value.as_bytes().split(|byte| *byte == b',') {
                let name = name.trim_ascii().to_ascii_lowercase();
                stages.extend(coding(&name).map(|coding| Stage { coding, made: 0 }));
            }
        }
        stages.reverse();
        if stages.len() > DEEPEST {
            return Err(Stop::Corrupt);
        }
        Ok(Decoder { stages })
    }

    /// Takes the next bytes of the body.
    pub(super) fn push(&mut self, input: &[u8], sink: &mut Sink) -> Result<(), Stop> {
        feed(&mut self.stages, input, sink)
    }

    /// Takes the end of the body, which must be the end of all codings too.
    pub(super) fn finish(&mut self, sink: &mut Sink) -> Result<(), Stop> {
        let mut stages = &mut self.stages[..];
        while let Some((stage, rest)) = stages.split_first_mut() {
            stage.coding.finish(&mut |piece| feed(rest, piece, sink))?;
            stages = rest;
        }
        Ok(())
    }
}

/// One coding, and what it has made so far.
struct Stage {
    coding: Box<dyn Coding>,
    made: usize,
}

fn feed(stages: &mut [Stage], input: &[u8], sink: &mut Sink) -> Result<(), Stop> {
    let Some((Stage { coding, made }, rest)) = stages.split_first_mut() else {
        return sink.append(input);
    };
    coding.push(input, &mut |piece| {
        // Between two codings nothing else bounds what is made.
        *made += piece.len();
        if *made > sink.cap.saturating_add(STEP) {
            return Err(Stop::Full);
        }
        feed(rest, piece, sink)
    })
}
