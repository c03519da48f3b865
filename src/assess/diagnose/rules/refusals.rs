//! Pages that refuse access. The web server or proxy itself may refuse them, because of its settings or the permissions
//! of its files; or a firewall refuses the crawl. Search engines take a 4xx for the site's intention, so it costs no
//! score.

use std::collections::{BTreeMap, BTreeSet};

use super::cluster::is_down;
use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use crate::assess::diagnose::answer::AnswerFacts;
use crate::assess::diagnose::cluster::section_of;
use crate::assess::diagnose::context::Ratio;
use crate::assess::diagnose::error_page::catalogue::{Fingerprint, fingerprint};
use crate::assess::diagnose::error_page::maker::Maker;
use crate::assess::diagnose::evidence::Evidence;
use crate::model::{Cause, Outcome};

/// Maximum kinds of refusals of a host, and sections with them, that are counted separately (ours).
const MOST_KINDS: usize = 200;

/// Minimum weight of a cause of a known error page for a finding to name it (ours).
const SAYS_CAUSE: f64 = 0.6;

/// Minimum pages that refuse access for a finding about the host (ours).
const FEWEST_DENIED: u64 = 10;

/// Minimum share of the pages of a host that refuse access for a finding about it (ours). A members' area is smaller, or
/// is one section.
const DENIED: f64 = 0.1;

