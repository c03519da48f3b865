//! Makes a message of an event.

use crate::schedule::Event;
use crate::store::{Store, StoreError};

use super::channel::Channels;
use super::happening::Happening;
use super::message::Message;
use super::tell;

/// The message of a runner's event about a site; none if nothing of it is wanted, or if nobody is notified of such.
pub fn message(event: &Event, site: &str, channels: &Channels) -> Option<Message> {
    let (key, happening) = (event.key()?, Happening::of(event)?);
    of_site((&key, &happening), site, channels)
}

/// The message of what happened, as it was stored; none if nothing of it is wanted.
pub(super) fn compose(
    store: &Store,
    event: (&str, &Happening),
    channels: &Channels,
) -> Result<Option<Message>, StoreError> {
    let Some(id) = event.1.run() else {
        return Ok(of_site(event, "", channels));
    };
    let run = match store.run_by_id(id) {
        Ok(run) => run,
        // It was deleted meanwhile: there is nothing left to tell.
        Err(StoreError::NoRun(_)) => return Ok(None),
        Err(fault) => return Err(fault),
    };
    Ok(of_site(event, &run.site, channels))
}

fn of_site(event: (&str, &Happening), site: &str, channels: &Channels) -> Option<Message> {
    let wanted = (&channels.choice, &channels.zone);
    match event.1 {
        Happening::Ended { .. } => tell::run_message(event, site, wanted),
        Happening::Failed { .. } => tell::failure_message(event, wanted),
        Happening::Rechecked { .. } => tell::recheck_message(event, site, wanted),
    }
}
