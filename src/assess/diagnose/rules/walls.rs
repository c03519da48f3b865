//! Failures that all take the same time: a timer fires because the page behind it is too slow.

use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use crate::assess::diagnose::causes::Diagnosis;
use crate::assess::diagnose::cluster::ClusterFacts;
use crate::assess::diagnose::evidence::Evidence;

/// Minimum answers after the same time; fewer may be chance.
const FEWEST: u64 = 3;

/// Reports that most failing answers of a cluster took the same time.
pub fn timeout_wall(facts: &ClusterFacts, diagnosis: &Diagnosis) -> Option<Finding> {
    // The finding about these pages has the same sentence, unless their times are no evidence for its cause.
    let is_told = |it: &Evidence| matches!(it, Evidence::Timer { .. });
    if diagnosis.evidence.iter().any(is_told) {
        return None;
    }
    let wall = facts.times.wall()?;
    let hits = wall.hits;
    if hits.part < FEWEST || hits.share() < 0.8 {
        return None;
    }
    let product = diagnosis.product.or(facts.server.as_deref());
    let timer = wall.words(product, facts.cluster.outcome).to_owned();
    let mut evidence = vec![Evidence::Timer {
        hits,
        seconds: wall.seconds,
        timer,
    }];
    let pages = diagnosis.evidence.iter().filter(|it| it.names_product());
    evidence.extend(pages.cloned());
    Some(Finding {
        rule: Rule::TimeoutWall,
        severity: Severity::Error,
        scope: Scope::of_places(facts),
        subject: facts.subject(),
        causes: diagnosis.named_causes(),
        confidence: diagnosis.confidence,
        evidence,
        pages: None,
        product: diagnosis.product,
        shown: Vec::new(),
        advice: diagnosis.advice(),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::fixture::{answer, cluster, fires};
    use super::*;
    use crate::assess::diagnose::causes::diagnose;
    use crate::assess::diagnose::context::Context;
    use crate::assess::diagnose::evidence::sentences;
    use crate::model::{Cause, Moment, Outcome};

    #[test]
    fn many_answers_after_the_same_time_are_a_wall() {
        let facts = |step: u64| {
            let mut facts = cluster(Outcome::SoftError200, 0);
            facts.soft = Some(Cause::UpstreamTimeout);
            for n in 0..20 {
                let mut seen = answer(Outcome::SoftError200);
                seen.waited = Some(Duration::from_millis(60_000 + n * step));
                facts.add(&seen, Moment::default());
            }
            let diagnosis = diagnose(&facts, &Context::default());
            timeout_wall(&facts, &diagnosis)
        };
        let found = fires(facts(1), facts(1500));
        assert!(
            found
                .evidence_text()
                .starts_with("20 of 20 answers took 60.0 s")
        );
    }

    #[test]
    fn a_wall_that_the_finding_about_its_pages_names_is_not_reported_again() {
        let mut facts = cluster(Outcome::Server504, 0);
        for _ in 0..20 {
            let mut seen = answer(Outcome::Server504);
            seen.waited = Some(Duration::from_mins(1));
            facts.add(&seen, Moment::default());
        }
        let diagnosis = diagnose(&facts, &Context::default());
        let words = sentences(&diagnosis.evidence);
        assert!(words.contains("20 of 20 answers took 60.0 s"), "{words}");
        assert_eq!(timeout_wall(&facts, &diagnosis), None);
    }
}
