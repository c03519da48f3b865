//! The pages that changed, by kind, each with its observation.

use serde::{Deserialize, Serialize};

use crate::assess::Verdict;
use crate::assess::compare::{Change, Comparison, PageChange, PageState};
use crate::report::words::{count, number};
use crate::store::WorstPage;

use super::facts::BriefFacts;
use super::news::Tone;

/// Maximum pages in a list of bad news; the rest is counted.
const MOST: usize = 100;

/// Maximum pages in other lists.
const FEW: usize = 10;

/// Pages of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageList {
    /// `new`, `died`, `still_failing`, `worse`, `moved`, `gone`, `recovered` or `appeared`.
    pub kind: String,
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
        Some(comparison) => changed(comparison),
        None => first(facts).into_iter().collect(),
    };
    let at = lists
        .iter()
        .take_while(|list| list.tone == Tone::Bad)
        .count();
    lists.splice(at..at, still(facts));
    lists
}

fn changed(comparison: &Comparison) -> Vec<PageList> {
    let counts = &comparison.counts;
    let list = |kind: &str, tone, all: u64, title: String, is: &dyn Fn(&PageChange) -> bool| {
        let pages: Vec<BriefPage> = (comparison.changes.iter())
            .filter(|page| is(page))
            .map(shown)
            .collect();
        page_list((kind, tone, title), pages, all)
    };
    let of = |wanted: Change| move |page: &PageChange| page.change == wanted;
    let (broken, died) = (comparison.failures.broken, comparison.failures.died);
    let appeared = comparison.appeared_fine();
    let all = [
        list(
            "new",
            Tone::Bad,
            broken,
            format!("{} now and did not before", failing(broken)),
            &PageChange::is_broken,
        ),
        list(
            "died",
            Tone::Bad,
            died,
            format!("{} to every request, after coming and going", failing(died)),
            &PageChange::has_died,
        ),
        list(
            "worse",
            Tone::Bad,
            counts.worse,
            format!("{} more often than before", failing(counts.worse)),
            &of(Change::Worse),
        ),
        list(
            "moved",
            Tone::Neutral,
            counts.moved,
            format!("{} moved", count(counts.moved, "page")),
            &of(Change::Moved),
        ),
        list(
            "gone",
            Tone::Neutral,
            counts.gone,
            format!("{} gone", are(counts.gone)),
            &of(Change::Gone),
        ),
        list(
            "unlinked",
            Tone::Neutral,
            counts.unlinked,
            format!(
                "{} without links and not in a sitemap",
                are(counts.unlinked)
            ),
            &of(Change::Unlinked),
        ),
        list(
            "recovered",
            Tone::Good,
            counts.fixed,
            format!("{} recovered", count(counts.fixed, "page")),
            &of(Change::Fixed),
        ),
        list(
            "appeared",
            Tone::Neutral,
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
    page_list(("new", Tone::Bad, failing(all)), pages, all)
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
    page_list(("still_failing", Tone::Bad, title), shown.collect(), all)
}

/// Returns how many pages fail as they did in the baseline, and the day since which the first of them does.
pub(super) fn still_failing(facts: &BriefFacts<'_>) -> Option<(u64, String)> {
    let first = facts.still_failing.iter().min_by_key(|page| page.since)?;
    let day = facts.zone.day(first.since);
    Some((facts.still_failing.len() as u64, day))
}

fn page_list(
    (kind, tone, title): (&str, Tone, String),
    mut pages: Vec<BriefPage>,
    all: u64,
) -> Option<PageList> {
    let urgent = matches!(kind, "new" | "died" | "recovered");
    pages.truncate(if urgent { MOST } else { FEW });
    (all > 0).then(|| PageList {
        kind: kind.to_owned(),
        title,
        tone,
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

fn shown(page: &PageChange) -> BriefPage {
    BriefPage {
        address: page.address.clone(),
        status: page.new.and_then(|state| known(state.status)),
        detail: detail(page),
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
