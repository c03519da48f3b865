//! Failures that are one event, or of one kind, whichever page: outages of a whole host, section or family, times in
//! which a part of the requests fails, and pages that fail at their first request.

use super::backend::one_backend_down;
use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use crate::assess::diagnose::answer::LONGEST_DEFAULT_DELAY;
use crate::assess::diagnose::causes::Diagnosis;
use crate::assess::diagnose::evidence::Evidence;
use crate::assess::diagnose::host::HostFacts;
use crate::assess::diagnose::outages::Outages;
use crate::assess::history::first_requests::FailsFirst;
use crate::model::{Cause, Outcome};

/// Maximum outages with a sentence of their own.
const LISTED: usize = 4;

/// Minimum outages that show a fault (ours); one may be a deploy.
const OFTEN: u64 = 3;

/// Minimum failed requests after which a host that did not answer again counts as down, the same number as in the
/// breaker.
const DEAD: u64 = 8;

/// Reports that all requests to the host failed for a time. A dead backend is reported by its own rule.
pub fn host_outage(facts: &HostFacts) -> Option<Finding> {
    let is_backend = |found: Finding| found.scope == Scope::Host;
    let is_other = facts.outages.mixed.is_some() || one_backend_down(facts).is_some_and(is_backend);
    let mut outages = if is_other {
        Outages::default()
    } else {
        facts.outages.clone()
    };
    outages.times.splice(0..0, facts.down_at_start);
    if outages.is_empty() {
        return None;
    }
    let is_restart = outages.is_restart();
    // A deploy has no rhythm.
    let goes_on = outages.goes_on();
    let mut evidence = outage_evidence(&outages, is_restart && !goes_on);
    let count = facts.count(Outcome::Server503RetryAfter);
    let longest_seconds = facts.longest_announced.as_secs();
    let announces = count * 2 > facts.answers.part;
    let is_announced = announces && facts.longest_announced > LONGEST_DEFAULT_DELAY;
    evidence.extend(announces.then_some(if is_announced {
        Evidence::RetryAfter {
            count,
            longest_seconds,
        }
    } else {
        Evidence::DefaultRetryAfter {
            count,
            longest_seconds,
        }
    }));
    Some(Finding {
        rule: Rule::HostOutage,
        severity: if is_dead(&outages) {
            Severity::Critical
        } else {
            severity(&outages)
        },
        scope: Scope::Host,
        subject: facts.host.clone(),
        causes: match () {
            () if is_announced => vec![Cause::Maintenance],
            () if is_restart => vec![Cause::UpstreamDown],
            () => Vec::new(),
        },
        confidence: 0.9,
        evidence,
        pages: most_pages(&outages),
        product: None,
        shown: Vec::new(),
        advice: match (goes_on, is_restart) {
            (true, _) => "crash_loop",
            (false, true) => "short_outage",
            (false, false) => "step.server_status",
        },
    })
}

/// Reports that a part of the requests to the host failed for a time, whichever page. A dead backend is reported by its
/// own rule.
pub fn mixed_outage(facts: &HostFacts) -> Option<Finding> {
    if one_backend_down(facts).is_some_and(|found| found.scope == Scope::Host) {
        return None;
    }
    of_mixed(&facts.outages, Scope::Host, &facts.host)
}

/// Returns the finding about a time in which a part of the requests failed.
fn of_mixed(outages: &Outages, scope: Scope, subject: &str) -> Option<Finding> {
    let failed = outages.mixed?;
    let outage = outages.times.first()?;
    Some(Finding {
        rule: Rule::MixedOutage,
        severity: Severity::Warning,
        scope,
        subject: subject.to_owned(),
        causes: Vec::new(),
        confidence: 0.8,
        evidence: vec![Evidence::MixedOutage {
            from: outage.from,
            until: outage.until,
            failed,
            after: outage.after,
        }],
        pages: Some(failed.part),
        product: None,
        shown: Vec::new(),
        advice: "mixed_outage",
    })
}

/// A host, a section or a family whose pages fail at their first request.
#[derive(Clone, Debug)]
pub struct FirstRequestFacts {
    /// The host, the section with its host, or the host and the pattern of a family.
    pub subject: String,
    /// Its scope.
    pub scope: Scope,
    /// The counts, if that is so.
    pub fails_first: Option<FailsFirst>,
}

/// Reports that pages fail at their first request and are fine at the next.
pub fn first_request_fails(facts: &FirstRequestFacts) -> Option<Finding> {
    let FailsFirst { first, later } = facts.fails_first?;
    Some(Finding {
        rule: Rule::FirstRequestFails,
        severity: Severity::Error,
        scope: facts.scope,
        subject: facts.subject.clone(),
        causes: Vec::new(),
        confidence: 0.9,
        evidence: vec![Evidence::FirstRequests { first, later }],
        pages: Some(first.part),
        product: None,
        shown: Vec::new(),
        advice: "first_request",
    })
}

