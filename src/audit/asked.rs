//! The requested results of an audit besides the crawl: exports, gates, a baseline. They are stored with the run until
//! all of them are delivered, so that `--resume` delivers them after the process was killed.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::assess::Gate;
use crate::assess::compare::AddressMap;
use crate::logs::NamedLogs;
use crate::model::Zone;
use crate::report::{Cover, Format, check};
use crate::store::{Baseline, RunId, RunRow, RunState, Store};

use super::baseline::{BaselineError, named};
use super::error::AuditError;

/// The placeholder for the number of the run in the path of its exports.
const RUN: &str = "{run}";

/// The requested exports, gates and baseline.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The directory of the exports, if any are requested.
    pub out: Option<Out>,
    /// The formats of the exports.
    pub formats: Vec<Format>,
    /// Whether the directory may hold other files too.
    pub overwrite: bool,
    /// Title, logo and readers of the report.
    pub cover: Cover,
    /// The gates that the run has to pass.
    pub gates: Vec<Gate>,
    /// The baseline, a run or a file; absent for the site's previous run.
    pub baseline: Option<String>,
    /// The rules that map the baseline's URLs to those of the run.
    pub maps: Vec<AddressMap>,
    /// Server logs of the site.
    pub logs: NamedLogs,
    /// The time zone of times in texts for people. It is not stored with the run: the schedule takes it from the
    /// project's settings.
    pub zone: Zone,
}

/// The directory of exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Out {
    /// This directory.
    To(PathBuf),
    /// This directory with `{run}` replaced by the number of the run.
    OfRun(PathBuf),
}

impl Out {
    /// Returns the directory for a run.
    pub fn of(&self, run: RunId) -> PathBuf {
        match self {
            Out::To(path) => path.clone(),
            Out::OfRun(path) => path.to_string_lossy().replace(RUN, &run.to_string()).into(),
        }
    }

    /// Returns the directory if it is the same for every run.
    fn fixed(&self) -> Option<&Path> {
        match self {
            Out::OfRun(path) if path.to_string_lossy().contains(RUN) => None,
            Out::To(path) | Out::OfRun(path) => Some(path),
        }
    }
}

/// The stored form of [`Asked`], in the words of the command line.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    out: Option<PathBuf>,
    format: Vec<String>,
    overwrite: bool,
    cover: Cover,
    fail_on: Vec<String>,
    baseline: Option<String>,
    map: Vec<String>,
    logs: Vec<String>,
    line_format: Vec<String>,
    nginx_conf: Vec<PathBuf>,
}

impl Asked {
    /// Reads the requested results that are stored with a run, if there are any.
    pub fn kept(store: &Store, run: RunId) -> Result<Option<Asked>, AuditError> {
        let text = store.asked(run)?;
        text.as_deref().map(Asked::read).transpose()
    }

    /// Records that these results of a finished run were delivered. If the run still owes no others, the request that
    /// is stored with it is deleted. Returns the requested gates of the run.
    pub(super) fn settle(&self, store: &Store, run: &RunRow) -> Result<Vec<Gate>, AuditError> {
        if run.state != RunState::Finished {
            return Ok(Vec::new());
        }
        let Some(owed) = Asked::kept(store, run.id)? else {
            return Ok(Vec::new());
        };
        let (ours, theirs) = (self.named(store), owed.named(store));
        let is_written = ours.out == theirs.out
            && theirs.format.iter().all(|name| ours.format.contains(name))
            && ours.baseline == theirs.baseline
            && ours.map == theirs.map
            && theirs.logs.is_empty();
        if is_written && owed.gates.is_empty() {
            store.set_asked(run.id, None)?;
        }
        Ok(owed.gates)
    }

    /// Checks that the exports can be written, as far as their directory is known.
    pub fn check_out(&self) -> Result<(), AuditError> {
        self.cover.check().map_err(AuditError::Out)?;
        match self.out.as_ref().and_then(Out::fixed) {
            Some(out) => check(out, &self.formats, self.overwrite).map_err(AuditError::Out),
            None => Ok(()),
        }
    }

    /// Finds the baseline, if one is named.
    pub(super) fn baseline(&self, store: &Store) -> Result<Option<Baseline>, BaselineError> {
        match &self.baseline {
            Some(name) => named(store, "--baseline", name, &self.maps).map(Some),
            None if self.maps.is_empty() => Ok(None),
            None => Err(BaselineError::MapAlone),
        }
    }

