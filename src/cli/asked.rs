//! What an audit is asked for besides the crawl: exports, gates, a baseline. It is kept with the run until all of it
//! stands, so that `--resume` brings it whenever the process was killed.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::assess::Gate;
use crate::assess::compare::AddressMap;
use crate::report::{Format, ReportError, check};
use crate::store::{Baseline, RunId, RunRow, RunState, Store};

use super::args::{AuditArgs, ReportArgs};
use super::baseline;
use super::failure::{Failure, bad_out};

/// Exports, gates and a baseline.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// Where the exports go.
    pub(super) out: Option<PathBuf>,
    pub(super) formats: Vec<Format>,
    /// Other files may be there too.
    pub(super) overwrite: bool,
    pub(super) gates: Vec<Gate>,
    baseline: Option<String>,
    maps: Vec<AddressMap>,
}

/// The same as it is kept, in the words of the command line.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    out: Option<PathBuf>,
    format: Vec<String>,
    overwrite: bool,
    fail_on: Vec<String>,
    baseline: Option<String>,
    map: Vec<String>,
}

impl Asked {
    /// What the arguments of a new run say.
    pub(super) fn of(args: &AuditArgs) -> Asked {
        Asked {
            out: args.export.out.clone(),
            formats: args.export.formats(),
            overwrite: args.export.overwrite,
            gates: args.fail_on.clone(),
            baseline: args.baseline.baseline.clone(),
            maps: args.baseline.maps.map.clone(),
        }
    }

    /// What a run that goes on still owes, but for what the arguments say now.
    pub(super) fn again(args: &AuditArgs, store: &Store, run: RunId) -> Result<Asked, Failure> {
        let mut asked = Asked::of(args);
        let Some(text) = store.asked(run)? else {
            return Ok(asked);
        };
        let kept = Asked::read(&text)?;
        if asked.out.is_none() {
            asked.out = kept.out;
            asked.overwrite |= kept.overwrite;
            if args.export.format.is_empty() {
                asked.formats = kept.formats;
            }
        }
        if asked.gates.is_empty() {
            asked.gates = kept.gates;
        }
        if asked.baseline.is_none() {
            (asked.baseline, asked.maps) = (kept.baseline, kept.maps);
        }
        Ok(asked)
    }

    /// What `gatecrawl report` writes: the same, but for gates, which it does not judge.
    pub(super) fn of_report(args: &ReportArgs) -> Asked {
        Asked {
            out: args.export.out.clone(),
            formats: args.export.formats(),
            overwrite: args.export.overwrite,
            gates: Vec::new(),
            baseline: args.baseline.baseline.clone(),
            maps: args.baseline.maps.map.clone(),
        }
    }

    /// Notes that this was written of a finished run: a run that was asked for nothing else owes nothing more.
    /// Returns the gates that it was asked for too.
    pub(super) fn settle(&self, store: &Store, run: &RunRow) -> Result<Vec<Gate>, Failure> {
        let Some(text) = store
            .asked(run.id)?
            .filter(|_| run.state == RunState::Finished)
        else {
            return Ok(Vec::new());
        };
        let owed = Asked::read(&text)?;
        let is_written = self.out.as_deref().map(absolute) == owed.out
            && owed
                .formats
                .iter()
                .all(|format| self.formats.contains(format))
            && self.kept(store).baseline == owed.kept(store).baseline
            && words(&self.maps) == words(&owed.maps);
        if is_written && owed.gates.is_empty() {
            store.set_asked(run.id, None)?;
        }
        Ok(owed.gates)
    }

    /// Makes sure that the exports can be written.
    pub(super) fn check_out(&self) -> Result<(), Failure> {
        let Some(out) = &self.out else {
            return Ok(());
        };
        let fault: Result<(), ReportError> = check(out, &self.formats, self.overwrite);
        fault.map_err(|fault| bad_out(&fault))
    }

    /// The baseline, if one is named.
    pub(super) fn baseline(&self, store: &Store) -> Result<Option<Baseline>, Failure> {
        baseline::named(store, "--baseline", self.baseline.as_deref(), &self.maps)
    }

    /// As it is kept with the run; none if nothing is asked for. Files are named from the root: the run may go on
    /// elsewhere.
    pub(super) fn text(&self, store: &Store) -> Option<String> {
        let kept = self.kept(store);
        if kept == Kept::default() {
            return None;
        }
        serde_json::to_string(&kept).ok()
    }

    fn kept(&self, store: &Store) -> Kept {
        let baseline = self.baseline.as_deref().map(|name| match store.run(name) {
            Ok(_) => name.to_owned(),
            Err(_) => absolute(Path::new(name)).display().to_string(),
        });
        Kept {
            format: match self.out {
                Some(_) => self.formats.iter().map(|f| f.name().to_owned()).collect(),
                None => Vec::new(),
            },
            out: self.out.as_deref().map(absolute),
            overwrite: self.overwrite,
            fail_on: words(&self.gates),
            baseline,
            map: words(&self.maps),
        }
    }

    fn read(text: &str) -> Result<Asked, Failure> {
        let kept: Kept = serde_json::from_str(text).map_err(Failure::own)?;
        Ok(Asked {
            out: kept.out,
            formats: parsed(&kept.format)?,
            overwrite: kept.overwrite,
            gates: parsed(&kept.fail_on)?,
            baseline: kept.baseline,
            maps: parsed(&kept.map)?,
        })
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn words<T: Display>(values: &[T]) -> Vec<String> {
    values.iter().map(T::to_string).collect()
}

fn parsed<T: FromStr>(words: &[String]) -> Result<Vec<T>, Failure>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    words
        .iter()
        .map(|word| word.parse().map_err(Failure::own))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_kept_in_the_words_of_the_command_line() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("a store");
        assert_eq!(Asked::of(&AuditArgs::default()).text(&store), None);

        let map = "https://old.example/(.*)=>https://new.example/$1";
        let mut args = AuditArgs::default();
        args.export.out = Some("out".into());
        args.export.format = vec![Format::Csv, Format::Junit];
        args.fail_on = vec!["5xx > 0".parse().expect("a gate")];
        args.baseline.baseline = Some("old.json".to_owned());
        args.baseline.maps.map = vec![map.parse().expect("a map")];
        let text = Asked::of(&args).text(&store).expect("something");
        let kept: Kept = serde_json::from_str(&text).expect("JSON");
        assert_eq!(kept.out, Some(absolute(Path::new("out"))));
        assert_eq!(kept.format, ["csv", "junit"]);
        assert_eq!(
            (&kept.fail_on[..], &kept.map[..]),
            (&["5xx > 0".to_owned()][..], &[map.to_owned()][..])
        );
        assert!(Path::new(&kept.baseline.expect("one")).is_absolute());
        let again = Asked::read(&text).expect("read");
        assert_eq!(again.text(&store), Some(text));
    }
}
