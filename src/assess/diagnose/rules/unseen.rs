//! Parts of the site that were not seen although none of their pages failed: hosts and families of URLs
//! that were given up, and everything behind a start page that does not count as one.

use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use crate::assess::diagnose::causes::Diagnosis;
use crate::assess::diagnose::context::Ratio;
use crate::assess::diagnose::evidence::Evidence;
use crate::assess::{NoStart, StartFault};
use crate::model::{Moment, SkipReason};

/// Facts about a host that was given up, in whole or in part.
#[derive(Clone, Copy, Debug)]
pub struct GivenUpFacts<'a> {
    /// Scheme, host and port.
    pub host: &'a str,
    /// Known pages and resources of the site that were not requested because of that.
    pub unseen: Ratio,
    /// Why it was given up, as in `skipped.csv`; may be empty.
    pub waited: &'a str,
    /// Time of the last successful request to it; `None` if none succeeded.
    pub last_fine: Option<Moment>,
}

/// Reports a host that was given up: the state of its remaining pages is unknown. `diagnosis` is that of a host that
/// never answered; other hosts have findings about their failures.
pub fn host_down(facts: &GivenUpFacts<'_>, diagnosis: Option<&Diagnosis>) -> Option<Finding> {
    let last_fine = Evidence::LastFine {
        at: facts.last_fine,
    };
    let found = given_up(facts, (Rule::HostDown, Severity::Critical), Some(last_fine))?;
    Some(match diagnosis {
        Some(diagnosis) => Finding {
            causes: diagnosis.named_causes(),
            confidence: diagnosis.confidence,
            ..found
        },
        None => found,
    })
}

/// Reports families of URLs that were given up because requests to them used up their time.
pub fn family_down(facts: &GivenUpFacts<'_>) -> Option<Finding> {
    given_up(facts, (Rule::FamilyDown, Severity::Error), None)
}

fn given_up(
    facts: &GivenUpFacts<'_>,
    (rule, severity): (Rule, Severity),
    further: Option<Evidence>,
) -> Option<Finding> {
    if facts.unseen.part == 0 {
        return None;
    }
    let mut evidence = vec![Evidence::Unseen { urls: facts.unseen }];
    evidence.extend(further);
    evidence.extend((!facts.waited.is_empty()).then(|| Evidence::Waited {
        text: facts.waited.to_owned(),
    }));
    Some(Finding {
        rule,
        severity,
        scope: Scope::Host,
        subject: facts.host.to_owned(),
        causes: Vec::new(),
        confidence: 0.95,
        evidence,
        pages: Some(facts.unseen.part),
        product: None,
        shown: Vec::new(),
        advice: rule.id(),
    })
}

/// Reports a start page that does not count as one. Failing pages, pages that robots.txt forbids and
/// hosts that were given up have findings of their own.
pub fn start_page(no_start: Option<&NoStart>) -> Option<Finding> {
    let found = no_start?;
    if is_covered(&found.fault) {
        return None;
    }
    Some(Finding {
        rule: Rule::StartPage,
        severity: Severity::Critical,
        scope: Scope::Site,
        subject: found.address.clone(),
        causes: Vec::new(),
        confidence: 1.0,
        evidence: vec![Evidence::NoStart {
            pages: found.pages,
            fault: found.fault.to_string(),
        }],
        pages: None,
        product: None,
        shown: Vec::new(),
        advice: "start_page",
    })
}

/// Returns whether other findings cover it: those about failing pages, redirects into an error,
/// robots.txt and hosts that were given up.
fn is_covered(fault: &StartFault) -> bool {
    match fault {
        StartFault::Answers(answer) | StartFault::LeadsTo(_, answer) => {
            matches!(answer.status, None | Some(429 | 500..))
        }
        StartFault::Silent(_) => true,
        StartFault::Skipped(reason) => {
            *reason == SkipReason::Robots || SkipReason::GIVEN_UP.contains(reason)
        }
        StartFault::LoginForm
        | StartFault::Login(_)
        | StartFault::Away(_)
        | StartFault::Endless => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{HOST, fires};
    use super::*;
    use crate::assess::StartAnswer;

    #[test]
    fn a_host_that_was_given_up_is_critical_and_counts_unseen_pages() {
        let facts = |unseen| GivenUpFacts {
            host: HOST,
            unseen: Ratio::new(unseen, 86),
            waited: "gave up waiting for the host after 600 s",
            last_fine: Some(Moment::from_millis(1_795_345_203_000)),
        };
        let found = fires(host_down(&facts(67), None), host_down(&facts(0), None));
        assert_eq!(found.severity, Severity::Critical);
        assert_eq!(
            found.evidence_text(),
            "67 of 86 known URLs of the site were not requested (77.9 %); the host answered well until \
             2026-11-22T11:00:03.000Z; gave up waiting for the host after 600 s"
        );
        let never = GivenUpFacts {
            last_fine: None,
            ..facts(67)
        };
        let text = fires(host_down(&never, None), None).evidence_text();
        assert!(
            text.contains("no request to the host was ever fine"),
            "{text}"
        );
    }

    #[test]
    fn a_family_that_was_given_up_is_an_error_and_counts_unseen_pages() {
        let facts = |unseen| GivenUpFacts {
            host: HOST,
            unseen: Ratio::new(unseen, 4_000),
            waited: "80 requests in a row",
            last_fine: None,
        };
        let found = fires(family_down(&facts(3_000)), family_down(&facts(0)));
        assert_eq!(found.severity, Severity::Error);
        assert_eq!(
            found.evidence_text(),
            "3000 of 4000 known URLs of the site were not requested (75.0 %); 80 requests in a row"
        );
    }

    #[test]
    fn a_start_page_that_does_not_count_is_critical() {
        let no_start = |fault| NoStart {
            address: format!("{HOST}/"),
            pages: 1,
            fault,
        };
        let answers = |status, text: &str| {
            no_start(StartFault::Answers(StartAnswer {
                status: Some(status),
                text: text.to_owned(),
            }))
        };
        let wall = answers(401, "Unauthorized");
        // A failing page has a finding of its own.
        let failing = answers(503, "Service Unavailable");
        fires(start_page(Some(&wall)), start_page(Some(&failing)));
        let forbidden = no_start(StartFault::Skipped(SkipReason::Robots));
        let found = fires(start_page(Some(&wall)), start_page(Some(&forbidden)));
        assert_eq!(found.severity, Severity::Critical);
        assert_eq!(
            found.evidence_text(),
            "the start page answers 401 Unauthorized"
        );
        let many = NoStart { pages: 5, ..wall };
        assert_eq!(
            fires(start_page(Some(&many)), start_page(None)).evidence_text(),
            "none of 5 start pages answers with a page: the first answers 401 Unauthorized"
        );
    }
}
