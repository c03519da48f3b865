//! The config file. Its keys are the flags of `audit`. It is turned into command-line arguments, so that a flag has one
//! definition. Arguments on the command line override the file.

mod file;
mod key;
mod secret;
mod trust;

use std::ffi::OsString;
use std::slice;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use toml::Value;

use super::args::is_scope;
use super::failure::Failure;
use super::failure::complaint;

use file::scalar;

pub(crate) use file::{File, PROJECTS, RawProject, SMTP, text};
pub(crate) use key::{find, key, keys};
pub(crate) use secret::{holds_secrets, is_secret};
pub(crate) use trust::refuse_projects;

/// Arguments that name URLs. If one of them is on the command line, those of the file are ignored: a typed site is not
/// mixed with a list in the file.
const URLS: [&str; 2] = ["url", "url_list"];

/// Returns the arguments that a file adds to those on the command line.
pub(crate) fn words(
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
        // The schedule reads these tables.
        if [PROJECTS, SMTP].contains(&key.as_str()) && value.is_table() {
            continue;
        }
        let known = find(audit, &key);
        let known = known.ok_or_else(|| file.fault(line, &key::unknown(audit, &key, &value)))?;
        let found = file.words_of(known, &value, line)?;
        check(program, &found).map_err(|why| file.fault(line, &format!("{key}: {why}")))?;
        let id = known.get_id().as_str();
        let wanted = command.get_arguments().any(|arg| arg.get_id() == id);
        if wanted && !is_decided(command, typed, known) {
            let refusal = || trust::refusal(file, (command, typed), known, &value);
            if !file.named
                && !found.is_empty()
                && let Some(why) = refusal()
            {
                return Err(file.fault(line, &why));
            }
            words.extend(found);
        }
    }
    Ok(words)
}

impl File<'_> {
    /// Returns the arguments for a key and its value.
    pub(crate) fn words_of(
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
        // Without a flag before it, such a word would be taken for a flag.
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

    /// Resolves a path relative to the directory of the file.
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
}

/// Returns whether the command line or the environment overrides a key.
fn is_decided(command: &Command, typed: &ArgMatches, arg: &Arg) -> bool {
    let id = arg.get_id().as_str();
    let given = |id: &str| {
        let source = typed.value_source(id);
        source.is_some_and(|source| source != ValueSource::DefaultValue)
    };
    // A resumed run keeps its scope.
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

/// Checks the arguments of one key alone, so that an error can name the line of the key.
pub(crate) fn check(program: &Command, words: &[OsString]) -> Result<(), String> {
    let start = ["gatecrawl", "audit"].map(OsString::from);
    let all = start.into_iter().chain(words.iter().cloned());
    match program.clone().try_get_matches_from(all) {
        Err(error) if error.kind() == clap::error::ErrorKind::ValueValidation => {
            // Only the reason: the text around it names a flag that the user did not type.
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
    use std::path::Path;

    use clap::CommandFactory;

    use super::super::args::Cli;
    use super::*;

    fn read(text: &str, typed: &[&str]) -> Result<Vec<String>, String> {
        read_as(true, text, typed)
    }

    fn read_as(named: bool, text: &str, typed: &[&str]) -> Result<Vec<String>, String> {
        let mut program = Cli::command();
        let all = [&["gatecrawl"], typed].concat();
        let matches = program.try_get_matches_from_mut(all).expect("valid");
        let (name, typed) = matches.subcommand().expect("a command");
        let file = File {
            path: Path::new("conf/gatecrawl.toml"),
            text,
            named,
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
    fn typed_arguments_override_the_file() {
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
    fn an_unnamed_file_does_not_decide_where_secrets_go() {
        let found = |text: &str, typed: &[&str]| read_as(false, text, typed);
        let audit = ["audit", "a.example"];
        for text in [
            "proxy = 'http://evil.example:1'",
            "rate = 5\nresolve = ['a.example:443:192.0.2.1']",
            "insecure = true",
            "host = ['evil.example']",
        ] {
            let fault = found(text, &audit).expect_err(text);
            assert!(fault.contains("--config gatecrawl.toml"), "{fault}");
            assert!(read(text, &audit).is_ok(), "{text}");
            assert!(found(text, &["runs"]).is_ok(), "{text}");
        }
        assert_eq!(found("insecure = false", &audit), Ok(Vec::new()));
        let typed = ["audit", "a.example", "--proxy", "http://mine.example:1"];
        assert_eq!(found("proxy = 'http://evil.example:1'", &typed), Ok(vec![]));

        let site = "url = ['evil.example']";
        assert!(found(site, &["audit"]).is_ok(), "no secret is there");
        let secret = ["audit", "--cookie", "a=1"];
        assert!(found(site, &secret).is_err());
        assert!(read(site, &secret).is_ok());
        assert!(found("subdomains = true", &[&audit[..], &secret[1..]].concat()).is_err());
        let own = "url = ['evil.example']\ncookie = 'a=1'";
        assert!(found(own, &["audit"]).is_ok(), "its own secret");
    }

    #[test]
    fn other_commands_ignore_projects() {
        let text =
            "rate = 5\n[smtp]\nhost = 'x'\n[project.shop]\nurl = 'a.example'\nanything = 1\n";
        let expected = vec!["--rate=5".to_owned()];
        assert_eq!(read(text, &["audit", "b.example"]), Ok(expected));
    }

    #[test]
    fn errors_name_file_line_and_key() {
        let cases = [
            (
                "\nmax_depht = 1",
                "line 2: unknown key \"max_depht\"; did you mean \"max-depth\"?",
            ),
            (
                "resume = 1",
                "line 1: unknown key \"resume\"; did you mean \"resources\"?",
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
                "line 1: timeout: \"5 parsecs\" is not a duration such as 200ms, 2s or 1m",
            ),
            (
                "fail-on = ['5xx > 0', '5xx > x']",
                "line 1: fail-on: \"x\" is not a number such as 5, 0.5 or 1%",
            ),
            (
                "[audit]\nrate = 1",
                "line 1: unknown table \"audit\"; write its keys at the top of the file, outside \
                 of any table",
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
