//! Pages that fail every time, and sections in which most pages do.

use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use crate::assess::diagnose::causes::{Diagnosis, Special};
use crate::assess::diagnose::cluster::{ClusterFacts, section_of};
use crate::assess::diagnose::context::Ratio;
use crate::assess::diagnose::evidence::Evidence;

/// Minimum URLs of a section for a finding about it.
const FEWEST_URLS: u64 = 5;
/// Minimum share of failing URLs of a section that is down.
const DOWN: f64 = 0.8;
/// Maximum families named in a sentence.
const FAMILIES: usize = 3;
/// Maximum sections with a sentence of their own.
const SECTIONS: usize = 5;

/// Reports URLs of one host that fail for one cause, some of them every time. The finding covers all of
/// them, with any verdict: one cause is one finding. Error pages with status 200 have their own
/// (`soft_error`).
pub fn persistent_cluster(facts: &ClusterFacts, diagnosis: &Diagnosis) -> Option<Finding> {
    let found = facts.persistent.part > 0 && facts.soft.is_none();
    // Visitors and crawlers begin at the home page.
    let severity = if facts.home {
        Severity::Critical
    } else {
        Severity::Error
    };
    found.then(|| of_urls(Rule::PersistentCluster, severity, facts, diagnosis))
}

/// Reports URLs of one host that fail for one cause, alternately with successes.
pub fn intermittent_cluster(facts: &ClusterFacts, diagnosis: &Diagnosis) -> Option<Finding> {
    let is_told = facts.persistent.part > 0 && facts.soft.is_none();
    let found = facts.intermittent > 0 && !is_told;
    found.then(|| {
        of_urls(
            Rule::IntermittentCluster,
            Severity::Warning,
            facts,
            diagnosis,
        )
    })
}

/// Reports URLs of one host that fail for one cause and were not requested often or long enough to show
/// whether they always do.
pub fn unconfirmed_cluster(facts: &ClusterFacts, diagnosis: &Diagnosis) -> Option<Finding> {
    let all = facts.failing() > 0 && facts.failing() == facts.unconfirmed;
    let found = all && facts.soft.is_none();
    found.then(|| {
        of_urls(
            Rule::UnconfirmedCluster,
            Severity::Warning,
            facts,
            diagnosis,
        )
    })
}

/// Reports URLs of one host that failed for one cause and all succeeded later.
pub fn transient_cluster(facts: &ClusterFacts, diagnosis: &Diagnosis) -> Option<Finding> {
    let found = facts.failing() == 0 && facts.transient > 0;
    found.then(|| of_urls(Rule::TransientCluster, Severity::Notice, facts, diagnosis))
}

/// Reports URLs that an experiment found to fail only when their answers are compressed.
pub fn compression_fault(facts: &ClusterFacts, diagnosis: &Diagnosis) -> Option<Finding> {
    let found = diagnosis.special == Some(Special::Compression);
    found.then(|| of_urls(Rule::CompressionFault, Severity::Error, facts, diagnosis))
}

/// Reports URLs that one failing backend of several serves, and that others would serve well: found by experiment.
pub fn hashed_backend_down(facts: &ClusterFacts, diagnosis: &Diagnosis) -> Option<Finding> {
    let found = diagnosis.special == Some(Special::HashedBackend);
    found.then(|| of_urls(Rule::OneBackendDown, Severity::Error, facts, diagnosis))
}

fn of_urls(rule: Rule, severity: Severity, facts: &ClusterFacts, diagnosis: &Diagnosis) -> Finding {
    let mut evidence = counts(facts);
    evidence.extend(diagnosis.evidence.iter().cloned());
    evidence.push(Evidence::Lasts {
        hours: facts.hours(),
    });
    let example = facts.examples.first();
    evidence.extend(example.map(|url| Evidence::Example { url: url.clone() }));
    let alone = example.filter(|_| facts.persistent.of == 1);
    Finding {
        rule,
        severity,
        scope: alone.map_or(Scope::of_places(facts), |_| Scope::Url),
        subject: alone.cloned().unwrap_or_else(|| facts.subject()),
        causes: diagnosis.named_causes(),
        confidence: diagnosis.confidence,
        evidence,
        pages: Some(match facts.failing() {
            0 => facts.transient,
            failing => failing,
        }),
        product: diagnosis.product,
        shown: example.cloned().into_iter().collect(),
        advice: diagnosis.advice(),
    }
}

