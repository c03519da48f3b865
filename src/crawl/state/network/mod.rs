//! This machine's own network, and the hosts that answered before.

mod answered;
mod outage;
pub(super) mod own_network;
