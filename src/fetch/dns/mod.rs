//! Name resolution, and whether name servers still answer.

mod cache;
pub(super) mod lookups;
pub(super) mod resolver;
mod sockets;
pub(super) mod witness;
