//! Which IP addresses may be requested.

pub(super) mod neighbours;
pub(super) mod public;
