//! Forgetting runs that a project does not keep, and their exports: the files that were written for
//! them, no other, and their directory if nothing else is in it.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::Moment;
use crate::store::{ScheduledRun, Store, StoreError};

use super::project::Keep;

/// A day, in hours.
const DAY: u64 = 24;

/// Deletes what a project does not keep. What is in use stays for the next time.
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
            Ok(()) => delete_files(&made, &in_use),
            Err(StoreError::RunBusy(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

/// What is kept, and what is not; the newest comes first and is always kept.
fn split(
    runs: Vec<ScheduledRun>,
    keep: Keep,
    now: Moment,
) -> (Vec<ScheduledRun>, Vec<ScheduledRun>) {
    let mut rank = 0;
    runs.into_iter().partition(|run| {
        rank += 1;
        let many = keep.runs.is_some_and(|most| rank > most);
        let age = keep
            .days
            .map(|days| Duration::from_hours(u64::from(days) * DAY));
        let old = age.is_some_and(|most| now.since(run.ended) > most);
        rank == 1 || !(many || old)
    })
}

fn delete_files(made: &ScheduledRun, in_use: &HashSet<PathBuf>) {
    for file in made.files.iter().filter(|file| !in_use.contains(*file)) {
        // Somebody else may have taken it away, which is just as well.
        if let Err(fault) = std::fs::remove_file(file)
            && fault.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(file = %file.display(), "could not delete {}: {fault}", file.display());
        }
    }
    if let Some(out) = &made.out {
        // Fails if something else is in it, as it should.
        let _ = std::fs::remove_dir(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::RunId;

    fn made(run: i64, days_ago: u64) -> ScheduledRun {
        let hours = Duration::from_hours(days_ago * DAY);
        ScheduledRun {
            run: RunId(run),
            due: now() - hours,
            ended: now() - hours,
            out: None,
            files: Vec::new(),
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
        assert_eq!(kept(Some(3), Some(8)), [4, 3]);
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
