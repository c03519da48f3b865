//! Failed exchanges: maps errors to outcomes.

pub(super) mod chain;
pub(super) mod exchange;
mod tls;

pub use tls::NOT_TLS;
