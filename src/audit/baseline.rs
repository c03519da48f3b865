//! The baseline of a comparison: a run by its number, a `summary.json`, or another database.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::assess::compare::AddressMap;
use crate::report::{self, Compared, SummaryFault};
use crate::store::{Baseline, BaselineSource, RunRow, RunState, Store, StoreError};

/// The first bytes of every SQLite file (sqlite.org, "Database File Format").
const DATABASE: &[u8] = b"SQLite format 3\0";

/// The reason why there is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// URLs are mapped without a named baseline.
    #[error("--map: name the run of the old addresses with --baseline")]
    MapAlone,
    /// The name of a baseline leads to none.
    #[error("{flag} {name}")]
    Named {
        /// The flag or argument that has the name.
        flag: &'static str,
        /// The name.
        name: String,
        /// Why it leads to none.
        source: BadBaseline,
    },
    /// A database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The error in the name of a baseline.
#[derive(Debug, thiserror::Error)]
pub enum BadBaseline {
    /// The name is that of a directory.
    #[error("is a directory; name a summary.json or a database in it")]
    Directory,
    /// The name is neither that of a run nor that of a file.
    #[error("neither a run of {} nor a file; `gatecrawl runs` lists the runs", .0.display())]
    Nothing(PathBuf),
    /// `FILE#RUN`: the database has no such run.
    #[error("no run {run} in it; `gatecrawl runs --db {file}` lists its runs")]
    NoRun {
        /// The run.
        run: String,
        /// The database.
        file: String,
    },
    /// `FILE`: the database has no run that has ended.
    #[error("no run in it is finished; name one as FILE#RUN")]
    NoneFinished,
    /// The file is not a readable summary.
    #[error(transparent)]
    Summary(#[from] SummaryFault),
}

/// Compares a run with a baseline.
pub fn compare(store: &Store, run: &RunRow, baseline: Baseline) -> Result<Compared, StoreError> {
    let comparison = store.compare(run, &baseline)?;
    Ok(Compared {
        baseline,
        comparison,
    })
}

/// Compares a run with the named baseline; without one, with the site's previous run, if any.
pub(super) fn compare_run(
    store: &Store,
    run: &RunRow,
    named: Option<Baseline>,
) -> Result<Option<Compared>, StoreError> {
    let baseline = match named {
        Some(baseline) => Some(baseline),
        None => store.run_before(run)?.map(|before| Baseline {
            source: BaselineSource::Run(store.clone(), Box::new(before)),
            maps: Vec::new(),
        }),
    };
    baseline
        .map(|baseline| compare(store, run, baseline))
        .transpose()
}

/// Finds the baseline of this name; `flag` is its flag or argument.
pub fn named(
    store: &Store,
    flag: &'static str,
    name: &str,
    maps: &[AddressMap],
) -> Result<Baseline, BaselineError> {
    let source = match find(store, flag, name)? {
        Place::Run(store, run) => BaselineSource::Run(store, run),
        Place::Summary(path) => {
            let listed = report::read_summary(Path::new(&path)).map_err(bad(flag, name))?;
            BaselineSource::Listed(Box::new(listed))
        }
    };
    Ok(Baseline {
        source,
        maps: maps.to_vec(),
    })
}

/// What the name of a baseline leads to.
#[derive(Debug)]
pub enum Place {
    /// A run in this database or another.
    Run(Store, Box<RunRow>),
    /// A file that is not a database.
    Summary(String),
}

/// Finds a run of this database by number or token, or a file, `FILE#RUN` for one run in it.
pub fn find(store: &Store, flag: &'static str, name: &str) -> Result<Place, BaselineError> {
    match store.run(name) {
        Ok(run) => return Ok(Place::Run(store.clone(), Box::new(run))),
        Err(StoreError::NoRun(_)) => {}
        Err(fault) => return Err(fault.into()),
    }
    let bad = bad(flag, name);
    let (file, run) = match name.rsplit_once('#') {
        Some((file, run)) if !Path::new(name).exists() => (file, Some(run)),
        _ => (name, None),
    };
    if Path::new(file).is_dir() {
        return Err(bad(BadBaseline::Directory));
    }
    if !Path::new(file).is_file() {
        return Err(bad(BadBaseline::Nothing(store.path().to_owned())));
    }
    if !is_database(file) {
        return Ok(Place::Summary(file.to_owned()));
    }
    let other = Store::open(Path::new(file))?;
    let found = match run {
        Some(run) => match other.run(run) {
            Ok(found) => found,
            Err(StoreError::NoRun(_)) => {
                let (run, file) = (run.to_owned(), file.to_owned());
                return Err(bad(BadBaseline::NoRun { run, file }));
            }
            Err(fault) => return Err(fault.into()),
        },
        None => {
            let runs = other.runs()?;
            let newest = |state| runs.iter().find(|run| run.state == state).cloned();
            let found = newest(RunState::Finished).or_else(|| newest(RunState::Incomplete));
            found.ok_or_else(|| bad(BadBaseline::NoneFinished))?
        }
    };
    Ok(Place::Run(other, Box::new(found)))
}

/// Returns a function that turns an error into that of the flag or argument with this name.
fn bad<F: Into<BadBaseline>>(flag: &'static str, name: &str) -> impl Fn(F) -> BaselineError {
    move |fault| BaselineError::Named {
        flag,
        name: name.to_owned(),
        source: fault.into(),
    }
}

fn is_database(file: &str) -> bool {
    let mut head = [0; DATABASE.len()];
    let read = File::open(file).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head == DATABASE
}
