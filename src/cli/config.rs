//! The config file. Its keys are the flags of `audit`: it is turned into the words that would have
//! been typed, so that a flag has one definition, and what was typed goes before what is written.

use std::ffi::OsString;
use std::path::Path;
use std::slice;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use toml::Value;
use toml::de::DeTable;

use crate::app;

use super::args::is_scope;
use super::failure::Failure;
use super::logins::without_logins;
use super::parse::complaint;

/// What makes no sense in a file: questions about the program, the file itself, and which run.
const NO_KEYS: [&str; 4] = ["help", "version", "config", "resume"];

/// The URLs come from one place: a site that is typed is not to be mixed with a list in the file.
const URLS: [&str; 2] = ["url", "url_list"];

/// The table of the projects, which only the schedule reads.
pub(super) const PROJECTS: &str = "project";

/// The table of the server that mails leave by, likewise.
pub(super) const SMTP: &str = "smtp";

/// Longest config file, in bytes: some thousand projects.
const LONGEST: u64 = 4 << 20;

/// The text of a config file.
pub(super) fn text(path: &Path) -> std::io::Result<String> {
    app::read_text(path, LONGEST)
}

/// A config file as it was read. `Debug` shows nothing of its text.
#[derive(Clone, Copy)]
pub(super) struct File<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

/// The words that a file adds to those typed for a command.
pub(super) fn words(
    file: &File<'_>,
    program: &Command,
    command: &Command,
    typed: &ArgMatches,
) -> Result<Vec<OsString>, Failure> {
    let audit = program
        .find_subcommand("audit")
        .ok_or_else(|| Failure::usage("no audit command"))?;
    let mut words = Vec::new();
    for (key, value, line) in file.entries()? {
        // They are the schedule's.
        if [PROJECTS, SMTP].contains(&key.as_str()) && value.is_table() {
            continue;
        }
        let known = find(audit, &key);
        let known = known.ok_or_else(|| file.fault(line, &unknown(audit, &key, &value)))?;
        let found = file.words_of(known, &value, line)?;
        check(program, &found).map_err(|why| file.fault(line, &format!("{key}: {why}")))?;
        let id = known.get_id().as_str();
        let wanted = command.get_arguments().any(|arg| arg.get_id() == id);
        if wanted && !is_decided(command, typed, known) {
            words.extend(found);
        }
    }
    Ok(words)
}

/// Arguments that are secrets whatever they say.
const SECRETS: [&str; 3] = ["header", "basic_auth", "cookie"];

/// Arguments that are addresses, which may have a login.
const ADDRESSES: [&str; 3] = ["proxy", "url", "sitemap"];

/// Whether an argument with this value is a secret.
pub(super) fn is_secret(arg: &Arg, value: &str) -> bool {
    let id = arg.get_id().as_str();
    let has_login = || without_logins(value).len() < value.len();
    SECRETS.contains(&id) || (ADDRESSES.contains(&id) && has_login())
}

/// Whether something in the file is a secret.
pub(super) fn holds_secrets(file: &File<'_>, program: &Command) -> Result<bool, Failure> {
    let Some(audit) = program.find_subcommand("audit") else {
        return Ok(false);
    };
    let projects = file.projects()?;
    let entries = projects.into_iter().flat_map(|project| project.entries);
    Ok(file
        .entries()?
        .into_iter()
        .chain(entries)
        .any(|(key, value, _)| {
            let texts = match &value {
                Value::Array(values) => values.iter().filter_map(scalar).collect(),
                value => Vec::from_iter(scalar(value)),
            };
            find(audit, &key).is_some_and(|arg| texts.iter().any(|text| is_secret(arg, text)))
        }))
}

/// A key with its value and its line.
pub(super) type Entry = (String, Value, usize);

