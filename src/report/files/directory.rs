//! The directory of the exports. It is claimed before anything is written to it. A file is written under a temporary
//! name and renamed when it is complete, so a full disk or a killed process leaves either the old file or the new one,
//! never half of it.
//!
//! The directory may hold files of somebody else, in a shared folder or a checkout. So a temporary file is always
//! new and has an unpredictable name: a planted link is never followed.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

use super::error::ReportError;
use super::fault::Fault;
use super::format::{Export, Format, LOG_EXPORTS};

/// Ending of a file that is being written.
const PARTIAL: &str = ".partial";

/// The byte order mark with which a CSV file may begin.
pub(in crate::report) const BOM: &[u8] = "\u{feff}".as_bytes();

/// Name of the file that tests whether a directory is writable.
const PROBE: &str = "probe";

/// A directory in which exports may be written.
#[derive(Debug)]
pub(in crate::report) struct Directory(PathBuf);

impl Directory {
    /// Claims a directory: checks that it exists and is writable, holds no foreign files (unless it may be shared), and
    /// that nothing is in the way of the new files.
    pub(in crate::report) fn claim(
        out: &Path,
        formats: &[Format],
        share: bool,
    ) -> Result<Directory, ReportError> {
        let fault = |source| ReportError::Write {
            path: out.to_owned(),
            source,
        };
        if out.exists() && !out.is_dir() {
            return Err(ReportError::InTheWay(out.to_owned()));
        }
        fs::create_dir_all(out).map_err(fault)?;
        if !share && let Some(name) = foreign(out).map_err(fault)? {
            return Err(ReportError::Foreign {
                dir: out.to_owned(),
                name,
            });
        }
        let directory = Directory(out.to_owned());
        for export in Export::of(formats) {
            let path = out.join(export.file_name());
            if path.is_dir() {
                return Err(ReportError::InTheWay(path));
            }
        }
        directory.probe()?;
        directory.sweep().map_err(fault)?;
        Ok(directory)
    }

    /// Writes a file under a temporary name and renames it. Returns its path.
    pub(in crate::report) fn put(
        &self,
        name: &str,
        write: impl FnOnce(&mut File) -> Result<(), Fault>,
    ) -> Result<PathBuf, ReportError> {
        let (path, partial) = (self.0.join(name), self.partial(name));
        let written = File::create_new(&partial)
            .map_err(Fault::from)
            .and_then(|mut file| {
                // Marks the file as in use. Where files cannot be locked, nobody sweeps them either.
                let _ = file.try_lock();
                write(&mut file)?;
                file.flush()?;
                // A file system may accept bytes and fail to store them, so sync before renaming.
                file.sync_all()?;
                Ok(fs::rename(&partial, &path)?)
            });
        written.map_err(|fault| {
            // The first error says more than one of the clean-up.
            let _ = fs::remove_file(&partial);
            match fault {
                Fault::Io(source) => ReportError::Write {
                    path: path.clone(),
                    source,
                },
                Fault::Store(source) => ReportError::Store(source),
            }
        })?;
        Ok(path)
    }

    /// Removes exports that are not among these: files of an earlier run would seem to belong to this one.
    pub(in crate::report) fn remove_other_exports(
        &self,
        kept: &[Export],
    ) -> Result<(), ReportError> {
        for export in Export::of(&Format::ALL) {
            let path = self.0.join(export.file_name());
            if !kept.contains(&export) && is_ours(&path, export.head()) {
                fs::remove_file(&path).map_err(|source| ReportError::Write { path, source })?;
            }
        }
        Ok(())
    }

    /// Returns an unpredictable name for a file that is being written.
    fn partial(&self, name: &str) -> PathBuf {
        let unforeseen = fastrand::u64(..);
        self.0.join(format!(".{name}.{unforeseen:016x}{PARTIAL}"))
    }

