//! Turns flags of `audit` into keys of a project, as they are written in the file.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, CommandFactory};
use toml_edit::{Array, Value};

use super::projects::variable;
use crate::settings::args::Cli;
use crate::settings::config;
use crate::settings::failure::Failure;
use crate::settings::failure::complaint;

/// Returns the keys for flags. Refuses secrets, because they would be stored in the file.
pub(super) fn keys(project: &str, flags: &[String]) -> Result<Vec<String>, Failure> {
    let mut program = Cli::command();
    let words = ["gatecrawl", "audit"].into_iter().map(OsString::from);
    let words = words.chain(flags.iter().map(OsString::from));
    let matches = program
        .try_get_matches_from_mut(words)
        .map_err(|error| Failure::usage(complaint(&error)))?;
    let (Some((_, typed)), Some(audit)) = (matches.subcommand(), program.find_subcommand("audit"))
    else {
        return Ok(Vec::new());
    };
    let is_typed =
        |arg: &&Arg| typed.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
    config::keys(audit)
        .filter(is_typed)
        .map(|arg| key(project, arg, typed))
        .collect()
}

fn key(project: &str, arg: &Arg, typed: &ArgMatches) -> Result<String, Failure> {
    let (key, id) = (config::key(arg), arg.get_id().as_str());
    let raw = typed.get_raw(id).into_iter().flatten();
    let texts: Vec<_> = raw.map(|value| value.to_string_lossy()).collect();
    refuse_secrets(project, arg, &texts)?;
    let mut values = texts.iter().map(|text| value_of(text));
    let value = match arg.get_action() {
        ArgAction::SetTrue => Value::from(true),
        ArgAction::Count => Value::from(i64::from(typed.get_count(id))),
        ArgAction::Append => Value::Array(values.collect::<Array>()),
        _ => values.next().unwrap_or_else(|| Value::from("")),
    };
    Ok(format!("{key} = {value}"))
}

/// Refuses a value that would store a secret in the file.
fn refuse_secrets(project: &str, arg: &Arg, texts: &[Cow<'_, str>]) -> Result<(), Failure> {
    if !texts.iter().any(|text| config::is_secret(arg, text)) {
        return Ok(());
    }
    // A URL has no environment variable, but its login has.
    let name = arg.get_env().and_then(OsStr::to_str);
    let name = variable(project, name.unwrap_or("GATECRAWL_BASIC_AUTH"));
    Err(Failure::usage(format!(
        "{}: secrets do not belong in the file; give it to the runner as {name}",
        config::key(arg)
    )))
}

/// Refuses a URL with a login, and keys that are secrets.
pub(super) fn check(project: &str, url: &str, set: &[String]) -> Result<(), Failure> {
    let program = Cli::command();
    let Some(audit) = program.find_subcommand("audit") else {
        return Ok(());
    };
    let set = set.iter().filter_map(|entry| entry.split_once('='));
    let entries = set.map(|(key, value)| (key.trim(), value.trim()));
    for (key, value) in entries.chain([("url", url)]) {
        if let Some(arg) = config::find(audit, key) {
            refuse_secrets(project, arg, &[Cow::Borrowed(value)])?;
        }
    }
    Ok(())
}

/// Returns the value for a text: a number if the text is one, otherwise a string.
fn value_of(text: &str) -> Value {
    match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(number), _) => Value::from(number),
        (_, Ok(number)) if number.is_finite() => Value::from(number),
        _ => Value::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys_of(words: &str) -> Result<Vec<String>, String> {
        let flags: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        keys("my-shop", &flags).map_err(|failure| failure.message().unwrap_or_default())
    }

    #[test]
    fn flags_become_keys() {
        let words =
            "--rate 0.5 -c 4 --exclude /a --exclude /b --resources -f csv,json --timeout 5s";
        let mut keys = keys_of(words).expect("keys");
        keys.sort();
        let expected = [
            "concurrency = 4",
            "exclude = [\"/a\", \"/b\"]",
            "format = [\"csv\", \"json\"]",
            "rate = 0.5",
            "resources = true",
            "timeout = \"5s\"",
        ];
        assert_eq!(keys, expected);
    }

    #[test]
    fn secrets_stay_out_of_the_file() {
        let fault = keys_of("--basic-auth user:hush").expect_err("a secret");
        assert!(
            fault.contains("GATECRAWL_MY_SHOP_BASIC_AUTH") && !fault.contains("hush"),
            "{fault}"
        );
        assert!(keys_of("--raet 5").expect_err("no flag").contains("--rate"));
    }
}
