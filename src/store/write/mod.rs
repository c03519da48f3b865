//! The writer thread, and how it turns changes into rows.

pub(super) mod change;
mod state;
pub(super) mod stored;
mod visit;
mod weight;
pub(super) mod writer;
