//! The tables of the exports. A column is declared once, with its cell, in the file of its table.

mod bots;
mod clients;
mod crawl;
mod episodes;
mod errors;
mod hours;
mod part;
mod urls;

use std::sync::LazyLock;

use super::Found;
use crate::store::tables::Column;
use part::{Each, Part};

/// A table of the exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogTable {
    /// URLs.
    Urls,
    /// Hours.
    Hours,
    /// Crawlers.
    Bots,
    /// Episodes.
    Episodes,
    /// Messages of error logs.
    Errors,
    /// URLs that fail for others or for a crawl.
    Crawl,
    /// Clients by their IP addresses.
    Clients,
}

/// The columns of each table, in the order of [`LogTable::ALL`].
static COLUMNS: LazyLock<[Vec<Column>; LogTable::ALL.len()]> = LazyLock::new(|| {
    LogTable::ALL.map(|table| match table {
        LogTable::Urls => columns(&urls::parts()),
        LogTable::Hours => columns(&hours::parts()),
        LogTable::Bots => columns(&bots::parts()),
        LogTable::Episodes => columns(&episodes::parts()),
        LogTable::Errors => columns(&errors::parts()),
        LogTable::Crawl => columns(&crawl::parts()),
        LogTable::Clients => columns(&clients::parts()),
    })
});

fn columns<R>(parts: &[Part<R>]) -> Vec<Column> {
    parts.iter().flat_map(Part::columns).collect()
}

impl LogTable {
    /// Every table.
    pub const ALL: [LogTable; 7] = [
        LogTable::Urls,
        LogTable::Hours,
        LogTable::Bots,
        LogTable::Episodes,
        LogTable::Errors,
        LogTable::Crawl,
        LogTable::Clients,
    ];

    /// Returns the name of the file without its extension.
    pub const fn name(self) -> &'static str {
        match self {
            LogTable::Urls => "log_urls",
            LogTable::Hours => "log_hours",
            LogTable::Bots => "log_bots",
            LogTable::Episodes => "log_episodes",
            LogTable::Errors => "log_errors",
            LogTable::Crawl => "log_vs_crawl",
            LogTable::Clients => "log_clients",
        }
    }

    /// Returns its columns in their order.
    pub fn columns(self) -> &'static [Column] {
        &COLUMNS[self as usize]
    }
}

impl Found {
    /// Returns the tables that the logs have.
    pub fn tables(&self) -> Vec<LogTable> {
        let has = |table: &LogTable| match table {
            LogTable::Clients => self.totals.clients.are_counted(),
            _ => true,
        };
        LogTable::ALL.into_iter().filter(has).collect()
    }

    /// Calls a function with each row of a table, in order, until it returns `false`.
    pub fn rows(&self, table: LogTable, each: Each<'_>) {
        match table {
            LogTable::Urls => urls::rows(self, each),
            LogTable::Hours => hours::rows(self, each),
            LogTable::Bots => bots::rows(self, each),
            LogTable::Episodes => episodes::rows(self, each),
            LogTable::Errors => errors::rows(self, each),
            LogTable::Crawl => crawl::rows(self, each),
            LogTable::Clients => clients::rows(self, each),
        }
    }
}