    fn probe(&self) -> Result<(), ReportError> {
        let partial = self.partial(PROBE);
        File::create_new(&partial)
            .and_then(|_| fs::remove_file(&partial))
            .map_err(|source| ReportError::Write {
                path: self.0.clone(),
                source,
            })
    }

    /// Removes unfinished files of killed processes.
    fn sweep(&self) -> io::Result<()> {
        let ours = exports();
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            let unfinished = is_partial(&entry.file_name().to_string_lossy(), &ours);
            if unfinished && entry.file_type()?.is_file() && is_left(&entry.path()) {
                // A file that cannot be removed does no harm.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }
}

/// Returns whether no process writes this file: a writer holds a lock on it.
fn is_left(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

/// Returns all files that an export may create, by name, with their beginnings.
fn exports() -> HashMap<String, &'static str> {
    let exports = Export::of(&Format::ALL).into_iter();
    exports
        .map(|export| (export.file_name(), export.head()))
        .chain(LOG_EXPORTS.map(|(name, head)| (name.to_owned(), head)))
        .collect()
}

/// Returns the first entry, by name, that is not an export.
fn foreign(dir: &Path) -> io::Result<Option<String>> {
    let ours = exports();
    let mut found: Option<String> = None;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Unfinished files of a killed process are ours too.
        let known = match ours.get(&name) {
            // The check for files in the way reports a directory.
            Some(head) => entry.path().is_dir() || is_ours(&entry.path(), head),
            None => is_partial(&name, &ours) && !entry.path().is_dir(),
        };
        if !known && found.as_ref().is_none_or(|first| name < *first) {
            found = Some(name);
        }
    }
    Ok(found)
}

/// Returns whether a file begins as ours do, or is empty.
fn is_ours(path: &Path, head: &str) -> bool {
    let head = head.as_bytes();
    let mut found = Vec::new();
    // Reading a pipe might never end, and an unreadable file is not known to be ours.
    path.is_file()
        && File::open(path)
            .and_then(|file| {
                file.take((BOM.len() + head.len()) as u64)
                    .read_to_end(&mut found)
            })
            .is_ok()
        && (found.is_empty() || found.strip_prefix(BOM).unwrap_or(&found).starts_with(head))
}

/// Returns whether a name is that of a file being written: `.pages.csv.0123456789abcdef.partial`.
fn is_partial(name: &str, ours: &HashMap<String, &str>) -> bool {
    name.strip_prefix('.')
        .and_then(|name| name.strip_suffix(PARTIAL))
        .and_then(|name| name.rsplit_once('.'))
        .is_some_and(|(name, unforeseen)| {
            unforeseen.len() == 16
                && unforeseen.bytes().all(|byte| byte.is_ascii_hexdigit())
                && (name == PROBE || ours.contains_key(name))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_a_byte_order_mark_is_ours() {
        let temp = tempfile::tempdir().expect("a directory");
        let path = temp.path().join("pages.csv");
        for (text, ours) in [
            ("\u{feff}Address,x", true),
            ("\u{feff}Name", false),
            ("Addr", false),
        ] {
            fs::write(&path, text).expect("written");
            assert_eq!(is_ours(&path, "Address,"), ours, "{text}");
        }
    }

    fn claim(dir: &Path, share: bool) -> Result<Directory, ReportError> {
        Directory::claim(dir, &Format::ALL, share)
    }

    #[test]
    fn a_directory_is_created_and_used_again() {
        let temp = tempfile::tempdir().expect("a directory");
        let out = temp.path().join("a/b");
        let directory = claim(&out, false).expect("made");
        directory
            .put("pages.csv", |file| {
                Ok(file.write_all(b"Address,Content Type,")?)
            })
            .expect("written");
        let left = out.join(".attempts.csv.0123456789abcdef.partial");
        fs::write(&left, "x").expect("left behind");
        claim(&out, false).expect("holds our files only");
        assert!(!left.exists(), "what a killed process left stays");
    }

    #[test]
    fn files_of_a_running_process_are_not_swept() {
        let temp = tempfile::tempdir().expect("a directory");
        let directory = claim(temp.path(), false).expect("made");
        directory
            .put("pages.csv", |file| {
                file.write_all(b"Address,Content Type,")?;
                claim(temp.path(), false).expect("claimed by another process");
                Ok(())
            })
            .expect("still there");
    }

    #[cfg(unix)]
    #[test]
    fn planted_links_are_never_followed() {
        let temp = tempfile::tempdir().expect("a directory");
        let precious = temp.path().join("precious");
        fs::write(&precious, "mine").expect("written");
        let out = temp.path().join("out");
        fs::create_dir(&out).expect("made");
        let names = [
            "pages.csv",
            ".pages.csv.partial",
            ".probe.partial",
            ".pages.csv.0123456789abcdef.partial",
        ];
        for name in names {
            std::os::unix::fs::symlink(&precious, out.join(name)).expect("linked");
        }
        let directory = claim(&out, true).expect("claimed");
        directory
            .put("pages.csv", |file| Ok(file.write_all(b"Address")?))
            .expect("written");
        assert_eq!(fs::read(&precious).expect("read"), b"mine");
        let written = out.join("pages.csv");
        assert!(fs::symlink_metadata(&written).expect("there").is_file());
        assert_eq!(fs::read(&written).expect("read"), b"Address");
    }

    #[test]
    fn a_directory_with_foreign_files_is_refused_without_overwrite() {
        let temp = tempfile::tempdir().expect("a directory");
        fs::write(temp.path().join("thesis.doc"), "x").expect("written");
        fs::write(temp.path().join("pages.csv"), "").expect("written");
        let fault = claim(temp.path(), false).expect_err("foreign");
        assert!(matches!(fault, ReportError::Foreign { name, .. } if name == "thesis.doc"));
        claim(temp.path(), true).expect("overwrite is set");
    }

    #[test]
    fn a_foreign_file_with_the_name_of_an_export_stays_foreign() {
        let temp = tempfile::tempdir().expect("a directory");
        let path = temp.path().join("pages.csv");
        fs::write(&path, "Name,Pages\r\n").expect("written");
        let fault = claim(temp.path(), false).expect_err("foreign");
        assert!(matches!(fault, ReportError::Foreign { name, .. } if name == "pages.csv"));
        let directory = claim(temp.path(), true).expect("overwrite is set");
        directory
            .remove_other_exports(&[Export::Summary])
            .expect("retired");
        assert!(path.exists());
    }

    #[test]
    fn a_directory_in_the_way_of_a_file_is_reported_at_once() {
        let temp = tempfile::tempdir().expect("a directory");
        let file = temp.path().join("file");
        fs::write(&file, "x").expect("written");
        assert!(matches!(
            claim(&file, true),
            Err(ReportError::InTheWay(path)) if path == file
        ));
        assert!(matches!(
            claim(&file.join("below"), true),
            Err(ReportError::Write { .. })
        ));
        fs::create_dir(temp.path().join("pages.csv")).expect("made");
        assert!(matches!(
            claim(temp.path(), true),
            Err(ReportError::InTheWay(path)) if path.ends_with("pages.csv")
        ));
    }

    #[test]
    fn an_unfinished_file_leaves_the_old_one() {
        let temp = tempfile::tempdir().expect("a directory");
        let directory = claim(temp.path(), false).expect("made");
        let put = |text: &'static [u8], end: Result<(), Fault>| {
            directory.put("pages.csv", |file| {
                file.write_all(text)?;
                end
            })
        };
        put(b"old", Ok(())).expect("written");
        let full = io::Error::from(io::ErrorKind::StorageFull);
        put(b"ne", Err(full.into())).expect_err("full");
        let names: Vec<_> = fs::read_dir(temp.path())
            .expect("read")
            .map(|entry| entry.expect("read").file_name())
            .collect();
        assert_eq!(names, ["pages.csv"]);
        let text = fs::read(temp.path().join("pages.csv")).expect("read");
        assert_eq!(text, b"old");
    }
}
