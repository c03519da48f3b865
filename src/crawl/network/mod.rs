//! This machine's own network, and where hosts answered from.

mod answered;
mod outage;
pub(super) mod own_network;
mod places;
