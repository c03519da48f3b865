//! What of a site stayed dark without any page failing: hosts whose robots.txt could not be read,
//! and sitemaps that gave nothing.

use crate::model::CrawlUrl;
use crate::policy::Scope;
use crate::report::{Places, Row};
use crate::store::{RunRow, Store, StoreError, Table};

/// How many of each are named; the others are counted.
const NAMED: usize = 5;

/// The dark parts of a site, in the order of the exports.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Gaps {
    /// Hosts of the site whose robots.txt could not be read, and what came of asking for it.
    pub(super) hosts: Named,
    /// Sitemaps that answered 5xx or nothing.
    pub(super) sitemaps: Named,
    /// All sitemaps that were asked for.
    pub(super) all_sitemaps: usize,
}

/// The first few of something, and how many there are beyond them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) first: Vec<String>,
    pub(super) more: usize,
}

impl Named {
    fn add(&mut self, name: String) {
        if self.first.len() < NAMED {
            self.first.push(name);
        } else {
            self.more += 1;
        }
    }

    pub(super) fn count(&self) -> usize {
        self.first.len() + self.more
    }
}

/// Finds the dark parts of a run's site.
pub(super) fn gaps(store: &Store, run: &RunRow) -> Result<Gaps, StoreError> {
    let mut gaps = Gaps::default();
    if !run.plan.scope.ignore_robots
        && let Ok(scope) = Scope::new(&run.plan.scope)
    {
        each(store, run, Table::Robots, |row| {
            let host = row.text("Host");
            let is_site = CrawlUrl::parse(host).is_ok_and(|url| scope.is_site(&url));
            if is_site && row.text("Access") == "unreachable" {
                gaps.hosts.add(format!("{host}: robots.txt {}", came(row)));
            }
        })?;
    }
    each(store, run, Table::Sitemaps, |row| {
        if row.text("Outcome").is_empty() {
            return;
        }
        gaps.all_sitemaps += 1;
        if matches!(row.number("Status Code") as u16, 0 | 500..) {
            let address = row.text("Address");
            gaps.sitemaps.add(format!("{address} {}", came(row)));
        }
    })?;
    Ok(gaps)
}

fn came(row: &Row<'_>) -> String {
    let text = row.text("Status");
    match row.number("Status Code") as u16 {
        0 if text.is_empty() => "could not be read".to_owned(),
        0 => format!("could not be read ({text})"),
        status @ 300..400 => format!("could not be read ({status} {text})"),
        status => format!("answers {status}"),
    }
}

fn each(
    store: &Store,
    run: &RunRow,
    table: Table,
    mut take: impl FnMut(&Row<'_>),
) -> Result<(), StoreError> {
    let places = Places::read(store, table)?;
    store.rows(run.id, table, &mut |cells| {
        take(&places.row(cells));
        true
    })
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
