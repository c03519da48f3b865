//! The pages of two runs in the order of URLs: a merge join that holds one row of each run at
//! a time.

use std::cmp::Ordering;
use std::collections::HashSet;

use crate::assess::compare::{AddressMap, Listed, PageState, Pair, Sight};
use crate::model::{Admission, Coverage, CrawlUrl, Role, SkipReason};
use crate::policy::{Scope, Via};

use super::baseline::{Baseline, BaselineSource};
use super::sights::{self, Known, Sights};
use super::states::{self, States};
use super::targets::{self, Targets};
use crate::store::conclude::unlinked::{self, Hidden};
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::runs::list::RunRow;

/// Two runs, ready for the merge join.
pub(in crate::store) struct Prepared<'a> {
    pub(in crate::store) store: &'a Store,
    pub(in crate::store) run: &'a RunRow,
    /// Why the new run may have missed a page that it does not know.
    pub(super) new_blind: Option<&'static str>,
    /// Scope of the new run; `None` for a list of URLs.
    scope: Option<Scope>,
    /// Scope of the old run, if it is another one.
    old_scope: Option<Scope>,
    states: Option<String>,
    pub(in crate::store) old: Old<'a>,
    /// Data needed to decide that a page lost its links; `None` if this cannot be decided.
    hidden: Option<Hidden>,
}

/// The run to compare with.
pub(in crate::store) enum Old<'a> {
    Run {
        store: &'a Store,
        run: &'a RunRow,
        blind: Option<&'static str>,
        /// Its pages under their URLs on the new site, if URLs are mapped.
        mapped: Option<rusqlite::Connection>,
    },
    Listed {
        listed: &'a Listed,
        /// URL on the new site, own URL, state; sorted.
        pages: Vec<(String, &'a str, PageState)>,
    },
}

