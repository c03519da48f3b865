//! The keys of a config file: the flags of `audit`, by their names.

use clap::{Arg, Command};
use toml::Value;

/// What makes no sense in a file: questions about the program, the file itself, and which run.
const NO_KEYS: [&str; 4] = ["help", "version", "config", "resume"];

/// The key of an argument: its long flag, or its name where it has none.
pub(crate) fn key(arg: &Arg) -> &str {
    arg.get_long().unwrap_or(arg.get_id().as_str())
}

/// All arguments that are keys.
pub(crate) fn keys(audit: &Command) -> impl Iterator<Item = &Arg> {
    audit
        .get_arguments()
        .filter(|arg| !NO_KEYS.contains(&arg.get_id().as_str()))
}

/// The argument of a key.
pub(crate) fn find<'c>(audit: &'c Command, name: &str) -> Option<&'c Arg> {
    keys(audit).find(|arg| {
        let aliases = arg.get_all_aliases().unwrap_or_default();
        key(arg) == name || aliases.contains(&name)
    })
}

/// From this likeness on a key is worth naming: below it, it is another word.
const ALIKE: f64 = 0.75;

/// What to say of a key that is none.
pub(super) fn unknown(audit: &Command, name: &str, value: &Value) -> String {
    if value.is_table() {
        return format!("unknown table {name:?}; keys stand at the top, in no table");
    }
    match nearest(keys(audit).map(key), name) {
        Some(nearest) => format!("unknown key {name:?}; the nearest is {nearest:?}"),
        None => format!("unknown key {name:?}; keys are named as the flags of audit"),
    }
}

/// The name that is most like another, if one is.
pub(crate) fn nearest<'n>(names: impl Iterator<Item = &'n str>, name: &str) -> Option<&'n str> {
    let likeness = |known: &str| strsim::jaro_winkler(known, name);
    let nearest = names.max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    nearest.filter(|known| likeness(known) >= ALIKE)
}
