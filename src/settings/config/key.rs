//! The keys of a config file, which are the names of the flags of `audit`.

use clap::{Arg, Command};
use toml::Value;

use crate::machine::nearest;

/// Arguments that are not keys: help and version, the file itself, and the run to resume.
const NO_KEYS: [&str; 4] = ["help", "version", "config", "resume"];

/// Returns the key of an argument: its long flag, or its name if it has none.
pub(crate) fn key(arg: &Arg) -> &str {
    arg.get_long().unwrap_or(arg.get_id().as_str())
}

/// Returns all arguments that are keys.
pub(crate) fn keys(audit: &Command) -> impl Iterator<Item = &Arg> {
    audit
        .get_arguments()
        .filter(|arg| !NO_KEYS.contains(&arg.get_id().as_str()))
}

/// Finds the argument of a key.
pub(crate) fn find<'c>(audit: &'c Command, name: &str) -> Option<&'c Arg> {
    keys(audit).find(|arg| {
        let aliases = arg.get_all_aliases().unwrap_or_default();
        key(arg) == name || aliases.contains(&name)
    })
}

/// Returns the message about an unknown key.
pub(super) fn unknown(audit: &Command, name: &str, value: &Value) -> String {
    if value.is_table() {
        return format!(
            "unknown table {name:?}; write its keys at the top of the file, outside of any table"
        );
    }
    match nearest(keys(audit).map(key), name) {
        Some(nearest) => format!("unknown key {name:?}; did you mean {nearest:?}?"),
        None => format!("unknown key {name:?}; keys have the names of the flags of `audit`"),
    }
}
