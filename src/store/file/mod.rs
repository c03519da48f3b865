//! The database file: opening, locks, and creating and upgrading its tables.

mod identity;
pub(super) mod lock;
pub(super) mod open;
pub(super) mod pool;
pub(super) mod schema;
pub(super) mod space;
pub(super) mod steps;
pub(super) mod turn;
