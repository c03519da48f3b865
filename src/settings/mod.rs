//! What a person may set: arguments and the configuration file to a checked plan, with what is wrong in one
//! line, and the exit codes. It reads files that are named to it, and prints nothing.

pub(crate) mod args;
pub(crate) mod config;
pub(crate) mod exit;
pub(crate) mod failure;
pub(crate) mod parse;
pub(crate) mod plan;
pub(crate) mod source;
