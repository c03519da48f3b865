//! The decision which URLs the crawl accepts, from what it already knows: each URL once, no URL
//! that robots.txt forbids, no endless families of URLs. It queues every host's robots.txt before
//! the host's first URL.

use std::collections::HashMap;

use crate::frontier::Discovery;
use crate::model::{
    Admission, CrawlUrl, Fingerprint, FingerprintMap, FingerprintTable, HostKey, Outcome, Role,
    ScopePlan, Skip, SkipReason,
};
use crate::parse::robots::Group;
use crate::policy::{FoundOn, Traps};
use crate::store::StoreError;

use super::appetite::Appetite;
use super::rules::RulesMemory;
use crate::crawl::site::TextHash;
use crate::crawl::visit::robots::{self, Rules};

/// Pages accepted beyond twice those that may be fetched. Ours.
const SPARE_PAGES: u64 = 1_000;

/// The source of a URL.
#[derive(Clone, Copy, Debug)]
pub(in crate::crawl::state) enum By<'a> {
    /// The user named it.
    Name,
    /// A link of this page.
    Page(&'a CrawlUrl),
    /// A sitemap, a robots.txt or an earlier run.
    List,
}

impl By<'_> {
    fn page(&self, depth: u32) -> Option<FoundOn<'_>> {
        match self {
            By::Page(page) => Some(FoundOn { page, depth }),
            By::Name | By::List => None,
        }
    }
}

/// The known hosts and URLs of a crawl. Memory: 10 to 12 bytes for each URL, some hundred for each
/// host.
#[derive(Debug)]
pub(in crate::crawl::state) struct Admissions {
    known: FingerprintTable<()>,
    /// Known URLs that were refused when they were due.
    refused: FingerprintMap<SkipReason>,
    hosts: HashMap<HostKey, Host>,
    rules: RulesMemory,
    traps: Traps,
    pub(in crate::crawl::state) appetite: Appetite,
    /// Pages that were accepted and not refused since.
    pages: u64,
    /// Hosts that were found, not named.
    found_hosts: u64,
    max_pages: Option<u64>,
    max_hosts: Option<u64>,
    ignore_robots: bool,
}

/// A host's robots.txt rules; absent until they are known.
#[derive(Debug, Default)]
struct Host {
    rules: Option<Rules>,
}

impl Admissions {
    pub(in crate::crawl::state) fn new(scope: &ScopePlan, rules: RulesMemory) -> Admissions {
        Admissions {
            known: FingerprintTable::default(),
            refused: FingerprintMap::default(),
            hosts: HashMap::new(),
            rules,
            traps: Traps::new(scope.max_queries_per_path),
            appetite: Appetite::new(scope.max_pages),
            pages: 0,
            found_hosts: 0,
            max_pages: scope.max_pages,
            max_hosts: scope.max_hosts,
            ignore_robots: scope.ignore_robots,
        }
    }

    /// Returns whether there is nothing to decide about a URL that scope admits: it was accepted
    /// before, and not refused since.
    pub(in crate::crawl::state) fn is_settled(&self, fingerprint: Fingerprint) -> bool {
        self.known.contains(fingerprint)
            && (self.refused.is_empty() || !self.refused.contains_key(&fingerprint))
    }

    /// Accepts a URL that scope admits, or sets `admission` to the reason against it. URLs to offer
    /// to the frontier are added to `new`: the URL if it is new, after its host's robots.txt if
    /// that is new.
    pub(in crate::crawl::state) fn admit(
        &mut self,
        found: Discovery,
        by: By<'_>,
        admission: &mut Admission,
        new: &mut Vec<Discovery>,
    ) {
        let fingerprint = found.url.fingerprint();
        if self.known.contains(fingerprint) {
            if let Some(reason) = self.refused.get(&fingerprint) {
                *admission = Admission::Skip(found.role, Skip::new(*reason, ""));
            }
            return;
        }
        let host = found.url.host_key();
        if !self.hosts.contains_key(&host) {
            if let Some(skip) = self.one_host_more(by) {
                *admission = Admission::Skip(found.role, skip);
                return;
            }
            new.push(robots_txt(&host));
            self.known.insert(host.robots_txt().fingerprint(), ());
            self.hosts.insert(host.clone(), Host::default());
        }
        let skip = self.forbidden_at_hand(&host, &found);
        if let Some(skip) = skip {
            *admission = Admission::Skip(found.role, skip);
        } else if let Some(skip) = self.one_page_more(&found, by) {
            *admission = Admission::Skip(found.role, skip);
        } else if let Some(detail) = self.traps.trap(&found.url, by.page(found.depth)) {
            *admission = Admission::Skip(found.role, Skip::new(SkipReason::Trap, detail));
        } else if self.known.insert(fingerprint, ()).is_none() {
            self.pages += u64::from(found.role == Role::Page);
            new.push(found);
        }
    }

