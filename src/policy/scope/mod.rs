//! The scope of a crawl: the hosts of the site, and the wanted URLs on them.

pub(super) mod pattern;
pub(super) mod regexes;
pub(super) mod segments;
pub(super) mod site_name;

use std::collections::BTreeMap;

use regex::RegexSet;

use crate::model::{Admission, Coverage, CrawlUrl, LinkKind, Role, ScopePlan, Skip, SkipReason};

use pattern::Globs;
use regexes::{ScopeError, compile};
use segments::Segments;
use site_name::{is_below, is_public_suffix, without_www};

/// Maximum length of a crawled URL, in bytes: sitemaps.org allows no more in a sitemap, and other crawlers stop at
/// about this length (Scrapy and Heritrix: 2,083).
pub const LONGEST_CRAWLED: usize = 2048;

/// Maximum occurrences of one folder in a path. A path with more is a loop.
const MAX_REPEATS: usize = 3;

/// Maximum folders of a path: twice the number in the deepest archives of real sites. Ours.
const MOST_FOLDERS: u32 = 30;

/// The compiled form of a [`ScopePlan`].
#[derive(Debug)]
pub struct Scope {
    plan: ScopePlan,
    sites: Sites,
    include: RegexSet,
    exclude: RegexSet,
    ignored_params: Globs,
}

impl Scope {
    /// Compiles a plan.
    pub fn new(plan: &ScopePlan) -> Result<Scope, ScopeError> {
        let from_seeds = plan.seeds.iter().map(site_of);
        let named = plan.hosts.iter().map(|host| named(host));
        // The store uses them; here they are refused if they cannot be used.
        Segments::new(&plan.segments)?;
        Ok(Scope {
            sites: Sites::of(from_seeds.chain(named)),
            include: compile("include", &plan.include)?,
            exclude: compile("exclude", &plan.exclude)?,
            ignored_params: Globs::new(&plan.ignore_params),
            plan: plan.clone(),
        })
    }

    /// Returns the plan of this scope.
    pub fn plan(&self) -> &ScopePlan {
        &self.plan
    }

    /// Returns the URL without the parameters that the plan ignores.
    pub fn normal(&self, url: CrawlUrl) -> CrawlUrl {
        if self.ignored_params.is_empty() {
            return url;
        }
        url.without_params(|name| self.ignored_params.matches(name))
    }

    /// Returns whether the URL's host is part of the site.
    pub fn is_site(&self, url: &CrawlUrl) -> bool {
        let (host, port) = site_of(url);
        self.sites.has(host, port) || (self.plan.subdomains && self.sites.has_above(host, port))
    }

    /// Returns the hosts of the site as text, sorted: `example.com and www.example.com`.
    pub fn hosts(&self) -> Vec<String> {
        let describe = |host: &str, port: Option<u16>| {
            let port = port.map_or(String::new(), |port| format!(":{port}"));
            let www = format!("www.{host}");
            let twin = if without_www(&www) == host && !is_address(host) {
                format!(" and {www}{port}")
            } else {
                String::new()
            };
            let below = match self.plan.subdomains {
                true if is_public_suffix(host) => {
                    ", no host below it: it is a public suffix".to_owned()
                }
                true if !is_address(host) => format!(" and every host below {host}"),
                _ => String::new(),
            };
            format!("{host}{port}{twin}{below}")
        };
        let sites = self.sites.0.iter();
        let mut hosts: Vec<String> = sites
            .flat_map(|(host, ports)| ports.iter().map(move |port| describe(host, *port)))
            .collect();
        hosts.sort();
        hosts
    }

    /// Returns how to treat the target of a link, redirect or sitemap entry, found `depth` clicks
    /// from a seed (`None` when no click leads there).
    pub fn admit(&self, url: &CrawlUrl, via: Via, depth: Option<u32>) -> Admission {
        let role = self.role(url, via);
        let refusal = self
            .exclusion(role, via)
            .map(|detail| Skip::new(SkipReason::Scope, detail))
            .or_else(|| trap(url))
            // A URL named by the user is wanted, whatever it looks like.
            .or_else(|| (via != Via::Seed).then(|| self.refuse(url, role, depth))?);
        match refusal {
            Some(skip) => Admission::Skip(role, skip),
            None => Admission::Fetch(role),
        }
    }

