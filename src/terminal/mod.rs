//! Output for people on a terminal: texts, tables and colours, the progress of a crawl, its summary.

pub(crate) mod columns;
pub(crate) mod logs;
pub(crate) mod output_style;
pub(crate) mod paint;
pub(crate) mod progress;
pub(crate) mod spark;
mod stall;
pub(crate) mod streams;
pub(crate) mod summary;
pub(crate) mod text;
pub(crate) mod watch;
pub(crate) mod wrap;
