//! The rules that make findings: their names in exports, their titles for people, and what they are about.

use serde::{Serialize, Serializer};

/// What the findings of a rule are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Failing pages and their cause. The pages of one cause are one finding, so its subject grows and shrinks with
    /// them.
    Pages,
    /// A section that fails as a whole.
    Section,
    /// Anything else of the site: a host, its files for crawlers, faults that pages have in common.
    Site,
    /// Other people's sites, pages that refer to failing ones, and pages that cannot be read: they come after the
    /// site's own troubles.
    Beside,
}

/// The groups of failing URLs of a host that a finding about this host is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concerns {
    /// Those given with the finding, or none: it is about single URLs, files or the host.
    Given,
    /// Those that failed when the whole host did.
    Outage,
    /// Those that fail at speed.
    Speed,
    /// Those that are refused to crawlers and not to browsers.
    Crawler,
    /// Error pages with a status of success that have its cause.
    Soft,
    /// Those with an outcome that its evidence counts.
    Outcomes,
}

/// Whether notifications name a new finding of a rule as a change of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// Notifications name it.
    Own,
    /// They do not: failing pages are counted with a guard against chance, outages are reported with their times, and
    /// the rest follows from those.
    None,
}

macro_rules! rules {
    ($($name:ident, $id:literal, $about:ident, $concerns:ident, $change:ident, $title:literal;)*) => {
        /// A rule that makes findings, in the order of the names in exports. Findings are stored by these names: a
        /// rule that is retired keeps its row.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the titles say what the rules find")]
        pub enum Rule { $($name,)* }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Rule] = &[$(Rule::$name,)*];

            const fn row(self) -> &'static Row {
                match self { $(Rule::$name => &Row {
                    id: $id,
                    about: About::$about,
                    concerns: Concerns::$concerns,
                    change: Change::$change,
                    title: $title,
                },)* }
            }
        }
    };
}

struct Row {
    id: &'static str,
    about: About,
    concerns: Concerns,
    change: Change,
    title: &'static str,
}

rules! {
    AccessDenied, "access_denied", Site, Given, None, "Many pages refuse access";
    AddressDown, "address_down", Site, Given, Own, "An address of the host is down";
    AnnouncedTooLong, "announced_too_long", Site, Given, None, "Downtime announced for longer than search engines wait";
    BrokenReferences, "broken_references", Beside, Given, None, "Pages refer to addresses that fail";
    CachedError, "cached_error", Site, Given, None, "A cache repeats errors";
    ClientBlock, "client_block", Site, Crawler, Own, "Crawlers are refused where browsers are not";
    ClosedConnections, "closed_connections", Site, Given, None, "The server closes kept connections without an answer";
    CompressionFault, "compression_fault", Pages, Given, None, "Pages fail when their answers are compressed";
    DnsFault, "dns_fault", Site, Outcomes, Own, "The host's name does not resolve";
    ExternalLinks, "external_links", Beside, Given, Own, "External links that fail";
    FamilyDown, "family_down", Site, Given, None, "A group of URLs does not answer, and the rest of it was skipped";
    FileOutage, "file_outage", Site, Given, None, "robots.txt or a sitemap failed for a while";
    FirstRequestFails, "first_request_fails", Site, Given, Own, "Pages fail when they are requested first";
    HostDown, "host_down", Site, Given, None, "A host was given up, and the rest of it was skipped";
    HostMaintenance, "host_maintenance", Site, Given, Own, "The whole host is down for maintenance";
    HostOutage, "host_outage", Site, Outage, None, "The whole host was down for a while";
    IntermittentCluster, "intermittent_cluster", Pages, Given, None, "Pages that fail at times";
    LoadInduced, "load_induced", Site, Speed, Own, "Fails under fast requests";
    MixedOutage, "mixed_outage", Site, Outage, None, "A part of all requests failed for a while";
    NeedsScript, "needs_script", Beside, Given, None, "Pages that only scripts fill";
    OneBackendDown, "one_backend_down", Site, Given, Own, "One backend of several fails";
    OwnOutage, "own_outage", Site, Given, None, "The crawler itself had no network";
    PartOutage, "part_outage", Site, Given, None, "A part of the site goes down as a whole";
    PersistentCluster, "persistent_cluster", Pages, Given, None, "Pages that fail again and again";
    RedirectChains, "redirect_chains", Beside, Given, None, "Redirects in a loop, or of many hops";
    RedirectIntoError, "redirect_into_error", Site, Given, None, "A redirect leads into an error";
    RetryAfterInvalid, "retry_after_invalid", Site, Given, None, "Invalid Retry-After header";
    RobotsBlocks, "robots_blocks", Beside, Given, Own, "robots.txt forbids a section";
    RobotsUnreachable, "robots_unreachable", Site, Given, Own, "robots.txt cannot be read";
    SectionDown, "section_down", Section, Given, None, "A section is down";
    ServerMisconfiguration, "server_misconfiguration", Site, Given, None, "The server itself refuses a section";
    SitemapFailing, "sitemap_failing", Site, Given, Own, "A sitemap cannot be read";
    SitemapListsFailing, "sitemap_lists_failing", Site, Given, None, "The sitemap lists pages that fail";
    SitemapProblems, "sitemap_problems", Beside, Given, None, "Sitemaps with problems";
    SlowHost, "slow_host", Site, Given, Own, "The host answers slowly";
    SlowPages, "slow_pages", Site, Given, Own, "Pages that answer slowly";
    SoftError, "soft_error", Site, Soft, None, "Error pages that say 200";
    StartPage, "start_page", Site, Given, None, "The start page could not be used";
    TimeoutWall, "timeout_wall", Site, Given, None, "Failing answers all take the same time";
    TlsFault, "tls_fault", Site, Outcomes, Own, "No secure connection";
    TransientCluster, "transient_cluster", Pages, Given, None, "Pages that failed and recovered";
    TruncatedBodies, "truncated_bodies", Site, Outcomes, None, "Pages arrive cut short or unreadable";
    UnconfirmedCluster, "unconfirmed_cluster", Pages, Given, None, "Pages that fail, not yet confirmed";
}

