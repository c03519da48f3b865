//! This machine's own network: whether what nobody answers is the site's fault.

mod answered;
mod outage;
pub(super) mod own_network;
