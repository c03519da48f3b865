//! Arguments and the configuration file, turned into a checked plan; one-line errors; exit codes. It reads the files
//! that the user names, and prints nothing.

pub(crate) mod args;
pub(crate) mod config;
pub(crate) mod exit;
pub(crate) mod failure;
pub(crate) mod parse;
pub(crate) mod plan;
pub(crate) mod source;
