//! What people read: texts, tables and colours, the progress of a crawl, its summary.

pub(super) mod columns;
pub(super) mod logs;
pub(super) mod look;
pub(super) mod paint;
pub(super) mod progress;
pub(super) mod spark;
mod stall;
pub(super) mod streams;
pub(super) mod summary;
pub(super) mod text;
pub(super) mod watch;
pub(super) mod wrap;
