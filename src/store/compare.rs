//! Two runs side by side: their pages are merged in the order of addresses, a row of each at a time.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::assess::Interval;
use crate::assess::compare::{
    AddressMap, Comparing, Comparison, Listed, Noise, PageChange, PageState, Pair, ScoreChange,
    SectionChange, SectionState, Sight, SiteScores, Yardstick,
};
use crate::model::{Admission, Coverage, CrawlUrl, Role, SkipReason};
use crate::policy::{Scope, Via};

use super::baseline::{Baseline, BaselineSource};
use super::error::StoreError;
use super::file::Store;
use super::found::{self, RunScores, StoredScore};
use super::runs::RunRow;
use super::sights::{self, Known, Sights};
use super::states::{self, States};
use super::unlinked::{self, Hidden};

impl Store {
    /// What changed since a baseline. Pages are walked twice, and what is kept of them has a bound.
    pub fn compare(&self, run: &RunRow, baseline: &Baseline) -> Result<Comparison, StoreError> {
        self.conclude(run.id)?;
        let prepared = Prepared::new(self, run, baseline)?;
        let mut noise = Noise::default();
        prepared.each(&mut |pair| {
            noise.add(pair);
            true
        })?;
        let mut comparing = Comparing::new(&noise);
        prepared.each(&mut |pair| {
            comparing.add(pair);
            true
        })?;
        let mut comparison = comparing.finish();
        self.frame(run, &prepared, &mut comparison)?;
        Ok(comparison)
    }

    /// Hands over every page that changed, in the order of addresses, until `each` says to stop by
    /// returning false. `yardstick` is that of [`Store::compare`] of the same two.
    pub fn each_change(
        &self,
        run: &RunRow,
        baseline: &Baseline,
        yardstick: Yardstick,
        each: &mut dyn FnMut(PageChange) -> bool,
    ) -> Result<(), StoreError> {
        let prepared = Prepared::new(self, run, baseline)?;
        prepared.each(&mut |pair| yardstick.page_change(pair).is_none_or(&mut *each))
    }

    /// Fills in what is not about single pages.
    fn frame(
        &self,
        run: &RunRow,
        prepared: &Prepared<'_>,
        found: &mut Comparison,
    ) -> Result<(), StoreError> {
        found.new = self.side(run, self);
        let (new, new_sections) = self.site_and_sections(run)?;
        let (old, old_sections) = match &prepared.old {
            Old::Run { store, run, .. } => {
                found.old = store.side(run, self);
                store.site_and_sections(run)?
            }
            Old::Listed { listed, .. } => {
                found.old = listed.side.clone();
                (listed.scores, listed.sections.iter().cloned().collect())
            }
        };
        let score = |at: usize| ScoreChange::new(old[at], new[at]);
        found.scores = SiteScores {
            crawlability: score(0),
            indexing_risk: score(1),
            error_rate: score(2),
        };
        found.sections = sections(old_sections, new_sections);
        found.notes = prepared.doubts(found);
        found.notes.extend(prepared.unreached(found)?);
        let notes = prepared.notes(run, found);
        found.notes.extend(notes);
        Ok(())
    }

    /// Crawlability, indexing risk and error rate of a run, and its sections.
    fn site_and_sections(&self, run: &RunRow) -> Result<(Scores, Sections), StoreError> {
        let scores = self.scores(run.id)?;
        Ok((known_scores(&scores), section_states(&scores)))
    }

    /// The scores of a run that was concluded; empty if it was not.
    pub fn scores(&self, run: super::RunId) -> Result<RunScores, StoreError> {
        let connection = self.connect()?;
        found::scores(&connection, run.0).map_err(|source| self.fault(source))
    }
}

type Scores = [Option<Interval>; 3];
type Sections = BTreeMap<String, SectionState>;

fn known_scores(scores: &RunScores) -> Scores {
    let known = |score: &Option<StoredScore>| score.as_ref().and_then(|found| found.score.known());
    [
        known(&scores.crawlability),
        known(&scores.indexing_risk),
        scores.error_rate,
    ]
}

fn section_states(scores: &RunScores) -> Sections {
    let state = |part: &found::StoredPart| SectionState {
        urls: part.urls,
        failing: part.failing,
        error_rate: part.error_rate,
        crawlability: part.crawlability,
    };
    let parts = scores.sections.iter();
    parts.map(|part| (part.name.clone(), state(part))).collect()
}