/// Returns whether the host was down when the crawl ended.
fn is_dead(outages: &Outages) -> bool {
    let last = outages.times.last();
    last.is_some_and(|last| !last.is_over() && last.failed >= DEAD)
}

/// A part of a host that went down as a whole.
#[derive(Clone, Debug)]
pub struct PartFacts<'a> {
    /// Host and section, or host and the pattern of a family.
    pub subject: String,
    /// Its outages.
    pub outages: &'a Outages,
}

/// Reports that all requests to a section or a family failed for a time, or a part of them, while other parts of the
/// host worked.
pub fn part_outage(facts: &PartFacts<'_>, diagnosis: &Diagnosis) -> Option<Finding> {
    if facts.outages.is_empty() {
        return None;
    }
    if facts.outages.mixed.is_some() {
        return of_mixed(facts.outages, Scope::Section, &facts.subject);
    }
    let is_restart = facts.outages.is_restart();
    let mut evidence = outage_evidence(facts.outages, false);
    evidence.extend(diagnosis.evidence.iter().cloned());
    Some(Finding {
        rule: Rule::PartOutage,
        severity: severity(facts.outages),
        scope: Scope::Section,
        subject: facts.subject.clone(),
        causes: diagnosis.named_causes(),
        confidence: diagnosis.confidence,
        evidence,
        pages: most_pages(facts.outages),
        product: diagnosis.product,
        shown: Vec::new(),
        advice: if is_restart {
            "short_outage"
        } else {
            diagnosis.advice()
        },
    })
}

fn severity(outages: &Outages) -> Severity {
    if outages.count() >= OFTEN {
        Severity::Error
    } else {
        Severity::Warning
    }
}

/// Returns the pages that failed in the largest of the listed outages; `None` if only robots.txt or a sitemap did.
fn most_pages(outages: &Outages) -> Option<u64> {
    let pages = outages.times.iter().take(LISTED);
    let most = pages.map(|outage| u64::from(outage.pages)).max();
    most.filter(|pages| *pages > 0)
}

