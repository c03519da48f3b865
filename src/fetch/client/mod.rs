//! The fetcher over HTTP: its settings, its HTTP client, and the recorded facts about an attempt.

pub(super) mod answer;
pub(super) mod attempt;
pub(super) mod dial;
pub(super) mod files;
pub(super) mod http;
pub(super) mod outbound;
pub(super) mod settings;
pub(super) mod setup;
mod sleep;
