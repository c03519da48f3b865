//! Composes the message for an event.

use crate::schedule::Event;
use crate::store::{Store, StoreError};

use super::channel::Channels;
use super::message::Message;
use super::notified_event::NotifiedEvent;
use super::write;

/// Returns the message for an event of the runner about a site; `None` if the project does not want one, or the event
/// is not one that people are notified of.
pub fn message(event: &Event, site: &str, channels: &Channels) -> Option<Message> {
    of_site(&event.key()?, &NotifiedEvent::of(event)?, site, channels)
}

/// Returns the message for a stored event; `None` if the project does not want one.
pub(super) fn compose(
    store: &Store,
    key: &str,
    event: &NotifiedEvent,
    channels: &Channels,
) -> Result<Option<Message>, StoreError> {
    let Some(id) = event.head().run() else {
        return Ok(of_site(key, event, "", channels));
    };
    let run = match store.run_by_id(id) {
        Ok(run) => run,
        // The run was deleted meanwhile.
        Err(StoreError::NoRun(_)) => return Ok(None),
        Err(fault) => return Err(fault),
    };
    Ok(of_site(key, event, &run.site, channels))
}

fn of_site(key: &str, event: &NotifiedEvent, site: &str, channels: &Channels) -> Option<Message> {
    let wanted = (&channels.choice, &channels.zone);
    match event {
        NotifiedEvent::Ended(ended) => write::run_message(key, ended, site, wanted),
        NotifiedEvent::Failed(failed) => write::failure_message(key, failed, wanted),
        NotifiedEvent::Rechecked(made) => write::recheck_message(key, made, site, wanted),
    }
}
