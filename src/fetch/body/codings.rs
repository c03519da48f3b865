//! Decoders for the content codings of the web. Each step has bounded output.

use std::io::Write;

use brotli::{BrotliDecompressStream, BrotliResult, BrotliState, HeapAlloc, HuffmanCode};
use flate2::write::GzDecoder;
use flate2::{Decompress, FlushDecompress};
use zstd::stream::raw::{DParameter, Decoder as ZstdDecoder, Operation};

use super::sink::Stop;

/// Maximum output of one step of a decoder, in bytes.
pub(super) const STEP: usize = 32 * 1024;

/// The largest zstd window of the web, 8 MiB (RFC 9659).
const ZSTD_WINDOW_LOG: u32 = 23;

/// Returns the decoder for the coding with this name.
pub(in crate::fetch) fn coding(name: &[u8]) -> Option<Box<dyn Coding>> {
    match name {
        b"gzip" | b"x-gzip" => Some(Box::new(Gzip::default())),
        b"deflate" => Some(Box::new(Stepped::new(Inflate::default()))),
        b"br" => Some(Box::new(Stepped::new(Brotli::default()))),
        b"zstd" => Some(Box::new(Stepped::new(Zstd::new()?))),
        _ => None,
    }
}

/// The largest brotli window of the web, 16 MiB (RFC 7932, section 9.1).
const BROTLI_WINDOW: usize = 16 << 20;

/// A callback for a piece of output.
type Emit<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), Stop>;

