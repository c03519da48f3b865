//! The matrix: real servers with real faults, audited as anybody would, and rated against what the
//! servers' own logs say. `cells/*.toml` describes the cells, `servers.toml` how a server of each
//! kind is started, `backend` what may be wrong behind it. `docs/diagnosis.md` says how to add one.

mod backend;
mod calibration;
mod cell;
mod fault;
mod rating;
mod site;
mod stand;
mod table;
mod trial;

use std::sync::Mutex;
use std::thread;

use cell::Cell;
use rating::Rating;
use trial::{Trial, attempt};

/// Cells at a time, if `THREADS` does not say. They mostly wait.
const SIDE_BY_SIDE: usize = 24;

/// Attempts all of these, some at a time, and writes the table.
fn attempt_all(mut cells: Vec<Cell>, side_by_side: usize) -> Vec<Trial> {
    // The slow ones are started first, from the end: nobody waits for them alone.
    cells.sort_by_key(|cell| cell.slow);
    let waiting = Mutex::new(cells);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..side_by_side {
            scope.spawn(|| {
                let next = || waiting.lock().expect("no panic").pop();
                while let Some(cell) = next() {
                    let trial = attempt(cell);
                    table::write_details(&trial);
                    done.lock().expect("no panic").push(trial);
                }
            });
        }
    });
    let mut trials = done.into_inner().expect("no panic");
    trials.sort_by(|a, b| a.cell.name.cmp(&b.cell.name));
    table::write(&trials);
    trials
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[test]
fn twelve_cells_of_nginx_and_apache_are_told_rightly() {
    let cells: Vec<_> = cell::all().into_iter().filter(|cell| cell.quick).collect();
    assert_eq!(cells.len(), 12, "quick cells");
    let trials = attempt_all(cells, 12);
    for trial in trials {
        let name = &trial.cell.name;
        assert_eq!(trial.broken, None, "{name}");
        let wrong = trial.ratings().any(|rating| rating == Rating::Wrong);
        assert!(!wrong, "{name}: {trial:?}");
    }
}

#[test]
#[ignore = "the whole matrix takes half an hour: bash tests/matrix.sh"]
fn every_cell() {
    let words = setting("CELLS").unwrap_or_default();
    let words: Vec<_> = words.split_whitespace().collect();
    let mut cells = cell::all();
    cells.retain(|cell| words.is_empty() || words.iter().any(|word| cell.name.contains(word)));
    let side_by_side = setting("THREADS").and_then(|threads| threads.parse().ok());
    let trials = attempt_all(cells, side_by_side.unwrap_or(SIDE_BY_SIDE));
    let broken: Vec<_> = trials
        .iter()
        .filter_map(|trial| Some((&trial.cell.name, trial.broken.as_ref()?)))
        .collect();
    assert!(broken.is_empty(), "cells without their fault: {broken:#?}");
}
