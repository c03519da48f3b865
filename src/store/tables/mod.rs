//! The tables of the exports, one file each: every column is declared there, once. Views, headers,
//! formats of the workbook and the tables of docs/columns.md come from these declarations, and code
//! names a column by its constant.

mod column;
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

use super::table::Table;
use view::View;

/// The view behind a table.
pub(super) const fn view(table: Table) -> &'static View {
    match table {
        Table::Pages => &pages::VIEW,
        Table::ServerErrors => &pages::FAILING,
        Table::Attempts => &attempts::VIEW,
        Table::ErrorInlinks => &error_inlinks::VIEW,
        Table::Redirects => &redirects::VIEW,
        Table::Sitemaps => &sitemaps::VIEW,
        Table::Robots => &robots::VIEW,
        Table::Skipped => &skipped::VIEW,
        Table::Sections => &sections::VIEW,
        Table::Findings => &findings::VIEW,
    }
}
