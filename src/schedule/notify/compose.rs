//! Reads what there is to tell of an event, and makes a message of it.

use crate::store::{Store, StoreError};

use super::choice::Choice;
use super::happening::Happening;
use super::message::Message;
use super::tell::{self, NotifiedRun};

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
    let comparison = store.changes_since_before(&run)?;
    let worst = match comparison {
        Some(_) => Vec::new(),
        None => store.worst_pages(id, WORST)?,
    };
    let told = NotifiedRun {
        run: &run,
        summary: &summary,
        comparison: comparison.as_ref(),
        worst: &worst,
    };
    Ok(tell::run_message(event, &told, choice))
}
