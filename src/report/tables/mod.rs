//! Tables, streamed row by row: CSV, JSON lines, the workbook, Screaming Frog's files.

pub(super) mod changes;
mod columns;
pub(super) mod csv;
pub(super) mod jsonl;
pub(super) mod logs;
pub(super) mod screaming_frog;
pub(super) mod workbook;
