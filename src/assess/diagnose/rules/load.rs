//! Hosts that fail only when asked fast, and hosts that are slow.

use std::time::Duration;

use super::finding::{Finding, Scope, Severity};
use crate::assess::diagnose::evidence::Evidence;
use crate::assess::diagnose::host::HostFacts;
use crate::model::Cause;

/// From this median on, Google lowers its crawl rate noticeably by our scoring model.
const SLOW: Duration = Duration::from_millis(1500);
/// Fewer good answers tell nothing of a host's speed.
const FEWEST: u64 = 20;

/// Failures that start at some load: the host has little headroom for crawlers and visitors.
pub fn load_induced(facts: &HostFacts) -> Option<Finding> {
    let step = facts.load.step();
    let confirmed = facts.load_induced.part > 0;
    // A crawl that slows down in time sees too few errors for a curve, but where they began.
    let clean = facts.headroom.clean;
    let began = facts
        .headroom
        .failed
        .filter(|failed| confirmed && (failed.open > clean.open || failed.rate > clean.rate));
    if step.is_none() && !confirmed {
        return None;
    }
    let mut evidence = Vec::new();
    if let Some(step) = step {
        evidence.push(Evidence::Load {
            from_open: step.from_open,
            share_below: step.below.share(),
            share_from: step.from.share(),
            rate: step.rate,
        });
    }
    if let Some(load) = began {
        evidence.push(Evidence::Headroom {
            failed_open: load.open,
            failed_rate: load.rate,
            clean_open: clean.open,
            clean_rate: clean.rate,
        });
    }
    if confirmed {
        evidence.push(Evidence::Urls {
            failing: facts.load_induced,
            whose: "the host, at speed only,".to_owned(),
        });
    }
    Some(Finding {
        rule: "load_induced",
        severity: Severity::Warning,
        scope: Scope::Host,
        subject: facts.host.clone(),
        causes: vec![Cause::Overload],
        confidence: if confirmed && (step.is_some() || began.is_some()) {
            0.95
        } else {
            0.75
        },
        evidence,
        advice: "overload",
    })
}

/// Good answers that take long to begin.
pub fn slow_host(facts: &HostFacts) -> Option<Finding> {
    let answers = facts.first_bytes.count();
    let median = facts.first_bytes.quantile(0.5)?;
    if answers < FEWEST || median < SLOW {
        return None;
    }
    let p95 = facts.first_bytes.quantile(0.95)?;
    Some(Finding {
        rule: "slow_host",
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
        advice: "slow",
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{answer, fires, host};
    use super::*;
    use crate::model::Outcome;

    #[test]
    fn errors_that_start_at_a_load_name_it() {
        let mut busy = host(&[]);
        for n in 0..120_u32 {
            let open = 1 + n % 8;
            let outcome = if open >= 5 {
                Outcome::Server503
            } else {
                Outcome::OkHtml
            };
            let mut seen = answer(outcome);
            seen.in_flight = open;
            busy.add(&seen);
            busy.add_load(&seen);
        }
        let quiet = host(&[(Outcome::Server503, 20), (Outcome::OkHtml, 100)]);
        let found = fires(load_induced(&busy), load_induced(&quiet));
        let words =
            "from 5 requests open at once 100 % fail, below that 0.0 % (at up to 2.0 requests/s)";
        assert_eq!(found.evidence_text(), words);
    }

    #[test]
    fn slow_hosts_are_measured_by_their_good_answers() {
        let mut slow = host(&[]);
        for _ in 0..30 {
            let mut seen = answer(Outcome::OkHtml);
            seen.waited = Some(Duration::from_secs(3));
            slow.add(&seen);
        }
        fires(slow_host(&slow), slow_host(&host(&[(Outcome::OkHtml, 30)])));
    }
}
