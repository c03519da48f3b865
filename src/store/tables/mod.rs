//! The tables of the exports, one file each; every column is declared there, once. Views, headers,
//! formats of the workbook and the tables of docs/columns.md come from these declarations. Code
//! names a column by its constant.

pub(super) mod column;
pub(super) mod table;
mod view;

pub mod attempts;
pub mod error_inlinks;
pub mod findings;
pub mod pages;
pub mod redirects;
pub mod robots;
pub mod sections;
pub mod sitemaps;
pub mod skipped;

pub use column::{Column, Kind, Names};