    /// Returns why no URL of another host is accepted, if a limit is reached.
    fn one_host_more(&mut self, by: By<'_>) -> Option<Skip> {
        if matches!(by, By::Name) {
            return None;
        }
        if let Some(most) = self.max_hosts.filter(|most| self.found_hosts >= *most) {
            return Some(ScopePlan::beyond_hosts(most));
        }
        self.found_hosts += 1;
        None
    }

    /// Returns why no further page is accepted, if a limit is reached. The final choice is made
    /// when a page is due; more than this is never needed, even if robots.txt forbids every other
    /// one.
    fn one_page_more(&self, found: &Discovery, by: By<'_>) -> Option<Skip> {
        let most = self.max_pages?;
        let waiting = most.saturating_mul(2).saturating_add(SPARE_PAGES);
        let is_over = found.role == Role::Page && self.pages >= waiting && !matches!(by, By::Name);
        is_over.then(|| ScopePlan::beyond_pages(most))
    }

    /// Records that an accepted URL will not be requested after all, whatever page links to it.
    pub(in crate::crawl::state) fn refused(
        &mut self,
        url: &CrawlUrl,
        role: Role,
        reason: SkipReason,
    ) {
        // A page that a limit refused still counts, so that no other is admitted instead.
        if !reason.is_limit() {
            self.pages = self.pages.saturating_sub(u64::from(role == Role::Page));
        }
        self.refused.insert(url.fingerprint(), reason);
    }

    /// Accepts a URL that an interrupted crawl knew.
    pub(in crate::crawl::state) fn restore(&mut self, url: &CrawlUrl, role: Role) {
        self.known.insert(url.fingerprint(), ());
        self.pages += u64::from(role == Role::Page);
        // Counts the URL for the traps. It was accepted before, so the result does not matter.
        self.traps.trap(url, None);
    }

    /// Returns why a URL must not be fetched according to its host's robots.txt, if that is known
    /// and obeyed.
    pub(in crate::crawl::state) fn forbidden(
        &self,
        found: &Discovery,
    ) -> Result<Option<Skip>, StoreError> {
        let host = found.url.host_key();
        match self.obeyed(&host, found) {
            Some(Rules::Text(text)) => self.by_rules(*text, &host, &found.url),
            Some(Rules::Unreachable(outcome)) => Ok(Some(robots::unreadable(*outcome))),
            Some(Rules::AllowAll) | None => Ok(None),
        }
    }

    /// Returns the same, but without reading the store: an admitted URL is checked once more before
    /// its request.
    fn forbidden_at_hand(&self, host: &HostKey, found: &Discovery) -> Option<Skip> {
        match self.obeyed(host, found)? {
            Rules::Text(text) => robots::forbid(&*self.rules.at_hand(*text)?, &found.url),
            Rules::Unreachable(outcome) => Some(robots::unreadable(*outcome)),
            Rules::AllowAll => None,
        }
    }

    /// Returns whether robots.txt forbids a URL that is fetched in any case.
    pub(in crate::crawl::state) fn disallowed(&self, url: &CrawlUrl) -> Result<bool, StoreError> {
        if !self.ignore_robots {
            return Ok(false);
        }
        let host = url.host_key();
        match self.hosts.get(&host).and_then(|host| host.rules.as_ref()) {
            Some(Rules::Text(text)) => Ok(self.by_rules(*text, &host, url)?.is_some()),
            Some(Rules::Unreachable(_)) => Ok(true),
            Some(Rules::AllowAll) | None => Ok(false),
        }
    }

    /// Records what a host's robots.txt permits, with its rules if they were read.
    pub(in crate::crawl::state) fn set_rules(
        &mut self,
        host: HostKey,
        rules: Rules,
        group: Option<(TextHash, Group)>,
    ) {
        self.hosts.entry(host).or_default().rules = Some(rules);
        if let Some((text, group)) = group {
            self.rules.keep(text, group);
        }
    }

