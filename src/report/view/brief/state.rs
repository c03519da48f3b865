//! The headline: the state of the site in one sentence.

use serde::{Deserialize, Serialize};

use crate::assess::diagnose::Evidence;
use crate::assess::diagnose::rules::{Rule, Severity};
use crate::assess::{NoStart, Verdict};
use crate::report::view::color::Color;
use crate::report::words::{count, number, visits_at_risk};
use crate::store::{RunSummary, StoredFinding};

/// The headline of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headline {
    /// `fine`, `other` or `bad`.
    pub tone: Color,
    /// The sentence.
    pub text: String,
}

/// Verdicts of pages that failed, with the way in which they failed.
const KINDS: [(Verdict, &str); 5] = [
    (Verdict::Persistent, "always"),
    (Verdict::Intermittent, "now and then"),
    (Verdict::LoadInduced, "only at the crawl's speed"),
    (Verdict::Unconfirmed, "with too little evidence to say how"),
    (Verdict::Transient, "for a while only"),
];

/// Returns the sentence for a run, with the cause that most failing pages have and their share.
pub(super) fn headline(
    summary: &RunSummary,
    likeliest: Option<(&str, f64)>,
    no_start: Option<&NoStart>,
) -> Headline {
    let pages = summary.pages.judged().max(summary.pages.fetched);
    if pages == 0 {
        return Headline {
            tone: Color::Bad,
            text: match nothing(summary).or_else(|| no_start.map(NoStart::to_string)) {
                Some(why) => format!("No page could be fetched: {why}."),
                None => "No page could be fetched.".to_owned(),
            },
        };
    }
    let verdict = |verdict| summary.pages.with_verdict(verdict);
    let failed = summary.pages.failing();
    let unheard = unheard(summary);
    if failed == 0 && !unheard.is_empty() {
        return Headline {
            tone: Color::Bad,
            text: unheard,
        };
    }
    if failed == 0 {
        let soft = summary.findings.iter().find(|found| is_serious(found));
        return match soft {
            Some(found) => Headline {
                tone: Color::Other,
                text: format!(
                    "No page answered with a server error, but: {}.",
                    named(found)
                ),
            },
            None => unfailing(summary),
        };
    }
    let goes_on = summary.findings.iter().any(goes_on);
    let kinds = KINDS
        .iter()
        .map(|(kind, how)| match kind {
            Verdict::Transient if goes_on => (verdict(*kind), "in outages that go on"),
            _ => (verdict(*kind), *how),
        })
        .filter(|(n, _)| *n > 0);
    let kinds: Vec<String> = kinds
        .map(|(n, how)| format!("{} {how}", number(n)))
        .collect();
    let why = likeliest.map_or(String::new(), |(cause, share)| {
        let of = if share < 1.0 { " of most" } else { "" };
        format!(" The likeliest cause{of}: {cause}.")
    });
    let cost = summary.traffic.as_ref().and_then(visits_at_risk);
    let cost = cost.map_or(String::new(), |cost| format!(" Cost: {cost}."));
    let lasting = verdict(Verdict::Persistent)
        + verdict(Verdict::Intermittent)
        + verdict(Verdict::Unconfirmed);
    let dead = summary.findings.iter().find(|found| is_dead_host(found));
    let mut dead = dead.map_or(String::new(), |found| {
        format!(" {} was down when the crawl ended.", found.subject)
    });
    if !unheard.is_empty() {
        dead = format!("{dead} {unheard}");
    }
    Headline {
        tone: if lasting > 0 || !dead.is_empty() {
            Color::Bad
        } else {
            Color::Other
        },
        text: format!(
            "{} of {} failed: {}.{dead}{why}{cost}{}",
            number(failed),
            count(pages, "page"),
            kinds.join(", "),
            match refused(summary) {
                0 => String::new(),
                refused => format!(" {} answered with 4xx.", count(refused, "other page")),
            }
        ),
    }
}

/// Returns the sentence about a host that never answered well, with the known pages that nothing is known of; empty if there is
/// none.
fn unheard(summary: &RunSummary) -> String {
    let never = |fact: &Evidence| matches!(fact, Evidence::LastFine { at: None });
    let given_up = summary.findings.iter();
    let mut given_up =
        given_up.filter(|found| found.rule == Rule::HostDown && found.known_facts().any(never));
    let Some(first) = given_up.next() else {
        return String::new();
    };
    let pages = first.pages.unwrap_or_default();
    let more = match given_up.count() {
        0 => String::new(),
        more => format!(
            " ({} more could not be reached either)",
            count(more as u64, "host")
        ),
    };
    format!(
        "The whole host {} could not be reached: nothing is known of {} of {}{more}.",
        first.subject,
        number(pages),
        count(summary.pages.known.max(pages), "known page"),
    )
}

