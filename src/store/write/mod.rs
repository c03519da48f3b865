//! The one thread that writes, and how a change becomes rows.

pub(super) mod change;
mod state;
pub(super) mod stored;
mod visit;
mod weight;
pub(super) mod writer;
