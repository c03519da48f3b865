//! Crawlers: recognised by their user agents, verified by their IP addresses.

pub(super) mod agents;
pub(super) mod ranges;
pub(super) mod resolve;
pub(super) mod table;
pub(super) mod verify;