/// Returns the headline if no page failed. A missing page is not a failure of the server, but all is not well.
fn unfailing(summary: &RunSummary) -> Headline {
    let pages = count(summary.pages.fetched, "page");
    let warning = summary
        .findings
        .iter()
        .find(|found| found.severity > Severity::Notice);
    let refused = refused(summary);
    if refused == 0 {
        return match warning {
            Some(found) => Headline {
                tone: Color::Other,
                text: format!("No page failed, but: {}.", named(found)),
            },
            None => Headline {
                tone: Color::Fine,
                text: match summary.pages.fetched {
                    1 => "All is well: the 1 page that was fetched did not fail.".to_owned(),
                    _ => format!("All is well: none of {pages} failed."),
                },
            },
        };
    }
    let most = summary
        .pages
        .by_status
        .range(400..500)
        .max_by_key(|(_, n)| **n);
    let most = most.map_or(String::new(), |(status, n)| {
        format!(", {} of them {status}", number(*n))
    });
    Headline {
        tone: Color::Other,
        text: format!(
            "No page answered with a server error, but {} of {pages} answered with 4xx{most}.",
            number(refused)
        ),
    }
}

/// Status of an answer that counts as a failure of the server, unlike other 4xx.
const TOO_MANY: u16 = 429;

/// Returns the number of pages that answered 4xx without being failures.
pub(super) fn refused(summary: &RunSummary) -> u64 {
    let refused = summary.pages.by_status.range(400..500);
    refused
        .filter(|(status, _)| **status != TOO_MANY)
        .map(|(_, n)| n)
        .sum()
}

/// Returns whether a finding says that a whole host was down at the end.
fn is_dead_host(found: &StoredFinding) -> bool {
    found.rule == Rule::HostOutage && found.severity == Severity::Critical
}

/// Returns whether a finding says that a whole host goes down in a rhythm.
fn goes_on(found: &StoredFinding) -> bool {
    let is_sure = |fact: &Evidence| matches!(fact, Evidence::Rhythm { sure: true, .. });
    found.rule == Rule::HostOutage && found.known_facts().any(is_sure)
}

fn is_serious(found: &StoredFinding) -> bool {
    found.severity >= Severity::Error
}

fn named(found: &StoredFinding) -> String {
    let title = found.rule.title();
    format!("{} ({})", title.to_lowercase(), found.subject)
}

