//! The pages that changed, by kind, each with its observation.

use serde::{Deserialize, Serialize};

use crate::assess::Verdict;
use crate::assess::compare::{Change, Comparison, PageChange, PageState};
use crate::report::words::{count, number};
use crate::store::WorstPage;

use super::facts::BriefFacts;
use super::news::Tone;

/// Maximum pages in a list of what people look for first; the rest is counted.
const MOST: usize = 100;

/// Maximum pages in other lists.
const FEW: usize = 10;

/// What the pages of a list have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListKind {
    /// They fail now and did not before; in a first run, they fail.
    New,
    /// They failed at times, and fail every time now.
    Died,
    /// They fail as they did in the baseline.
    StillFailing,
    /// They fail more often than before.
    Worse,
    /// The site serves them no more, though it does not fail.
    Lost,
    /// They have another URL now.
    Moved,
    /// They do not exist any more.
    Gone,
    /// No link and no sitemap leads to them any more.
    Unlinked,
    /// They failed before and are fine now.
    Recovered,
    /// They were refused, missing or redirected before, and are there now.
    Back,
    /// They did not exist before, and are fine.
    Appeared,
}

impl ListKind {
    /// Returns how bad it is.
    pub const fn tone(self) -> Tone {
        match self {
            ListKind::New
            | ListKind::Died
            | ListKind::StillFailing
            | ListKind::Worse
            | ListKind::Lost => Tone::Bad,
            ListKind::Moved | ListKind::Gone | ListKind::Unlinked | ListKind::Appeared => {
                Tone::Neutral
            }
            ListKind::Recovered | ListKind::Back => Tone::Good,
        }
    }

    /// Returns the maximum pages that are listed.
    const fn most(self) -> usize {
        match self {
            ListKind::New | ListKind::Died | ListKind::Recovered => MOST,
            ListKind::StillFailing
            | ListKind::Worse
            | ListKind::Lost
            | ListKind::Moved
            | ListKind::Gone
            | ListKind::Unlinked
            | ListKind::Back
            | ListKind::Appeared => FEW,
        }
    }
}

/// Pages of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageList {
    /// What they have in common.
    pub kind: ListKind,
    /// Such as `2 pages fail now and did not before`.
    pub title: String,
    /// How bad that is.
    pub tone: Tone,
    /// The pages, the worst first.
    pub pages: Vec<BriefPage>,
    /// Number of pages that are not listed.
    pub more: u64,
}

/// A page and its details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BriefPage {
    /// Its URL.
    pub address: String,
    /// Its last status code; absent where there was no answer or it is not known.
    pub status: Option<u16>,
    /// The observation in words; may be empty.
    pub detail: String,
}

/// Returns the lists that are not empty, the worst first.
pub(super) fn lists(facts: &BriefFacts<'_>) -> Vec<PageList> {
    let mut lists = match facts.comparison {
        Some(comparison) => changed(facts, comparison),
        None => first(facts).into_iter().collect(),
    };
    let at = lists
        .iter()
        .take_while(|list| list.tone == Tone::Bad)
        .count();
    lists.splice(at..at, still(facts));
    lists
}

fn changed(facts: &BriefFacts<'_>, comparison: &Comparison) -> Vec<PageList> {
    let counts = &comparison.counts;
    let list = |kind, all: u64, title: String, is: &dyn Fn(&PageChange) -> bool| {
        let pages: Vec<BriefPage> = (comparison.changes.iter())
            .filter(|page| is(page))
            .map(|page| shown(facts, page))
            .collect();
        page_list(kind, title, pages, all)
    };
    let of = |wanted: Change| move |page: &PageChange| page.change == wanted;
    let (broken, died) = (comparison.failures.broken, comparison.failures.died);
    let appeared = comparison.appeared_fine();
    let gone = comparison.gone_from_site();
    let all = [
        list(
            ListKind::New,
            broken,
            format!("{} now and did not before", failing(broken)),
            &PageChange::is_broken,
        ),
        list(
            ListKind::Died,
            died,
            format!("{} to every request, after coming and going", failing(died)),
            &PageChange::has_died,
        ),
        list(
            ListKind::Worse,
            counts.worse,
            format!("{} more often than before", failing(counts.worse)),
            &of(Change::Worse),
        ),
        list(
            ListKind::Lost,
            counts.lost,
            format!("{} not served any more", are(counts.lost)),
            &of(Change::Lost),
        ),
        list(
            ListKind::Moved,
            counts.moved,
            format!("{} moved", count(counts.moved, "page")),
            &of(Change::Moved),
        ),
        list(
            ListKind::Gone,
            gone,
            format!("{} gone", are(gone)),
            &PageChange::is_gone_from_site,
        ),
        list(
            ListKind::Unlinked,
            counts.unlinked,
            format!(
                "{} without links and not in a sitemap",
                are(counts.unlinked)
            ),
            &of(Change::Unlinked),
        ),
        list(
            ListKind::Recovered,
            counts.fixed,
            format!("{} recovered", count(counts.fixed, "page")),
            &of(Change::Fixed),
        ),
        list(
            ListKind::Back,
            counts.back,
            format!("{} served again", are(counts.back)),
            &of(Change::Back),
        ),
        list(
            ListKind::Appeared,
            appeared,
            format!("{} new", are(appeared)),
            &|page| page.change == Change::Appeared && !page.is_broken(),
        ),
    ];
    all.into_iter().flatten().collect()
}

