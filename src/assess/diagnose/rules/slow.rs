//! Pages that answer slowly, by family: a section of slow pages does not show in the median of its host.

use std::time::Duration;

use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use crate::assess::diagnose::context::Ratio;
use crate::assess::diagnose::evidence::Evidence;
use crate::assess::diagnose::host::{HostFacts, TimeHistogram};
use crate::model::Moment;

/// Time to the first byte from which a page is slow: visitors leave, and crawlers slow down for the host (ours; good is
/// 0.8 s, web.dev, "Time to First Byte").
pub const SLOW_PAGE: Duration = Duration::from_secs(4);

/// Minimum slow pages of a family: fewer are faults of pages (ours).
const FEWEST: u64 = 3;

/// Minimum share of slow pages: the 95th percentile of the family is slow (ours).
const SHARE: f64 = 0.05;

/// Maximum URLs kept as examples.
const EXAMPLES: usize = 3;

/// The response times of the pages of a family.
#[derive(Clone, Debug, Default)]
pub struct FamilySpeed {
    /// The usual time to the first byte of each page.
    pages: TimeHistogram,
    slow: u64,
    examples: Vec<String>,
    /// When the last request of a slow page began, and when the first one was answered.
    at_once: Option<(Moment, Moment)>,
}

impl FamilySpeed {
    /// Adds a page with the starts of its good answers and the times to their first bytes.
    pub fn add(&mut self, address: &str, answers: &mut [(Moment, Duration)]) {
        answers.sort_by_key(|(_, waited)| *waited);
        // The median; of two answers the faster one, because the other may be slow by chance.
        let Some((started, usual)) = answers.get(answers.len().saturating_sub(1) / 2).copied()
        else {
            return;
        };
        self.pages.add(usual);
        if usual < SLOW_PAGE {
            return;
        }
        self.slow += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(address.to_owned());
        }
        let (last, first) = self.at_once.unwrap_or((started, started + usual));
        self.at_once = Some((last.max(started), first.min(started + usual)));
    }

    /// Returns whether all slow requests were open at the same time: then the host paused once.
    fn is_one_pause(&self) -> bool {
        self.at_once.is_some_and(|(last, first)| last < first)
    }
}

/// Reports a family of which several pages take long to begin. `subject` is its host and its pattern. If the whole host
/// is as slow, that is reported instead.
pub fn slow_pages(subject: &str, speed: &FamilySpeed, host: &HostFacts) -> Option<Finding> {
    let slow = Ratio::new(speed.slow, speed.pages.count());
    let is_host = (host.first_bytes.quantile(0.5)).is_some_and(|median| median >= SLOW_PAGE);
    if slow.part < FEWEST || slow.share() < SHARE || is_host || speed.is_one_pause() {
        return None;
    }
    let millis = |share| {
        speed
            .pages
            .quantile(share)
            .map(|time| time.as_millis() as u64)
    };
    let times = Evidence::SlowPages {
        pages: slow,
        limit_ms: SLOW_PAGE.as_millis() as u64,
        median_ms: millis(0.5)?,
        p95_ms: millis(0.95)?,
    };
    let examples = speed.examples.iter();
    let examples = examples.map(|url| Evidence::Example { url: url.clone() });
    Some(Finding {
        rule: Rule::SlowPages,
        severity: Severity::Warning,
        scope: Scope::Section,
        subject: subject.to_owned(),
        causes: Vec::new(),
        confidence: 0.8,
        evidence: std::iter::once(times).chain(examples).collect(),
        pages: Some(slow.part),
        product: None,
        shown: speed.examples.clone(),
        advice: "slow",
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{HOST, answer, fires, host};
    use super::*;
    use crate::model::Outcome;

    /// A family with slow pages and fast ones, requested `apart` seconds apart.
    fn family(slow: i64, fast: i64, apart: i64) -> FamilySpeed {
        let mut speed = FamilySpeed::default();
        for n in 0..slow + fast {
            let started = Moment::from_millis(n * apart * 1_000);
            let waited = if n < slow { 5_000 } else { 200 };
            let mut answers = [(started, Duration::from_millis(waited))];
            speed.add(&format!("{HOST}/shop/{n}"), &mut answers);
        }
        speed
    }

    #[test]
    fn slow_pages_are_reported_by_family_where_the_host_is_fast() {
        let fast = host(&[(Outcome::OkHtml, 300)]);
        let found = |speed: &FamilySpeed, host: &HostFacts| slow_pages("/shop/*", speed, host);
        let slow = family(20, 80, 1);
        let said = fires(found(&slow, &fast), found(&family(4, 96, 1), &fast)).evidence_text();
        let words = "20 of 100 pages take 4 s or more to the first byte; half of them all take up to 0.2 s, 95 % up to";
        assert!(said.starts_with(words), "{said}");
        assert_eq!(found(&family(2, 2, 1), &fast), None, "two pages");
        assert_eq!(found(&family(9, 9, 0), &fast), None, "one pause");
        let mut all = host(&[]);
        for _ in 0..30 {
            let mut seen = answer(Outcome::OkHtml);
            seen.waited = Some(Duration::from_secs(5));
            all.add(&seen);
        }
        assert_eq!(found(&slow, &all), None, "the host is slow");
    }

    #[test]
    fn a_page_is_as_slow_as_its_usual_answer() {
        let mut speed = FamilySpeed::default();
        let at = |n: i64, waited| (Moment::from_millis(n * 60_000), Duration::from_secs(waited));
        speed.add("/a", &mut [at(0, 6), at(1, 1)]);
        assert_eq!(speed.slow, 0);
        speed.add("/b", &mut [at(0, 6), at(1, 1), at(2, 7)]);
        speed.add("/c", &mut []);
        assert_eq!((speed.slow, speed.pages.count()), (1, 2));
    }
}