impl<'a> Prepared<'a> {
    pub(in crate::store) fn new(
        store: &'a Store,
        run: &'a RunRow,
        baseline: &'a Baseline,
    ) -> Result<Prepared<'a>, StoreError> {
        let blind = |store: &Store, run: &RunRow| {
            sights::blind_spot(&*store.connect()?, run).map_err(|source| store.fault(source))
        };
        let old = match &baseline.source {
            BaselineSource::Run(store, run) => {
                store.conclude(run.id)?;
                let mapped = if baseline.maps.is_empty() {
                    None
                } else {
                    let connection = store.connect()?;
                    let made = sights::mapped(&connection, run.id, &baseline.maps);
                    Some(made.map_err(|source| store.fault(source))?)
                };
                Old::Run {
                    blind: blind(store, run)?,
                    store,
                    run,
                    mapped,
                }
            }
            BaselineSource::Listed(listed) => {
                let mapped = listed.pages.iter().map(|(own, state)| {
                    let address = AddressMap::apply(&baseline.maps, own).into_owned();
                    (address, own.as_str(), *state)
                });
                let mut pages: Vec<_> = mapped.collect();
                pages.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
                Old::Listed { listed, pages }
            }
        };
        let is_list = run.plan.scope.coverage == Coverage::List;
        let mut prepared = Prepared {
            store,
            run,
            new_blind: blind(store, run)?,
            scope: Scope::new(&run.plan.scope).ok().filter(|_| !is_list),
            old_scope: old_scope(&old, run),
            states: states::query(store, run)?,
            old,
            hidden: None,
        };
        prepared.hidden = prepared.hidden()?;
        Ok(prepared)
    }

    /// Reads which pages of the old run the new one could not reach, because it could not read the
    /// pages that link to them.
    fn hidden(&self) -> Result<Option<Hidden>, StoreError> {
        let Old::Run {
            store, run: old, ..
        } = &self.old
        else {
            return Ok(None);
        };
        let fault = |source| self.store.fault(source);
        let connection = self.store.connect()?;
        let new = self.run.id;
        if self.new_blind.is_some() || !unlinked::has_unreached(&connection, new).map_err(fault)? {
            return Ok(None);
        }
        let (mut unread, mut unreached) = (Vec::new(), HashSet::new());
        self.walk(&mut |pair, (was, is)| {
            let Some(was) = was else { return true };
            let was_read = |state: &PageState| state.failed < state.attempts;
            if !pair.new.state().is_some_and(was_read) {
                unread.push(was.id);
            }
            if is.is_some_and(|is| is.unreached) {
                unreached.insert(was.id);
            }
            true
        })?;
        let lacks_sitemap = unlinked::lacks_sitemap(&connection, new).map_err(fault)?;
        let of_old = store.connect()?;
        let hidden = Hidden::behind(&of_old, old.id, unread, &unreached, lacks_sitemap);
        hidden.map(Some).map_err(|source| store.fault(source))
    }

    /// Passes every page that either run knows to `each`, in the order of URLs, until it
    /// returns false.
    pub(in crate::store) fn each(
        &self,
        each: &mut dyn FnMut(&Pair<'_>) -> bool,
    ) -> Result<(), StoreError> {
        self.walk(&mut |pair, _| each(pair))
    }

    /// Does the same, and also passes the rows of each page.
    fn walk(&self, each: Visitor<'_>) -> Result<(), StoreError> {
        match &self.old {
            Old::Run {
                store,
                run,
                mapped,
                blind,
            } => {
                let fault = |source| store.fault(source);
                let pooled;
                let (mut statement, params) = match mapped {
                    Some(own) => (own.prepare(sights::MAPPED_IN_ORDER).map_err(fault)?, None),
                    None => {
                        pooled = store.connect()?;
                        let statement = pooled.prepare(&sights::in_order()).map_err(fault)?;
                        (statement, Some(run.id))
                    }
                };
                let rows = statement.query(rusqlite::params_from_iter(params));
                let mut rows = Sights(rows.map_err(fault)?);
                let absent = unless_whole(*blind);
                self.merge(&mut || rows.step().map_err(fault), &absent, each)
            }
            Old::Listed { pages, .. } => {
                let mut pages = pages.iter().map(|(address, own, state)| Known {
                    address: address.clone(),
                    own: (*own).to_owned(),
                    sight: Sight::Seen(*state),
                    id: 0,
                    unreached: false,
                    in_sitemap: false,
                    marks: None,
                });
                let absent = Sight::Seen(PageState::unlisted());
                self.merge(&mut || Ok(pages.next()), &absent, each)
            }
        }
    }

    /// Joins the two runs. `absent` is the sight of a page that the old run does not name.
    fn merge(
        &self,
        old: &mut dyn FnMut() -> Result<Option<Known>, StoreError>,
        absent: &Sight,
        each: Visitor<'_>,
    ) -> Result<(), StoreError> {
        let fault = |source| self.store.fault(source);
        let connection = self.store.connect()?;
        let mut statement = connection.prepare(&sights::in_order()).map_err(fault)?;
        let mut new = Sights(statement.query([self.run.id]).map_err(fault)?);
        // With fewer than five runs there are no states, so the query returns no rows.
        let states = self.states.as_deref().unwrap_or("SELECT '', 0 WHERE 0");
        let mut states = connection.prepare(states).map_err(fault)?;
        let mut states = States::of(states.query([]).map_err(fault)?).map_err(fault)?;
        let of_targets = targets::query(&connection).map_err(fault)?;
        let mut targets = connection.prepare(&of_targets).map_err(fault)?;
        let mut targets = Targets::of(targets.query([self.run.id]).map_err(fault)?);
        let (mut was, mut is) = (old()?, new.step().map_err(fault)?);
        // Several old pages may map to one URL; it is finished at the first URL beyond it.
        let mut met = false;
        loop {
            let order = match (&was, &is) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(was), Some(is)) => was.address.cmp(&is.address),
            };
            let pair = match (order, &was, &is) {
                (Ordering::Less, Some(was), _) => Some(Pair {
                    address: &was.address,
                    old_address: &was.own,
                    old: was.sight.clone(),
                    new: self.unfound(&was.address),
                    unlinked: false,
                    target: None,
                    marks: None,
                    states: &[],
                }),
                (Ordering::Greater, _, Some(is)) if !met => Some(Pair {
                    address: &is.address,
                    old_address: &is.address,
                    old: self.unseen(&is.address, absent),
                    new: is.sight.clone(),
                    unlinked: false,
                    target: None,
                    marks: None,
                    states: states.of_page(&is.address).map_err(fault)?,
                }),
                (Ordering::Equal, Some(was), Some(is)) => Some(Pair {
                    address: &is.address,
                    old_address: &was.own,
                    old: was.sight.clone(),
                    new: is.sight.clone(),
                    unlinked: self
                        .hidden
                        .as_ref()
                        .is_some_and(|hidden| hidden.has_lost_links(was, is)),
                    target: targets.of_page(&is.address).map_err(fault)?,
                    marks: was.marks.as_ref().zip(is.marks.as_ref()),
                    states: states.of_page(&is.address).map_err(fault)?,
                }),
                _ => None,
            };
            let rows = (
                was.as_ref().filter(|_| order != Ordering::Greater),
                is.as_ref().filter(|_| order != Ordering::Less),
            );
            if let Some(pair) = pair
                && !each(&pair, rows)
            {
                return Ok(());
            }
            met = order == Ordering::Equal;
            if order == Ordering::Greater {
                is = new.step().map_err(fault)?;
            } else {
                was = old()?;
            }
        }
    }

    /// Returns the sight of a page that the old run does not name. It may have been out of its scope.
    fn unseen(&self, address: &str, absent: &Sight) -> Sight {
        let was_outside = self.old_scope.as_ref().is_some_and(|scope| {
            let url = CrawlUrl::parse(address);
            url.is_ok_and(|url| out_of_scope(scope, &url).is_some())
        });
        if was_outside {
            Sight::NotSeen(SkipReason::Scope.name().to_owned())
        } else {
            absent.clone()
        }
    }

    /// Returns the sight of a page that the new run does not name.
    fn unfound(&self, address: &str) -> Sight {
        let why = self.scope.as_ref().and_then(|scope| {
            let url = CrawlUrl::parse(address).ok()?;
            out_of_scope(scope, &url)
        });
        why.map_or_else(|| unless_whole(self.new_blind), Sight::OutOfScope)
    }
}

