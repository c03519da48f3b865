//! The database file: opened and locked, its tables made and brought up to date.

mod identity;
pub(super) mod lock;
pub(super) mod open;
pub(super) mod pool;
pub(super) mod schema;
pub(super) mod space;
pub(super) mod steps;
pub(super) mod turn;
