//! The matrix: real servers with real faults, audited as anybody would, and rated against what the
//! servers' own logs say. `cells/*.toml` describes the cells, `servers.toml` how a server of each
//! kind is started, `backend` what may be wrong behind it. `docs/diagnosis.md` says how to add one.

mod backend;
mod calibration;
mod cell;
mod fault;
mod plot;
mod rating;
mod site;
mod stand;
mod table;
mod trial;

use std::collections::HashSet;
use std::sync::Mutex;
use std::thread;

use cell::Cell;
use fault::Behaviour;
use rating::Rating;
use trial::Trial;

/// Cells at a time, if `THREADS` does not say. They mostly wait.
const SIDE_BY_SIDE: usize = 24;

/// Where `tests/matrix.sh` looks for tables, and where those of the quick cells go.
const TABLES: &str = "matrix";
const QUICK_TABLES: &str = "matrix-quick";

/// Audits all of these cells, some at a time, and writes the tables into a folder.
fn audit_all(mut cells: Vec<Cell>, side_by_side: usize, tables: &str) -> Vec<Trial> {
    // The slow ones are started first, from the end: nobody waits for them alone.
    cells.sort_by_key(|cell| cell.slow);
    let waiting = Mutex::new(cells);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..side_by_side {
            scope.spawn(|| {
                let next = || waiting.lock().expect("no panic").pop();
                while let Some(cell) = next() {
                    let trial = trial::of(cell);
                    table::write_details(&trial, tables);
                    done.lock().expect("no panic").push(trial);
                }
            });
        }
    });
    let mut trials = done.into_inner().expect("no panic");
    trials.sort_by(|a, b| a.cell.name.cmp(&b.cell.name));
    table::write(&trials, tables);
    trials
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[test]
fn every_cell_is_readable_and_has_a_name_of_its_own() {
    let kinds = cell::kinds();
    let mut names = HashSet::new();
    for cell in cell::all() {
        for behaviour in cell.backends.values() {
            // Or it panics.
            Behaviour::parse(behaviour);
        }
        for server in &cell.servers {
            assert!(kinds.contains_key(&server.kind), "{}", cell.name);
            let everywhere = ["nginx", "apache"].contains(&server.kind.as_str());
            assert!(everywhere || !cell.quick, "{} is quick", cell.name);
        }
        assert!(names.insert(cell.name.clone()), "{} twice", cell.name);
    }
    assert!(names.len() >= 120, "{} cells", names.len());
}

#[test]
fn twelve_cells_of_nginx_and_apache_are_told_rightly() {
    let cells: Vec<_> = cell::all().into_iter().filter(|cell| cell.quick).collect();
    assert_eq!(cells.len(), 12, "quick cells");
    for trial in audit_all(cells, 12, QUICK_TABLES) {
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
    let trials = audit_all(cells, side_by_side.unwrap_or(SIDE_BY_SIDE), TABLES);
    let broken: Vec<_> = trials
        .iter()
        .filter_map(|trial| Some((&trial.cell.name, trial.broken.as_ref()?)))
        .collect();
    assert!(broken.is_empty(), "cells without their fault: {broken:#?}");
}
