//! The baseline that a run is compared with.

use crate::assess::compare::{AddressMap, Listed, Side};

use crate::model::ScopePlan;
use crate::store::crawl::earlier::covers_the_same;
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::row::list;
use crate::store::runs::id::RunId;
use crate::store::runs::list::{RunRow, RunState};

/// The other side of a comparison, and the mapping of URLs between the two sides.
#[derive(Clone, Debug)]
pub struct Baseline {
    /// Source of its pages.
    pub source: BaselineSource,
    /// Mappings from its URLs to those of the new run's site.
    pub maps: Vec<AddressMap>,
}

/// Source of a baseline's pages.
#[derive(Clone, Debug)]
pub enum BaselineSource {
    /// A run in a database, which may be another file.
    Run(Store, Box<RunRow>),
    /// A list of failing pages.
    Listed(Box<Listed>),
}

impl Store {
    /// Returns the run that a run is compared with unless another one is named, or `None` if it is the first.
    pub fn run_before(&self, run: &RunRow) -> Result<Option<RunRow>, StoreError> {
        Ok(self.runs_before(run, 1)?.pop())
    }

    /// Returns the runs before this one that show the same pages, the newest first, `most` at most: those of the same
    /// project or, if there are none, those with the same scope and limits. A run that no page answered, as when
    /// robots.txt was down, is left out: compared with it, everything would be new.
    pub fn runs_before(&self, run: &RunRow, most: usize) -> Result<Vec<RunRow>, StoreError> {
        let of_project: Vec<RunId> = match self.project_of(run.id, &run.token)? {
            Some(project) => self.scheduled_runs(&project)?,
            None => Vec::new(),
        }
        .into_iter()
        .map(|made| made.run)
        .collect();
        let (mut same_project, mut same_scope) = (Vec::new(), Vec::new());
        for id in self.whole_runs(&run.site, run.id)? {
            if id == run.id || same_project.len() == most || !self.has_answers(id)? {
                continue;
            }
            if of_project.contains(&id) {
                same_project.push(self.run_by_id(id)?);
            } else if same_project.is_empty() && same_scope.len() < most {
                let earlier = self.run_by_id(id)?;
                same_scope.extend(is_comparable(&earlier, run).then_some(earlier));
            }
        }
        Ok(if same_project.is_empty() {
            same_scope
        } else {
            same_project
        })
    }

    /// Returns the last finished run before this one with the same scope and limits, whether a page of it answered or
    /// not.
    pub fn last_run_like(&self, run: &RunRow) -> Result<Option<RunRow>, StoreError> {
        for id in self.whole_runs(&run.site, run.id)? {
            if id != run.id {
                let earlier = self.run_by_id(id)?;
                if is_comparable(&earlier, run) {
                    return Ok(Some(earlier));
                }
            }
        }
        Ok(None)
    }

    /// Returns the finished runs of a site up to and including `last`, the newest first.
    pub(super) fn finished_runs(&self, site: &str, last: RunId) -> Result<Vec<RunId>, StoreError> {
        self.runs_in(&[RunState::Finished], site, last)
    }

    /// Returns the finished and incomplete runs of a site up to a given run, the newest first. An incomplete
    /// run proves nothing about the pages that it did not request.
    pub(in crate::store) fn whole_runs(
        &self,
        site: &str,
        last: RunId,
    ) -> Result<Vec<RunId>, StoreError> {
        self.runs_in(&[RunState::Finished, RunState::Incomplete], site, last)
    }

    fn runs_in(
        &self,
        states: &[RunState],
        site: &str,
        last: RunId,
    ) -> Result<Vec<RunId>, StoreError> {
        let sql = "SELECT id, state FROM run WHERE id <= ? AND site = ? ORDER BY id DESC";
        let runs: Vec<(RunId, String)> = self.read(|connection| {
            list(connection, sql, (last, site), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
        })?;
        let is_wanted = |state: &str| states.iter().any(|wanted| wanted.name() == state);
        let wanted = runs.into_iter().filter(|(_, state)| is_wanted(state));
        Ok(wanted.map(|(id, _)| id).collect())
    }

    /// Returns how a comparison names a run of this file. Runs of `at_hand` need no file name.
    pub(super) fn side(&self, run: &RunRow, at_hand: &Store) -> Side {
        let elsewhere = if self.path() == at_hand.path() {
            String::new()
        } else {
            format!(" of {}", self.path().display())
        };
        Side {
            name: format!("run {}{elsewhere}", run.id),
            site: run.site.clone(),
            started: run.started.to_string(),
            state: run.state.name().to_owned(),
        }
    }
}

/// Returns whether two runs should have the same pages: same scope, same limits.
fn is_comparable(one: &RunRow, other: &RunRow) -> bool {
    let (one, other) = (&one.plan.scope, &other.plan.scope);
    let limits = |scope: &ScopePlan| (scope.max_pages, scope.max_hosts, scope.max_time);
    covers_the_same(one, other) && limits(one) == limits(other)
}