/// A project as it stands in the file. It may hold secrets, so there is no `Debug`.
pub(super) struct RawProject {
    pub(super) name: String,
    /// Where its table begins.
    pub(super) line: usize,
    /// Its keys in the order of the file.
    pub(super) entries: Vec<Entry>,
}

impl std::fmt::Debug for File<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl File<'_> {
    /// Keys, values and lines in the order of the file.
    fn entries(&self) -> Result<Vec<Entry>, Failure> {
        let (spans, values) = self.parsed()?;
        Ok(self.entries_of(spans.get_ref(), values))
    }

    /// A table at the top of the file.
    pub(super) fn table(&self, name: &str) -> Result<Option<toml::Table>, Failure> {
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

    /// The projects in the order of the file.
    pub(super) fn projects(&self) -> Result<Vec<RawProject>, Failure> {
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
                let what =
                    format!("project must be tables, such as [project.shop], and {name:?} is none");
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

    fn parsed(&self) -> Result<(toml::Spanned<DeTable<'_>>, toml::Table), Failure> {
        let parsed = DeTable::parse(self.text).and_then(|spans| {
            let values: toml::Table = toml::from_str(self.text)?;
            Ok((spans, values))
        });
        // The library's own display shows the line, which may hold a secret.
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

    /// The words that mean what a key says.
    pub(super) fn words_of(
        &self,
        arg: &Arg,
        value: &Value,
        line: usize,
    ) -> Result<Vec<OsString>, Failure> {
        let name = key(arg);
        let wrong = |wanted: &str| {
            let found = value.type_str();
            self.fault(line, &format!("{name} must be {wanted}, not {found}"))
        };
        let word = |text: &str| {
            let text = self.resolved(arg, text);
            let long = arg.get_long().map(|long| format!("--{long}="));
            OsString::from(long.unwrap_or_default() + &text)
        };
        // A word without a flag before it would be taken for one.
        let is_flag = |value: &Value| value.as_str().is_some_and(|text| text.starts_with('-'));
        let values = value
            .as_array()
            .map_or(slice::from_ref(value), Vec::as_slice);
        if arg.is_positional() && values.iter().any(is_flag) {
            let what = format!("{name} must be an address, and none begins with \"-\"");
            return Err(self.fault(line, &what));
        }
        match (arg.get_action(), value) {
            (ArgAction::SetTrue, Value::Boolean(on)) => {
                Ok(on.then(|| format!("--{name}").into()).into_iter().collect())
            }
            (ArgAction::SetTrue, _) => Err(wrong("true or false")),
            (ArgAction::Count, Value::Integer(times @ 0..=9)) => {
                Ok((0..*times).map(|_| format!("--{name}").into()).collect())
            }
            (ArgAction::Count, _) => Err(wrong("a number from 0 to 9")),
            (ArgAction::Append, Value::Array(values)) => values
                .iter()
                .map(|value| scalar(value).map(|text| word(&text)))
                .collect::<Option<_>>()
                .ok_or_else(|| wrong("an array of texts")),
            (action, value) => match scalar(value) {
                Some(text) => Ok(vec![word(&text)]),
                None if matches!(action, ArgAction::Append) => Err(wrong("a text or an array")),
                None => Err(wrong("a text or a number")),
            },
        }
    }

    /// A path in the file starts where the file is.
    fn resolved(&self, arg: &Arg, text: &str) -> String {
        let is_path = matches!(
            arg.get_value_hint(),
            ValueHint::FilePath | ValueHint::DirPath
        );
        match self.path.parent() {
            Some(dir) if is_path && text != "-" => dir.join(text).to_string_lossy().into_owned(),
            _ => text.to_owned(),
        }
    }

    fn line(&self, at: usize) -> usize {
        let before = self.text.bytes().take(at);
        before.filter(|byte| *byte == b'\n').count() + 1
    }

    pub(super) fn fault(&self, line: usize, what: &str) -> Failure {
        Failure::usage(format!("{}, line {line}: {what}", self.path.display()))
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The key of an argument: its long flag, or its name where it has none.
pub(super) fn key(arg: &Arg) -> &str {
    arg.get_long().unwrap_or(arg.get_id().as_str())
}

pub(super) fn keys(audit: &Command) -> impl Iterator<Item = &Arg> {
    audit
        .get_arguments()
        .filter(|arg| !NO_KEYS.contains(&arg.get_id().as_str()))
}

pub(super) fn find<'c>(audit: &'c Command, name: &str) -> Option<&'c Arg> {
    keys(audit).find(|arg| {
        let aliases = arg.get_all_aliases().unwrap_or_default();
        key(arg) == name || aliases.contains(&name)
    })
}

/// From this likeness on a key is worth naming: below it, it is another word.
const ALIKE: f64 = 0.75;

fn unknown(audit: &Command, name: &str, value: &Value) -> String {
    if value.is_table() {
        return format!("unknown table {name:?}; keys stand at the top, in no table");
    }
    match nearest(keys(audit).map(key), name) {
        Some(nearest) => format!("unknown key {name:?}; the nearest is {nearest:?}"),
        None => format!("unknown key {name:?}; keys are named as the flags of audit"),
    }
}

/// The name that is most like another, if one is.
pub(super) fn nearest<'n>(names: impl Iterator<Item = &'n str>, name: &str) -> Option<&'n str> {
    let likeness = |known: &str| strsim::jaro_winkler(known, name);
    let nearest = names.max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    nearest.filter(|known| likeness(known) >= ALIKE)
}

