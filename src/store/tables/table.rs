//! The tables of the exports, and their rows in SQL.

use super::column::Column;
use super::view::View;
use super::{
    attempts, error_inlinks, findings, pages, redirects, robots, sections, sitemaps, skipped,
};
use crate::assess::Verdict;

/// A table of the exports; `tables` declares its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Pages of the site, a row each.
    Pages,
    /// Pages that failed at least once.
    ServerErrors,
    /// All attempts.
    Attempts,
    /// Links to failing URLs.
    ErrorInlinks,
    /// Redirects with the end of their chains.
    Redirects,
    /// Sitemaps.
    Sitemaps,
    /// robots.txt files.
    Robots,
    /// URLs that were not fetched.
    Skipped,
    /// Sections of the site.
    Sections,
    /// Findings of the diagnosis rules.
    Findings,
}

impl Table {
    /// Every table.
    pub const ALL: [Table; 10] = [
        Table::Pages,
        Table::ServerErrors,
        Table::Attempts,
        Table::ErrorInlinks,
        Table::Redirects,
        Table::Sitemaps,
        Table::Robots,
        Table::Skipped,
        Table::Sections,
        Table::Findings,
    ];

    /// Returns the name of the view, and of the file without its extension.
    pub const fn name(self) -> &'static str {
        match self {
            Table::Pages => "pages",
            Table::ServerErrors => "server_errors",
            Table::Attempts => "attempts",
            Table::ErrorInlinks => "error_inlinks",
            Table::Redirects => "redirects",
            Table::Sitemaps => "sitemaps",
            Table::Robots => "robots",
            Table::Skipped => "skipped",
            Table::Sections => "sections",
            Table::Findings => "findings",
        }
    }

    /// Returns its columns in their order. The last column of [`Table::Pages`] and [`Table::ServerErrors`],
    /// `Selected`, is a JSON array with the values of the plan's `--select` columns.
    pub const fn columns(self) -> &'static [Column] {
        view(self).columns
    }

    /// Returns its columns of visits, which stand side by side; a run has them only with `--traffic`.
    pub const fn traffic(self) -> &'static [Column] {
        match self {
            Table::Pages | Table::ServerErrors => &pages::TRAFFIC,
            Table::Sections => &sections::TRAFFIC,
            _ => &[],
        }
    }

    /// Returns the query for the rows of all runs, with `run` in front, as the view has them.
    pub(in crate::store) fn select(self) -> String {
        let all = view(self).select();
        match self {
            Table::ServerErrors => {
                let (verdict, ok) = (pages::VERDICT.name, Verdict::Ok.name());
                format!("SELECT * FROM (\n{all}\n) AS pages WHERE \"{verdict}\" <> '{ok}'")
            }
            _ => all,
        }
    }

    /// Returns the query for the rows of one run in order. Rows are sorted by URL, then by the columns
    /// that make rows of one URL unique, so that two runs can be compared as text. Errors come worst
    /// first. The query uses the declarations, not the views of the file, which may be of another version of
    /// the program.
    pub(in crate::store) fn query(self) -> String {
        let (view, rows, name) = (view(self), self.select(), self.name());
        let (names, order) = (view.names(), view.order());
        format!("SELECT {names} FROM (\n{rows}\n) AS {name} WHERE run = ? ORDER BY {order}")
    }
}

/// Returns the view behind a table.
const fn view(table: Table) -> &'static View {
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