/// Returns the number of URLs, their sections, verdicts and families.
fn counts(facts: &ClusterFacts) -> Vec<Evidence> {
    let (all, failing) = (facts.persistent.of, facts.failing());
    let whose = format!("those that failed alike in {}", facts.places());
    let mut evidence = vec![match failing {
        0 => Evidence::Recovered {
            urls: facts.transient,
            whose,
        },
        _ => Evidence::Urls {
            failing: Ratio::new(failing, all),
            whose,
        },
    }];
    evidence.extend(facts.home.then_some(Evidence::HomePage));
    evidence.extend(verdicts(facts));
    if facts.failed_earlier > 0 {
        evidence.push(Evidence::EarlierRuns {
            urls: Ratio::new(facts.failed_earlier, all),
            most: facts.most_earlier,
        });
    }
    if facts.families.len() > 1 {
        let mut patterns: Vec<(&String, &u64)> = facts.families.iter().collect();
        patterns.sort_by_key(|(_, urls)| std::cmp::Reverse(**urls));
        let shown = patterns.iter().take(FAMILIES);
        evidence.push(Evidence::Families {
            patterns: shown.map(|(pattern, _)| (*pattern).clone()).collect(),
            more: patterns.len().saturating_sub(FAMILIES) as u64,
        });
    }
    evidence
}

/// Returns the number of URLs of each verdict, if there are several.
fn verdicts(facts: &ClusterFacts) -> Option<Evidence> {
    let counts = [
        facts.persistent.part,
        facts.intermittent,
        facts.unconfirmed,
        facts.transient,
    ];
    let several = counts.iter().filter(|count| **count > 0).count() > 1;
    several.then_some(Evidence::Verdicts {
        persistent: facts.persistent.part,
        intermittent: facts.intermittent,
        unconfirmed: facts.unconfirmed,
        transient: facts.transient,
    })
}

/// Counts of sections with the same fault.
#[derive(Clone, Debug)]
pub struct SectionFacts<'a> {
    /// Scheme, host and port.
    pub host: &'a str,
    /// The sections that are down, each with its failing URLs out of all. A folder of which every page fails is one.
    pub sections: Vec<(&'a str, Ratio)>,
    /// Failing URLs out of all others of the host.
    pub elsewhere: Ratio,
}

/// Returns whether this share of failing URLs is a section that is down, not a few pages.
pub fn is_down(urls: Ratio) -> bool {
    urls.of >= FEWEST_URLS && urls.share() >= DOWN
}