/// Whether what was typed, or the environment, leaves a key nothing to say.
fn is_decided(command: &Command, typed: &ArgMatches, arg: &Arg) -> bool {
    let id = arg.get_id().as_str();
    let given = |id: &str| {
        let source = typed.value_source(id);
        source.is_some_and(|source| source != ValueSource::DefaultValue)
    };
    // A resumed run has its scope already.
    let resumes = command.get_arguments().any(|arg| arg.get_id() == "resume") && given("resume");
    let fixed = resumes && is_scope(arg);
    let urls = URLS.contains(&id) && URLS.into_iter().any(given);
    let excluded = command.get_arguments().any(|other| {
        let excludes = |a: &Arg, b: &Arg| {
            let conflicts = command.get_arg_conflicts_with(a);
            conflicts.iter().any(|arg| arg.get_id() == b.get_id())
        };
        given(other.get_id().as_str()) && (excludes(other, arg) || excludes(arg, other))
    });
    given(id) || fixed || urls || excluded
}

/// Whether the words are valid by themselves, so that a fault can be laid to its line.
pub(super) fn check(program: &Command, words: &[OsString]) -> Result<(), String> {
    let start = ["gatecrawl", "audit"].map(OsString::from);
    let all = start.into_iter().chain(words.iter().cloned());
    match program.clone().try_get_matches_from(all) {
        Err(error) if error.kind() == clap::error::ErrorKind::ValueValidation => {
            // The reason alone: the words around it speak of a flag that nobody typed.
            let why = std::error::Error::source(&error).map(ToString::to_string);
            Err(why.unwrap_or_else(|| complaint(&error)))
        }
        Err(error) if error.kind() == clap::error::ErrorKind::InvalidValue => {
            Err(complaint(&error).replace('\n', " "))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::args::Cli;
    use super::*;

    fn read(text: &str, typed: &[&str]) -> Result<Vec<String>, String> {
        let mut program = Cli::command();
        let all = [&["gatecrawl"], typed].concat();
        let matches = program.try_get_matches_from_mut(all).expect("valid");
        let (name, typed) = matches.subcommand().expect("a command");
        let file = File {
            path: Path::new("conf/gatecrawl.toml"),
            text,
        };
        let command = program.find_subcommand(name).expect("known");
        match words(&file, &program, command, typed) {
            Ok(words) => Ok(words
                .iter()
                .map(|w| w.to_string_lossy().into_owned())
                .collect()),
            Err(fault) => Err(fault.message().unwrap_or_default()),
        }
    }

    #[test]
    fn keys_become_the_flags_of_their_name() {
        let text = "url = ['a.example']\nrate = 0.5\nconcurrency = 4\nresources = true\n\
            external = false\nexclude = ['/a', '/b']\ntimeout = '5s'\nmax-retries = 1\n\
            fail-on = ['5xx > 0', 'coverage < 95%']\nout = 'reports'\nurl-list = '-'\nverbose = 2\n";
        let expected = [
            "a.example",
            "--rate=0.5",
            "--concurrency=4",
            "--resources",
            "--exclude=/a",
            "--exclude=/b",
            "--timeout=5s",
            "--retries=1",
            "--fail-on=5xx > 0",
            "--fail-on=coverage < 95%",
            "--out=conf/reports",
            "--url-list=-",
            "--verbose",
            "--verbose",
        ];
        assert_eq!(
            read(text, &["audit"]),
            Ok(expected.map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn what_is_typed_goes_before() {
        let text = "rate = 5\nurl-list = 'x'\nno-sitemap = true\nquiet = true\n";
        let typed = [
            "audit",
            "a.example",
            "--rate-limit",
            "1",
            "--sitemap",
            "/s",
            "-v",
        ];
        assert_eq!(read(text, &typed), Ok(Vec::new()));
        let resumed = read("max-depth = 2\nrate = 5\n", &["audit", "--resume"]);
        assert_eq!(resumed, Ok(vec!["--rate=5".to_owned()]));
    }

    #[test]
    fn other_commands_take_the_keys_that_they_know() {
        let text = "rate = 5\ndb = 'runs.db'\n";
        let expected = vec!["--db=conf/runs.db".to_owned()];
        assert_eq!(read(text, &["runs"]), Ok(expected.clone()));
        assert_eq!(read(text, &["report"]), Ok(expected));
    }

    #[test]
    fn projects_are_nothing_to_other_commands() {
        let text =
            "rate = 5\n[smtp]\nhost = 'x'\n[project.shop]\nurl = 'a.example'\nanything = 1\n";
        let expected = vec!["--rate=5".to_owned()];
        assert_eq!(read(text, &["audit", "b.example"]), Ok(expected));
    }

    #[test]
    fn faults_name_file_line_and_key() {
        let cases = [
            (
                "\nmax_depht = 1",
                "line 2: unknown key \"max_depht\"; the nearest is \"max-depth\"",
            ),
            (
                "resume = 1",
                "line 1: unknown key \"resume\"; the nearest is \"resources\"",
            ),
            (
                "resources = 'yes'",
                "line 1: resources must be true or false, not string",
            ),
            (
                "url = ['a.example', '--insecure']",
                "line 1: url must be an address, and none begins with \"-\"",
            ),
            (
                "rate = true",
                "line 1: rate must be a text or a number, not boolean",
            ),
            (
                "timeout = '5 parsecs'",
                "line 1: timeout: \"5 parsecs\" is no duration such as 200ms, 2s or 1m",
            ),
            (
                "fail-on = ['5xx > 0', '5xx > x']",
                "line 1: fail-on: \"x\" is no number such as 5, 0.5 or 1%",
            ),
            (
                "[audit]\nrate = 1",
                "line 1: unknown table \"audit\"; keys stand at the top, in no table",
            ),
        ];
        for (text, expected) in cases {
            let fault = read(text, &["audit"]).expect_err("unusable");
            assert_eq!(fault, format!("conf/gatecrawl.toml, {expected}"));
        }
        let broken = read("rate = 1\ncookie = \"hunter2", &["audit"]).expect_err("no TOML");
        assert!(
            broken.contains("line 2") && !broken.contains("hunter2"),
            "{broken}"
        );
    }
}
