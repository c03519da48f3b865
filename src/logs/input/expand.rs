//! Arguments to files: directories, glob patterns, and rotated sets in the order of time.

use std::fs;
use std::path::{Path, PathBuf};

use crate::logs::error::LogsError;

/// Maximum files of one call. Ours.
const MOST: usize = 100_000;

/// A source of lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::logs) enum Input {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Input {
    /// Returns the name for people.
    pub(in crate::logs) fn name(&self) -> String {
        match self {
            Input::Stdin => "stdin".to_owned(),
            Input::File(path) => path.display().to_string(),
        }
    }
}

/// Returns the files, each once. Files of a set (`access.log.2.gz`, `access.log.1`, `access.log`) come in the order of
/// time: the oldest first.
pub(in crate::logs) fn expand(sources: &[String]) -> Result<Vec<Input>, LogsError> {
    let mut inputs = Vec::new();
    for source in sources {
        if source == "-" {
            inputs.push(Input::Stdin);
            continue;
        }
        let path = Path::new(source);
        let (mut found, none) = if path.is_dir() {
            (files_of(path)?, "no file in this directory")
        } else if path.exists() || !source.contains(['*', '?']) {
            // A wrong name is reported before gigabytes are read.
            fs::metadata(path).map_err(|source| LogsError::Read {
                path: path.to_owned(),
                source,
            })?;
            (vec![path.to_owned()], "")
        } else {
            (matching(path)?, "no file matches")
        };
        if found.is_empty() {
            return Err(LogsError::NoFile(source.clone(), none));
        }
        found.sort_by_cached_key(|path| age(path));
        inputs.extend(found.into_iter().map(Input::File));
    }
    let mut seen = Vec::new();
    inputs.retain(|input| {
        let is_new = !seen.contains(input);
        if is_new {
            seen.push(input.clone());
        }
        is_new
    });
    inputs.truncate(MOST);
    // A set may also be named file by file, newest first as shells sort them.
    let is_set = inputs.iter().all(|input| matches!(input, Input::File(_)));
    if is_set {
        inputs.sort_by_cached_key(|input| match input {
            Input::File(path) => age(path),
            Input::Stdin => (String::new(), 0, String::new()),
        });
    }
    Ok(inputs)
}

/// Returns the regular files of a directory, without those whose names begin with a dot.
fn files_of(dir: &Path) -> Result<Vec<PathBuf>, LogsError> {
    let fault = |source| LogsError::Read {
        path: dir.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(fault)?.take(MOST) {
        let entry = entry.map_err(fault)?;
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !is_hidden && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    Ok(files)
}

/// Returns the files whose names match the last part of a pattern.
fn matching(pattern: &Path) -> Result<Vec<PathBuf>, LogsError> {
    let dir = match pattern.parent() {
        Some(dir) if dir != Path::new("") => dir,
        _ => Path::new("."),
    };
    let name = pattern.file_name().unwrap_or_default().to_string_lossy();
    let mut files = files_of(dir)?;
    files.retain(|file| {
        let found = file.file_name().unwrap_or_default().to_string_lossy();
        matches(name.as_bytes(), found.as_bytes())
    });
    Ok(files)
}

/// Returns whether a name matches a pattern with `*` and `?`.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((at, from)) = star else {
                    return false;
                };
                star = Some((at, from + 1));
                p = at + 1;
                n = from + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

/// Returns the path of a set of rotated files, without the suffix of the rotation.
pub fn set_of(path: &Path) -> String {
    age(path).0
}

/// The sort key of a rotated file, which puts the oldest first: its set, then the negated number of its suffix (`.2`,
/// `.1`, none; names with dates come before all of them), then its name.
type Age = (String, i64, String);

fn age(path: &Path) -> Age {
    let name = path.display().to_string();
    let mut stem = name.as_str();
    for ending in [".gz", ".zst"] {
        stem = stem.strip_suffix(ending).unwrap_or(stem);
    }
    let (base, number) = match stem.rsplit_once('.') {
        Some((base, number)) if !number.is_empty() && number.len() <= 4 => {
            (base, number.parse::<i64>().ok())
        }
        _ => (stem, None),
    };
    match number {
        Some(number) => (base.to_owned(), -number, name),
        // `access.log-20261122` and `access.log.20261122` sort by name, before the file that is still written.
        None => {
            let cut = stem.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
            let is_dated = stem.len() - cut.len() >= 8;
            let base = if is_dated {
                cut.trim_end_matches('.')
            } else {
                stem
            };
            let order = if is_dated { i64::MIN } else { 0 };
            (base.to_owned(), order, name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_files_come_oldest_first() {
        let dir = tempfile::tempdir().expect("a directory");
        let names = [
            "a.log",
            "a.log.1",
            "a.log.10.gz",
            "a.log.2.gz",
            "a.log-20261120",
            "a.log-20261121.gz",
            "b.log",
        ];
        for name in names {
            fs::write(dir.path().join(name), "").expect("written");
        }
        let found = expand(&[dir.path().display().to_string()]).expect("found");
        let found: Vec<String> = found.iter().map(Input::name).collect();
        let found: Vec<&str> = found
            .iter()
            .filter_map(|name| name.rsplit('/').next())
            .collect();
        let expected = [
            "a.log-20261120",
            "a.log-20261121.gz",
            "a.log.10.gz",
            "a.log.2.gz",
            "a.log.1",
            "a.log",
            "b.log",
        ];
        assert_eq!(found, expected);
        let glob = dir.path().join("a.log.*").display().to_string();
        assert_eq!(expand(&[glob]).expect("found").len(), 3);
        let nothing = dir.path().join("c*").display().to_string();
        assert!(matches!(expand(&[nothing]), Err(LogsError::NoFile(..))));
    }

    #[test]
    fn patterns_match_names() {
        for (pattern, name, expected) in [
            ("*.log", "access.log", true),
            ("*.log", "access.log.1", false),
            ("a?c*", "abc", true),
            ("*a*b", "xaxb", true),
            ("a", "b", false),
            ("**", "", true),
        ] {
            assert_eq!(
                matches(pattern.as_bytes(), name.as_bytes()),
                expected,
                "{pattern} {name}"
            );
        }
    }
}