/// Returns why nothing was fetched, if a finding says it.
fn nothing(summary: &RunSummary) -> Option<String> {
    summary
        .findings
        .iter()
        .find(|found| is_serious(found))
        .map(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::StartFault;
    use crate::model::SkipReason;
    use crate::store::UrlCounts;

    fn told(verdicts: &[(Verdict, u64)], likeliest: Option<(&str, f64)>) -> Headline {
        let summary = RunSummary {
            pages: UrlCounts {
                fetched: verdicts.iter().map(|(_, pages)| pages).sum(),
                by_verdict: verdicts.iter().copied().collect(),
                ..UrlCounts::default()
            },
            ..RunSummary::default()
        };
        headline(&summary, likeliest, None)
    }

    #[test]
    fn with_dead_links_all_is_not_well() {
        let mut summary = RunSummary::default();
        summary.pages.fetched = 1_240;
        summary.pages.by_status = [(200, 1_075), (404, 160), (410, 5)].into();
        let gone = headline(&summary, None, None);
        assert_eq!(
            gone.text,
            "No page answered with a server error, but 165 of 1,240 pages answered with 4xx, 160 of them 404."
        );
        assert_eq!(gone.tone, Color::Other);
    }

    #[test]
    fn missing_pages_are_told_beside_failing_ones() {
        let mut summary = RunSummary::default();
        summary.pages.by_verdict = [(Verdict::Ok, 299), (Verdict::Persistent, 1)].into();
        summary.pages.by_status = [(200, 259), (404, 40), (429, 3), (502, 1)].into();
        assert_eq!(
            headline(&summary, None, None).text,
            "1 of 300 pages failed: 1 always. 40 other pages answered with 4xx."
        );
    }

    #[test]
    fn with_a_warning_all_is_not_well() {
        let with = |severity| {
            let mut summary = RunSummary::default();
            summary.pages.fetched = 2;
            summary.findings = vec![StoredFinding {
                rule: Rule::ExternalLinks,
                severity,
                subject: "https://a.test".to_owned(),
                ..StoredFinding::default()
            }];
            headline(&summary, None, None)
        };
        let told = with(Severity::Warning);
        assert_eq!(
            (told.tone, told.text.as_str()),
            (
                Color::Other,
                "No page failed, but: external links that fail (https://a.test)."
            )
        );
        assert_eq!(with(Severity::Notice).tone, Color::Fine);
    }

    #[test]
    fn a_host_that_never_answered_is_in_the_headline_with_its_pages() {
        let mut summary = RunSummary::default();
        summary.pages.fetched = 73;
        summary.pages.known = 85;
        summary.pages.by_verdict = [(Verdict::Ok, 73)].into();
        summary.findings = vec![StoredFinding {
            rule: Rule::HostDown,
            severity: Severity::Critical,
            subject: "https://shop.a.test".to_owned(),
            pages: Some(12),
            facts: vec![Evidence::LastFine { at: None }.into()],
            ..StoredFinding::default()
        }];
        let unheard = "The whole host https://shop.a.test could not be reached: nothing is known of 12 of 85 known pages.";
        let told = headline(&summary, None, None);
        assert_eq!((told.tone, told.text.as_str()), (Color::Bad, unheard));
        summary.pages.by_verdict.insert(Verdict::Transient, 1);
        let told = headline(&summary, None, None);
        assert_eq!(
            told.text,
            format!("1 of 74 pages failed: 1 for a while only. {unheard}")
        );
    }

    #[test]
    fn outages_with_a_rhythm_go_on() {
        let with = |sure| {
            let rhythm = Evidence::Rhythm {
                every_seconds: 30.0,
                down_seconds: Some(12.0),
                sure,
            };
            let summary = RunSummary {
                pages: UrlCounts {
                    fetched: 193,
                    by_verdict: [(Verdict::Ok, 165), (Verdict::Transient, 28)].into(),
                    ..UrlCounts::default()
                },
                findings: vec![StoredFinding {
                    rule: Rule::HostOutage,
                    severity: Severity::Error,
                    facts: vec![rhythm.into()],
                    ..StoredFinding::default()
                }],
                ..RunSummary::default()
            };
            headline(&summary, None, None).text
        };
        assert_eq!(
            with(true),
            "28 of 193 pages failed: 28 in outages that go on."
        );
        assert_eq!(with(false), "28 of 193 pages failed: 28 for a while only.");
    }

    #[test]
    fn a_host_that_is_down_at_the_end_is_in_the_headline() {
        let with = |severity| {
            let mut summary = RunSummary::default();
            summary.pages.fetched = 304;
            summary.pages.by_verdict = [(Verdict::Ok, 303), (Verdict::Transient, 1)].into();
            summary.findings = vec![StoredFinding {
                rule: Rule::HostOutage,
                severity,
                subject: "https://a.test".to_owned(),
                ..StoredFinding::default()
            }];
            headline(&summary, None, None)
        };
        let dead = with(Severity::Critical);
        let said = "1 of 304 pages failed: 1 for a while only. https://a.test was down when the crawl ended.";
        assert_eq!((dead.tone, dead.text.as_str()), (Color::Bad, said));
        assert_eq!(with(Severity::Error).tone, Color::Other);
    }

    #[test]
    fn one_sentence_says_the_state_of_the_site() {
        let fine = told(&[(Verdict::Ok, 1_240)], None);
        assert_eq!(fine.text, "All is well: none of 1,240 pages failed.");
        assert_eq!(fine.tone, Color::Fine);
        let bad = told(
            &[
                (Verdict::Ok, 1_226),
                (Verdict::Persistent, 9),
                (Verdict::Transient, 5),
            ],
            Some(("a slow backend", 0.6)),
        );
        assert_eq!(
            bad.text,
            "14 of 1,240 pages failed: 9 always, 5 for a while only. \
             The likeliest cause of most: a slow backend."
        );
        assert_eq!(bad.tone, Color::Bad);
        let mild = told(&[(Verdict::Ok, 1), (Verdict::Transient, 1)], None);
        assert_eq!(mild.text, "1 of 2 pages failed: 1 for a while only.");
        assert_eq!(mild.tone, Color::Other);
        assert_eq!(told(&[], None).text, "No page could be fetched.");
        let forbidden = NoStart {
            address: "https://a.test/".to_owned(),
            pages: 1,
            fault: StartFault::Skipped(SkipReason::Robots),
        };
        assert_eq!(
            headline(&RunSummary::default(), None, Some(&forbidden)).text,
            "No page could be fetched: the start page https://a.test/ is forbidden by robots.txt."
        );
        let waiting = RunSummary {
            pages: UrlCounts {
                fetched: 2,
                by_verdict: [(Verdict::Ok, 2), (Verdict::Unconfirmed, 1)].into(),
                ..UrlCounts::default()
            },
            ..RunSummary::default()
        };
        assert!(
            headline(&waiting, None, None)
                .text
                .starts_with("1 of 3 pages failed")
        );
    }
}
