//! A config file as TOML, with the line of each key for error messages.

use std::fmt;
use std::path::Path;

use toml::de::{DeTable, DeValue, ValueDeserializer};
use toml::{Spanned, Value};

use crate::machine;

use super::super::failure::Failure;

/// The table of the projects, which only the schedule reads.
pub(crate) const PROJECTS: &str = "project";

/// The table of the mail server, which only the schedule reads.
pub(crate) const SMTP: &str = "smtp";

/// Maximum size of a config file in bytes: some thousand projects.
const LONGEST: u64 = 4 << 20;

/// Reads the text of a config file.
pub(crate) fn text(path: &Path) -> std::io::Result<String> {
    machine::read_text(path, LONGEST)
}

/// The text of a config file. `Debug` does not show it, because it may hold secrets.
#[derive(Clone, Copy)]
pub(crate) struct File<'a> {
    pub(crate) path: &'a Path,
    pub(crate) text: &'a str,
    /// Whether the user named it, as opposed to a file that was found in the directory.
    pub(crate) named: bool,
}

impl fmt::Debug for File<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// A key with its value and its line.
pub(crate) type Entry = (String, Value, usize);

/// A project as written in the file. It may hold secrets, so there is no `Debug`.
pub(crate) struct RawProject {
    pub(crate) name: String,
    /// The line on which the project's table begins.
    pub(crate) line: usize,
    /// The keys of the table, in the order of the file.
    pub(crate) entries: Vec<Entry>,
}

impl File<'_> {
    /// Returns keys, values and lines in the order of the file.
    pub(super) fn entries(&self) -> Result<Vec<Entry>, Failure> {
        let (spans, values) = self.parsed()?;
        Ok(self.entries_of(spans.get_ref(), values))
    }

    /// Returns a table at the top of the file.
    pub(crate) fn table(&self, name: &str) -> Result<Option<toml::Table>, Failure> {
        let (_, mut values) = self.parsed()?;
        match values.remove(name) {
            None => Ok(None),
            Some(Value::Table(table)) => Ok(Some(table)),
            Some(other) => Err(Failure::usage(format!(
                "{}: {name} must be a table, not {}",
                self.path.display(),
                other.type_str()
            ))),
        }
    }

    /// Returns the line of a key by its path, such as `project.shop.notify.mail[0].to`, or of the last part of the path
    /// that the file has.
    pub(crate) fn line_of(&self, path: &str) -> usize {
        let Ok(parsed) = DeTable::parse(self.text) else {
            return 1;
        };
        let (mut table, mut at) = (Some(parsed.get_ref()), 0);
        for part in path.split('.') {
            let (name, place) = part.split_once('[').unwrap_or((part, ""));
            let Some((key, mut value)) = table.and_then(|table| table.get_key_value(name)) else {
                break;
            };
            at = key.span().start;
            let entries = value.get_ref().as_array();
            let place = place.trim_end_matches(']').parse().ok();
            if let Some(entry) = place.and_then(|place: usize| entries?.get(place)) {
                (value, at) = (entry, entry.span().start);
            }
            table = value.get_ref().as_table();
        }
        self.line(at)
    }

    /// Returns the value at this path from the top of the file, ready to be read as a type. Errors of the reading
    /// name the line in the file.
    pub(crate) fn value(&self, path: &[&str]) -> Result<Option<ValueDeserializer<'_>>, Failure> {
        let (spans, _) = self.parsed()?;
        let span = spans.span();
        let mut found = Spanned::new(span, DeValue::Table(spans.into_inner()));
        for name in path {
            let DeValue::Table(mut table) = found.into_inner() else {
                return Ok(None);
            };
            match table.remove(*name) {
                Some(value) => found = value,
                None => return Ok(None),
            }
        }
        Ok(Some(found.into()))
    }

    /// Returns the projects in the order of the file.
    pub(crate) fn projects(&self) -> Result<Vec<RawProject>, Failure> {
        let (spans, mut values) = self.parsed()?;
        let Some((key, span)) = spans.get_ref().get_key_value(PROJECTS) else {
            return Ok(Vec::new());
        };
        let line = self.line(key.span().start);
        let (Some(spans), Some(Value::Table(mut values))) =
            (span.get_ref().as_table(), values.remove(PROJECTS))
        else {
            return Err(self.fault(line, "project must be tables, such as [project.shop]"));
        };
        let mut projects = Vec::new();
        for (key, span) in spans {
            let (name, line) = (key.get_ref().to_string(), self.line(key.span().start));
            let (Some(spans), Some(Value::Table(values))) =
                (span.get_ref().as_table(), values.remove(&name))
            else {
                let what = format!(
                    "project must be tables, such as [project.shop], and {name:?} is not a table"
                );
                return Err(self.fault(line, &what));
            };
            let entries = self.entries_of(spans, values);
            projects.push(RawProject {
                name,
                line,
                entries,
            });
        }
        projects.sort_by_key(|project| project.line);
        Ok(projects)
    }

    fn parsed(&self) -> Result<(Spanned<DeTable<'_>>, toml::Table), Failure> {
        let parsed = DeTable::parse(self.text).and_then(|spans| {
            let values: toml::Table = toml::from_str(self.text)?;
            Ok((spans, values))
        });
        // The library's `Display` shows the line, which may hold a secret.
        parsed.map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            self.fault(self.line(at), error.message())
        })
    }

    fn entries_of(&self, spans: &DeTable<'_>, mut values: toml::Table) -> Vec<Entry> {
        let mut entries: Vec<_> = spans
            .keys()
            .filter_map(|key| {
                let name: &str = key.get_ref();
                Some((
                    name.to_owned(),
                    values.remove(name)?,
                    self.line(key.span().start),
                ))
            })
            .collect();
        entries.sort_by_key(|(_, _, line)| *line);
        entries
    }

    /// Returns the number of the line that contains a byte.
    pub(crate) fn line(&self, at: usize) -> usize {
        let before = self.text.bytes().take(at);
        before.filter(|byte| *byte == b'\n').count() + 1
    }

    pub(crate) fn fault(&self, line: usize, what: &str) -> Failure {
        Failure::usage(format!("{}, line {line}: {what}", self.path.display()))
    }
}

/// Returns a value as one argument.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        _ => None,
    }
}
