//! One pass over all files: threads take blocks of lines by turns, parse and count them.

mod block;
mod follow;
mod reader;
mod worker;

use std::io::Read;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::store::LogCheckpoint;

use super::bots::resolve::Resolve;
use super::bots::verify::Verifier;
use super::error::LogsError;
use super::found::Found;
use super::found::join::join;
use super::input::expand::expand;
use super::kept::{Counted, Keep, Kept};
use super::order::Order;
use super::tally::totals::Totals;
use super::tally::urls::Urls;
use reader::Reader;

pub use follow::Follow;
pub(in crate::logs) use reader::FileRead;
use worker::Worker;

/// Reads logs. `resolver` looks up the names of crawlers; without it they are verified by lists only. With `keep`, only
/// what earlier calls did not read is read, and the result is the whole log run.
pub fn read(
    order: &Order,
    stdin: &mut (dyn Read + Send),
    resolver: Option<&dyn Resolve>,
    keep: Option<Keep<'_>>,
) -> Result<Found, LogsError> {
    let verifier = Verifier::new(&order.bot_ranges, resolver)?;
    let kept = keep.map(Kept::open).transpose()?;
    let known = kept.as_ref().map(Kept::checkpoints);
    let known = known.or_else(|| order.follows.then(Vec::new));
    let counted = pass(order, stdin, &verifier, known.clone())?;
    let points = known.map_or_else(Vec::new, |known| after(known, &counted.files));
    let counted = match kept {
        Some(kept) => kept.add(counted, order)?,
        None => counted,
    };
    Ok(Found::new(order, counted, &verifier, points))
}

/// Returns the checkpoints up to which logs are read after a pass.
fn after(mut known: Vec<LogCheckpoint>, files: &[FileRead]) -> Vec<LogCheckpoint> {
    for (point, before) in files.iter().filter_map(|file| file.read.as_ref()) {
        known.retain(|known| Some(known) != before.as_ref());
        known.push(point.clone());
    }
    known
}

/// Reads what is new.
fn pass(
    order: &Order,
    stdin: &mut (dyn Read + Send),
    verifier: &Verifier<'_>,
    known: Option<Vec<LogCheckpoint>>,
) -> Result<Counted, LogsError> {
    let inputs = expand(&order.sources)?;
    let urls = Urls::new(order.max_urls);
    let files = inputs.len();
    let reader = Mutex::new(Reader::new(order, inputs, stdin, known));
    let next = |memory| {
        let mut reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
        reader.next(memory)
    };
    let mut totals = Totals::new(files);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..order.threads.max(1))
            .map(|_| {
                let mut worker = Worker::new(order, &urls, verifier, files);
                scope.spawn(move || {
                    let mut memory = Vec::new();
                    while let Some(block) = next(memory) {
                        worker.take(&block);
                        memory = block.bytes;
                    }
                    worker.done()
                })
            })
            .collect();
        for worker in workers {
            // A thread that panicked has said so; its counts are lost, and the run fails.
            match worker.join() {
                Ok(counted) => totals.merge(counted),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    totals.failures_left_out += totals.sort_failures();
    let joined = join(&mut totals);
    let reader = reader.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Counted {
        urls,
        totals,
        joined,
        files: reader.done()?,
    })
}