    fn role(&self, url: &CrawlUrl, via: Via) -> Role {
        match via {
            Via::Redirect(Role::Robots) => Role::Robots,
            // The target of a checked URL is part of the check, wherever it is. But a redirect to a
            // page of the site must not change that page's role: everything behind it would be
            // lost.
            Via::Redirect(Role::Sitemap) if may_be_sitemap(url) => Role::Sitemap,
            Via::Redirect(Role::Resource) if !self.is_site(url) || !may_be_page(url) => {
                Role::Resource
            }
            _ if !self.is_site(url) => Role::External,
            Via::Link(kind) if kind.is_resource() => Role::Resource,
            _ => Role::Page,
        }
    }

    /// Returns why URLs of this role are not part of the crawl at all, if they are not.
    fn exclusion(&self, role: Role, via: Via) -> Option<&'static str> {
        let listed = matches!(via, Via::Seed | Via::Redirect(_));
        match role {
            _ if matches!(via, Via::Redirect(from) if from == role && role != Role::Page) => None,
            Role::External if !self.plan.external => {
                Some("another site (--external checks such links)")
            }
            Role::Resource if !self.plan.resources => {
                Some("not a page (--resources checks such links)")
            }
            Role::Page if self.plan.coverage == Coverage::List && !listed => {
                Some("not in the list (--crawl follows links)")
            }
            _ => None,
        }
    }

    fn refuse(&self, url: &CrawlUrl, role: Role, depth: Option<u32>) -> Option<Skip> {
        let text = url.as_str();
        if role == Role::External {
            return None;
        }
        if !self.include.is_empty() && !self.include.is_match(text) {
            return Some(Skip::new(SkipReason::Scope, "matches no --include"));
        }
        if !self.exclude.is_empty()
            && let Some(at) = self.exclude.matches(text).iter().next()
        {
            let detail = format!("matches --exclude {}", self.exclude.patterns()[at]);
            return Some(Skip::new(SkipReason::Scope, detail));
        }
        match (self.plan.max_depth, depth) {
            (Some(most), Some(depth)) if depth > most => Some(Skip::new(
                SkipReason::Depth,
                format!("{depth} clicks from a seed"),
            )),
            (Some(_), None) => Some(Skip::new(SkipReason::Depth, "no click leads there")),
            _ => None,
        }
    }
}

/// The source from which the crawl knows a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// The user named it.
    Seed,
    /// A page links to it.
    Link(LinkKind),
    /// Reached by a redirect from a URL of this role.
    Redirect(Role),
    /// A sitemap lists it.
    Sitemap,
    /// An earlier run knew it.
    Known,
}

/// Returns whether the target of a sitemap's redirect may be a sitemap, by its name.
fn may_be_sitemap(url: &CrawlUrl) -> bool {
    let name = url.path_and_query().to_ascii_lowercase();
    name.contains("sitemap")
        || [".xml", ".gz", ".txt"]
            .iter()
            .any(|end| name.ends_with(end))
}

/// Returns whether the target of a resource's redirect may be a page, by its name: a missing image
/// often redirects to the home page.
fn may_be_page(url: &CrawlUrl) -> bool {
    const ENDINGS: [&str; 7] = ["html", "htm", "xhtml", "php", "asp", "aspx", "jsp"];
    let path = url.as_url().path();
    let name = path.rsplit('/').next().unwrap_or_default();
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_none_or(|ending| ENDINGS.contains(&ending.as_str()))
}

