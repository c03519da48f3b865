//! Pages that fail every time, and sections in which most do.

use super::finding::{Finding, Scope, Severity};
use crate::assess::diagnose::causes::Diagnosis;
use crate::assess::diagnose::cluster::ClusterFacts;
use crate::assess::diagnose::context::Ratio;
use crate::assess::diagnose::evidence::Evidence;

/// Sections with fewer URLs say nothing of the section.
const FEWEST_URLS: u64 = 5;
/// From this share of failing URLs on, a section is down.
const DOWN: f64 = 0.8;

/// URLs of one host and section that fail in the same way, every time they are asked.
pub fn persistent_cluster(facts: &ClusterFacts, diagnosis: &Diagnosis) -> Option<Finding> {
    let found = (facts.persistent.part > 0).then_some(facts.persistent.part)?;
    Some(of_urls("persistent_cluster", found, facts, diagnosis))
}

/// URLs of one host and section that fail in the same way, by turns with answers that are fine.
pub fn intermittent_cluster(facts: &ClusterFacts, diagnosis: &Diagnosis) -> Option<Finding> {
    let found = (facts.intermittent > 0).then_some(facts.intermittent)?;
    Some(Finding {
        severity: Severity::Warning,
        ..of_urls("intermittent_cluster", found, facts, diagnosis)
    })
}

/// URLs of one host and section that fail in the same way and were not asked often or long enough
/// to say whether they always do.
pub fn unconfirmed_cluster(facts: &ClusterFacts, diagnosis: &Diagnosis) -> Option<Finding> {
    let found = (facts.unconfirmed > 0).then_some(facts.unconfirmed)?;
    Some(Finding {
        severity: Severity::Warning,
        ..of_urls("unconfirmed_cluster", found, facts, diagnosis)
    })
}

/// URLs of one host and section that failed in the same way and were fine when asked again.
pub fn transient_cluster(facts: &ClusterFacts, diagnosis: &Diagnosis) -> Option<Finding> {
    let found = (facts.transient > 0).then_some(facts.transient)?;
    Some(Finding {
        severity: Severity::Notice,
        ..of_urls("transient_cluster", found, facts, diagnosis)
    })
}

fn of_urls(rule: &'static str, urls: u64, facts: &ClusterFacts, diagnosis: &Diagnosis) -> Finding {
    let all = facts.persistent.of;
    let mut evidence = vec![Evidence::Urls {
        failing: Ratio::new(urls, all),
        whose: format!("this kind in {}", facts.cluster.section),
    }];
    evidence.extend(diagnosis.evidence.iter().cloned());
    evidence.push(Evidence::Lasts {
        hours: facts.hours(),
    });
    let example = facts.examples.first();
    evidence.extend(example.map(|url| Evidence::Example { url: url.clone() }));
    let section = || format!("{}{}", facts.cluster.host, facts.cluster.section);
    let alone = facts.examples.first().filter(|_| all == 1);
    Finding {
        rule,
        severity: Severity::Error,
        scope: alone.map_or(Scope::Section, |_| Scope::Url),
        subject: alone.cloned().unwrap_or_else(section),
        causes: diagnosis.named().iter().map(|(cause, _)| *cause).collect(),
        confidence: diagnosis.confidence,
        evidence,
        advice: diagnosis.advice(),
    }
}

/// What was counted of a section.
#[derive(Clone, Copy, Debug)]
pub struct SectionFacts<'a> {
    /// Scheme, host and port.
    pub host: &'a str,
    /// The first folder of the path.
    pub section: &'a str,
    /// URLs that fail, of all of the section.
    pub urls: Ratio,
    /// URLs that fail, of all others of the host.
    pub elsewhere: Ratio,
}

/// Most URLs of a section fail while the rest of the host works.
pub fn section_down(facts: &SectionFacts<'_>, diagnosis: &Diagnosis) -> Option<Finding> {
    let down = facts.urls.of >= FEWEST_URLS && facts.urls.share() >= DOWN;
    // A host that is down altogether is another finding.
    let elsewhere_fine = facts.elsewhere.of >= FEWEST_URLS
        && facts.elsewhere.interval().high < facts.urls.interval().low;
    if !down || !elsewhere_fine {
        return None;
    }
    let mut evidence = vec![
        Evidence::Urls {
            failing: facts.urls,
            whose: facts.section.to_owned(),
        },
        Evidence::Urls {
            failing: facts.elsewhere,
            whose: "the other sections".to_owned(),
        },
    ];
    evidence.extend(diagnosis.evidence.iter().cloned());
    Some(Finding {
        rule: "section_down",
        severity: Severity::Critical,
        scope: Scope::Section,
        subject: format!("{}{}", facts.host, facts.section),
        causes: diagnosis.named().iter().map(|(cause, _)| *cause).collect(),
        confidence: diagnosis.confidence,
        evidence,
        advice: diagnosis.advice(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{HOST, cluster, fires};
    use super::*;
    use crate::assess::diagnose::causes::diagnose;
    use crate::assess::diagnose::context::Context;
    use crate::model::Outcome;

    #[test]
    fn what_fails_every_time_is_found() {
        let failing = cluster(Outcome::Server502, 12);
        let mut flapping = failing.clone();
        flapping.persistent = Ratio::new(0, 12);
        let diagnosis = diagnose(&failing, &Context::default());
        let found = fires(
            persistent_cluster(&failing, &diagnosis),
            persistent_cluster(&flapping, &diagnosis),
        );
        assert_eq!(found.subject, "https://www.shop.test/shop/");
        let alone = cluster(Outcome::Server502, 1);
        let found = persistent_cluster(&alone, &diagnosis).expect("a finding");
        assert_eq!(
            (found.scope, found.subject.as_str()),
            (Scope::Url, "https://www.shop.test/shop/0")
        );
    }

    #[test]
    fn what_comes_and_goes_and_what_is_not_known_yet_are_found() {
        let failing = cluster(Outcome::Server502, 12);
        let diagnosis = diagnose(&failing, &Context::default());
        let mut flapping = failing.clone();
        flapping.persistent = Ratio::new(0, 12);
        flapping.intermittent = 12;
        let found = fires(
            intermittent_cluster(&flapping, &diagnosis),
            intermittent_cluster(&failing, &diagnosis),
        );
        assert_eq!(found.severity, Severity::Warning);
        let mut young = failing.clone();
        young.unconfirmed = 4;
        let mut healed = flapping.clone();
        healed.intermittent = 0;
        healed.transient = 12;
        let found = fires(
            transient_cluster(&healed, &diagnosis),
            transient_cluster(&flapping, &diagnosis),
        );
        assert_eq!(found.severity, Severity::Notice);
        fires(
            unconfirmed_cluster(&young, &diagnosis),
            unconfirmed_cluster(&failing, &diagnosis),
        );
    }

    #[test]
    fn a_section_is_down_when_the_others_are_not() {
        let diagnosis = diagnose(&cluster(Outcome::Server500, 9), &Context::default());
        let section = |elsewhere| {
            let facts = SectionFacts {
                host: HOST,
                section: "/shop/",
                urls: Ratio::new(40, 41),
                elsewhere,
            };
            section_down(&facts, &diagnosis)
        };
        let found = fires(section(Ratio::new(1, 200)), section(Ratio::new(190, 200)));
        assert_eq!(found.severity, Severity::Critical);
    }
}
