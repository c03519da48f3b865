//! Deletes runs that a project does not keep, with the exports that were written for them, and a directory of exports
//! that is empty then.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::Moment;
use crate::store::{RunId, ScheduledRun, Store, StoreError};

use crate::schedule::project::Keep;

/// A day, in hours.
const DAY: u64 = 24;

/// Number of the last runs that age does not delete (ours): the next run is compared with one of them.
const YOUNG: usize = 3;

/// Maximum runs deleted for their age when a run ends (ours): one for the new run, and one more, so that a history
/// that is too long becomes shorter.
const AT_ONCE: usize = 2;

/// Deletes the runs that a project no longer keeps. Runs in use stay until the next call.
pub(super) fn tidy(
    store: &Store,
    project: &str,
    keep: Keep,
    now: Moment,
) -> Result<(), StoreError> {
    let runs = store.scheduled_runs(project)?;
    let (kept, surplus) = split(runs, keep, now);
    let in_use: HashSet<PathBuf> = kept.into_iter().flat_map(|run| run.files).collect();
    for made in surplus {
        match store.delete_run(made.run) {
            Ok(()) => {
                let files = made.files.into_iter();
                let unused: Vec<PathBuf> = files.filter(|file| !in_use.contains(file)).collect();
                delete_files(&unused, made.out.as_deref());
            }
            Err(StoreError::RunBusy(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

/// Divides runs into those to keep and those to delete. The newest comes first and is always kept.
fn split(
    runs: Vec<ScheduledRun>,
    keep: Keep,
    now: Moment,
) -> (Vec<ScheduledRun>, Vec<ScheduledRun>) {
    let mut aged = aged(&runs, keep, now);
    let mut rank = 0;
    runs.into_iter().partition(|run| {
        rank += 1;
        let many = keep.runs.is_some_and(|most| rank > most);
        rank == 1 || !(many || aged.remove(&run.run))
    })
}

/// Returns the runs that are too old, at most [`AT_ONCE`] of them, the oldest first. So a clock that is years ahead for
/// a day does not delete the history.
fn aged(runs: &[ScheduledRun], keep: Keep, now: Moment) -> HashSet<RunId> {
    let Some(days) = keep.days else {
        return HashSet::new();
    };
    let most = Duration::from_hours(u64::from(days) * DAY);
    // A run that ended in the future, or after a later run, did so by a clock that was ahead.
    let ended = runs.iter().scan(now, |latest, run| {
        *latest = run.ended.min(*latest);
        Some((run.run, *latest))
    });
    let mut aged: Vec<RunId> = ended
        .skip(YOUNG)
        .filter(|(_, ended)| now.since(*ended) > most)
        .map(|(run, _)| run)
        .collect();
    aged.reverse();
    aged.truncate(AT_ONCE);
    aged.into_iter().collect()
}

/// Deletes these exports, and their directory if it is empty afterwards.
pub(super) fn delete_files(files: &[PathBuf], out: Option<&Path>) {
    for file in files {
        // Another program may have deleted it.
        if let Err(fault) = std::fs::remove_file(file)
            && fault.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(file = %file.display(), "could not delete {}: {fault}", file.display());
        }
    }
    if let Some(out) = out {
        // Fails if it holds other files, as it should.
        let _ = std::fs::remove_dir(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(run: i64, days_ago: u64) -> ScheduledRun {
        let hours = Duration::from_hours(days_ago * DAY);
        ScheduledRun {
            run: RunId(run),
            due: now() - hours,
            ended: now() - hours,
            out: None,
            files: Vec::new(),
            new_5xx: None,
        }
    }

    fn now() -> Moment {
        Moment::from_millis(1_800_000_000_000)
    }

    #[test]
    fn the_newest_are_kept() {
        let runs = || vec![made(4, 0), made(3, 7), made(2, 14), made(1, 21)];
        let kept = |runs_kept, days| {
            let keep = Keep {
                runs: runs_kept,
                days,
            };
            let (kept, _) = split(runs(), keep, now());
            kept.iter().map(|run| run.run.0).collect::<Vec<_>>()
        };
        assert_eq!(kept(None, None), [4, 3, 2, 1]);
        assert_eq!(kept(Some(2), None), [4, 3]);
        assert_eq!(kept(None, Some(14)), [4, 3, 2]);
        assert_eq!(kept(Some(3), Some(8)), [4, 3, 2]);
        assert_eq!(kept(Some(2), Some(8)), [4, 3]);
        let (kept, surplus) = split(
            vec![made(1, 90)],
            Keep {
                runs: Some(1),
                days: Some(1),
            },
            now(),
        );
        assert_eq!((kept.len(), surplus.len()), (1, 0));
    }

    #[test]
    fn a_clock_that_is_ahead_takes_two_runs_and_never_the_last_three() {
        let by_age = Keep {
            runs: None,
            days: Some(30),
        };
        let numbers = |runs: &[ScheduledRun]| runs.iter().map(|run| run.run.0).collect::<Vec<_>>();
        let years = now() + Duration::from_hours(DAY * 3_650);
        let mut runs: Vec<_> = (1..=8)
            .rev()
            .map(|run| made(run, 8 - run.unsigned_abs()))
            .collect();
        for left in [6, 4, 3, 3] {
            runs = split(runs, by_age, years).0;
            assert_eq!(runs.len(), left);
        }
        assert_eq!(numbers(&runs), [8, 7, 6]);
        // Runs that it recorded meanwhile age as if they had ended with the next run.
        let mut runs: Vec<_> = [(9, 0), (8, 1), (7, 2), (6, 3), (5, 60)]
            .map(|(run, ago)| made(run, ago))
            .into();
        runs[3].ended = years;
        runs[4].ended = years;
        let later = now() + Duration::from_hours(DAY * 31);
        assert_eq!(numbers(&split(runs, by_age, later).1), [6, 5]);
    }

    #[test]
    fn only_files_of_ours_are_deleted() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("a store");
        let write = |path: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(&path, "").expect("written");
            path
        };
        for (run, name) in [(1, "one"), (2, "two"), (3, "three")] {
            let run = ScheduledRun {
                out: Some(dir.path().join(name)),
                files: vec![write(&format!("{name}/pages.csv"))],
                ..made(run, 0)
            };
            store.add_scheduled_run("shop", &run).expect("noted");
        }
        let notes = write("one/notes.txt");
        let keep = Keep {
            runs: Some(1),
            days: None,
        };
        tidy(&store, "shop", keep, now()).expect("tidied");
        assert!(notes.exists() && !dir.path().join("one/pages.csv").exists());
        assert!(!dir.path().join("two").exists());
        assert!(dir.path().join("three/pages.csv").exists());
        assert_eq!(store.scheduled_runs("shop").expect("read").len(), 1);
    }
}
