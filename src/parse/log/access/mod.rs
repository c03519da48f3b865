//! Readers of access logs, one file for each family of formats.

pub(super) mod clf;
pub(super) mod dialect;
pub(super) mod json;
pub(super) mod key_values;
pub(super) mod known;
pub(super) mod template;
pub(super) mod w3c;