    /// Returns the requested exports, gates and baseline as JSON, to store with the run; `None` if there are none. Paths are absolute, because the run
    /// may be resumed from another directory.
    pub(super) fn text(&self, store: &Store) -> Option<String> {
        let kept = self.named(store);
        if kept == Kept::default() {
            return None;
        }
        serde_json::to_string(&kept).ok()
    }

    fn named(&self, store: &Store) -> Kept {
        let baseline = self.baseline.as_deref().map(|name| match store.run(name) {
            Ok(_) => name.to_owned(),
            Err(_) => absolute(Path::new(name)).display().to_string(),
        });
        Kept {
            format: match self.out {
                Some(_) => self.formats.iter().map(|f| f.name().to_owned()).collect(),
                None => Vec::new(),
            },
            out: self.out.as_ref().and_then(Out::fixed).map(absolute),
            overwrite: self.overwrite,
            cover: Cover {
                logo: self.cover.logo.as_deref().map(absolute),
                ..self.cover.clone()
            },
            fail_on: words(&self.gates),
            baseline,
            map: words(&self.maps),
            logs: (self.logs.sources.iter())
                .map(|file| absolute(Path::new(file)).display().to_string())
                .collect(),
            line_format: self.logs.line_formats.clone(),
            nginx_conf: (self.logs.confs.iter())
                .map(|path| absolute(path))
                .collect(),
        }
    }

    fn read(text: &str) -> Result<Asked, AuditError> {
        let kept: Kept = serde_json::from_str(text).map_err(bad)?;
        Ok(Asked {
            out: kept.out.map(Out::To),
            formats: parsed(&kept.format)?,
            overwrite: kept.overwrite,
            cover: kept.cover,
            gates: parsed(&kept.fail_on)?,
            baseline: kept.baseline,
            maps: parsed(&kept.map)?,
            logs: NamedLogs {
                sources: kept.logs,
                line_formats: kept.line_format,
                confs: kept.nginx_conf,
            },
            zone: Zone::default(),
        })
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn words<T: Display>(values: &[T]) -> Vec<String> {
    values.iter().map(T::to_string).collect()
}

fn parsed<T: FromStr<Err: Display>>(words: &[String]) -> Result<Vec<T>, AuditError> {
    words.iter().map(|word| word.parse().map_err(bad)).collect()
}

fn bad(fault: impl Display) -> AuditError {
    AuditError::Kept(fault.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requested_results_are_stored_in_the_words_of_the_command_line() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("a store");
        assert_eq!(Asked::default().text(&store), None);

        let map = "https://old.example/(.*)=>https://new.example/$1";
        let asked = Asked {
            out: Some(Out::To("out".into())),
            formats: vec![Format::Csv, Format::Junit],
            overwrite: false,
            cover: Cover::default(),
            gates: vec!["5xx > 0".parse().expect("a gate")],
            baseline: Some("old.json".to_owned()),
            maps: vec![map.parse().expect("a map")],
            logs: NamedLogs {
                sources: vec!["access.log".to_owned()],
                line_formats: vec!["%h %r".to_owned()],
                confs: vec!["nginx.conf".into()],
            },
            zone: Zone::default(),
        };
        let text = asked.text(&store).expect("something");
        let kept: Kept = serde_json::from_str(&text).expect("JSON");
        assert_eq!(kept.out, Some(absolute(Path::new("out"))));
        assert_eq!(kept.format, ["csv", "junit"]);
        assert_eq!(
            (&kept.fail_on[..], &kept.map[..]),
            (&["5xx > 0".to_owned()][..], &[map.to_owned()][..])
        );
        assert!(Path::new(&kept.baseline.expect("one")).is_absolute());
        assert_eq!(kept.nginx_conf, [absolute(Path::new("nginx.conf"))]);
        let again = Asked::read(&text).expect("read");
        assert_eq!(again.text(&store), Some(text));
    }

    #[test]
    fn a_directory_for_each_run_is_known_once_the_run_has_a_number() {
        let (each, all) = (Out::OfRun("r/{run}".into()), Out::To("r/{run}".into()));
        assert_eq!(each.of(RunId(7)), Path::new("r/7"));
        assert_eq!(each.fixed(), None);
        assert_eq!(all.of(RunId(7)), Path::new("r/{run}"));
        assert_eq!(Out::OfRun("r".into()).fixed(), Some(Path::new("r")));
    }
}
