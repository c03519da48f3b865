//! Findings that repeat a wider one. A reader should see each problem once, where it can be fixed: that of a host
//! before those of its sections and pages.

use crate::assess::diagnose::cluster::section_of;
use crate::assess::diagnose::rules::{About, Finding, Rule, Scope};
use crate::assess::diagnose::{ClusterFacts, Evidence};
use crate::model::Cause;

/// What a finding is about: its host and its failures.
#[derive(Clone, Copy, Debug)]
pub(in crate::assess::examine) struct Place<'a> {
    pub(in crate::assess::examine) host: &'a str,
    /// The failures; none for what belongs to the host as a whole.
    pub(in crate::assess::examine) cluster: Option<&'a ClusterFacts>,
}

impl Place<'_> {
    /// Returns whether all of it lies in this section or in a folder of it, which is named with its host.
    fn is_in(self, section: &str) -> bool {
        let folder = Some(section).filter(|it| it.ends_with('/') && it.len() > self.host.len() + 1);
        let is_there = |of_it: &String| {
            let named = section_of(self.host, of_it);
            named == section || folder.is_some_and(|folder| named.starts_with(folder))
        };
        self.cluster
            .is_some_and(|it| !it.sections.is_empty() && it.sections.keys().all(is_there))
    }
}

/// Returns which of the wider findings covers a narrow one: it is about the same pages and has the same cause.
pub(super) fn said_by<'a>(
    narrow: &Finding,
    place: Place<'_>,
    mut wide: impl Iterator<Item = &'a Finding>,
) -> Option<usize> {
    let may_be_part = matches!(narrow.rule.about(), About::Pages | About::Section)
        || matches!(narrow.rule, Rule::FileOutage | Rule::SitemapFailing);
    wide.position(|wide| may_be_part && covers(wide, narrow, place))
}

fn covers(wide: &Finding, narrow: &Finding, place: Place<'_>) -> bool {
    let has_recovered = narrow.rule == Rule::TransientCluster;
    let is_of_file = narrow.rule == Rule::FileOutage;
    let at_times = narrow.rule.is_at_times();
    let is_of_host = || wide.subject == place.host;
    match wide.rule {
        Rule::SectionDown => {
            narrow.rule != Rule::SectionDown
                && place.is_in(&wide.subject)
                && narrow.causes == wide.causes
        }
        // Pages that come and go of something else have a finding of their own.
        Rule::PartOutage => {
            let is_part = has_recovered
                || narrow.rule == Rule::UnconfirmedCluster
                || (narrow.rule == Rule::IntermittentCluster && narrow.causes == wide.causes);
            is_part && place.is_in(&wide.subject)
        }
        Rule::FirstRequestFails => {
            let is_there = is_of_host() || place.is_in(&wide.subject);
            let is_all = is_of_file && is_of_host();
            is_all || (has_recovered && (is_there || is_family(place, &wide.subject)))
        }
        // "Maintenance or overload" of a part repeats what is certain for the whole host.
        Rule::HostMaintenance => {
            is_of_host() && (is_of_file || narrow.causes.contains(&Cause::Maintenance))
        }
        Rule::ClientBlock | Rule::DnsFault | Rule::TlsFault => {
            is_of_host() && narrow.causes == wide.causes
        }
        // They failed there alone, and are fine at other times, or whenever they are requested elsewhere.
        Rule::AddressDown => {
            let is_there = place.cluster.is_some_and(|it| failed_there(it, wide));
            let is_alike = has_recovered || at_times || narrow.advice == wide.advice;
            is_of_host() && is_there && is_alike
        }
        // URLs that fail every time fail at the other backends too.
        Rule::OneBackendDown => {
            let is_there = match wide.scope {
                Scope::Section => place.is_in(&wide.subject),
                Scope::Url | Scope::Host | Scope::Site => is_of_host(),
            };
            is_there && (has_recovered || at_times || is_of_file)
        }
        Rule::HostOutage => is_of_host() && has_recovered,
        Rule::MixedOutage => is_of_host() && (has_recovered || is_of_file),
        // Whole answers that never arrive are reported once, by what happens to them.
        Rule::TruncatedBodies => {
            let is_there = is_of_host() || place.is_in(&wide.subject);
            is_there && narrow.causes == wide.causes && counts_outcome(wide, place)
        }
        // URLs that a limit refuses at times are neither flaky nor broken.
        Rule::LoadInduced => {
            let is_limited = at_times && limits(wide, place);
            let is_load = narrow.causes.contains(&Cause::Overload);
            is_of_host() && (has_recovered || is_limited) && is_load
        }
        // They are about something else than failing pages, or as narrow.
        Rule::AccessDenied
        | Rule::AnnouncedTooLong
        | Rule::BrokenReferences
        | Rule::CachedError
        | Rule::ClosedConnections
        | Rule::CompressionFault
        | Rule::ExternalLinks
        | Rule::FamilyDown
        | Rule::FileOutage
        | Rule::HostDown
        | Rule::IntermittentCluster
        | Rule::NeedsScript
        | Rule::OwnOutage
        | Rule::PersistentCluster
        | Rule::RedirectChains
        | Rule::RedirectIntoError
        | Rule::RetryAfterInvalid
        | Rule::RobotsBlocks
        | Rule::RobotsUnreachable
        | Rule::ServerMisconfiguration
        | Rule::SitemapFailing
        | Rule::SitemapListsFailing
        | Rule::SitemapProblems
        | Rule::SlowHost
        | Rule::SlowPages
        | Rule::SoftError
        | Rule::StartPage
        | Rule::TimeoutWall
        | Rule::TransientCluster
        | Rule::UnconfirmedCluster => false,
    }
}

