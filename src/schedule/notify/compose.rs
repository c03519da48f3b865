//! Composes the message for an event.

use crate::schedule::Event;
use crate::store::{Store, StoreError};

use super::channel::Channels;
use super::message::Message;
use super::notified_event::NotifiedEvent;
use super::write;

/// Returns the message for an event of the runner about a site; `None` if nobody wants or gets one.
pub fn message(event: &Event, site: &str, channels: &Channels) -> Option<Message> {
    let (key, event) = (event.key()?, NotifiedEvent::of(event)?);
    of_site((&key, &event), site, channels)
}

/// Returns the message for a stored event; `None` if the project does not want one.
pub(super) fn compose(
    store: &Store,
    event: (&str, &NotifiedEvent),
    channels: &Channels,
) -> Result<Option<Message>, StoreError> {
    let Some(id) = event.1.run() else {
        return Ok(of_site(event, "", channels));
    };
    let run = match store.run_by_id(id) {
        Ok(run) => run,
        // The run was deleted meanwhile.
        Err(StoreError::NoRun(_)) => return Ok(None),
        Err(fault) => return Err(fault),
    };
    Ok(of_site(event, &run.site, channels))
}

fn of_site(event: (&str, &NotifiedEvent), site: &str, channels: &Channels) -> Option<Message> {
    let wanted = (&channels.choice, &channels.zone);
    match event.1 {
        NotifiedEvent::Ended { .. } => write::run_message(event, site, wanted),
        NotifiedEvent::Failed { .. } => write::failure_message(event, wanted),
        NotifiedEvent::Rechecked { .. } => write::recheck_message(event, site, wanted),
    }
}
