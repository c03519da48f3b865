//! Gathers the changes of a run.

use crate::assess::compare::{Comparison, Group, PageChange};
use crate::assess::diagnose::rules::Severity;
use crate::assess::{GateStatus, StartFault};
use crate::model::SkipReason;
use crate::report::words::one_line;
use crate::store::{RunState, StoredFinding};

use super::super::facts::BriefFacts;
use super::super::lists::is_bad_news;
use super::kind::{News, UnauditedCause};

/// Returns the changes, the worst first.
pub(in crate::report::view::brief) fn news(facts: &BriefFacts<'_>) -> Vec<News> {
    let mut news = Vec::new();
    if let Some(why) = facts.unaudited {
        news.push(News::Unaudited {
            why: one_line(why).trim_end_matches('.').to_owned(),
            cause: unaudited_cause(facts),
        });
    }
    if facts.run.state == RunState::Incomplete {
        let urls = facts.summary.given_up;
        news.push(News::GivenUp { urls });
    }
    if facts.unaudited.is_none() {
        news.extend(start_page(facts));
        match facts.comparison {
            Some(comparison) => of_pages(facts, comparison, &mut news),
            None => first(facts, &mut news),
        }
        let outages = facts.outages.iter().filter(|outage| outage.is_new);
        news.extend(outages.cloned().map(News::Outage));
        news.extend(found(facts));
    }
    let failed = facts.gates.iter();
    let failed = failed.filter(|gate| gate.result == GateStatus::Failed);
    let expressions: Vec<String> = failed.map(|gate| gate.expression.clone()).collect();
    if !expressions.is_empty() {
        news.push(News::GatesFailed { expressions });
    }
    news.sort_by_key(News::rank);
    news
}

fn unaudited_cause(facts: &BriefFacts<'_>) -> UnauditedCause {
    match facts.no_start.map(|found| &found.fault) {
        Some(StartFault::Skipped(SkipReason::Robots)) => UnauditedCause::Forbidden,
        _ => UnauditedCause::Unread,
    }
}

/// Returns that the start page of a site that was audited fails, unless it failed before.
fn start_page(facts: &BriefFacts<'_>) -> Option<News> {
    let start = facts.no_start?;
    let is_new = facts.comparison.is_none_or(|comparison| {
        let mut changes = comparison.changes.iter();
        changes.any(|page| page.address == start.address && is_bad_news(page))
    });
    let others = facts.summary.pages.requested.saturating_sub(1);
    (is_new && others > 0).then(|| News::StartPage {
        why: one_line(&start.to_string()),
        others,
    })
}

fn first(facts: &BriefFacts<'_>, news: &mut Vec<News>) {
    let pages = facts.failing_pages();
    if pages > 0 {
        news.push(News::Failing { pages });
    }
}

fn of_pages(facts: &BriefFacts<'_>, comparison: &Comparison, news: &mut Vec<News>) {
    let counts = &comparison.counts;
    let failures = &comparison.failures;
    let of_counts = [
        broken(facts, comparison),
        News::Died {
            pages: failures.died,
        },
        News::Worse {
            pages: counts.worse,
        },
        News::Gone {
            pages: comparison.gone_from_site(),
        },
        News::Unlinked {
            pages: counts.unlinked,
        },
        News::Recovered {
            pages: counts.fixed,
        },
        News::Better {
            pages: counts.better,
        },
        News::Appeared {
            pages: comparison.appeared_fine(),
        },
    ];
    news.extend(of_counts.into_iter().filter(|change| change.pages() > 0));
    news.extend(comparison.moves.iter().map(|moved| News::Moved {
        pages: moved.pages,
        from: moved.from.clone(),
        to: moved.to.clone(),
    }));
    let marks = &comparison.marks;
    news.extend(comparison.lost.iter().cloned().map(News::Lost));
    news.extend(comparison.dead_links.iter().cloned().map(News::DeadLinks));
    news.extend(marks.noindex.iter().cloned().map(News::Noindex));
    news.extend(marks.canonical.iter().cloned().map(News::Canonical));
    let indexable = Some(&marks.indexable).filter(|group| group.pages > 0);
    news.extend(indexable.cloned().map(News::Indexable));
    let back = Some(&comparison.back).filter(|group| group.pages > 0);
    news.extend(back.cloned().map(News::Back));
    let refused = facts.refused_at_times;
    news.extend(refused.map(|(status, pages)| News::RefusedAtTimes { pages, status }));
    let rescoped = comparison.rescoped.iter();
    news.extend(rescoped.map(|how| News::Rescoped { how: how.clone() }));
    if let Some(since) = facts.unaudited_before {
        let since = facts.zone.day(since);
        news.push(News::AuditedAgain { since });
    }
    news.extend(resolved(facts));
    if let [address, others @ ..] = comparison.regained_sitemaps.as_slice() {
        news.push(News::SitemapBack {
            address: address.clone(),
            more: others.len() as u64,
        });
    }
    if let [address, others @ ..] = comparison.lost_sitemaps.as_slice() {
        news.push(News::SitemapLost {
            address: address.clone(),
            more: others.len() as u64,
        });
    }
}

/// Returns the findings of `warning` and above that are changes of their own and that the baseline lacks.
fn found(facts: &BriefFacts<'_>) -> Option<News> {
    let is_reported = |found: &&StoredFinding| {
        found.severity > Severity::Notice && found.rule.is_news() && facts.is_new(found)
    };
    let mut new = facts.summary.findings.iter().filter(is_reported);
    let worst = new.next()?;
    Some(News::Found {
        title: worst.rule.title().to_owned(),
        subject: one_line(&worst.subject),
        pages: worst.pages,
        more: new.count() as u64,
    })
}

/// Returns the pages that newly fail, with their folder, and how many failed there before for the same cause.
fn broken(facts: &BriefFacts<'_>, comparison: &Comparison) -> News {
    let mut group = Group::default();
    // The start page is a change of its own.
    let start = facts.no_start.map(|start| start.address.as_str());
    let is_start = |page: &&PageChange| start == Some(page.address.as_str());
    let broken = comparison.changes.iter().filter(|page| page.is_broken());
    let (starts, others): (Vec<_>, Vec<_>) = broken.partition(is_start);
    for page in others {
        group.add(&page.address);
    }
    let is_there = |found: &&StoredFinding| {
        (group.folder.as_deref()).is_some_and(|folder| found.subject.contains(folder))
    };
    let grown = facts.summary.findings.iter().filter(is_there);
    let grown = grown.filter_map(|found| facts.grown(found));
    let before = grown.map(|(before, _)| before).max();
    News::Broken {
        pages: comparison.failures.broken - starts.len() as u64,
        folder: group.folder,
        before: before.unwrap_or_default(),
    }
}

/// Returns the findings of the baseline that are gone. Those that come and go are not: another week may have them.
fn resolved(facts: &BriefFacts<'_>) -> Option<News> {
    let is_there = |old: &StoredFinding| {
        let same = |new: &StoredFinding| {
            new.rule == old.rule && new.rule.is_same_subject(&old.subject, &new.subject)
        };
        facts.summary.findings.iter().any(same)
    };
    let is_gone = |old: &&StoredFinding| {
        old.severity > Severity::Notice && old.rule.can_be_resolved() && !is_there(old)
    };
    let mut gone = facts.old_findings?.iter().filter(is_gone);
    let worst = gone.next()?;
    Some(News::Resolved {
        title: worst.rule.title().to_owned(),
        subject: one_line(&worst.subject),
        more: gone.count() as u64,
    })
}
