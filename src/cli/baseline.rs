//! What a run is compared with: a run by its number, a `summary.json`, or another database.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::assess::compare::AddressMap;
use crate::report::{self, Compared};
use crate::store::{Baseline, BaselineSource, RunRow, RunState, Store, StoreError};

use super::failure::{Failure, chain};

/// How every SQLite file begins (sqlite.org, "Database File Format").
const DATABASE: &[u8] = b"SQLite format 3\0";

/// Compares a run with what is named; else with the run of its site before, if there is one.
pub(super) fn compared(
    store: &Store,
    run: &RunRow,
    named: Option<Baseline>,
) -> Result<Option<Compared>, Failure> {
    let baseline = match named {
        Some(baseline) => Some(baseline),
        None => store.run_before(run)?.map(|before| Baseline {
            source: BaselineSource::Run(store.clone(), Box::new(before)),
            maps: Vec::new(),
        }),
    };
    let Some(baseline) = baseline else {
        return Ok(None);
    };
    let comparison = store.compare(run, &baseline)?;
    Ok(Some(Compared {
        baseline,
        comparison,
    }))
}

/// The baseline that `flag` names, if it names one.
pub(super) fn named(
    store: &Store,
    flag: &str,
    name: Option<&str>,
    maps: &[AddressMap],
) -> Result<Option<Baseline>, Failure> {
    let Some(name) = name else {
        return match maps {
            [] => Ok(None),
            _ if flag == "OLD" => Ok(None),
            _ => Err(Failure::usage(
                "--map: name with --baseline what its addresses are of",
            )),
        };
    };
    let source = match find(store, flag, name)? {
        Place::Run(store, run) => BaselineSource::Run(store, run),
        Place::Summary(path) => {
            let listed = report::read_summary(Path::new(&path));
            let listed = listed
                .map_err(|fault| Failure::usage(format!("{flag} {name}: {}", chain(&fault))))?;
            BaselineSource::Listed(Box::new(listed))
        }
    };
    Ok(Some(Baseline {
        source,
        maps: maps.to_vec(),
    }))
}

/// What a name stands for.
pub(super) enum Place {
    /// A run in this database or another.
    Run(Store, Box<RunRow>),
    /// A file that is no database.
    Summary(String),
}

/// A run of this database by number or token; else a file, `FILE#RUN` for one run of several.
pub(super) fn find(store: &Store, flag: &str, name: &str) -> Result<Place, Failure> {
    match store.run(name) {
        Ok(run) => return Ok(Place::Run(store.clone(), Box::new(run))),
        Err(StoreError::NoRun(_)) => {}
        Err(fault) => return Err(fault.into()),
    }
    let (file, run) = match name.rsplit_once('#') {
        Some((file, run)) if !Path::new(name).exists() => (file, Some(run)),
        _ => (name, None),
    };
    if Path::new(file).is_dir() {
        return Err(Failure::usage(format!(
            "{flag} {name}: is a directory; name a summary.json or a database in it"
        )));
    }
    if !Path::new(file).is_file() {
        return Err(Failure::usage(format!(
            "{flag} {name}: neither a run of {} nor a file; `gatecrawl runs` lists the runs",
            store.path().display()
        )));
    }
    if !is_database(file) {
        return Ok(Place::Summary(file.to_owned()));
    }
    let other = Store::open(Path::new(file))?;
    let found = match run {
        Some(run) => other.run(run).map_err(|fault| match fault {
            StoreError::NoRun(_) => Failure::usage(format!(
                "{flag} {name}: no run {run} in it; `gatecrawl runs --db {file}` lists its runs"
            )),
            fault => fault.into(),
        })?,
        None => {
            let runs = other.runs()?;
            let newest = |state| runs.iter().find(|run| run.state == state).cloned();
            let found = newest(RunState::Finished).or_else(|| newest(RunState::Incomplete));
            found.ok_or_else(|| {
                Failure::usage(format!(
                    "{flag} {name}: no run in it is finished; name one as FILE#RUN"
                ))
            })?
        }
    };
    Ok(Place::Run(other, Box::new(found)))
}

fn is_database(file: &str) -> bool {
    let mut head = [0; DATABASE.len()];
    let read = File::open(file).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head == DATABASE
}