/// Returns whether the evidence of a finding counts failures with the outcome of these.
fn counts_outcome(finding: &Finding, place: Place<'_>) -> bool {
    place.cluster.is_some_and(|it| {
        let here = it.cluster.outcome;
        let counts =
            |it: &Evidence| matches!(it, Evidence::Outcome { outcome, .. } if *outcome == here);
        finding.evidence.iter().any(counts)
    })
}

/// Returns whether a finding has a rate limit, of the whole host or of the section of all failures.
fn limits(finding: &Finding, place: Place<'_>) -> bool {
    let is_limit = |evidence: &Evidence| {
        let Evidence::RateLimit { section, .. } = evidence else {
            return false;
        };
        section.as_ref().is_none_or(|limited| {
            let mut sections = place.cluster.iter().flat_map(|it| it.sections.keys());
            sections.all(|section| section == limited)
        })
    };
    finding.evidence.iter().any(is_limit)
}

/// Returns whether all failures are of this family, which is named with its host.
fn is_family(place: Place<'_>, named: &str) -> bool {
    place.cluster.is_some_and(|it| {
        let mut families = it.families.keys();
        !it.families.is_empty() && families.all(|family| format!("{}{family}", place.host) == named)
    })
}

/// Returns whether failures are those of an IP address that is down: all of them came from there, or nothing answered
/// and it is known to fail in the same way.
fn failed_there(cluster: &ClusterFacts, finding: &Finding) -> bool {
    let down = || {
        finding
            .evidence
            .iter()
            .filter_map(|evidence| match evidence {
                Evidence::Address {
                    address, outcome, ..
                } => Some((address, *outcome)),
                _ => None,
            })
    };
    if cluster.addresses.is_empty() {
        return down().any(|(_, outcome)| outcome == Some(cluster.cluster.outcome));
    }
    let mut answered = cluster.addresses.iter().map(|(it, _)| it.to_string());
    answered.all(|answered| down().any(|(address, _)| *address == answered))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::diagnose::rules::Severity;
    use crate::assess::diagnose::{Announced, AnswerFacts, Cluster, Ratio};
    use crate::model::{Moment, Outcome};

    const HOST: &str = "https://www.shop.test";

    fn finding(rule: Rule, subject: &str, causes: &[Cause]) -> Finding {
        Finding {
            rule,
            severity: Severity::Error,
            scope: Scope::Host,
            subject: subject.to_owned(),
            causes: causes.to_vec(),
            confidence: 0.9,
            evidence: Vec::new(),
            pages: None,
            product: None,
            shown: Vec::new(),
            advice: "check.logs",
        }
    }

    /// A failure in section `/a/`, and the IP address that it came from.
    fn failures(outcome: Outcome, address: Option<[u8; 4]>) -> ClusterFacts {
        let mut facts = ClusterFacts::new(Cluster {
            host: HOST.to_owned(),
            section: "/a/".to_owned(),
            outcome,
            fingerprint: None,
        });
        let seen = AnswerFacts {
            outcome,
            status: None,
            fingerprint: None,
            server: None,
            waited: None,
            round_trip: None,
            retry_after: Announced::Nothing,
            cached: false,
            reused: false,
            address: address.map(Into::into),
            in_flight: 1,
            rate: None,
        };
        facts.add(&seen, Moment::default());
        facts
    }

    fn check(wide: &Finding, narrow: Rule, causes: &[Cause], expected: bool) {
        let narrow = finding(narrow, "https://www.shop.test/a/", causes);
        let mut cluster = failures(Outcome::Server502, None);
        cluster.sections = [("/a/".to_owned(), 7)].into();
        let place = Place {
            host: HOST,
            cluster: Some(&cluster),
        };
        let said = said_by(&narrow, place, [wide].into_iter()).is_some();
        assert_eq!(said, expected, "{narrow:?} beside {wide:?}");
    }

    #[test]
    fn what_a_host_suffers_from_is_not_told_of_its_sections_again() {
        use Cause::{Dns, Firewall, Maintenance, Overload, UpstreamDown};
        let of_host = |rule, cause| finding(rule, HOST, &[cause]);
        let closed = of_host(Rule::HostMaintenance, Maintenance);
        check(&closed, Rule::PersistentCluster, &[Maintenance], true);
        check(&closed, Rule::SectionDown, &[Maintenance, Overload], true);
        check(&closed, Rule::PersistentCluster, &[UpstreamDown], false);
        check(&closed, Rule::TimeoutWall, &[Maintenance], false);
        let one = of_host(Rule::OneBackendDown, UpstreamDown);
        check(&one, Rule::IntermittentCluster, &[Overload], true);
        check(&one, Rule::PersistentCluster, &[UpstreamDown], false);
        let mut cut = of_host(Rule::TruncatedBodies, UpstreamDown);
        check(&cut, Rule::PersistentCluster, &[UpstreamDown], false);
        let outcome = Outcome::Server502;
        cut.evidence = vec![Evidence::Outcome { outcome, count: 4 }];
        check(&cut, Rule::PersistentCluster, &[UpstreamDown], true);
        check(&cut, Rule::PersistentCluster, &[Overload], false);
        let limit = of_host(Rule::LoadInduced, Overload);
        check(&limit, Rule::TransientCluster, &[Overload], true);
        check(&limit, Rule::PersistentCluster, &[Overload], false);
        let block = of_host(Rule::ClientBlock, Firewall);
        check(&block, Rule::SectionDown, &[Firewall], true);
        check(&block, Rule::PersistentCluster, &[Dns], false);
        let section = |subject: &str| Finding {
            scope: Scope::Section,
            ..finding(Rule::OneBackendDown, subject, &[UpstreamDown])
        };
        let of_section = section("https://www.shop.test/a/");
        check(&of_section, Rule::IntermittentCluster, &[Overload], true);
        check(&of_section, Rule::PersistentCluster, &[UpstreamDown], false);
        let of_other = section("https://www.shop.test/b/");
        check(&of_other, Rule::IntermittentCluster, &[Overload], false);
        let elsewhere = finding(Rule::DnsFault, "https://img.shop.test", &[Dns]);
        check(&elsewhere, Rule::UnconfirmedCluster, &[Dns], false);
    }

    #[test]
    fn an_address_that_is_down_speaks_for_failures_at_it_and_for_no_others() {
        let mut down = finding(Rule::AddressDown, HOST, &[Cause::UpstreamDown]);
        down.advice = "address_down";
        down.evidence = vec![Evidence::Address {
            address: "192.0.2.2".to_owned(),
            failed: Ratio::new(2, 2),
            outcome: Some(Outcome::ConnectTimeout),
        }];
        let is_covered = |narrow: &Finding, cluster: &ClusterFacts| {
            let place = Place {
                host: HOST,
                cluster: Some(cluster),
            };
            said_by(narrow, place, [&down].into_iter()).is_some()
        };
        let at_times = finding(Rule::IntermittentCluster, HOST, &[Cause::UpstreamDown]);
        let cases = [
            (Outcome::Server502, Some([192, 0, 2, 2]), true),
            (Outcome::Server502, Some([192, 0, 2, 1]), false),
            (Outcome::ConnectTimeout, None, true),
            (Outcome::ConnectRefused, None, false),
        ];
        for (outcome, address, expected) in cases {
            let cluster = failures(outcome, address);
            assert_eq!(
                is_covered(&at_times, &cluster),
                expected,
                "{outcome} {address:?}"
            );
        }
        // Pages that always fail at the IP address that the crawl uses, and are fine at another one.
        let mut always = finding(Rule::PersistentCluster, HOST, &[Cause::UpstreamDown]);
        let there = failures(Outcome::Server502, Some([192, 0, 2, 2]));
        assert!(!is_covered(&always, &there));
        always.advice = "address_down";
        assert!(is_covered(&always, &there));
        let elsewhere = failures(Outcome::Server502, Some([192, 0, 2, 1]));
        assert!(!is_covered(&always, &elsewhere));
    }

    #[test]
    fn a_section_that_is_down_speaks_for_its_pages_of_the_same_cause() {
        let causes = [Cause::UpstreamDown];
        let down = finding(Rule::SectionDown, "https://www.shop.test/a/", &causes);
        check(&down, Rule::PersistentCluster, &causes, true);
        check(&down, Rule::PersistentCluster, &[Cause::Overload], false);
        check(&down, Rule::SectionDown, &causes, false);
        let comes_and_goes = finding(Rule::PartOutage, "https://www.shop.test/a/", &causes);
        check(
            &comes_and_goes,
            Rule::UnconfirmedCluster,
            &[Cause::Overload],
            true,
        );
        check(&comes_and_goes, Rule::IntermittentCluster, &causes, true);
        let other_cause = [Cause::ApplicationError];
        check(
            &comes_and_goes,
            Rule::IntermittentCluster,
            &other_cause,
            false,
        );
        check(&comes_and_goes, Rule::PersistentCluster, &causes, false);
        let other = finding(Rule::SectionDown, "https://www.shop.test/b/", &causes);
        check(&other, Rule::PersistentCluster, &causes, false);
    }
}
