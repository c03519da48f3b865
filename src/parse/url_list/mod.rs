//! The files that people keep URLs in: plain lists, CSV and its relatives, sitemaps, workbooks, and the zip
//! files of Search Console. The URL column is found by the look of its cells, so neither the language nor the
//! product behind an export matters. Rows are read one at a time, and each cell is handed out with what it
//! looks like, so that nothing is lost unseen. What a cell means as a URL is for the caller to know.

mod archive;
mod container;
mod fault;
mod layout;
mod read;
mod row;
mod shape;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod workbook;

pub use fault::{Column, ListFault, Taken};
pub use read::{read, read_rows};
pub use row::Row;
pub use shape::Shape;
pub use table::Found;