/// Returns why a URL looks like one of an endless number, if it does.
fn trap(url: &CrawlUrl) -> Option<Skip> {
    let length = url.as_str().len();
    if length > LONGEST_CRAWLED {
        let detail = format!("{length} bytes long, {LONGEST_CRAWLED} at most");
        return Some(Skip::new(SkipReason::Trap, detail));
    }
    let folders = url.folder_depth();
    if folders > MOST_FOLDERS {
        let detail = format!("{folders} folders deep, {MOST_FOLDERS} at most");
        return Some(Skip::new(SkipReason::Trap, detail));
    }
    let folder = repeated_folder(url.as_url().path())?;
    let detail = format!("folder {folder:?} comes more than {MAX_REPEATS} times");
    Some(Skip::new(SkipReason::Trap, detail))
}

/// Hosts with their ports, unless the port is the usual one. There are nearly always few: a tree is
/// faster than a hash.
#[derive(Debug)]
struct Sites(BTreeMap<String, Vec<Option<u16>>>);

impl Sites {
    fn of<'a>(all: impl Iterator<Item = (&'a str, Option<u16>)>) -> Sites {
        let mut sites: BTreeMap<String, Vec<Option<u16>>> = BTreeMap::new();
        for (host, port) in all {
            let ports = sites.entry(host.to_owned()).or_default();
            if !ports.contains(&port) {
                ports.push(port);
            }
        }
        Sites(sites)
    }

    fn has(&self, host: &str, port: Option<u16>) -> bool {
        self.0.get(host).is_some_and(|ports| ports.contains(&port))
    }

    /// Returns whether a domain above this one is in the set.
    fn has_above(&self, host: &str, port: Option<u16>) -> bool {
        let dots = host.match_indices('.');
        dots.map(|(at, _)| &host[at + 1..])
            .any(|above| self.has(above, port) && is_below(host, above))
    }
}

/// Returns host and port without a leading `www.`. `example.com` and `www.example.com` are one
/// site, on http and https alike. `gov.uk` and `www.gov.uk` are not, as anybody may own names below
/// a public suffix.
fn site_of(url: &CrawlUrl) -> (&str, Option<u16>) {
    let url = url.as_url();
    (without_www(url.host_str().unwrap_or_default()), url.port())
}

/// Splits a host name into the name and the port, if it has one.
fn named(host: &str) -> (&str, Option<u16>) {
    let host = without_www(host);
    match host.rsplit_once(':') {
        Some((name, port)) if !name.ends_with(':') => match port.parse() {
            Ok(port) => (name, Some(port)),
            Err(_) => (host, None),
        },
        _ => (host, None),
    }
}

fn is_address(host: &str) -> bool {
    host.trim_matches(['[', ']'])
        .parse::<std::net::IpAddr>()
        .is_ok()
}

