//! The failures in a browser's archive: the requests of each group, with cause and fix.

use std::io::Read;

use serde::Serialize;

use crate::assess::diagnose::{Context, diagnose};
use crate::model::Outcome;
use crate::parse::har::{self, HarFault, Report};
use crate::report::Curl;
use crate::report::words::one_line;

use super::groups::{Group, Groups};
use super::why::{Why, why};

/// The result for an archive.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Archive {
    /// The file.
    pub file: String,
    /// HTTP requests in it.
    pub requests: u64,
    /// Requests that failed: 4xx, 5xx, an error page with a status of success, or no whole answer.
    pub failed: u64,
    /// Entries that could not be read.
    pub broken: u64,
    /// Groups of failures.
    pub groups: Vec<Failing>,
    /// Requests without an answer that say nothing about the site.
    pub unexplained: Vec<Unexplained>,
    /// Number of these requests.
    pub unexplained_count: u64,
}

/// The result for a group of failures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failing {
    /// The origin.
    pub host: String,
    /// The status, if there was an answer.
    pub status: Option<u16>,
    /// The outcome of the requests.
    pub outcome: Outcome,
    /// The product that made the error page.
    pub fingerprint: Option<String>,
    /// The browser's name for the failure.
    pub error: Option<String>,
    /// Number of requests.
    pub requests: u64,
    /// Some of the URLs.
    pub urls: Vec<String>,
    /// Cause and advice.
    pub why: Why,
    /// The first request as a line for a shell.
    pub curl: Option<String>,
}

/// A request without an answer that says nothing about the site.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unexplained {
    /// The URL.
    pub url: String,
    /// The browser's message.
    pub error: Option<String>,
}

/// Reads an archive, named `file`. Also returns which entries could not be used.
pub fn read_archive(file: String, reader: impl Read) -> Result<(Archive, Report), HarFault> {
    let mut groups = Groups::default();
    let report = har::read(reader, &mut |entry| groups.add(entry))?;
    Ok((Archive::new(file, &report, groups), report))
}

impl Archive {
    fn new(file: String, report: &Report, groups: Groups) -> Archive {
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
                login: false,
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
}