/// Returns the outages' times, number and rhythm.
fn outage_evidence(outages: &Outages, is_restart: bool) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    if outages.count() > 1 {
        evidence.push(Evidence::Outages {
            count: outages.count(),
        });
    }
    let rhythm = outages.rhythm().map(|rhythm| Evidence::Rhythm {
        every_seconds: rhythm.every.as_secs_f64(),
        down_seconds: rhythm.down.map(|down| down.as_secs_f64()),
        sure: rhythm.sure,
    });
    let each_lasted = || {
        let usual = outages.usual_length(2)?;
        Some(Evidence::EachLasted {
            seconds: usual.as_secs_f64(),
        })
    };
    evidence.extend(rhythm.or_else(each_lasted));
    let each = outages.times.iter().take(LISTED);
    evidence.extend(each.map(|outage| Evidence::Outage {
        from: outage.from,
        until: outage.until,
        failed: outage.failed,
        pages: outage.pages,
        before: outage.before,
        after: outage.after,
    }));
    if outages.times.last().is_some_and(|last| !last.is_over()) {
        evidence.push(Evidence::NotOver);
    }
    if is_restart {
        evidence.push(Evidence::Restart);
    }
    evidence
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::fixture::{HOST, cluster, fires, host};
    use super::*;
    use crate::assess::diagnose::causes::diagnose;
    use crate::assess::diagnose::context::{Context, Ratio};
    use crate::assess::diagnose::outages::Outage;
    use crate::model::Moment;

    /// Outages of this many seconds, one a minute.
    fn outages(count: i64, seconds: i64) -> Outages {
        let at = |second: i64| Moment::from_millis(1_795_345_200_000 + second * 1000);
        let times = (0..count).map(|n| Outage {
            from: at(n * 60),
            until: at(n * 60 + seconds),
            before: Some(at(n * 60 - 1)),
            after: Some(at(n * 60 + seconds + 1)),
            unseen: Duration::from_secs(1),
            failed: 12,
            pages: 9,
        });
        Outages {
            times: times.collect(),
            unkept: 0,
            mixed: None,
        }
    }

    #[test]
    fn an_outage_of_the_host_is_reported_with_its_times() {
        let fine = host(&[(Outcome::OkHtml, 50)]);
        let mut failed = fine.clone();
        failed.outages = outages(1, 20);
        let found = fires(host_outage(&failed), host_outage(&fine));
        let text = found.evidence_text();
        assert!(
            text.contains(" all 12 requests failed, at 9 pages; the first good answer came at ")
                && text.contains(": down for 20 to 22 s"),
            "{text}"
        );
        assert_eq!(
            (found.causes, found.advice),
            (vec![Cause::UpstreamDown], "short_outage")
        );
        assert_eq!(found.severity, Severity::Warning);
        failed.outages.times[0].after = Some(Moment::from_millis(1_795_346_000_000));
        let long = host_outage(&failed).expect("a finding");
        assert_eq!((long.causes.len(), long.advice), (0, "step.server_status"));
    }

    #[test]
    fn an_outage_that_the_server_announced_is_maintenance_unless_every_error_page_says_so() {
        let announced = |seconds| {
            let mut host = host(&[(Outcome::Server503RetryAfter, 12), (Outcome::OkHtml, 50)]);
            host.outages = outages(1, 20);
            host.longest_announced = Duration::from_secs(seconds);
            let found = host_outage(&host).expect("a finding");
            (found.causes.clone(), found.evidence_text())
        };
        let (causes, text) = announced(600);
        assert_eq!(causes, [Cause::Maintenance]);
        let words = "12 answers said by Retry-After when the site is back, at most 600 s later";
        assert!(text.contains(words), "{text}");
        let (causes, text) = announced(30);
        assert_eq!(causes, [Cause::UpstreamDown]);
        assert!(
            text.contains("12 answers had a Retry-After of at most 30 s"),
            "{text}"
        );
    }

    #[test]
    fn a_time_in_which_a_part_of_the_requests_failed_is_reported_with_its_share() {
        let mut mixed = host(&[(Outcome::OkHtml, 50)]);
        mixed.outages = outages(1, 60);
        let whole = mixed.clone();
        mixed.outages.mixed = Some(Ratio::new(61, 120));
        let found = fires(mixed_outage(&mixed), mixed_outage(&whole));
        let text = found.evidence_text();
        assert!(
            text.contains(" 61 of 120 pages failed at their first request (51 %); from "),
            "{text}"
        );
        assert_eq!(found.pages, Some(61));
        assert!(host_outage(&mixed).is_none() && host_outage(&whole).is_some());
    }

    #[test]
    fn pages_that_fail_at_their_first_request_are_reported_with_their_counts() {
        let facts = |fails_first| FirstRequestFacts {
            subject: HOST.to_owned(),
            scope: Scope::Host,
            fails_first,
        };
        let cold = FailsFirst {
            first: Ratio::new(298, 300),
            later: Ratio::new(2, 299),
        };
        let found = fires(
            first_request_fails(&facts(Some(cold))),
            first_request_fails(&facts(None)),
        );
        let words =
            "298 of 300 first requests to a page failed, and 2 of 299 later ones to these pages";
        assert_eq!(found.evidence_text(), words);
        assert_eq!(found.pages, Some(298));
    }

    #[test]
    fn an_intermittent_part_is_reported_with_its_rhythm() {
        let failing = cluster(Outcome::Server502, 9);
        let restart = Context {
            restart: true,
            ..Context::default()
        };
        let diagnosis = diagnose(&failing, &restart);
        let part = |outages: &Outages| {
            let facts = PartFacts {
                subject: format!("{HOST}/shop/"),
                outages,
            };
            part_outage(&facts, &diagnosis)
        };
        let found = fires(part(&outages(5, 29)), part(&Outages::default()));
        let words =
            "it went down 5 times in all; it has a rhythm: down for about 30 s in every 60 s";
        assert!(
            found.evidence_text().starts_with(words),
            "{}",
            found.evidence_text()
        );
        assert_eq!(
            (&found.causes[..], found.severity),
            (&[Cause::UpstreamDown][..], Severity::Error)
        );
        assert_eq!(found.pages, Some(9));
        let mut growing = outages(3, 29);
        growing.times[0].pages = 4;
        growing.times[2].pages = 39;
        let found = part(&growing).expect("a finding");
        assert_eq!(found.pages, Some(39), "not those of the first");
    }

    #[test]
    fn a_host_that_is_down_when_the_run_ends_is_critical() {
        let found = |after: Option<Moment>, failed| {
            let mut facts = host(&[(Outcome::Server503, 30), (Outcome::OkHtml, 300)]);
            facts.outages = outages(1, 29);
            facts.outages.times[0].after = after;
            facts.outages.times[0].failed = failed;
            host_outage(&facts).expect("a finding").severity
        };
        let over = outages(1, 29).times[0].after;
        assert_eq!(found(None, 246), Severity::Critical);
        assert_eq!(found(None, 2), Severity::Warning);
        assert_eq!(found(over, 246), Severity::Warning);
    }
}