fn first(facts: &BriefFacts<'_>) -> Option<PageList> {
    let is_page = |page: &&WorstPage| page.priority.is_some() && page.verdict.is_failing();
    let fails = facts.failing.iter().filter(is_page);
    let pages: Vec<BriefPage> = fails
        .map(|page| BriefPage {
            address: page.address.clone(),
            status: known(page.status),
            detail: format!("{} of {} requests failed", page.failed, page.attempts),
        })
        .collect();
    let all = facts.failing_pages();
    page_list(ListKind::New, failing(all), pages, all)
}

fn still(facts: &BriefFacts<'_>) -> Option<PageList> {
    let pages = facts.still_failing;
    let all = pages.len() as u64;
    let shown = pages.iter().map(|page| BriefPage {
        address: page.address.clone(),
        status: known(page.status),
        detail: format!(
            "still failing since {}, in {}",
            facts.zone.day(page.since),
            count(u64::from(page.runs), "run")
        ),
    });
    let title = match all {
        1 => "1 page still fails".to_owned(),
        many => format!("{} pages still fail", number(many)),
    };
    page_list(ListKind::StillFailing, title, shown.collect(), all)
}

/// Returns how many pages fail as they did in the baseline, and the day since which the first of them does.
pub(super) fn still_failing(facts: &BriefFacts<'_>) -> Option<(u64, String)> {
    let first = facts.still_failing.iter().min_by_key(|page| page.since)?;
    let day = facts.zone.day(first.since);
    Some((facts.still_failing.len() as u64, day))
}

/// Returns the first of these pages under a title, if there are any. `all` is their number, of which the caller may have
/// left some out.
fn page_list(
    kind: ListKind,
    title: String,
    mut pages: Vec<BriefPage>,
    all: u64,
) -> Option<PageList> {
    pages.truncate(kind.most());
    (all > 0).then(|| PageList {
        kind,
        title,
        tone: kind.tone(),
        more: all.saturating_sub(pages.len() as u64),
        pages,
    })
}

/// Returns whether a page that was fine or absent answers 5xx to every request; in a first run, whether any page
/// does.
pub(super) fn has_lasting_5xx(facts: &BriefFacts<'_>) -> bool {
    match facts.comparison {
        Some(comparison) => comparison.failures.lasting_5xx > 0,
        None => (facts.failing.iter())
            .any(|page| page.verdict == Verdict::Persistent && (500..=599).contains(&page.status)),
    }
}

/// Returns whether a page is reported as failing in a new way.
pub(super) fn is_bad_news(page: &PageChange) -> bool {
    page.is_broken() || page.has_died() || page.change == Change::Worse
}

fn shown(facts: &BriefFacts<'_>, page: &PageChange) -> BriefPage {
    let past = (facts.recovered.iter()).find(|past| past.address == page.address);
    let past = past.filter(|_| page.change == Change::Fixed);
    BriefPage {
        address: page.address.clone(),
        status: page.new.and_then(|state| known(state.status)),
        detail: match past {
            Some(past) => format!(
                "failed since {}, in {}",
                facts.zone.day(past.since),
                count(u64::from(past.runs), "run")
            ),
            None => detail(page),
        },
    }
}

/// Returns the observation of a page, for people: numbers of requests rather than rates with intervals.
fn detail(page: &PageChange) -> String {
    let failed = |state: PageState| format!("{} of {}", state.failed, state.attempts);
    match (page.change, page.old, page.new) {
        (Change::New | Change::Worse | Change::Better | Change::Fixed, Some(old), Some(new)) => {
            // A good status beside failures is explained.
            let page = match new.status {
                200..=299 if new.fails() => "an error page, or cut short: ",
                _ => "",
            };
            let (now, before) = (failed(new), failed(old));
            format!("{page}{now} requests failed, before {before}")
        }
        (Change::Gone, Some(old), Some(new)) if new.status >= 400 => {
            format!("answered {} before", old.status)
        }
        (Change::Appeared, _, Some(new)) if !new.fails() => String::new(),
        _ => page.evidence.clone(),
    }
}

/// Returns a status; `None` without an answer or if it is not known.
fn known(status: u16) -> Option<u16> {
    (status > 0).then_some(status)
}

fn failing(pages: u64) -> String {
    let verb = if pages == 1 { "fails" } else { "fail" };
    format!("{} {verb}", count(pages, "page"))
}

fn are(pages: u64) -> String {
    match pages {
        1 => "1 page is".to_owned(),
        many => format!("{} pages are", number(many)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Webhooks and stored messages have these names.
    #[test]
    fn a_kind_has_its_name_in_snake_case() {
        let named = |kind| serde_json::to_value(kind).expect("a name");
        assert_eq!(named(ListKind::StillFailing), "still_failing");
        assert_eq!(named(ListKind::Unlinked), "unlinked");
        let read: ListKind = serde_json::from_str("\"recovered\"").expect("a kind");
        assert_eq!((read, read.tone()), (ListKind::Recovered, Tone::Good));
    }

    #[test]
    fn a_list_names_some_pages_and_counts_the_others() {
        let page = BriefPage {
            address: "https://shop.example/".to_owned(),
            status: None,
            detail: String::new(),
        };
        for (kind, named) in [(ListKind::New, 100), (ListKind::Gone, 10)] {
            let list = page_list(kind, String::new(), vec![page.clone(); 120], 150);
            let list = list.expect("a list");
            assert_eq!((list.pages.len(), list.more), (named, 150 - named as u64));
        }
        assert_eq!(page_list(ListKind::New, String::new(), vec![], 0), None);
    }
}
