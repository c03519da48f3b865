//! What to do about it: for causes, statuses, outcomes, steps and ways to check, as data.
//!
//! The texts are in TOML files beside this one and are part of the program. Lookups are total: a
//! topic has a playbook or a nearest name; a test keeps every file valid and every key filled.

mod book;
mod groups;
mod lookup;
mod nearest;
mod proxies;

pub use book::{Measured, MeasuredRow};
pub use book::{Owner, Playbook, ServerNotes};
pub use groups::{Entry, Group, groups, topics};
pub use lookup::{lookup, server_key, servers};
pub use nearest::nearest;
