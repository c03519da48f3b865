//! The fetcher over HTTP: its settings, the client beneath, and what is noted of one attempt.

pub(super) mod answer;
pub(super) mod attempt;
pub(super) mod dial;
pub(super) mod files;
pub(super) mod http;
pub(super) mod outbound;
pub(super) mod settings;
pub(super) mod setup;
mod sleep;
