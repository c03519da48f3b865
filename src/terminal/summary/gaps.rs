//! Parts of the site that could not be seen although no page failed: hosts whose robots.txt could not be read,
//! and sitemaps that answered 5xx or nothing.

use crate::model::{CrawlUrl, RobotsAccess};
use crate::policy::Scope;
use crate::store::{RobotsRow, RunRow, SitemapRow, Store, StoreError};

/// Maximum hosts, and maximum sitemaps, that are named; the others are counted.
const NAMED: usize = 5;

/// The parts of a site that could not be seen, in the order of the exports.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Gaps {
    /// Hosts of the site whose robots.txt could not be read, with the outcome of the request.
    pub(crate) hosts: Named,
    /// Sitemaps that answered 5xx or nothing.
    pub(crate) sitemaps: Named,
    /// Number of all requested sitemaps.
    pub(super) all_sitemaps: usize,
}

/// The first few names of a list, and the number of the others.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) first: Vec<String>,
    pub(crate) more: usize,
}

impl Named {
    fn add(&mut self, name: String) {
        if self.first.len() < NAMED {
            self.first.push(name);
        } else {
            self.more += 1;
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.first.len() + self.more
    }
}

/// Finds the parts of a run's site that could not be seen.
pub(crate) fn gaps(store: &Store, run: &RunRow) -> Result<Gaps, StoreError> {
    let mut gaps = Gaps::default();
    if !run.plan.scope.ignore_robots
        && let Ok(scope) = Scope::new(&run.plan.scope)
    {
        store.typed_rows(run.id, &mut |row: RobotsRow| {
            let is_site = CrawlUrl::parse(&row.host).is_ok_and(|url| scope.is_site(&url));
            if is_site && row.access == RobotsAccess::Unreachable {
                let came = came(row.status, &row.status_text);
                gaps.hosts.add(format!("{}: robots.txt {came}", row.host));
            }
            Ok::<(), StoreError>(())
        })?;
    }
    store.typed_rows(run.id, &mut |row: SitemapRow| {
        if row.outcome.is_some() {
            gaps.all_sitemaps += 1;
            if matches!(row.status, 0 | 500..) {
                let came = came(row.status, &row.status_text);
                gaps.sitemaps.add(format!("{} {came}", row.address));
            }
        }
        Ok::<(), StoreError>(())
    })?;
    Ok(gaps)
}

fn came(status: u16, text: &str) -> String {
    match status {
        0 if text.is_empty() => "could not be read".to_owned(),
        0 => format!("could not be read ({text})"),
        status @ 300..400 => format!("could not be read ({status} {text})"),
        status => format!("answers {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_are_named() {
        let mut named = Named::default();
        for n in 0..7 {
            named.add(n.to_string());
        }
        assert_eq!((named.first.len(), named.more, named.count()), (5, 2, 7));
    }
}