    /// Returns why the rules of a text forbid a URL of this host, if they do.
    fn by_rules(
        &self,
        text: TextHash,
        host: &HostKey,
        url: &CrawlUrl,
    ) -> Result<Option<Skip>, StoreError> {
        Ok(match self.rules.get(text, host)? {
            Some(group) => robots::forbid(&group, url),
            // Unknown rules permit nothing.
            None => Some(robots::unreadable(Outcome::RobotsUnreachable)),
        })
    }

    /// Returns the rules of a host that apply to this URL, if there are any.
    fn obeyed(&self, host: &HostKey, found: &Discovery) -> Option<&Rules> {
        if self.ignore_robots || found.role == Role::Robots {
            return None;
        }
        match self.hosts.get(host)?.rules.as_ref()? {
            // robots.txt names sitemaps itself, and has no rules about who may read them.
            Rules::Text(_) if found.role == Role::Sitemap => None,
            // There is no site to protect, and the user wants to find links to dead hosts.
            Rules::Unreachable(outcome) if found.role == Role::External && !answers(*outcome) => {
                None
            }
            rules => Some(rules),
        }
    }
}

/// Returns whether anything at all was received.
fn answers(outcome: Outcome) -> bool {
    outcome != Outcome::AddressRefused && robots::answers(outcome)
}

