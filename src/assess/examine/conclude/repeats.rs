//! Findings that say again what a wider one has said. Each problem is to be read once, in the place
//! where it can be mended: that of a host before those of its sections and pages.

use std::collections::BTreeMap;

use crate::assess::diagnose::Evidence;
use crate::assess::diagnose::rules::{Finding, Scope};
use crate::model::Cause;

/// Findings that name the pages of a cluster and their cause.
pub(super) const PAGES: [&str; 5] = [
    "compression_fault",
    "intermittent_cluster",
    "persistent_cluster",
    "transient_cluster",
    "unconfirmed_cluster",
];

/// Those of URLs that may be fine at other times.
const AT_TIMES: [&str; 2] = ["intermittent_cluster", "unconfirmed_cluster"];

/// Where what a finding is about lies.
#[derive(Clone, Copy, Debug)]
pub(in crate::assess::examine) struct Place<'a> {
    pub(in crate::assess::examine) host: &'a str,
    /// URLs by section; none for what belongs to the host as a whole.
    pub(in crate::assess::examine) sections: &'a BTreeMap<String, u64>,
}

/// Whether one of the wider findings says it already: of the same place, and of the same cause.
pub(super) fn is_said(narrow: &Finding, place: Place<'_>, wide: &[Finding]) -> bool {
    let may_be_part =
        PAGES.contains(&narrow.rule) || ["section_down", "sitemap_failing"].contains(&narrow.rule);
    may_be_part && wide.iter().any(|wide| covers(wide, narrow, place))
}

fn covers(wide: &Finding, narrow: &Finding, place: Place<'_>) -> bool {
    if wide.rule == "section_down" {
        let is_there = |section: &String| format!("{}{section}", place.host) == wide.subject;
        return narrow.rule != "section_down"
            && !place.sections.is_empty()
            && place.sections.keys().all(is_there)
            && narrow.causes == wide.causes;
    }
    if wide.rule == "part_outage" {
        let is_there = |section: &String| format!("{}{section}", place.host) == wide.subject;
        // Pages that come and go of something else have a finding of their own.
        let is_part = match narrow.rule {
            "transient_cluster" | "unconfirmed_cluster" => true,
            "intermittent_cluster" => narrow.causes == wide.causes,
            _ => false,
        };
        return is_part && !place.sections.is_empty() && place.sections.keys().all(is_there);
    }
    let has_recovered = narrow.rule == "transient_cluster";
    let is_of_section = wide.rule == "one_backend_down" && wide.scope == Scope::Section;
    let is_there = |section: &String| format!("{}{section}", place.host) == wide.subject;
    let is_of_place = if is_of_section {
        !place.sections.is_empty() && place.sections.keys().all(is_there)
    } else {
        wide.subject == place.host
    };
    is_of_place
        && match wide.rule {
            // "Maintenance or overload" of a part is what is known for sure of the whole.
            "host_maintenance" => narrow.causes.contains(&Cause::Maintenance),
            "client_block" | "dns_fault" | "tls_fault" => narrow.causes == wide.causes,
            // What fails every time fails at the other backends too.
            "one_backend_down" => has_recovered || AT_TIMES.contains(&narrow.rule),
            "host_outage" => has_recovered,
            // What is refused at times because of a limit is neither flaky nor broken.
            "load_induced" => {
                let is_limit = |evidence: &Evidence| match evidence {
                    Evidence::RateLimit { section, .. } => section.as_ref().is_none_or(|limited| {
                        place.sections.keys().all(|section| section == limited)
                    }),
                    _ => false,
                };
                let limited = wide.evidence.iter().any(is_limit);
                let at_times = limited && AT_TIMES.contains(&narrow.rule);
                (has_recovered || at_times) && narrow.causes.contains(&Cause::Overload)
            }
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::diagnose::rules::Severity;

    const HOST: &str = "https://www.shop.test";

    fn finding(rule: &'static str, subject: &str, causes: &[Cause]) -> Finding {
        Finding {
            rule,
            severity: Severity::Error,
            scope: Scope::Host,
            subject: subject.to_owned(),
            causes: causes.to_vec(),
            confidence: 0.9,
            evidence: Vec::new(),
            advice: "check.logs",
        }
    }

    fn check(wide: &Finding, narrow: &'static str, causes: &[Cause], expected: bool) {
        let narrow = finding(narrow, "https://www.shop.test/a/", causes);
        let sections = BTreeMap::from([("/a/".to_owned(), 7)]);
        let place = Place {
            host: HOST,
            sections: &sections,
        };
        let wide = std::slice::from_ref(wide);
        let said = is_said(&narrow, place, wide);
        assert_eq!(said, expected, "{narrow:?} beside {wide:?}");
    }

    #[test]
    fn what_a_host_suffers_from_is_not_told_of_its_sections_again() {
        use Cause::{Dns, Firewall, Maintenance, Overload, UpstreamDown};
        let of_host = |rule, cause| finding(rule, HOST, &[cause]);
        let closed = of_host("host_maintenance", Maintenance);
        check(&closed, "persistent_cluster", &[Maintenance], true);
        check(&closed, "section_down", &[Maintenance, Overload], true);
        check(&closed, "persistent_cluster", &[UpstreamDown], false);
        check(&closed, "timeout_wall", &[Maintenance], false);
        let one = of_host("one_backend_down", UpstreamDown);
        check(&one, "intermittent_cluster", &[Overload], true);
        check(&one, "persistent_cluster", &[UpstreamDown], false);
        let limit = of_host("load_induced", Overload);
        check(&limit, "transient_cluster", &[Overload], true);
        check(&limit, "persistent_cluster", &[Overload], false);
        let block = of_host("client_block", Firewall);
        check(&block, "section_down", &[Firewall], true);
        check(&block, "persistent_cluster", &[Dns], false);
        let section = |subject: &str| Finding {
            scope: Scope::Section,
            ..finding("one_backend_down", subject, &[UpstreamDown])
        };
        let of_section = section("https://www.shop.test/a/");
        check(&of_section, "intermittent_cluster", &[Overload], true);
        check(&of_section, "persistent_cluster", &[UpstreamDown], false);
        let of_other = section("https://www.shop.test/b/");
        check(&of_other, "intermittent_cluster", &[Overload], false);
        let elsewhere = finding("dns_fault", "https://img.shop.test", &[Dns]);
        check(&elsewhere, "unconfirmed_cluster", &[Dns], false);
    }

    #[test]
    fn a_section_that_is_down_speaks_for_its_pages_of_the_same_cause() {
        let causes = [Cause::UpstreamDown];
        let down = finding("section_down", "https://www.shop.test/a/", &causes);
        check(&down, "persistent_cluster", &causes, true);
        check(&down, "persistent_cluster", &[Cause::Overload], false);
        check(&down, "section_down", &causes, false);
        let comes_and_goes = finding("part_outage", "https://www.shop.test/a/", &causes);
        check(
            &comes_and_goes,
            "unconfirmed_cluster",
            &[Cause::Overload],
            true,
        );
        check(&comes_and_goes, "intermittent_cluster", &causes, true);
        let other_cause = [Cause::ApplicationError];
        check(&comes_and_goes, "intermittent_cluster", &other_cause, false);
        check(&comes_and_goes, "persistent_cluster", &causes, false);
        let other = finding("section_down", "https://www.shop.test/b/", &causes);
        check(&other, "persistent_cluster", &causes, false);
    }
}