/// Those that changed first, the greatest difference first; then by name.
fn sections(old: Sections, mut new: Sections) -> Vec<SectionChange> {
    let both = old.into_iter().map(|(name, old)| {
        let new = new.remove(&name);
        (name, Some(old), new)
    });
    let mut all: Vec<_> = both.collect();
    all.extend(new.into_iter().map(|(name, new)| (name, None, Some(new))));
    let mut all: Vec<_> = all
        .into_iter()
        .map(|(name, old, new)| SectionChange::new(name, old, new))
        .collect();
    all.sort_by(|one, other| {
        let rose = |section: &SectionChange| section.difference.map_or(0.0, |found| found.value);
        let rank = |section: &SectionChange| section.change.is_none();
        (rank(one).cmp(&rank(other)))
            .then_with(|| rose(other).total_cmp(&rose(one)))
            .then_with(|| one.section.cmp(&other.section))
    });
    all
}

/// Two runs, ready to be walked.
struct Prepared<'a> {
    store: &'a Store,
    run: &'a RunRow,
    /// Why the new run may have missed a page that it does not know.
    new_blind: Option<&'static str>,
    /// What the new run was to cover; `None` for a list of URLs.
    scope: Option<Scope>,
    states: Option<String>,
    old: Old<'a>,
    /// What is needed to say of a page that it lost its links; `None` if it cannot be said.
    hidden: Option<Hidden>,
}

enum Old<'a> {
    Run {
        store: &'a Store,
        run: &'a RunRow,
        blind: Option<&'static str>,
        /// Its pages under their addresses on the new site, where they are mapped.
        mapped: Option<rusqlite::Connection>,
    },
    Listed {
        listed: &'a Listed,
        /// Address on the new site, own address, state; in order.
        pages: Vec<(String, &'a str, PageState)>,
    },
}