/// Reports that most URLs of a section, or of several with one cause, fail while the rest of the host
/// works.
pub fn section_down(
    facts: &SectionFacts<'_>,
    cluster: &ClusterFacts,
    diagnosis: &Diagnosis,
) -> Option<Finding> {
    let down = &facts.sections;
    let lowest = down.iter().map(|(_, urls)| urls.interval().low);
    let lowest = lowest.reduce(f64::min)?;
    // A host that is down as a whole is another finding.
    let elsewhere_fine =
        facts.elsewhere.of >= FEWEST_URLS && facts.elsewhere.interval().high < lowest;
    // Pages that are fine at other times are not down.
    let at_times = cluster.intermittent > cluster.failing() - cluster.intermittent;
    if !elsewhere_fine || at_times {
        return None;
    }
    let of_section = |(section, failing): &(&str, Ratio)| Evidence::Urls {
        failing: *failing,
        whose: (*section).to_owned(),
    };
    let mut evidence: Vec<Evidence> = down.iter().take(SECTIONS).map(of_section).collect();
    evidence.push(of_section(&("the other sections", facts.elsewhere)));
    // The evidence is about the pages of one kind, which may be fewer than those that fail, or more.
    let failing: u64 = down.iter().map(|(_, urls)| urls.part).sum();
    if down.len() > SECTIONS || cluster.sections.len() > down.len() || cluster.failing() < failing {
        evidence.extend(counts(cluster));
    } else {
        evidence.extend(verdicts(cluster));
    }
    evidence.extend(diagnosis.evidence.iter().cloned());
    let (scope, subject) = match down.as_slice() {
        [(only, _)] => (Scope::Section, section_of(facts.host, only)),
        _ => (Scope::Host, facts.host.to_owned()),
    };
    Some(Finding {
        rule: Rule::SectionDown,
        severity: Severity::Critical,
        scope,
        subject,
        causes: diagnosis.named_causes(),
        confidence: diagnosis.confidence,
        evidence,
        pages: down.first().map(|(_, urls)| urls.part),
        product: diagnosis.product,
        shown: Vec::new(),
        advice: diagnosis.advice(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{HOST, cluster, fires};
    use super::*;
    use crate::assess::diagnose::causes::diagnose;
    use crate::assess::diagnose::context::{Context, ExperimentResult};
    use crate::assess::verdict::rules::Verdict;
    use crate::model::{Cause, Experiment, Outcome};

    #[test]
    fn pages_that_fail_every_time_are_found() {
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
    fn intermittent_and_unconfirmed_pages_are_found() {
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
        let mut young = flapping.clone();
        young.intermittent = 0;
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
        let failing = cluster(Outcome::Server500, 9);
        let diagnosis = diagnose(&failing, &Context::default());
        let section = |elsewhere| {
            let facts = SectionFacts {
                host: HOST,
                sections: vec![("/shop/", Ratio::new(40, 41))],
                elsewhere,
            };
            section_down(&facts, &failing, &diagnosis)
        };
        let found = fires(section(Ratio::new(1, 200)), section(Ratio::new(190, 200)));
        assert_eq!(found.severity, Severity::Critical);
        let words = "40 of 41 URLs of /shop/ fail; 1 of 200 URLs of the other sections fail; 9 of 9 \
                     URLs of those that failed alike in /shop/ fail; 9 \u{d7} 500";
        assert!(found.evidence_text().starts_with(words), "{found:?}");
    }

    #[test]
    fn a_section_whose_pages_are_fine_at_times_is_not_down() {
        let failing = cluster(Outcome::Server500, 30);
        let section = |persistent, intermittent| {
            let mut cluster = failing.clone();
            cluster.persistent.part = persistent;
            cluster.intermittent = intermittent;
            let facts = SectionFacts {
                host: HOST,
                sections: vec![("/shop/", Ratio::new(30, 30))],
                elsewhere: Ratio::new(0, 90),
            };
            let diagnosis = diagnose(&cluster, &Context::default());
            section_down(&facts, &cluster, &diagnosis)
        };
        fires(section(20, 10), section(0, 30));
    }

    #[test]
    fn sections_that_are_down_for_one_cause_are_one_finding() {
        let failing = cluster(Outcome::Server502, 9);
        let diagnosis = diagnose(&failing, &Context::default());
        let facts = SectionFacts {
            host: HOST,
            sections: vec![("/shop/", Ratio::new(40, 40)), ("/blog/", Ratio::new(9, 9))],
            elsewhere: Ratio::new(0, 90),
        };
        let found = section_down(&facts, &failing, &diagnosis).expect("a finding");
        assert_eq!((found.scope, found.subject.as_str()), (Scope::Host, HOST));
        let words = "40 of 40 URLs of /shop/ fail; 9 of 9 URLs of /blog/ fail";
        assert!(found.evidence_text().starts_with(words), "{found:?}");
    }

    #[test]
    fn a_finding_covers_urls_of_any_verdict() {
        let mut facts = cluster(Outcome::Server502, 60);
        let mut blog = cluster(Outcome::Server502, 0);
        blog.cluster.section = "/blog/".to_owned();
        for n in 0..36 {
            let verdict = if n < 30 {
                Verdict::Unconfirmed
            } else {
                Verdict::Transient
            };
            blog.add_url(&format!("{HOST}/blog/{n}"), "/blog/*", verdict);
        }
        facts.merge(&blog);
        let diagnosis = diagnose(&facts, &Context::default());
        let found = persistent_cluster(&facts, &diagnosis).expect("a finding");
        assert_eq!((found.scope, found.subject.as_str()), (Scope::Host, HOST));
        let words = "90 of 96 URLs of those that failed alike in /shop/ (60), /blog/ (36) fail; by verdict: 60 \
                     persistent, 30 unconfirmed, 6 transient; URLs like /shop/*, /blog/*";
        assert!(found.evidence_text().starts_with(words), "{found:?}");
        assert_eq!(unconfirmed_cluster(&facts, &diagnosis), None);
        assert_eq!(transient_cluster(&facts, &diagnosis), None);
    }

    #[test]
    fn urls_that_fail_at_some_spellings_of_their_address_are_those_of_one_backend() {
        let mut failing = cluster(Outcome::Server502, 12);
        let tried = |fine| Context {
            experiments: vec![ExperimentResult {
                experiment: Experiment::Respelled,
                fine: Ratio::new(fine, 18),
                crawler_fine: Ratio::new(0, 6),
                crawl_fine: Ratio::new(0, 40),
            }],
            ..Context::default()
        };
        let found = |fine| hashed_backend_down(&failing, &diagnose(&failing, &tried(fine)));
        fires(found(12), found(0));
        let found = fires(found(12), found(18));
        assert_eq!(
            (found.rule, found.advice),
            (Rule::OneBackendDown, "hashed_backend")
        );
        assert_eq!(found.subject, "https://www.shop.test/shop/");
        let words = "12 of 18 requests for other spellings of failing addresses were fine";
        assert!(found.evidence_text().contains(words), "{found:?}");
        // The errors that a cache repeats may come from another backend for each URL.
        failing.cached = failing.failures;
        let cached = diagnose(&failing, &tried(12));
        assert_eq!(hashed_backend_down(&failing, &cached), None);
    }

    #[test]
    fn what_fails_compressed_only_is_a_fault_of_the_compression() {
        let failing = cluster(Outcome::Server502, 12);
        let tried = |fine| Context {
            experiments: vec![ExperimentResult {
                experiment: Experiment::Uncompressed,
                fine: Ratio::new(fine, 3),
                crawler_fine: Ratio::new(0, 6),
                crawl_fine: Ratio::default(),
            }],
            ..Context::default()
        };
        let found = |fine| compression_fault(&failing, &diagnose(&failing, &tried(fine)));
        let found = fires(found(3), found(0));
        assert_eq!(found.causes[0], Cause::InvalidUpstreamResponse);
        assert_eq!(found.advice, "compression");
        let words = "at failing URLs 3 of 3 requests without compression";
        assert!(found.evidence_text().contains(words), "{found:?}");
    }
}
