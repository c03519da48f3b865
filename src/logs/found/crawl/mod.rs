//! The logs compared with a crawl of the same site: the clients for which pages fail, and the log lines about the
//! crawl's own failures.

pub(super) mod compare;
mod lines;

use std::collections::HashSet;

use crate::logs::error::LogsError;
use crate::store::{LogHits, RunRow, RunState, Store};

use super::Found;
use compare::{Compared, CrawlFound, compare};
use lines::lines;

/// A crawl that the user did not name belongs to logs without host names only if they have this share of its URLs. Ours.
const LEAST_SHARE: f64 = 0.1;

/// Lines that the summary names.
const MOST_LINES: usize = 5;

/// How logs and a run are joined.
#[derive(Clone, Copy, Debug, Default)]
pub struct Joining {
    /// Whether the user named the run; otherwise one that the logs have too little of is left out.
    pub is_named: bool,
    /// Whether the lines about its failures are stored with it.
    pub keeps: bool,
    /// Whether requests in the logs weigh in the priority of its pages, too.
    pub weighs: bool,
}

impl Found {
    /// Returns the newest run of the site that the logs belong to, if the database has one. The site is the one that
    /// the user named, or one whose host is in the logs. If the logs name no host, it is the only site of the
    /// database.
    pub fn crawl(&self, store: &Store, site: Option<&str>) -> Result<Option<RunRow>, LogsError> {
        let mut runs = store.runs()?;
        runs.retain(|run| run.state != RunState::Running);
        let hosts: HashSet<&str> = self
            .summary
            .hosts
            .iter()
            .map(|host| host.name.as_str())
            .collect();
        let sites: HashSet<String> = runs.iter().map(|run| run.site.clone()).collect();
        let is_of = |run: &RunRow| {
            let mut own = run
                .plan
                .scope
                .seeds
                .iter()
                .map(|url| url.host().to_string());
            match site {
                Some(site) if run.site == site || own.any(|host| host == site) => true,
                _ if hosts.is_empty() => sites.len() == 1,
                _ => {
                    let mut own = run
                        .plan
                        .scope
                        .seeds
                        .iter()
                        .map(|url| url.host().to_string());
                    own.any(|host| hosts.contains(host.as_str()))
                }
            }
        };
        Ok(runs.into_iter().find(is_of))
    }

    /// Returns the days from the first hour with a request to the end of the last, a part of a day as a whole one.
    fn days(&self) -> u32 {
        let hours = match (self.summary.from, self.summary.to) {
            (Some(from), Some(to)) => to.since(from).as_secs().div_ceil(3_600),
            _ => 0,
        };
        hours.div_ceil(24).max(1).try_into().unwrap_or(u32::MAX)
    }

    /// Compares the logs with a run, as `joining` says.
    pub fn join_crawl(
        &mut self,
        store: &Store,
        run: &RunRow,
        joining: Joining,
    ) -> Result<(), LogsError> {
        let attempts = store.failed_attempts(run.id)?;
        let mut found = lines(&self.totals, &self.files, &attempts);
        let compared = compare(store, run, &self.urls, &self.ignored, &found)?;
        let share = compared.in_logs as f64 / compared.judged.max(1) as f64;
        let names_hosts = !self.summary.hosts.is_empty();
        if !joining.is_named && !names_hosts && share < LEAST_SHARE && self.totals.own == 0 {
            return Ok(());
        }
        if joining.weighs {
            let hits = LogHits {
                by_url: &compared.hits,
                days: self.days(),
            };
            store.weigh_by_logs(run.id, &found, &hits)?;
        } else if joining.keeps {
            store.add_log_lines(run.id, &found)?;
        }
        if joining.keeps {
            found = store.log_lines(run.id)?;
        }
        let Compared {
            rows,
            differences,
            hits: _,
            judged,
            in_logs,
        } = compared;
        let named = found.iter().take(MOST_LINES);
        self.summary.crawl = Some(CrawlFound {
            run: run.id.to_string(),
            site: run.site.clone(),
            started: run.started,
            urls: judged,
            urls_in_logs: in_logs,
            differences,
            failed_attempts: attempts.len() as u64,
            explained_attempts: found.len() as u64,
            lines: named
                .map(|line| format!("{}:{}", line.file, line.line))
                .collect(),
        });
        self.compared = rows;
        Ok(())
    }
}
