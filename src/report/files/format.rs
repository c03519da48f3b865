//! The formats and the names of their files.

use std::fmt;

use crate::store::Table;

use crate::report::junit;
use crate::report::tables::screaming_frog::Sheet;
use crate::report::tables::workbook;

/// A kind of export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// One file for each table, RFC 4180.
    Csv,
    /// One file for each table, one JSON object for each row.
    Jsonl,
    /// The report that people open.
    Html,
    /// The report for people, printed.
    Pdf,
    /// The report for a pull request or a chat.
    Markdown,
    /// A workbook with a sheet for each table.
    Xlsx,
    /// Gates and failing URLs as test cases.
    Junit,
    /// Files as Screaming Frog SEO Spider writes them.
    ScreamingFrog,
    /// A ticket for each cause, to paste and to import.
    Tickets,
    /// The summary.
    Json,
}

/// A file of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Export {
    /// A table as CSV.
    Csv(Table),
    /// A table as JSON lines.
    Jsonl(Table),
    /// The changes since a baseline, as CSV.
    Changes,
    /// The changes as JSON lines.
    ChangesJsonl,
    /// The report that people open.
    Page,
    /// The report as a PDF.
    Pdf,
    /// The report for a pull request or a chat.
    Markdown,
    /// The workbook.
    Workbook,
    /// Test cases.
    Junit,
    /// A file of Screaming Frog's.
    ScreamingFrog(Sheet),
    /// Tickets to paste.
    Tickets,
    /// Tickets that a tracker imports.
    TicketsCsv,
    /// The summary.
    Summary,
}

/// The files about server logs, with their beginnings in every version.
pub(in crate::report) const LOG_EXPORTS: [(&str, &str); 9] = [
    ("log_urls.csv", "Address,Family,"),
    ("log_hours.csv", "Hour,Requests,"),
    ("log_bots.csv", "Bot,Verified,"),
    ("log_episodes.csv", "From,To,"),
    ("log_errors.csv", "Server,Pattern,"),
    ("log_vs_crawl.csv", "Address,Difference,"),
    ("log_clients.csv", "Client,Requests,"),
    ("log_report.html", "<!DOCTYPE html>"),
    ("log_summary.json", "{\n  \"schema\": "),
];

impl Format {
    /// Every format. The summary is last, because it names the other files.
    pub const ALL: [Format; 10] = [
        Format::Csv,
        Format::Jsonl,
        Format::Html,
        Format::Pdf,
        Format::Markdown,
        Format::Xlsx,
        Format::Junit,
        Format::ScreamingFrog,
        Format::Tickets,
        Format::Json,
    ];

    /// Returns the name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
            Format::Html => "html",
            Format::Pdf => "pdf",
            Format::Markdown => "md",
            Format::Xlsx => "xlsx",
            Format::Junit => "junit",
            Format::ScreamingFrog => "screaming-frog",
            Format::Tickets => "tickets",
            Format::Json => "json",
        }
    }

    fn exports(self) -> Vec<Export> {
        match self {
            Format::Csv => [&Table::ALL.map(Export::Csv)[..], &[Export::Changes]].concat(),
            Format::Jsonl => [&Table::ALL.map(Export::Jsonl)[..], &[Export::ChangesJsonl]].concat(),
            Format::Html => vec![Export::Page],
            Format::Pdf => vec![Export::Pdf],
            Format::Markdown => vec![Export::Markdown],
            Format::Xlsx => vec![Export::Workbook],
            Format::Junit => vec![Export::Junit],
            Format::ScreamingFrog => Sheet::ALL.map(Export::ScreamingFrog).to_vec(),
            Format::Tickets => vec![Export::Tickets, Export::TicketsCsv],
            Format::Json => vec![Export::Summary],
        }
    }
}

impl Export {
    /// Returns the files of some formats, each once, in the order in which they are written.
    pub(in crate::report) fn of(formats: &[Format]) -> Vec<Export> {
        Format::ALL
            .into_iter()
            .filter(|format| formats.contains(format))
            .flat_map(Format::exports)
            .collect()
    }

    /// Returns whether it is written only if the run is compared with another.
    pub(in crate::report) const fn is_of_comparison(self) -> bool {
        matches!(self, Export::Changes | Export::ChangesJsonl)
    }

    /// Returns the beginning of the file in every version, by which our files are recognised. Empty tables of JSON
    /// lines are empty files.
    pub(in crate::report) const fn head(self) -> &'static str {
        match self {
            Export::Csv(Table::Pages | Table::ServerErrors) => "Address,Content Type,",
            Export::Csv(Table::Attempts) => "Address,Attempt,",
            Export::Csv(Table::ErrorInlinks) => "Type,Source,",
            Export::Csv(Table::Redirects) => "Address,Status Code,Status,Redirect URL,",
            Export::Csv(Table::Sitemaps) => "Address,Status Code,Status,Outcome,",
            Export::Csv(Table::Robots) => "Host,Address,",
            Export::Csv(Table::Skipped) => "Address,Reason,",
            Export::Csv(Table::Sections) => "Section,URLs,",
            Export::Csv(Table::Findings) => "Rule,Severity,",
            Export::Jsonl(Table::ErrorInlinks) => r#"{"type":""#,
            Export::Jsonl(Table::Robots) => r#"{"host":""#,
            Export::Jsonl(Table::Sections) => r#"{"section":""#,
            Export::Jsonl(Table::Findings) => r#"{"rule":""#,
            Export::Changes => "Address,Change,",
            Export::Jsonl(_) | Export::ChangesJsonl => r#"{"address":""#,
            Export::Page => {
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>gatecrawl: "
            }
            Export::Pdf => "%PDF-",
            Export::Markdown => "## gatecrawl: ",
            Export::Workbook => workbook::head::HEAD,
            Export::Junit => junit::HEAD,
            Export::ScreamingFrog(sheet) => sheet.head(),
            Export::Tickets => "# Tickets of gatecrawl: ",
            Export::TicketsCsv => "Summary,Description,Priority,Labels,",
            Export::Summary => "{\n  \"schema\": ",
        }
    }

    /// Returns the name of the file.
    pub(in crate::report) fn file_name(self) -> String {
        match self {
            Export::Csv(table) => format!("{}.csv", table.name()),
            Export::Jsonl(table) => format!("{}.jsonl", table.name()),
            Export::Changes => "compare.csv".to_owned(),
            Export::ChangesJsonl => "compare.jsonl".to_owned(),
            Export::Page => "report.html".to_owned(),
            Export::Pdf => "report.pdf".to_owned(),
            Export::Markdown => "report.md".to_owned(),
            Export::Workbook => "gatecrawl.xlsx".to_owned(),
            Export::Junit => "junit.xml".to_owned(),
            Export::ScreamingFrog(sheet) => sheet.file_name().to_owned(),
            Export::Tickets => "tickets.md".to_owned(),
            Export::TicketsCsv => "tickets.csv".to_owned(),
            Export::Summary => "summary.json".to_owned(),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_and_an_error_lists_the_known_ones() {
        for format in Format::ALL {
            assert_eq!(format.name().parse::<Format>().expect("known"), format);
        }
        let fault = "odt".parse::<Format>().expect_err("unknown");
        assert_eq!(
            fault.to_string(),
            "no export format \"odt\"; known are csv, jsonl, html, pdf, md, xlsx, junit, screaming-frog, tickets, json"
        );
    }

    #[test]
    fn a_format_named_twice_is_written_once() {
        let files = Export::of(&[Format::Json, Format::Json]);
        assert_eq!(files, [Export::Summary]);
    }
}