/// Returns the scope of the old run if it differs from that of the new one. Of another site all addresses are outside.
fn old_scope(old: &Old<'_>, new: &RunRow) -> Option<Scope> {
    let Old::Run { run, mapped, .. } = old else {
        return None;
    };
    let is_same = run.plan.scope == new.plan.scope || run.site != new.site || mapped.is_some();
    (!is_same && run.plan.scope.coverage != Coverage::List)
        .then(|| Scope::new(&run.plan.scope).ok())
        .flatten()
}

/// A callback for a page of two runs, with its rows in both; it returns false to stop.
type Visitor<'a> = &'a mut dyn FnMut(&Pair<'_>, (Option<&Known>, Option<&Known>)) -> bool;

/// Returns why a URL is outside the scope of a run, or `None` if it is inside.
fn out_of_scope(scope: &Scope, url: &CrawlUrl) -> Option<String> {
    if scope.normal(url.clone()) != *url {
        return Some("--ignore-param drops a parameter of its address".to_owned());
    }
    match scope.admit(url, Via::Known, None) {
        Admission::Skip(_, skip) if skip.reason == SkipReason::Scope => Some(skip.detail),
        Admission::Fetch(Role::External) => Some("another site".to_owned()),
        _ => None,
    }
}

/// Returns the sight of a page that a run does not name.
fn unless_whole(blind: Option<&'static str>) -> Sight {
    match blind {
        Some(why) => Sight::NotSeen(why.to_owned()),
        None => Sight::Absent,
    }
}