/// Returns the robots.txt of a host, to be requested before anything else there.
pub(in crate::crawl::state) fn robots_txt(host: &HostKey) -> Discovery {
    Discovery::new(host.robots_txt(), Role::Robots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crawl::tests::plan;
    use crate::parse::robots::Robots;

    fn admissions(max_queries_per_path: u32, ignore_robots: bool) -> Admissions {
        let rules = RulesMemory::new(1 << 20, |_| Ok(None));
        let scope = ScopePlan {
            ignore_robots,
            max_queries_per_path,
            ..plan().scope
        };
        Admissions::new(&scope, rules)
    }

    fn found(text: &str) -> Discovery {
        Discovery {
            depth: 1,
            ..Discovery::new(CrawlUrl::parse(text).expect("a valid URL"), Role::Page)
        }
    }

    fn forbidden_by(admissions: &Admissions, page: &Discovery) -> bool {
        admissions.forbidden(page).expect("a store").is_some()
    }

    fn offer(admissions: &mut Admissions, text: &str) -> (Vec<String>, Admission) {
        let mut new = Vec::new();
        let mut admission = Admission::Fetch(Role::Page);
        admissions.admit(found(text), By::List, &mut admission, &mut new);
        let urls = new.iter().map(|found| found.url.as_str().to_owned());
        (urls.collect(), admission)
    }

    #[test]
    fn robots_txt_comes_before_the_first_url_of_a_host_and_each_url_once() {
        let mut admissions = admissions(100, false);
        let (new, _) = offer(&mut admissions, "http://a/x");
        assert_eq!(new, ["http://a/robots.txt", "http://a/x"]);
        assert!(offer(&mut admissions, "http://a/x").0.is_empty());
        assert_eq!(offer(&mut admissions, "http://a/y").0, ["http://a/y"]);
        assert_eq!(offer(&mut admissions, "http://b/").0.len(), 2);
    }

    #[test]
    fn urls_that_robots_txt_forbids_are_not_accepted() {
        let rules = Robots::parse(b"User-agent: *\nDisallow: /private").group(&["gatecrawl"]);
        let host = found("http://a/").url.host_key();
        for (ignore, expected) in [(false, true), (true, false)] {
            let mut admissions = admissions(100, ignore);
            let text = TextHash(1);
            admissions.set_rules(host.clone(), Rules::Text(text), Some((text, rules.clone())));
            let (_, admission) = offer(&mut admissions, "http://a/private/x");
            let skipped = matches!(&admission, Admission::Skip(_, skip)
                if skip.reason == SkipReason::Robots && skip.detail == "line 2: Disallow: /private");
            assert_eq!(skipped, expected);
            assert_eq!(
                admissions
                    .disallowed(&found("http://a/private/x").url)
                    .expect("in memory"),
                ignore
            );
        }
    }

    #[test]
    fn rules_outside_memory_are_read_before_the_request_and_never_count_as_a_permission() {
        let stored = |body: &'static [u8]| Robots::parse(body).group(&["gatecrawl"]);
        let rules = RulesMemory::new(1 << 20, move |host| {
            let is_known = host.as_str() == "http://a";
            Ok(is_known.then(|| stored(b"User-agent: *\nDisallow: /private")))
        });
        let mut admissions = Admissions::new(&plan().scope, rules);
        for (host, forbidden) in [("http://a", [true, false]), ("http://b", [true, true])] {
            let pages = ["/private/x", "/"].map(|path| found(&format!("{host}{path}")));
            let text = TextHash(host.len() as u64 + u64::from(forbidden[1]));
            admissions.set_rules(pages[0].url.host_key(), Rules::Text(text), None);
            let (new, _) = offer(&mut admissions, pages[0].url.as_str());
            assert!(!new.is_empty(), "taken in");
            let verdicts = pages.map(|page| forbidden_by(&admissions, &page));
            assert_eq!(verdicts, forbidden, "{host}");
        }
        assert!(offer(&mut admissions, "http://a/private/y").0.is_empty());
    }

    #[test]
    fn an_error_of_the_store_is_no_answer_of_robots_txt() {
        let broken = || StoreError::Locked("x.db".into());
        let rules = RulesMemory::new(1 << 20, move |_| Err(broken()));
        let mut admissions = Admissions::new(&plan().scope, rules);
        let page = found("http://a/x");
        admissions.set_rules(page.url.host_key(), Rules::Text(TextHash(1)), None);
        admissions.forbidden(&page).expect_err("a broken store");
    }

    #[test]
    fn an_unreadable_robots_txt_forbids_the_site_and_not_links_to_dead_hosts() {
        let cases = [
            (Outcome::Server502, Role::Page, true),
            (Outcome::Server502, Role::Sitemap, true),
            (Outcome::Server502, Role::External, true),
            (Outcome::DnsNxdomain, Role::Page, true),
            (Outcome::DnsNxdomain, Role::External, false),
        ];
        for (outcome, role, forbidden) in cases {
            let mut admissions = admissions(100, false);
            let mut page = found("http://a/x");
            admissions.set_rules(page.url.host_key(), Rules::Unreachable(outcome), None);
            page.role = role;
            let is_forbidden = forbidden_by(&admissions, &page);
            assert_eq!(is_forbidden, forbidden, "{outcome} {role:?}");
        }
    }

    #[test]
    fn endless_queries_are_traps() {
        let mut admissions = admissions(2, false);
        for n in 0..2 {
            let (_, admission) = offer(&mut admissions, &format!("http://a/cal?d={n}"));
            assert_eq!(admission, Admission::Fetch(Role::Page));
        }
        let (new, admission) = offer(&mut admissions, "http://a/cal?d=9");
        assert!(new.is_empty());
        assert!(matches!(admission, Admission::Skip(_, skip) if skip.reason == SkipReason::Trap));
    }

    #[test]
    fn found_hosts_are_limited_and_named_ones_are_not() {
        let scope = ScopePlan {
            max_hosts: Some(2),
            ..plan().scope
        };
        let mut admissions = Admissions::new(&scope, RulesMemory::new(1 << 20, |_| Ok(None)));
        let page = found("http://named0/").url;
        let mut ask = |text: &str, by| {
            let (mut new, mut admission) = (Vec::new(), Admission::Fetch(Role::Page));
            admissions.admit(found(text), by, &mut admission, &mut new);
            match admission {
                Admission::Skip(_, skip) => skip.reason.name(),
                Admission::Fetch(_) => "",
            }
        };
        for n in 0..5 {
            assert_eq!(ask(&format!("http://named{n}/"), By::Name), "");
        }
        let asked =
            ["a", "b", "c", "a"].map(|host| ask(&format!("http://{host}/x"), By::Page(&page)));
        assert_eq!(asked, ["", "", "max_hosts", ""]);
        assert_eq!(ask("http://named4/x", By::Page(&page)), "");
    }

    #[test]
    fn no_more_pages_wait_than_may_be_needed() {
        let scope = ScopePlan {
            max_pages: Some(100),
            max_queries_per_path: 1_000_000,
            ..plan().scope
        };
        let mut admissions = Admissions::new(&scope, RulesMemory::new(1 << 20, |_| Ok(None)));
        let taken = (0..5_000).filter(|n| {
            !offer(&mut admissions, &format!("http://a/{n}"))
                .0
                .is_empty()
        });
        assert_eq!(taken.count(), 1_200);
        admissions.refused(&found("http://a/7").url, Role::Page, SkipReason::Robots);
        assert_eq!(offer(&mut admissions, "http://a/x").0.len(), 1);
        let (_, admission) = offer(&mut admissions, "http://a/y");
        assert!(
            matches!(admission, Admission::Skip(_, skip) if skip.reason == SkipReason::MaxPages)
        );
    }
}
