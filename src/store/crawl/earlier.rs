//! Pages of an earlier run of a site, as starting points of the next run.

use std::collections::BTreeSet;

use crate::model::{Coverage, CrawlUrl, HostKey, Role, ScopePlan, SkipReason};

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::ids::UrlId;
use crate::store::rows::row::{limits_and, list};
use crate::store::runs::id::RunId;
use crate::store::runs::list::RunRow;

/// A cursor over the pages of an earlier run.
#[derive(Clone, Copy, Debug)]
pub struct EarlierPages {
    run: RunId,
    /// The last page read.
    after: UrlId,
}

impl EarlierPages {
    /// Returns the run whose pages these are.
    pub fn run(&self) -> RunId {
        self.run
    }
}

/// A page that an earlier run knew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierPage {
    /// The URL.
    pub url: CrawlUrl,
    /// Clicks from a seed in that run, or in the run from which it took the page.
    pub depth: Option<u32>,
}

impl Store {
    /// Returns the newest finished or incomplete run before this one with the same scope: the same
    /// start origins and the same limits. At least one of its pages must have been answered. Returns
    /// `None` if there is no such run.
    pub fn comparable_run(
        &self,
        site: &str,
        scope: &ScopePlan,
        before: Option<RunId>,
    ) -> Result<Option<RunRow>, StoreError> {
        if scope.coverage == Coverage::List {
            return Ok(None);
        }
        let last = before.unwrap_or(RunId(i64::MAX));
        for id in self.whole_runs(site, last)? {
            if Some(id) == before || !self.has_answers(id)? {
                continue;
            }
            let run = self.run_by_id(id)?;
            if covers_the_same(&run.plan.scope, scope) {
                return Ok(Some(run));
            }
        }
        Ok(None)
    }

    /// Returns the pages from which a new run starts besides its seeds, or `None` if no earlier run is
    /// comparable.
    pub fn earlier_pages(&self, run: RunId) -> Result<Option<EarlierPages>, StoreError> {
        let row = self.run_by_id(run)?;
        let earlier = self.comparable_run(&row.site, &row.plan.scope, Some(run))?;
        Ok(earlier.map(|earlier| EarlierPages {
            run: earlier.id,
            after: 0,
        }))
    }

    /// Returns the next pages, at most `most`; empty after the last. They are the pages that the run
    /// fetched and that did not answer 404 or 410. Pages that it took from an earlier run count too if
    /// it had no time to request them, or if their host or family was given up.
    pub fn next_earlier_pages(
        &self,
        pages: &mut EarlierPages,
        most: u32,
    ) -> Result<Vec<EarlierPage>, StoreError> {
        let connection = self.connect()?;
        let not_reached = limits_and(&SkipReason::GIVEN_UP);
        let sql = format!(
            "SELECT u.id, u.address, coalesce(u.depth, u.found_depth) FROM url u
             WHERE u.run = ?1 AND u.id > ?2 AND u.role = ?3
                AND ((u.state = 2 AND coalesce((SELECT a.status FROM evidence a
                        WHERE a.run = u.run AND a.url = u.id ORDER BY a.number DESC LIMIT 1), 0)
                        NOT IN (404, 410))
                    OR (u.state = 3 AND u.known > 0 AND u.reason IN ({not_reached})))
             ORDER BY u.id LIMIT ?4"
        );
        let rows: Vec<(UrlId, String, Option<u32>)> = list(
            &connection,
            &sql,
            (pages.run, pages.after, Role::Page.code(), most),
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .map_err(|source| self.fault(source))?;
        if let Some((last, _, _)) = rows.last() {
            pages.after = *last;
        }
        rows.into_iter()
            .map(|(_, address, depth)| {
                let url = self.stored_url(&address)?;
                Ok(EarlierPage { url, depth })
            })
            .collect()
    }
}

/// Returns whether two scopes cover the same pages. Page limits, checks and notes do not matter.
pub(in crate::store) fn covers_the_same(one: &ScopePlan, other: &ScopePlan) -> bool {
    origins(one) == origins(other) && limits(one) == limits(other)
}

fn origins(scope: &ScopePlan) -> BTreeSet<String> {
    let origins = scope.seeds.iter().map(CrawlUrl::host_key);
    origins.map(|origin: HostKey| origin.to_string()).collect()
}

fn limits(scope: &ScopePlan) -> ScopePlan {
    let mut limits = ScopePlan {
        seeds: Vec::new(),
        select: Vec::new(),
        segments: Vec::new(),
        max_pages: None,
        max_hosts: None,
        max_time: None,
        max_disk: None,
        resources: false,
        external: false,
        known: false,
        ..scope.clone()
    };
    limits.hosts.sort();
    limits
}