/// A streaming decoder of one coding.
pub(in crate::fetch) trait Coding: Send {
    fn push(&mut self, input: &[u8], emit: Emit<'_>) -> Result<(), Stop>;
    fn finish(&mut self, emit: Emit<'_>) -> Result<(), Stop>;

    /// Returns the bytes of its window in use: how far output may refer back. The 32 KiB of gzip and deflate
    /// are not counted: every connection uses as much.
    fn window(&self) -> usize {
        0
    }

    /// Returns the maximum size of its window.
    fn largest_window(&self) -> usize {
        0
    }
}

// === gzip ===

/// One or more gzip members. Other data after them is ignored, as browsers do.
#[derive(Default)]
struct Gzip {
    member: Option<GzDecoder<Vec<u8>>>,
    over: bool,
}

impl Gzip {
    /// Ends a member: its checksum and length must be present and correct.
    fn end_member(&mut self, emit: Emit<'_>) -> Result<(), Stop> {
        let Some(mut member) = self.member.take() else {
            return Ok(());
        };
        member.try_finish().map_err(|_| Stop::Corrupt)?;
        emit(member.get_ref())
    }
}

impl Coding for Gzip {
    fn push(&mut self, mut input: &[u8], emit: Emit<'_>) -> Result<(), Stop> {
        while !input.is_empty() && !self.over {
            let member = self
                .member
                .get_or_insert_with(|| GzDecoder::new(Vec::new()));
            // The decoder emits at most one buffer of its own, of the size of `STEP`, and takes nothing once
            // the member has ended.
            let taken = member.write(input).map_err(|_| Stop::Corrupt)?;
            emit(member.get_ref())?;
            member.get_mut().clear();
            if taken == 0 {
                self.end_member(emit)?;
                self.over = input[0] != 0x1f;
            }
            input = &input[taken..];
        }
        Ok(())
    }

    fn finish(&mut self, emit: Emit<'_>) -> Result<(), Stop> {
        self.end_member(emit)
    }
}

// === Codings that work on plain buffers ===

struct Progress {
    taken: usize,
    made: usize,
    ended: bool,
}

trait Steps: Send {
    /// Whether another stream may follow the end of one.
    const CONCATENATED: bool;

    /// Maximum size of the decoder's window, in bytes.
    const LARGEST_WINDOW: usize = 0;

    /// Returns the bytes of its window in use.
    fn window(&self) -> usize {
        0
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, Stop>;
}

struct Stepped<S> {
    steps: S,
    buffer: Box<[u8]>,
    started: bool,
    ended: bool,
}

impl<S> Stepped<S> {
    fn new(steps: S) -> Stepped<S> {
        Stepped {
            steps,
            buffer: vec![0; STEP].into(),
            started: false,
            ended: false,
        }
    }
}

impl<S: Steps> Coding for Stepped<S> {
    fn push(&mut self, mut input: &[u8], emit: Emit<'_>) -> Result<(), Stop> {
        self.started |= !input.is_empty();
        let mut output_is_full = false;
        while !input.is_empty() || output_is_full {
            if self.ended && !S::CONCATENATED {
                // As browsers do, ignores data after the end.
                return Ok(());
            }
            let step = self.steps.step(input, &mut self.buffer)?;
            if step.taken == 0 && step.made == 0 && !input.is_empty() {
                return Err(Stop::Corrupt);
            }
            input = &input[step.taken..];
            self.ended = step.ended;
            // At the end all output has come out; another step would begin another stream.
            output_is_full = step.made == self.buffer.len() && !step.ended;
            emit(&self.buffer[..step.made])?;
        }
        Ok(())
    }

    fn finish(&mut self, _: Emit<'_>) -> Result<(), Stop> {
        // An empty body carries no coding at all.
        if self.ended || !self.started {
            Ok(())
        } else {
            Err(Stop::Corrupt)
        }
    }

    fn window(&self) -> usize {
        self.steps.window()
    }

    fn largest_window(&self) -> usize {
        S::LARGEST_WINDOW
    }
}

/// `deflate`: zlib by the standard, raw from some servers.
#[derive(Default)]
struct Inflate(Option<Decompress>);

impl Steps for Inflate {
    const CONCATENATED: bool = false;

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, Stop> {
        // The low half of zlib's first byte is 8. A raw stream begins like that only with a stored block
        // whose unused bits are set, which no encoder writes.
        let zlib = input.first().is_some_and(|first| first & 0x0f == 8);
        let state = self.0.get_or_insert_with(|| Decompress::new(zlib));
        let (taken, made) = (state.total_in(), state.total_out());
        let status = state
            .decompress(input, output, FlushDecompress::None)
            .map_err(|_| Stop::Corrupt)?;
        Ok(Progress {
            taken: (state.total_in() - taken) as usize,
            made: (state.total_out() - made) as usize,
            ended: status == flate2::Status::StreamEnd,
        })
    }
}

struct Brotli(Box<BrotliState<HeapAlloc<u8>, HeapAlloc<u32>, HeapAlloc<HuffmanCode>>>);

impl Default for Brotli {
    fn default() -> Brotli {
        // Strict: windows of at most 16 MiB, as the web uses them.
        Brotli(Box::new(BrotliState::new_strict(
            HeapAlloc::new(0),
            HeapAlloc::new(0),
            HeapAlloc::new(HuffmanCode::default()),
        )))
    }
}

impl Steps for Brotli {
    const CONCATENATED: bool = false;

    const LARGEST_WINDOW: usize = BROTLI_WINDOW;

    /// Returns the whole window: it may be filled at once, whatever the output so far.
    fn window(&self) -> usize {
        usize::try_from(self.0.ringbuffer_size).unwrap_or_default()
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, Stop> {
        let (mut left, mut taken) = (input.len(), 0);
        let (mut room, mut made, mut total) = (output.len(), 0, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut taken,
            input,
            &mut room,
            &mut made,
            output,
            &mut total,
            &mut self.0,
        );
        match result {
            BrotliResult::ResultFailure => Err(Stop::Corrupt),
            result => Ok(Progress {
                taken,
                made,
                ended: matches!(result, BrotliResult::ResultSuccess),
            }),
        }
    }
}

struct Zstd {
    decoder: ZstdDecoder<'static>,
    /// Bytes of output.
    made: usize,
}

impl Zstd {
    fn new() -> Option<Zstd> {
        let mut decoder = ZstdDecoder::new().ok()?;
        let window = DParameter::WindowLogMax(ZSTD_WINDOW_LOG);
        decoder.set_parameter(window).ok()?;
        Some(Zstd { decoder, made: 0 })
    }
}

impl Steps for Zstd {
    const CONCATENATED: bool = true;

    const LARGEST_WINDOW: usize = 1 << ZSTD_WINDOW_LOG;

    /// Returns the number of bytes so far: the output fills the window.
    fn window(&self) -> usize {
        self.made.min(Self::LARGEST_WINDOW)
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, Stop> {
        let status = self
            .decoder
            .run_on_buffers(input, output)
            .map_err(|_| Stop::Corrupt)?;
        self.made += status.bytes_written;
        Ok(Progress {
            taken: status.bytes_read,
            made: status.bytes_written,
            ended: status.remaining == 0,
        })
    }
}
