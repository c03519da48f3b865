//! Makes a message of an event.

use crate::store::{Store, StoreError};

use super::channel::Channels;
use super::happening::Happening;
use super::message::Message;
use super::tell;

/// The message of an event; none if nothing of it is wanted.
pub(super) fn compose(
    store: &Store,
    event: (&str, &Happening),
    channels: &Channels,
) -> Result<Option<Message>, StoreError> {
    let wanted = (&channels.choice, &channels.zone);
    let Some(id) = event.1.run() else {
        return Ok(tell::failure_message(event, wanted));
    };
    let run = match store.run_by_id(id) {
        Ok(run) => run,
        // It was deleted meanwhile: there is nothing left to tell.
        Err(StoreError::NoRun(_)) => return Ok(None),
        Err(fault) => return Err(fault),
    };
    Ok(match event.1 {
        Happening::Rechecked { .. } => tell::recheck_message(event, &run.site, wanted),
        _ => tell::run_message(event, &run.site, wanted),
    })
}
