//! Why a run is not finished, and how it goes on.

use crate::crawl::Ended;
use crate::model::OwnOutage;
use crate::store::{RunRow, RunState, RunSummary, Store, StoreError};

use super::exit::Exit;
use super::failure::Failure;
use super::text::count;

/// Why a run did not come to its end, and what the program ends with; none if it did.
pub(super) fn why(
    store: &Store,
    run: &RunRow,
    ended: Ended,
) -> Result<Option<(String, Exit)>, StoreError> {
    let Some(exit) = exit(ended) else {
        return Ok(None);
    };
    let why = match ended {
        Ended::Finished | Ended::Incomplete | Ended::Interrupted => "interrupted".to_owned(),
        Ended::Offline => offline(store, run, ended)?,
        Ended::NeverOnline => {
            let why = offline(store, run, ended)?;
            format!("could not audit {}: {why}", run.site)
        }
    };
    Ok(Some((why, exit)))
}

fn exit(ended: Ended) -> Option<Exit> {
    match ended {
        Ended::Finished | Ended::Incomplete => None,
        Ended::Interrupted => Some(Exit::Interrupted),
        Ended::Offline => Some(Exit::Failed),
        Ended::NeverOnline => Some(Exit::NoAudit),
    }
}

/// What an incomplete run did not request.
pub(super) fn incomplete(summary: &RunSummary) -> String {
    let urls = summary.given_up;
    let were = if urls == 1 { "was" } else { "were" };
    format!(
        "incomplete: {} {were} not requested because a host was given up (host_down)",
        count(urls, "URL")
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_that_was_lost_is_our_own_failure_and_one_that_never_was_makes_no_audit() {
        let codes = [Ended::Interrupted, Ended::Offline, Ended::NeverOnline];
        let codes = codes.map(|ended| exit(ended).map(Exit::code));
        assert_eq!(codes, [Some(130), Some(1), Some(3)]);
    }

    #[test]
    fn an_incomplete_run_says_how_much_is_missing() {
        let summary = RunSummary {
            given_up: 67,
            ..RunSummary::default()
        };
        assert!(incomplete(&summary).starts_with("incomplete: 67 URLs were not requested"));
        assert_eq!(exit(Ended::Incomplete), None, "the gates decide");
    }
}
