//! This machine's own network, and who answered before.

mod answered;
mod outage;
pub(super) mod own_network;
