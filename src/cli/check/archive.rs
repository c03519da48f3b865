//! What is told of an archive: a table of what failed, then each group with cause and fix.

use std::fmt::Write;

use serde::Serialize;

use crate::assess::diagnose::{Context, diagnose};
use crate::cli::columns::{Side, columns};
use crate::cli::paint::{BOLD, RED, paint};
use crate::cli::text::{count, one_line};
use crate::model::Outcome;
use crate::parse::har::Report;
use crate::report::Curl;

use super::groups::{Group, Groups};
use super::why::{Why, why};

/// An archive as it is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Archive {
    /// The file.
    pub(super) file: String,
    /// HTTP requests in it.
    pub(super) requests: u64,
    /// Those that failed: 4xx, 5xx, or no whole answer.
    pub(super) failed: u64,
    /// Entries that could not be read.
    pub(super) broken: u64,
    /// Failures put together.
    pub(super) groups: Vec<Failing>,
    /// Requests without an answer that say nothing of the site.
    pub(super) unexplained: Vec<Unexplained>,
    /// How many of these there are.
    pub(super) unexplained_count: u64,
}

/// Failures of one kind as they are told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Failing {
    pub(super) host: String,
    pub(super) status: Option<u16>,
    pub(super) outcome: Outcome,
    /// Whose error page it is.
    pub(super) fingerprint: Option<String>,
    /// What the browser called the failure.
    pub(super) error: Option<String>,
    pub(super) requests: u64,
    /// Some of the URLs.
    pub(super) urls: Vec<String>,
    pub(super) why: Why,
    /// The first of them for a shell.
    pub(super) curl: Option<String>,
}

/// A request without an answer that says nothing of the site.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Unexplained {
    pub(super) url: String,
    pub(super) error: Option<String>,
}

impl Archive {
    pub(super) fn new(file: String, report: &Report, groups: Groups) -> Archive {
        let failing: Vec<_> = groups.ranked().into_iter().map(Failing::of).collect();
        let unexplained = groups
            .unexplained
            .into_iter()
            .map(|(url, error)| Unexplained {
                url: url.as_str().to_owned(),
                error: error.as_deref().map(one_line),
            });
        Archive {
            file,
            requests: report.read,
            failed: failing.iter().map(|group| group.requests).sum(),
            broken: report.complaint_count,
            groups: failing,
            unexplained: unexplained.collect(),
            unexplained_count: groups.unexplained_count,
        }
    }

    /// The text, ending in a line break.
    pub(super) fn text(&self, width: usize, color: bool) -> String {
        let requests = count(self.requests, "request");
        let mut out = format!("{}: {requests}, {} failed\n", self.file, self.failed);
        if !self.groups.is_empty() {
            out.push('\n');
            out += &table(&self.groups);
        }
        for group in &self.groups {
            out.push('\n');
            out += &group.text(width, color);
        }
        self.unexplained_text(&mut out, color);
        out
    }

    fn unexplained_text(&self, out: &mut String, color: bool) {
        if self.unexplained_count == 0 {
            return;
        }
        let head = count(self.unexplained_count, "request");
        let head = format!("No answer, for reasons of the browser's own: {head}");
        // Writing to a string cannot fail.
        let _ = writeln!(out, "\n{}", paint(&head, BOLD, color));
        for request in &self.unexplained {
            let said = request.error.as_deref();
            let why = said.unwrap_or("the browser does not say why");
            let _ = writeln!(out, "  {} ({why})", request.url);
        }
        let unlisted = self.unexplained_count - self.unexplained.len() as u64;
        if unlisted > 0 {
            let _ = writeln!(out, "  and {} more", count(unlisted, "request"));
        }
    }
}

fn table(groups: &[Failing]) -> String {
    let heads = [
        ("requests", Side::Right),
        ("status", Side::Left),
        ("outcome", Side::Left),
        ("host", Side::Left),
        ("cause", Side::Left),
    ];
    let rows: Vec<_> = groups
        .iter()
        .map(|group| {
            vec![
                group.requests.to_string(),
                group
                    .status
                    .map_or("---".to_owned(), |status| status.to_string()),
                group.outcome.id().to_owned(),
                group.host.clone(),
                group.why.cause.clone(),
            ]
        })
        .collect();
    columns(&heads, &rows)
}

impl Failing {
    fn of(group: &Group) -> Failing {
        let facts = &group.facts;
        let cluster = &facts.cluster;
        let diagnosis = diagnose(facts, &Context::default());
        let curl = group.urls.first().map(|url| {
            let curl = Curl {
                url,
                user_agent: group.user_agent.as_deref(),
                http1: false,
                resolve: &[],
            };
            curl.line()
        });
        Failing {
            host: cluster.host.clone(),
            status: facts.status,
            outcome: cluster.outcome,
            fingerprint: cluster.fingerprint.clone(),
            error: group.error.as_deref().map(one_line),
            requests: facts.failures,
            urls: group
                .urls
                .iter()
                .map(|url| url.as_str().to_owned())
                .collect(),
            why: why(
                &diagnosis,
                cluster.outcome,
                group.maker,
                facts.server.as_deref(),
            ),
            curl,
        }
    }

    fn text(&self, width: usize, color: bool) -> String {
        let what = match (self.status, &self.error) {
            (Some(status), _) => status.to_string(),
            (None, Some(error)) => error.clone(),
            (None, None) => self.outcome.id().to_owned(),
        };
        let requests = count(self.requests, "request");
        let head = format!("{} {what}", self.host);
        let mut out = format!("{}, {requests}\n", paint(&head, RED, color));
        out += &self.why.text(width);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  URLs");
        for url in &self.urls {
            let _ = writeln!(out, "      {url}");
        }
        if let Some(curl) = &self.curl {
            let _ = writeln!(out, "  Ask it yourself\n      {curl}");
        }
        out
    }
}