/// Counts of the pages of one host that refuse access.
#[derive(Clone, Debug, Default)]
pub struct Refusals {
    /// Pages that the server itself refuses.
    own: BTreeMap<(String, &'static str), Refused>,
    denied: Denied,
}

/// Pages that answer 403 by other means than the server's own error page.
#[derive(Clone, Debug, Default)]
struct Denied {
    pages: u64,
    /// Those with the page of a firewall or a protection against bots.
    by_firewall: u64,
    /// Their sections, up to [`MOST_KINDS`].
    sections: BTreeSet<String>,
    example: Option<String>,
}

/// Pages of one section with one error page.
#[derive(Clone, Debug)]
struct Refused {
    pages: u64,
    status: Option<u16>,
    example: String,
}

impl Refusals {
    /// Counts a page by its last answer, if that refuses access.
    pub fn add(&mut self, section: &str, url: &str, last: &AnswerFacts<'_>) {
        if !matches!(last.outcome, Outcome::Client400 | Outcome::Client403) {
            return;
        }
        let page = last.fingerprint.and_then(fingerprint);
        let Some(page) = page.filter(|page| is_own(page)) else {
            if last.outcome == Outcome::Client403 {
                self.denied.add(section, url, page);
            }
            return;
        };
        let kind = (section.to_owned(), page.id.as_str());
        if self.own.len() < MOST_KINDS || self.own.contains_key(&kind) {
            let refused = self.own.entry(kind).or_insert_with(|| Refused {
                pages: 0,
                status: last.status,
                example: url.to_owned(),
            });
            refused.pages += 1;
        }
    }
}

impl Denied {
    fn add(&mut self, section: &str, url: &str, page: Option<&Fingerprint>) {
        self.pages += 1;
        self.by_firewall += u64::from(page.is_some_and(|page| best(page) == Some(Cause::Firewall)));
        if self.sections.len() < MOST_KINDS {
            self.sections.insert(section.to_owned());
        }
        self.example.get_or_insert_with(|| url.to_owned());
    }
}

/// Returns the likeliest cause of an error page.
fn best(page: &Fingerprint) -> Option<Cause> {
    page.causes.ranked().first().map(|(cause, _)| *cause)
}

/// Returns whether a page is the server's own, not a firewall's.
fn is_own(page: &Fingerprint) -> bool {
    page.names_product()
        && matches!(page.layer, Maker::ReverseProxy | Maker::LoadBalancer)
        && best(page) != Some(Cause::Firewall)
}

/// Reports that pages of several sections answer 403: if a firewall takes the crawl for an attack, the audit saw nothing
/// of them. `pages` is the number of pages of the host.
pub fn access_denied(host: &str, refusals: &Refusals, pages: u64) -> Option<Finding> {
    let denied = &refusals.denied;
    let share = Ratio::new(denied.pages, pages);
    if denied.pages < FEWEST_DENIED || denied.sections.len() < 2 || share.share() < DENIED {
        return None;
    }
    let is_firewall = denied.by_firewall * 2 > denied.pages;
    let example = denied.example.clone()?;
    Some(Finding {
        rule: Rule::AccessDenied,
        severity: Severity::Warning,
        scope: Scope::Host,
        subject: host.to_owned(),
        causes: is_firewall.then_some(Cause::Firewall).into_iter().collect(),
        confidence: 0.9,
        evidence: vec![
            Evidence::Denied {
                pages: share,
                sections: denied.sections.len() as u64,
            },
            Evidence::Example {
                url: example.clone(),
            },
        ],
        pages: None,
        product: None,
        shown: vec![example],
        advice: "firewall",
    })
}

/// Reports that most pages of a section answer 400 or 403 with the server's own error page. `pages_of`
/// returns a section's pages: failing ones out of all.
pub fn server_misconfigurations(
    host: &str,
    refusals: &Refusals,
    pages_of: impl Fn(&str) -> Ratio,
) -> Vec<Finding> {
    let found = refusals
        .own
        .iter()
        .filter_map(|((section, page), refused)| {
            let refused_of = Ratio::new(refused.pages, pages_of(section).of);
            let page = fingerprint(page).filter(|_| is_down(refused_of))?;
            let causes = page.causes.ranked().into_iter();
            let causes = causes.filter(|(_, weight)| *weight >= SAYS_CAUSE);
            Some(Finding {
                rule: Rule::ServerMisconfiguration,
                severity: Severity::Notice,
                scope: Scope::Section,
                subject: section_of(host, section),
                causes: causes.map(|(cause, _)| cause).collect(),
                confidence: page.confidence,
                evidence: evidence(section, refused, refused_of, page),
                pages: None,
                product: Some(page.product.as_str()),
                shown: vec![refused.example.clone()],
                advice: "server_misconfiguration",
            })
        });
    found.collect()
}

fn evidence(section: &str, refused: &Refused, of: Ratio, page: &Fingerprint) -> Vec<Evidence> {
    let urls = Evidence::Refused {
        urls: of,
        section: section.to_owned(),
    };
    let status = refused.status.map(|status| Evidence::Status { status });
    let page = Evidence::Page {
        product: Some(page.product.clone()),
        title: None,
    };
    let example = Evidence::Example {
        url: refused.example.clone(),
    };
    [urls]
        .into_iter()
        .chain(status)
        .chain([page, example])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{HOST, answer, fires};
    use super::*;

    /// This number of pages of a section, which answered in this way.
    fn refusals(outcome: Outcome, mark: &str, pages: u64) -> Refusals {
        let mut refusals = Refusals::default();
        for n in 0..pages {
            let refused = AnswerFacts {
                status: Some(400),
                fingerprint: Some(mark),
                ..answer(outcome)
            };
            refusals.add("/app/", &format!("{HOST}/app/{n}"), &refused);
        }
        refusals
    }

    #[test]
    fn pages_of_several_sections_that_answer_403_are_told_of_their_host() {
        let denied = |sections: &[&str], mark| {
            let mut refusals = Refusals::default();
            for n in 0..12 {
                let refused = AnswerFacts {
                    status: Some(403),
                    fingerprint: mark,
                    ..answer(Outcome::Client403)
                };
                let section = sections[n % sections.len()];
                refusals.add(section, &format!("{HOST}{section}{n}"), &refused);
            }
            refusals
        };
        let two = denied(&["/a/", "/b/"], None);
        let found = fires(
            access_denied(HOST, &two, 60),
            access_denied(HOST, &two, 130),
        );
        assert_eq!(found.causes, []);
        let words = "12 of 60 pages answer 403 Forbidden, in 2 sections";
        assert!(found.evidence_text().starts_with(words), "{found:?}");
        let members = denied(&["/members/"], None);
        assert_eq!(access_denied(HOST, &members, 60), None);
        let wall = denied(&["/a/", "/b/"], Some("cloudflare-challenge-503"));
        let found = access_denied(HOST, &wall, 60).expect("a finding");
        assert_eq!(found.causes, [Cause::Firewall]);
    }

    #[test]
    fn a_section_that_the_server_itself_refuses_is_its_misconfiguration() {
        let ten = |_: &str| Ratio::new(0, 10);
        let found = |refusals| server_misconfigurations(HOST, &refusals, ten).pop();
        let plain = |pages| refusals(Outcome::Client400, "nginx-400-https", pages);
        let tls = fires(found(plain(10)), found(plain(7)));
        let said = (tls.severity, &tls.causes[..]);
        assert_eq!(said, (Severity::Notice, &[Cause::Tls][..]));
        let words = "10 of 10 URLs of /app/ are refused by the server itself; status 400; the error page is \
                     that of nginx";
        assert!(tls.evidence_text().starts_with(words), "{tls:?}");
        let denied = found(refusals(Outcome::Client403, "nginx-403", 9));
        assert_eq!(denied.expect("a finding").causes, []);
        // An application's own refusal, a bot protection's, a proxy's by rule, and a failure.
        for (outcome, mark) in [
            (Outcome::Client403, ""),
            (Outcome::Client403, "akamai-denied"),
            (Outcome::Client403, "squid-denied"),
            (Outcome::Server502, "nginx-502"),
        ] {
            assert_eq!(found(refusals(outcome, mark, 10)), None, "{mark}");
        }
    }
}