impl Rule {
    /// Returns the rule of this name.
    pub fn from_id(id: &str) -> Option<Rule> {
        Rule::ALL.iter().copied().find(|rule| rule.id() == id)
    }

    /// Returns the name in exports. It never changes, because people script against it.
    pub const fn id(self) -> &'static str {
        self.row().id
    }

    /// Returns the title of its findings, for people.
    pub const fn title(self) -> &'static str {
        self.row().title
    }

    /// Returns what its findings are about.
    pub const fn about(self) -> About {
        self.row().about
    }

    /// Returns which groups of failing URLs of a host its findings are about.
    pub const fn concerns(self) -> Concerns {
        self.row().concerns
    }

    /// Returns whether notifications name a new finding of it as a change of its own.
    pub fn is_news(self) -> bool {
        self.row().change == Change::Own
    }

    /// Returns whether its findings are about something that fails in some runs and not in others although nothing
    /// changed, such as one backend of several. It is news once.
    pub const fn comes_and_goes(self) -> bool {
        matches!(
            self,
            Rule::OneBackendDown
                | Rule::FirstRequestFails
                | Rule::LoadInduced
                | Rule::ExternalLinks
                | Rule::SlowHost
                | Rule::MixedOutage
        )
    }

    /// Returns whether it is news that a finding of it is gone: the fault was there at every request.
    pub const fn can_be_resolved(self) -> bool {
        matches!(
            self,
            Rule::AddressDown
                | Rule::ClientBlock
                | Rule::DnsFault
                | Rule::HostMaintenance
                | Rule::RobotsBlocks
                | Rule::RobotsUnreachable
                | Rule::SitemapFailing
                | Rule::SlowPages
                | Rule::TlsFault
        )
    }

    /// Returns whether the cause of its findings is that of all their pages, whatever the answers of one group of them
    /// look like.
    pub const fn names_cause_of_pages(self) -> bool {
        matches!(
            self,
            Rule::HostOutage | Rule::LoadInduced | Rule::OneBackendDown
        )
    }

    /// Returns whether its findings are about URLs that may be fine at other times.
    pub const fn is_at_times(self) -> bool {
        matches!(self, Rule::IntermittentCluster | Rule::UnconfirmedCluster)
    }

    /// Returns whether two of its findings are about the same: the same subject or, if it is about pages that fail, one
    /// that lies within the other.
    pub fn is_same_subject(self, one: &str, other: &str) -> bool {
        let is_of_pages = matches!(self.about(), About::Pages | About::Section);
        let within = |inner: &str, outer: &str| inner.starts_with(outer);
        one == other || (is_of_pages && (within(one, other) || within(other, one)))
    }
}

/// Any rule, for findings of tests in which it does not matter.
#[cfg(test)]
impl Default for Rule {
    fn default() -> Rule {
        Rule::PersistentCluster
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_in_the_order_of_their_names() {
        assert!(Rule::ALL.is_sorted_by_key(|rule| rule.id()));
    }

    #[test]
    fn a_name_leads_back_to_its_rule() {
        for rule in Rule::ALL {
            assert_eq!(Rule::from_id(rule.id()), Some(*rule));
        }
        assert_eq!(Rule::from_id("no_such_rule"), None);
    }

    #[test]
    fn the_documents_list_the_rules_that_notifications_name() {
        let document = include_str!("../../../../docs/notify.md");
        let names = document
            .split_once("if its rule is one of ")
            .and_then(|(_, rest)| rest.split_once('.'))
            .map(|(names, _)| names.replace('\n', " ").replace(" and ", ", "))
            .expect("the sentence");
        let documented: Vec<&str> = names
            .split(", ")
            .map(|name| name.trim_matches('`'))
            .collect();
        let is_news = |rule: &&Rule| rule.is_news();
        let declared: Vec<&str> = (Rule::ALL.iter().filter(is_news))
            .map(|rule| rule.id())
            .collect();
        assert_eq!(documented, declared);
    }
}
