//! Decodes content codings step by step. Each step makes at most one small buffer of output, so a
//! few bytes that stand for gigabytes cost no more memory than the cap allows.

use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::codings::{Coding, STEP, coding};
use super::sink::Sink;
use super::sink::Stop;

/// Maximum number of nested codings. Servers behind misconfigured proxies compress twice; more than
/// that is an attack or nonsense.
const DEEPEST: usize = 2;

/// The decoder of one body.
pub(in crate::fetch) struct Decoder {
    /// The last applied coding comes first.
    stages: Vec<Stage>,
}

impl Decoder {
    /// Creates the decoder for a body with these headers. Unknown codings are ignored, as browsers
    /// do: most of them are misplaced character sets.
    pub(in crate::fetch) fn new(headers: &HeaderMap) -> Result<Decoder, Stop> {
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

    /// Returns the bytes of the codings' windows: in use, and at most.
    pub(super) fn windows(&self) -> (usize, usize) {
        let stages = self.stages.iter().map(|stage| &stage.coding);
        stages.fold((0, 0), |(now, most), coding| {
            (now + coding.window(), most + coding.largest_window())
        })
    }

    /// Decodes the next bytes of the body.
    pub(in crate::fetch) fn push(&mut self, input: &[u8], sink: &mut Sink) -> Result<(), Stop> {
        feed(&mut self.stages, input, sink)
    }

    /// Ends the body, which must be the end of all codings too.
    pub(in crate::fetch) fn finish(&mut self, sink: &mut Sink) -> Result<(), Stop> {
        let mut stages = &mut self.stages[..];
        while let Some((stage, rest)) = stages.split_first_mut() {
            stage.coding.finish(&mut |piece| feed(rest, piece, sink))?;
            stages = rest;
        }
        Ok(())
    }
}

/// One coding, and the number of bytes it has made so far.
struct Stage {
    coding: Box<dyn Coding>,
    made: usize,
}

fn feed(stages: &mut [Stage], input: &[u8], sink: &mut Sink) -> Result<(), Stop> {
    let Some((Stage { coding, made }, rest)) = stages.split_first_mut() else {
        return sink.append(input);
    };
    coding.push(input, &mut |piece| {
        // Between two codings no other bound applies to the output.
        *made += piece.len();
        if *made > sink.cap().saturating_add(STEP) {
            return Err(Stop::Full);
        }
        feed(rest, piece, sink)
    })
}
