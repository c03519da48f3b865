//! Hosts that fail only at speed, and hosts that are slow.

use std::time::Duration;

use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use crate::assess::diagnose::context::Ratio;
use crate::assess::diagnose::evidence::Evidence;
use crate::assess::diagnose::host::HostFacts;
use crate::model::{Cause, Outcome};

/// Median from which Google lowers its crawl rate noticeably, by our scoring model.
const SLOW: Duration = Duration::from_millis(1500);
/// Minimum successes for a statement about a host's speed.
const FEWEST: u64 = 20;

/// Reports failures that start at some load, or a limit of requests per second: the host can serve few crawlers, and
/// fewer besides its visitors. If a host went down as a whole, at loads that it served at other times, its outages
/// are reported instead. A host that refuses with 429 says itself that there is a limit, whatever its number.
pub fn load_induced(facts: &HostFacts) -> Option<Finding> {
    let is_limited = facts.limit.is_some() || facts.refused > 0;
    if !is_limited && !facts.outages.is_empty() {
        return None;
    }
    let confirmed = facts.load_induced.part > 0;
    if !confirmed && facts.limit.is_none() {
        return None;
    }
    let step = facts.load.filter(|_| !is_limited);
    let mut evidence = Vec::new();
    if let Some(limit) = facts.limit {
        evidence.push(Evidence::RateLimit {
            low: limit.low,
            high: limit.high,
            burst: limit.burst,
            refused: Ratio::new(limit.refused, limit.requests),
            status: limit.status,
            section: facts.limited_section.clone(),
            window: limit.window.map(|window| window.as_secs()),
        });
    } else if is_limited {
        evidence.push(Evidence::Outcome {
            outcome: Outcome::Client429,
            count: facts.count(Outcome::Client429),
        });
    }
    if let Some(step) = step {
        evidence.push(Evidence::Load {
            load: step.load,
            from: step.from,
            below: step.below,
            above: step.above,
        });
    }
    if confirmed {
        evidence.push(Evidence::Urls {
            failing: facts.load_induced,
            whose: "the host, at speed only,".to_owned(),
        });
    }
    Some(Finding {
        rule: Rule::LoadInduced,
        severity: Severity::Warning,
        scope: Scope::Host,
        subject: facts.host.clone(),
        causes: vec![Cause::Overload],
        confidence: if is_limited || (confirmed && step.is_some()) {
            0.95
        } else {
            0.75
        },
        evidence,
        pages: confirmed.then_some(facts.load_induced.part),
        product: None,
        shown: Vec::new(),
        advice: if is_limited { "rate_limit" } else { "overload" },
    })
}

/// Reports that successful answers take long to begin.
pub fn slow_host(facts: &HostFacts) -> Option<Finding> {
    let answers = facts.first_bytes.count();
    let median = facts.first_bytes.quantile(0.5)?;
    if answers < FEWEST || median < SLOW {
        return None;
    }
    let p95 = facts.first_bytes.quantile(0.95)?;
    Some(Finding {
        rule: Rule::SlowHost,
        severity: Severity::Warning,
        scope: Scope::Host,
        subject: facts.host.clone(),
        causes: vec![Cause::Overload],
        confidence: 0.5,
        evidence: vec![Evidence::FirstByte {
            median_ms: median.as_millis() as u64,
            p95_ms: p95.as_millis() as u64,
            answers,
        }],
        pages: None,
        product: None,
        shown: Vec::new(),
        advice: "slow",
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{answer, fires, host};
    use super::*;
    use crate::assess::diagnose::{Load, LoadStep};
    use crate::assess::history::rate_limit::RateLimit;

    #[test]
    fn the_load_at_which_errors_start_is_named() {
        let mut busy = host(&[(Outcome::Server503, 20), (Outcome::OkHtml, 100)]);
        busy.load = Some(LoadStep {
            load: Load::Open,
            from: 5,
            below: Ratio::new(1, 60),
            above: Ratio::new(19, 60),
            chance: 1e-5,
        });
        busy.load_induced = Ratio::new(12, 100);
        let mut quiet = busy.clone();
        quiet.load_induced = Ratio::default();
        let found = fires(load_induced(&busy), load_induced(&quiet));
        let words = "with 5 or more requests open at once 19 of 60 failed, with fewer 1 of 60; 12 of 100 \
                     URLs of the host, at speed only, fail";
        assert_eq!(found.evidence_text(), words);
        assert!(found.confidence > 0.9);
    }

    #[test]
    fn a_limit_is_reported_with_its_number() {
        let mut limited = host(&[(Outcome::Server503, 12), (Outcome::OkHtml, 388)]);
        limited.limit = Some(RateLimit {
            low: 4.6,
            high: 5.5,
            burst: 1,
            window: None,
            refused: 12,
            requests: 400,
            status: 503,
        });
        let words = |facts: &HostFacts| load_induced(facts).expect("a finding").evidence_text();
        let expected = "refuses more than about 5 requests/s: 12 of 400 requests were refused with 503, \
                        all others kept to it";
        assert_eq!(words(&limited), expected);
        limited.limit = limited.limit.map(|limit| RateLimit {
            low: 2.0,
            burst: 11,
            ..limit
        });
        let expected = "refuses more than 2 to 5.5 requests/s after a burst of 11";
        assert!(words(&limited).starts_with(expected), "{}", words(&limited));
        // The host's 503 answers have another reason.
        limited.limit = limited.limit.map(|limit| RateLimit {
            status: 429,
            ..limit
        });
        assert!(words(&limited).contains("were refused with 429"));
    }

    #[test]
    fn slow_hosts_are_measured_by_their_successful_answers() {
        let mut slow = host(&[]);
        for _ in 0..30 {
            let mut seen = answer(Outcome::OkHtml);
            seen.waited = Some(Duration::from_secs(3));
            slow.add(&seen);
        }
        fires(slow_host(&slow), slow_host(&host(&[(Outcome::OkHtml, 30)])));
    }
}
