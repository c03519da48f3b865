//! Reads a body under caps on wire bytes, decoded bytes, idle time and total time.

use std::time::Duration;

use http::HeaderMap;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use reqwest::Response;
use tokio::time::{Instant, timeout_at};

use super::budget::Share;
use super::decode::Decoder;
use super::sink::Stop;
use super::sink::{Kept, Sink};
use crate::fetch::fault::chain::of_body;
use crate::fetch::fault::exchange::Fault;
use crate::model::{Held, Outcome};

/// The intended use of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fetch) enum Use {
    /// Decode the whole body up to the cap, and keep the wanted part.
    Page,
    /// Like [`Use::Page`], but with a large body compressed in memory.
    Packed,
    /// Decode and keep the body up to the cap, and ignore the rest.
    Excerpt,
    /// Only count bytes, on the wire and, if it can be decoded, decoded.
    Count,
}

/// Limits of reading.
#[derive(Clone, Copy, Debug)]
pub(in crate::fetch) struct Limits {
    /// Maximum bytes, on the wire and decoded alike.
    pub(in crate::fetch) bytes: usize,
    /// Maximum bytes of the decoded body that stay in memory.
    pub(in crate::fetch) kept: usize,
    /// Maximum time without data.
    pub(in crate::fetch) idle: Duration,
    /// Time limit of the whole exchange.
    pub(in crate::fetch) total: Duration,
    /// Moment at which that ends.
    pub(in crate::fetch) deadline: Instant,
}

/// A received body.
#[derive(Debug, Default)]
pub(in crate::fetch) struct Received {
    pub(in crate::fetch) kept: Kept,
    pub(in crate::fetch) wire_bytes: u64,
    pub(in crate::fetch) decoded_bytes: u64,
    /// Why the body is incomplete.
    pub(in crate::fetch) fault: Option<Fault>,
    /// The body's share of the budget.
    pub(in crate::fetch) held: Held,
}

/// Reads the body of an answer with these headers.
pub(in crate::fetch) async fn read(
    mut response: Response,
    headers: &HeaderMap,
    usage: Use,
    limits: Limits,
    mut share: Share,
) -> Received {
    let mut received = Received::default();
    let mut sink = match usage {
        Use::Packed => Sink::packing(limits.bytes),
        Use::Page | Use::Excerpt | Use::Count => Sink::new(limits.bytes, kept_of(usage, limits)),
    };
    let ended = fill(
        &mut response,
        headers,
        usage,
        limits,
        &mut received,
        &mut sink,
        &mut share,
    )
    .await;
    received.fault = ended.err().filter(|_| usage != Use::Excerpt);
    received.decoded_bytes = sink.count as u64;
    received.kept = sink.into_kept();
    // The decoders and the packer are dropped by now.
    received.held = share.held(received.kept.size());
    received
}

/// Returns how many bytes of the body stay in memory.
fn kept_of(usage: Use, limits: Limits) -> usize {
    match usage {
        Use::Count => 0,
        Use::Page | Use::Packed | Use::Excerpt => limits.kept,
    }
}

async fn fill(
    response: &mut Response,
    headers: &HeaderMap,
    usage: Use,
    mut limits: Limits,
    received: &mut Received,
    sink: &mut Sink,
    share: &mut Share,
) -> Result<(), Fault> {
    let announced = response.content_length().unwrap_or_default();
    if usage == Use::Count && announced > limits.bytes as u64 {
        // The body is not needed, and its announced length is above the limit.
        return Err(too_large(limits));
    }
    let framed = response.version() == http::Version::HTTP_2
        || headers.contains_key(CONTENT_LENGTH)
        || headers.contains_key(TRANSFER_ENCODING);
    let mut decoder = match usage {
        Use::Page | Use::Packed | Use::Excerpt => {
            sink.expect(announced);
            Some(Decoder::new(headers).map_err(|stop| stopped(stop, limits))?)
        }
        Use::Count => Decoder::new(headers).ok(),
    };
    while let Some(chunk) = next(response, limits, framed).await? {
        let room = limits.bytes as u64 - received.wire_bytes;
        received.wire_bytes += chunk.len() as u64;
        let usable = &chunk[..chunk.len().min(room as usize)];
        if let Some(undoing) = &mut decoder {
            let waiting = Instant::now();
            let (window, largest) = undoing.windows();
            let reservation = share.reserve(sink.size() + window, sink.most() + largest);
            let reservation = reservation.await;
            // This wait is ours, not the server's.
            limits.deadline += waiting.elapsed();
            let pushed = undoing.push(usable, sink);
            share.settle(sink.size() + undoing.windows().0, reservation);
            match pushed {
                // The body is not read, so it is not an error if it cannot be decoded or is too large.
                Err(_) if usage == Use::Count => decoder = None,
                pushed => pushed.map_err(|stop| stopped(stop, limits))?,
            }
        }
        if usable.len() < chunk.len() {
            return Err(too_large(limits));
        }
    }
    let finished = decoder.map(|mut decoder| decoder.finish(sink));
    match finished {
        Some(Ok(())) => Ok(()),
        Some(Err(stop)) if usage != Use::Count => Err(stopped(stop, limits)),
        Some(Err(_)) | None => {
            sink.count = received.wire_bytes as usize;
            Ok(())
        }
    }
}

async fn next(
    response: &mut Response,
    limits: Limits,
    framed: bool,
) -> Result<Option<bytes::Bytes>, Fault> {
    let patience = (Instant::now() + limits.idle).min(limits.deadline);
    match timeout_at(patience, response.chunk()).await {
        Ok(Ok(chunk)) => Ok(chunk),
        Ok(Err(error)) => match of_body(&error, framed) {
            Some(fault) => Err(fault),
            None => Ok(None),
        },
        Err(_) if Instant::now() >= limits.deadline => Err(too_slow(limits.total)),
        Err(_) => Err(Fault::new(Outcome::BodyTimeout, "body stopped coming")),
    }
}

/// Returns the fault of an exchange that did not end within this time.
pub(in crate::fetch) fn too_slow(total: Duration) -> Fault {
    let seconds = total.as_secs_f64();
    let words = format!("not complete within the time limit of {seconds} s");
    Fault::new(Outcome::TotalTimeout, words)
}

fn stopped(stop: Stop, limits: Limits) -> Fault {
    match stop {
        Stop::Full => too_large(limits),
        Stop::Corrupt => Fault::new(Outcome::BadEncoding, "body does not decode"),
    }
}

fn too_large(limits: Limits) -> Fault {
    Fault::new(
        Outcome::TooLarge,
        format!("body larger than {} bytes", limits.bytes),
    )
}
