//! Why a run is not finished, and how it goes on.

use crate::crawl::Ended;
use crate::model::OwnOutage;
use crate::store::{RunRow, RunState, Store, StoreError};

use super::exit::Exit;
use super::failure::Failure;

/// Why a run is not finished, and what the program ends with; none if it is.
pub(super) fn why(
    store: &Store,
    run: &RunRow,
    ended: Ended,
) -> Result<Option<(String, Exit)>, StoreError> {
    Ok(match ended {
        Ended::Finished => None,
        Ended::Interrupted => Some(("interrupted".to_owned(), Exit::Interrupted)),
        Ended::Offline => Some((offline(store, run, ended)?, Exit::Failed)),
        Ended::NeverOnline => {
            let why = offline(store, run, ended)?;
            Some((
                format!("could not audit {}: {why}", run.site),
                Exit::NoAudit,
            ))
        }
    })
}

/// That this machine has no network, since when if it had one, and what shows it.
pub(super) fn offline(store: &Store, run: &RunRow, ended: Ended) -> Result<String, StoreError> {
    let outages = store.own_outages(run.id)?;
    Ok(match outages.last() {
        Some(OwnOutage { began, silence, .. }) if ended == Ended::Offline => {
            format!("this machine has no network since {began}: {silence}")
        }
        Some(OwnOutage { silence, .. }) => format!("this machine has no network: {silence}"),
        None => "this machine has no network".to_owned(),
    })
}

/// Says of a crawl that ended for our own trouble how it goes on: what was stored is kept.
pub(super) fn resumable(failure: Failure, store: &Store, token: &str, hint: &str) -> Failure {
    if failure.is_damage() {
        return failure;
    }
    let which = match store.run(token) {
        Ok(run) if run.state != RunState::Finished => format!(" {}", run.id),
        Ok(_) | Err(StoreError::NoRun(_)) => return failure,
        // The newest, which cannot be read as long as the trouble lasts.
        Err(_) => String::new(),
    };
    failure.advised(&format!(
        "then `gatecrawl audit --resume{which}{hint}` goes on"
    ))
}