/// Returns a folder that occurs more than [`MAX_REPEATS`] times in a path. Relative links that
/// point one level too deep produce such paths.
fn repeated_folder(path: &str) -> Option<&str> {
    if path.len() <= 2 * MAX_REPEATS
        || memchr::memchr_iter(b'/', path.as_bytes()).count() <= MAX_REPEATS
    {
        return None;
    }
    let folders: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if folders.len() <= MAX_REPEATS {
        return None;
    }
    let mut sorted = folders.clone();
    sorted.sort_unstable();
    sorted
        .chunk_by(|a, b| a == b)
        .find(|run| run.len() > MAX_REPEATS)
        .map(|run| run[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Sitemaps;

    fn plan() -> ScopePlan {
        ScopePlan {
            max_pages: None,
            max_hosts: None,
            sitemaps: Sitemaps::Off,
            max_queries_per_path: 100,
            ..ScopePlan::usual(vec![url("https://www.example.com/")])
        }
    }

    fn url(text: &str) -> CrawlUrl {
        CrawlUrl::parse(text).expect("a valid URL")
    }

    fn reason(plan: &ScopePlan, text: &str, via: Via, depth: Option<u32>) -> String {
        let scope = Scope::new(plan).expect("a valid plan");
        match scope.admit(&url(text), via, depth) {
            Admission::Fetch(role) => role.name().to_owned(),
            Admission::Skip(_, skip) => format!("-{}", skip.reason.name()),
        }
    }

    const LINK: Via = Via::Link(LinkKind::Anchor);

    #[test]
    fn the_site_is_the_host_with_or_without_www_on_both_schemes() {
        let cases = [
            ("https://example.com/a", "page"),
            ("http://www.example.com/a", "page"),
            ("https://shop.example.com/", "-scope"),
            ("https://badexample.com/", "-scope"),
            ("https://example.com:8443/", "-scope"),
        ];
        for (text, expected) in cases {
            assert_eq!(reason(&plan(), text, LINK, Some(1)), expected, "{text}");
        }
    }

    #[test]
    fn names_below_a_public_suffix_are_not_the_site() {
        let cases = [
            ("https://www.gov.uk/", "https://hmrc.gov.uk/", "-scope"),
            ("https://www.gov.uk/", "https://gov.uk/", "-scope"),
            ("https://www.gov.uk/", "https://www.gov.uk/a", "page"),
            ("https://www.gov.uk/", "https://assets.www.gov.uk/", "page"),
            ("https://www.com/", "https://evil.com/", "-scope"),
            ("https://www.gov.pl/", "https://evil.gov.pl/", "-scope"),
            ("https://github.io/", "https://evil.github.io/", "-scope"),
            ("https://me.github.io/", "https://a.me.github.io/", "page"),
            (
                "https://www.example.co.uk/",
                "https://shop.example.co.uk/",
                "page",
            ),
            ("http://intranet/", "http://wiki.intranet/", "page"),
        ];
        for (seed, target, expected) in cases {
            let mut wide = plan();
            wide.seeds = vec![url(seed)];
            wide.subdomains = true;
            assert_eq!(
                reason(&wide, target, LINK, Some(1)),
                expected,
                "{seed} {target}"
            );
        }
        let mut named = plan();
        named.hosts = vec!["uk".to_owned()];
        named.subdomains = true;
        assert_eq!(reason(&named, "https://evil.uk/", LINK, Some(1)), "-scope");
    }

    #[test]
    fn the_hosts_of_the_site_are_listed_as_text() {
        let mut wide = plan();
        wide.seeds.push(url("http://127.0.0.1:8080/"));
        wide.seeds.push(url("https://www.gov.uk/"));
        let listed = |plan: &ScopePlan| Scope::new(plan).expect("valid").hosts();
        let narrow = [
            "127.0.0.1:8080",
            "example.com and www.example.com",
            "www.gov.uk",
        ];
        assert_eq!(listed(&wide)[..2], narrow[..2]);
        wide.subdomains = true;
        wide.hosts = vec!["github.io".to_owned()];
        let listed = listed(&wide);
        for expected in [
            "example.com and www.example.com and every host below example.com",
            "github.io, no host below it: it is a public suffix",
        ] {
            assert!(listed.iter().any(|line| line == expected), "{listed:?}");
        }
    }

    #[test]
    fn flags_widen_the_scope() {
        let mut wide = plan();
        wide.subdomains = true;
        wide.hosts = vec!["cdn.example.net".to_owned()];
        wide.external = true;
        wide.resources = true;
        let image = Via::Link(LinkKind::Image);
        let cases = [
            ("https://shop.example.com/", LINK, "page"),
            ("https://badexample.com/", LINK, "external"),
            ("https://cdn.example.net/x", LINK, "page"),
            ("https://example.com/x.png", image, "resource"),
            ("https://other.org/x.png", image, "external"),
        ];
        for (text, via, expected) in cases {
            assert_eq!(reason(&wide, text, via, Some(1)), expected, "{text}");
        }
    }

    #[test]
    fn patterns_and_depth_narrow_the_scope() {
        let mut narrow = plan();
        narrow.include = vec!["/docs/".to_owned()];
        narrow.exclude = vec![r"\.pdf$".to_owned()];
        narrow.max_depth = Some(2);
        let cases = [
            ("https://example.com/docs/a", Some(2), "page"),
            ("https://example.com/docs/a", Some(3), "-depth"),
            ("https://example.com/docs/a", None, "-depth"),
            ("https://example.com/docs/a.pdf", Some(1), "-scope"),
            ("https://example.com/blog/", Some(1), "-scope"),
        ];
        for (text, depth, expected) in cases {
            assert_eq!(reason(&narrow, text, LINK, depth), expected, "{text}");
        }
        let scope = Scope::new(&narrow).expect("valid");
        let pdf = scope.admit(&url("https://example.com/docs/a.pdf"), LINK, Some(1));
        let skip = Skip::new(SkipReason::Scope, r"matches --exclude \.pdf$");
        assert_eq!(pdf, Admission::Skip(Role::Page, skip));
    }

    #[test]
    fn the_start_url_is_fetched_whatever_the_patterns_exclude() {
        let mut narrow = plan();
        narrow.include = vec!["/blog/".to_owned()];
        let start = "https://example.com/";
        assert_eq!(reason(&narrow, start, Via::Seed, Some(0)), "page");
        assert_eq!(reason(&narrow, start, LINK, Some(1)), "-scope");
    }

    #[test]
    fn a_list_is_taken_as_it_is() {
        let mut list = plan();
        list.coverage = Coverage::List;
        let page = "https://example.com/a";
        assert_eq!(reason(&list, page, Via::Seed, Some(0)), "page");
        assert_eq!(reason(&list, page, LINK, Some(1)), "-scope");
        assert_eq!(
            reason(&list, page, Via::Redirect(Role::Page), Some(0)),
            "page"
        );
    }

    #[test]
    fn loops_and_endless_urls_are_traps() {
        let long = format!("https://example.com/{}", "a".repeat(LONGEST_CRAWLED));
        assert_eq!(reason(&plan(), &long, LINK, Some(1)), "-trap");
        let circle = "https://example.com/a/b/a/b/a/b/a/b/";
        assert_eq!(reason(&plan(), circle, LINK, Some(1)), "-trap");
        let deep = |folders: u32| {
            let names: Vec<String> = (0..folders).map(|n| format!("f{n}")).collect();
            format!("https://example.com/{}/", names.join("/"))
        };
        assert_eq!(reason(&plan(), &deep(MOST_FOLDERS), LINK, Some(1)), "page");
        assert_eq!(
            reason(&plan(), &deep(MOST_FOLDERS + 1), LINK, Some(1)),
            "-trap"
        );
        let fine = "https://example.com/a/b/a/b/a/b/c";
        assert_eq!(reason(&plan(), fine, LINK, Some(1)), "page");
    }

    #[test]
    fn any_redirect_to_a_page_of_the_site_leads_to_a_page() {
        let mut all = plan();
        (all.resources, all.external) = (true, true);
        let scope = Scope::new(&all).expect("a valid plan");
        let role = |text: &str, from| match scope.admit(&url(text), Via::Redirect(from), Some(0)) {
            Admission::Fetch(role) | Admission::Skip(role, _) => role,
        };
        let cases = [
            ("https://example.com/en/", Role::Sitemap, Role::Page),
            (
                "https://example.com/sitemap_index.php",
                Role::Sitemap,
                Role::Sitemap,
            ),
            ("https://cdn.test/all.xml.gz", Role::Sitemap, Role::Sitemap),
            ("https://example.com/en/", Role::Resource, Role::Page),
            (
                "https://example.com/logo.svg",
                Role::Resource,
                Role::Resource,
            ),
            ("https://cdn.test/logo", Role::Resource, Role::Resource),
            ("https://example.com/landing", Role::External, Role::Page),
            ("https://other.test/landing", Role::External, Role::External),
            ("https://example.com/rules.txt", Role::Robots, Role::Robots),
        ];
        for (url, from, expected) in cases {
            assert_eq!(role(url, from), expected, "{url} from {from:?}");
        }
    }

    #[test]
    fn a_bad_pattern_names_its_flag() {
        let mut bad = plan();
        bad.exclude = vec!["(".to_owned()];
        let error = Scope::new(&bad).expect_err("an open bracket");
        assert_eq!(error.to_string(), "--exclude");
        let cause = std::error::Error::source(&error).expect("a cause");
        assert!(cause.to_string().contains("unclosed group"), "{cause}");
    }
}
