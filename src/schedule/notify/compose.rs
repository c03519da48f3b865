//! Reads what there is to tell of an event, and makes a message of it.

use crate::assess::compare::Comparison;
use crate::store::{Baseline, BaselineSource, RunRow, Store, StoreError};

use super::choice::Choice;
use super::happening::Happening;
use super::message::Message;
use super::tell::{self, Told};

/// Pages that are looked through for a first run's message.
const WORST: u32 = 1_000;

/// The message of an event; none if nothing of it is wanted.
pub(super) fn compose(
    store: &Store,
    event: (&str, &Happening),
    choice: &Choice,
) -> Result<Option<Message>, StoreError> {
    let Some(id) = event.1.run() else {
        return Ok(tell::failure_message(event, choice));
    };
    let run = match store.run_by_id(id) {
        Ok(run) => run,
        // It was deleted meanwhile: there is nothing left to tell.
        Err(StoreError::NoRun(_)) => return Ok(None),
        Err(fault) => return Err(fault),
    };
    if matches!(event.1, Happening::Rechecked { .. }) {
        return Ok(tell::recheck_message(event, &run, choice));
    }
    store.conclude(id)?;
    let summary = store.summary(id)?;
    let comparison = compared(store, &run)?;
    let worst = match comparison {
        Some(_) => Vec::new(),
        None => store.worst_pages(id, WORST)?,
    };
    let told = Told {
        run: &run,
        summary: &summary,
        comparison: comparison.as_ref(),
        worst: &worst,
    };
    Ok(tell::run_message(event, &told, choice))
}

/// What changed since the run before; none if there is none.
fn compared(store: &Store, run: &RunRow) -> Result<Option<Comparison>, StoreError> {
    let Some(before) = store.run_before(run)? else {
        return Ok(None);
    };
    let baseline = Baseline {
        source: BaselineSource::Run(store.clone(), Box::new(before)),
        maps: Vec::new(),
    };
    store.compare(run, &baseline).map(Some)
}
