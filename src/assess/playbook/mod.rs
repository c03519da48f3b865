//! Advice for causes, statuses, outcomes, steps and checks, as data.
//!
//! The texts are in TOML files beside this one and are compiled into the program. Every lookup returns a
//! playbook or the nearest name; a test keeps every file valid and every key filled.

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