impl<'a> Prepared<'a> {
    fn new(
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
                    let made = sights::mapped(&connection, run.id.0, &baseline.maps);
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
            states: states::query(store, run)?,
            old,
            hidden: None,
        };
        prepared.hidden = prepared.hidden()?;
        Ok(prepared)
    }

    /// Reads what the new run could not see behind pages that it could not read.
    fn hidden(&self) -> Result<Option<Hidden>, StoreError> {
        let Old::Run {
            store, run: old, ..
        } = &self.old
        else {
            return Ok(None);
        };
        let fault = |source| self.store.fault(source);
        let connection = self.store.connect()?;
        let new = self.run.id.0;
        if self.new_blind.is_some() || !unlinked::has_unnamed(&connection, new).map_err(fault)? {
            return Ok(None);
        }
        let mut unread = Vec::new();
        self.walk(&mut |pair, was| {
            let was_read = |state: &PageState| state.failed < state.attempts;
            let is_unread = !pair.new.state().is_some_and(was_read);
            unread.extend(was.filter(|_| is_unread).map(|was| was.id));
            true
        })?;
        let lacks_sitemap = unlinked::lacks_sitemap(&connection, new).map_err(fault)?;
        let hidden = Hidden::behind(&*store.connect()?, old.id.0, &unread, lacks_sitemap);
        hidden.map(Some).map_err(|source| store.fault(source))
    }

    /// Hands over all pages that either run knows, in the order of addresses, until told to stop.
    fn each(&self, each: &mut dyn FnMut(&Pair<'_>) -> bool) -> Result<(), StoreError> {
        self.walk(&mut |pair, _| each(pair))
    }

    /// The same, with what the old run knows of the page.
    fn walk(&self, each: Visitor<'_>) -> Result<(), StoreError> {
        match &self.old {
            Old::Run {
                store,
                run,
                mapped,
                blind,
            } => {
                let fault = |source| store.fault(source);
                let loan;
                let (mut statement, params) = match mapped {
                    Some(own) => (own.prepare(sights::MAPPED_IN_ORDER).map_err(fault)?, None),
                    None => {
                        loan = store.connect()?;
                        let statement = loan.prepare(&sights::in_order()).map_err(fault)?;
                        (statement, Some(run.id.0))
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
                    unnamed: false,
                    in_sitemap: false,
                });
                let absent = Sight::Seen(PageState::unlisted());
                self.merge(&mut || Ok(pages.next()), &absent, each)
            }
        }
    }

    /// `absent` is what the old run knows of a page that it does not name.
    fn merge(
        &self,
        old: &mut dyn FnMut() -> Result<Option<Known>, StoreError>,
        absent: &Sight,
        each: Visitor<'_>,
    ) -> Result<(), StoreError> {
        let fault = |source| self.store.fault(source);
        let connection = self.store.connect()?;
        let mut statement = connection.prepare(&sights::in_order()).map_err(fault)?;
        let mut new = Sights(statement.query([self.run.id.0]).map_err(fault)?);
        // Without five runs there are no states: a query for nothing.
        let states = self.states.as_deref().unwrap_or("SELECT '', 0 WHERE 0");
        let mut states = connection.prepare(states).map_err(fault)?;
        let mut states = States::of(states.query([]).map_err(fault)?).map_err(fault)?;
        let (mut was, mut is) = (old()?, new.step().map_err(fault)?);
        // Several old pages may have become one: it leaves with the first address beyond it.
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
                    states: &[],
                }),
                (Ordering::Greater, _, Some(is)) if !met => Some(Pair {
                    address: &is.address,
                    old_address: &is.address,
                    old: absent.clone(),
                    new: is.sight.clone(),
                    unlinked: false,
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
                    states: states.of_page(&is.address).map_err(fault)?,
                }),
                _ => None,
            };
            let old_page = was.as_ref().filter(|_| order != Ordering::Greater);
            if let Some(pair) = pair
                && !each(&pair, old_page)
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

    /// What the new run knows of a page that it does not name.
    fn unfound(&self, address: &str) -> Sight {
        let why = self.scope.as_ref().and_then(|scope| {
            let url = CrawlUrl::parse(address).ok()?;
            out_of_scope(scope, &url)
        });
        why.map_or_else(|| unless_whole(self.new_blind), Sight::OutOfScope)
    }

    /// What makes it likely that other runs were meant.
    fn doubts(&self, found: &Comparison) -> Vec<String> {
        let (old, new) = (&found.old, &found.new);
        let is_mapped = match &self.old {
            Old::Run { mapped, .. } => mapped.is_some(),
            Old::Listed { pages, .. } => pages.iter().any(|(address, own, _)| address != own),
        };
        let doubt = match (is_mapped, old.site == new.site) {
            _ if old == new => "both are the same run",
            (true, _) if found.compared == 0 => {
                "no page of the new run has an address that --map makes: look at its pattern"
            }
            (false, false) if found.compared == 0 => {
                "the runs have no page in common; --map tells how the old site's addresses are called on the new one"
            }
            (false, true) if old.started > new.started => {
                "the old run began after the new one: the other way round, what is called new here would be called fixed"
            }
            _ => return Vec::new(),
        };
        vec![doubt.to_owned()]
    }

    /// That pages are called appeared which may only have been out of reach before.
    fn unreached(&self, found: &Comparison) -> Result<Option<String>, StoreError> {
        let Old::Run { store, run, .. } = &self.old else {
            return Ok(None);
        };
        if found.counts.appeared == 0 {
            return Ok(None);
        }
        let mute = sights::mute(&*store.connect()?, run.id.0);
        let mute = mute.map_err(|source| store.fault(source))?;
        Ok((mute > 0).then(|| {
            format!("pages that failed throughout the old run: {mute}; what only they link to is called appeared")
        }))
    }

    /// What could not be known, and why.
    fn notes(&self, run: &RunRow, found: &Comparison) -> Vec<String> {
        let mut notes = Vec::new();
        let mut blind = |which: &str, why: Option<&str>| {
            if let Some(why) = why {
                notes.push(format!(
                    "pages that only the {which} run has are not counted: the other may have missed them ({why})"
                ));
            }
        };
        // The new run had the old one's pages to start from, so that often there are none.
        let is_missed = |why: &&str| found.not_compared.contains_key(&format!("new: {why}"));
        blind("old", self.new_blind.filter(is_missed));
        match &self.old {
            Old::Run {
                blind: why,
                run: old,
                ..
            } => {
                blind("new", *why);
                if limits(old) != limits(run) {
                    notes.push(
                        "the two runs had different scopes: pages may differ for that alone"
                            .to_owned(),
                    );
                }
            }
            Old::Listed { listed, .. } => {
                let pages = listed.pages.len() as u64;
                notes.push(
                    "the baseline lists failing pages only: all others count as fine, and what appeared is not known"
                        .to_owned(),
                );
                if listed.total > pages {
                    notes.push(format!(
                        "the baseline lists {pages} of {} failing pages: those that are missing count as fine",
                        listed.total
                    ));
                }
            }
        }
        if run.plan.confirm.delays.len() < 2 {
            notes.push(
                "the new run looked again at failing pages less than twice: with so few looks hardly any change can be told; see --confirm"
                    .to_owned(),
            );
        }
        notes
    }
}

/// What of a plan decides which pages are found, besides where it starts.
fn limits(run: &RunRow) -> crate::model::ScopePlan {
    crate::model::ScopePlan {
        seeds: Vec::new(),
        hosts: Vec::new(),
        select: Vec::new(),
        known: false,
        ..run.plan.scope.clone()
    }
}

/// Takes in a page of two runs, with what the old run knows of it; false says to stop.
type Visitor<'a> = &'a mut dyn FnMut(&Pair<'_>, Option<&Known>) -> bool;

/// Why a URL is no page of what a run was to cover, if it is none.
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

/// What a run knows of a page that it does not name.
fn unless_whole(blind: Option<&'static str>) -> Sight {
    match blind {
        Some(why) => Sight::NotSeen(why.to_owned()),
        None => Sight::Absent,
    }
}
