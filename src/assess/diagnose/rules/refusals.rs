//! Pages that the web server or proxy itself refuses, because of its settings or the permissions of its
//! files. Search engines take a 4xx for the site's intention, so it costs no score.

use std::collections::BTreeMap;

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

/// Counts of the pages of one host that the server itself refuses.
#[derive(Clone, Debug, Default)]
pub struct Refusals(BTreeMap<(String, &'static str), Refused>);

/// Pages of one section with one error page.
#[derive(Clone, Debug)]
struct Refused {
    pages: u64,
    status: Option<u16>,
    example: String,
}

impl Refusals {
    /// Counts a page by its last answer, if the server itself refused it.
    pub fn add(&mut self, section: &str, url: &str, last: &AnswerFacts<'_>) {
        let Some(page) = last.fingerprint.and_then(fingerprint) else {
            return;
        };
        if !matches!(last.outcome, Outcome::Client400 | Outcome::Client403) || !is_own(page) {
            return;
        }
        let kind = (section.to_owned(), page.id.as_str());
        if self.0.len() < MOST_KINDS || self.0.contains_key(&kind) {
            let refused = self.0.entry(kind).or_insert_with(|| Refused {
                pages: 0,
                status: last.status,
                example: url.to_owned(),
            });
            refused.pages += 1;
        }
    }
}

/// Returns whether a page is the server's own, not a firewall's.
fn is_own(page: &Fingerprint) -> bool {
    let best = page.causes.ranked().first().map(|(cause, _)| *cause);
    page.names_product()
        && matches!(page.layer, Maker::ReverseProxy | Maker::LoadBalancer)
        && best != Some(Cause::Firewall)
}

/// Reports that most pages of a section answer 400 or 403 with the server's own error page. `pages_of`
/// returns a section's pages: failing ones out of all.
pub fn server_misconfigurations(
    host: &str,
    refusals: &Refusals,
    pages_of: impl Fn(&str) -> Ratio,
) -> Vec<Finding> {
    let found = refusals.0.iter().filter_map(|((section, page), refused)| {
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
