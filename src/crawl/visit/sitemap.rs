//! The record of a sitemap from its bytes, and the URLs that it adds to the crawl.

use crate::fetch::Redactor;
use crate::frontier::Discovery;
use crate::model::{
    Admission, CrawlUrl, EXCERPT, Exchange, FingerprintSet, Outcome, Role, Skip, SkipReason,
    excerpt,
};
use crate::parse::sitemap::{
    ENTRY_LIMIT, Entry, Format, Kind, PROBLEM_LIMIT, SIZE_LIMIT, belongs, read as entries,
};
use crate::policy::{MOST_NESTED_SITEMAPS, Via};
use crate::store::{SitemapEntry, SitemapRecord};

use super::echoes::{cut_sitemap, cut_url};
use crate::crawl::site::Site;

/// Maximum alternates kept of one sitemap: those of 50,000 pages in five languages whose sitemaps
/// are not read. An alternate that is in the sitemap already is not kept again. Ours.
const MOST_ALTERNATES: usize = 200_000;

/// Maximum bytes read of a sitemap: the limit of sitemaps.org and one more to notice that it is
/// exceeded.
pub(super) const BODY_LIMIT: usize = SIZE_LIMIT as usize + 1;

/// Reads an answer to a request for a sitemap.
pub(super) fn read(
    site: &Site,
    redactor: Option<&Redactor>,
    found: &Discovery,
    exchange: &Exchange,
) -> SitemapRecord {
    let mut record = SitemapRecord {
        format: None,
        entries: Vec::new(),
        foreign: 0,
        problems: Vec::new(),
        unseen: 0,
        is_unread: exchange.outcome.is_failure(),
    };
    if record.is_unread {
        let outcome = exchange.outcome;
        record
            .problems
            .push(format!("could not be read: {outcome}"));
    }
    let readable = matches!(
        exchange.outcome,
        Outcome::OkHtml | Outcome::OkNonHtml | Outcome::TooLarge
    );
    if !readable {
        return record;
    }
    let mut invalid = Vec::new();
    let mut unlisted: u64 = 0;
    let mut alternates = Alternates::up_to(MOST_ALTERNATES);
    let kept = |location: &str| cut_url(redactor, site.scope.normal(CrawlUrl::parse(location)?));
    let report = entries(&exchange.body, &mut |entry| match kept(&entry.location) {
        Ok(url) if alternates.takes(entry.kind, &url) => {
            record.entries.extend(judge(site, found, &entry, url));
        }
        Ok(_) => {}
        Err(fault) if invalid.len() < PROBLEM_LIMIT => {
            let location = excerpt(entry.location, EXCERPT);
            invalid.push(format!("line {}: {location:?}: {fault}", entry.line));
        }
        Err(_) => unlisted += 1,
    });
    // The usual alternates of a page name the page itself, too, and come before it.
    record
        .entries
        .retain(|entry| !entry.alternate || !alternates.is_page(&entry.url));
    record.format = name(report.format);
    record.foreign = record
        .entries
        .iter()
        .filter(|entry| !entry.alternate && is_foreign(entry))
        .count() as u64;
    let listed = report.problems.iter().map(ToString::to_string);
    record.problems = listed.chain(invalid).collect();
    let more = unlisted
        + report
            .problem_count
            .saturating_sub(report.problems.len() as u64);
    if more > 0 {
        record.problems.push(format!("and {more} more problems"));
    }
    record.unseen = report.entries.saturating_sub(ENTRY_LIMIT)
        + alternates.left_out
        + u64::from(report.truncated);
    if alternates.left_out > 0 {
        let left_out = alternates.left_out;
        let text = format!("{left_out} alternates beyond the first {MOST_ALTERNATES} left out");
        record.problems.push(text);
    }
    if record.foreign > 0 {
        let foreign = record.foreign;
        record
            .problems
            .push(format!("{foreign} URLs of other sites, not crawled"));
    }
    if let Some(redactor) = redactor {
        cut_sitemap(redactor, &mut record);
    }
    record
}

/// The URLs in one sitemap so far, and how many alternates it may still take.
struct Alternates {
    pages: FingerprintSet,
    /// Accepted alternates that are not listed as pages so far.
    taken: FingerprintSet,
    room: usize,
    left_out: u64,
}

impl Alternates {
    fn up_to(most: usize) -> Alternates {
        Alternates {
            pages: FingerprintSet::default(),
            taken: FingerprintSet::default(),
            room: most,
            left_out: 0,
        }
    }

    /// Returns whether an entry is accepted. All are except alternates.
    fn takes(&mut self, kind: Kind, url: &CrawlUrl) -> bool {
        let url = url.fingerprint();
        if kind == Kind::Page {
            self.pages.insert(url);
            self.room += usize::from(self.taken.remove(&url));
        }
        if kind != Kind::Alternate {
            return true;
        }
        let is_new = !self.pages.contains(&url) && !self.taken.contains(&url);
        if is_new && self.room == 0 {
            self.left_out += 1;
            return false;
        }
        if is_new {
            self.room -= 1;
            self.taken.insert(url);
        }
        is_new
    }

    /// Returns whether the sitemap lists a URL as a page.
    fn is_page(&self, url: &CrawlUrl) -> bool {
        self.pages.contains(&url.fingerprint())
    }
}

/// Returns how the crawl treats an entry; `None` for images and videos unless the user wants them.
fn judge(site: &Site, found: &Discovery, entry: &Entry, url: CrawlUrl) -> Option<SitemapEntry> {
    let scope = &site.scope;
    let (role, admission) = match entry.kind {
        Kind::Sitemap if found.depth >= MOST_NESTED_SITEMAPS => {
            let detail = format!("sitemap index nested more than {MOST_NESTED_SITEMAPS} deep");
            (
                Role::Sitemap,
                Admission::Skip(Role::Sitemap, Skip::new(SkipReason::Trap, detail)),
            )
        }
        // One that robots.txt keeps elsewhere may be an index of others next to it.
        Kind::Sitemap if !scope.is_site(&url) && !belongs(&found.url, &url) => (
            Role::Sitemap,
            Admission::Skip(Role::Sitemap, Skip::new(SkipReason::Scope, FOREIGN_SITEMAP)),
        ),
        Kind::Sitemap => (Role::Sitemap, Admission::Fetch(Role::Sitemap)),
        Kind::Resource if !scope.plan().resources => return None,
        Kind::Resource => (
            Role::Resource,
            foreign_or(site, found, &url, Role::Resource),
        ),
        Kind::Page | Kind::Alternate => (Role::Page, foreign_or(site, found, &url, Role::Page)),
    };
    Some(SitemapEntry {
        url,
        role,
        admission,
        alternate: entry.kind == Kind::Alternate,
    })
}

const FOREIGN: &str = "in a sitemap of another site";

const FOREIGN_SITEMAP: &str = "a sitemap of another site that robots.txt does not name";

fn foreign_or(site: &Site, found: &Discovery, url: &CrawlUrl, role: Role) -> Admission {
    if !site.scope.is_site(url) && !belongs(&found.url, url) {
        return Admission::Skip(role, Skip::new(SkipReason::Scope, FOREIGN));
    }
    match site.scope.admit(url, Via::Sitemap, None) {
        Admission::Fetch(_) => Admission::Fetch(role),
        skip @ Admission::Skip(..) => skip,
    }
}

fn is_foreign(entry: &SitemapEntry) -> bool {
    matches!(&entry.admission, Admission::Skip(_, skip) if skip.detail == FOREIGN || skip.detail == FOREIGN_SITEMAP)
}

const fn name(format: Format) -> Option<&'static str> {
    match format {
        Format::UrlSet => Some("urlset"),
        Format::Index => Some("index"),
        Format::Rss => Some("rss"),
        Format::Atom => Some("atom"),
        Format::Text => Some("text"),
        Format::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crawl::tests::plan;

    fn read_text(body: String) -> SitemapRecord {
        let site = Site::new(plan()).expect("a plan");
        let url = CrawlUrl::parse("http://site.test/sitemap.txt").expect("a URL");
        let found = Discovery::new(url, Role::Sitemap);
        let exchange = Exchange {
            status: Some(200),
            body: body.into_bytes(),
            ..Exchange::unanswered(Outcome::OkNonHtml, String::new())
        };
        read(&site, None, &found, &exchange)
    }

    #[test]
    fn a_file_of_any_length_makes_a_record_of_bounded_length() {
        let record = read_text("http://site.test/a\n".repeat(60_000));
        assert_eq!(record.entries.len(), 50_000);
        let problem = record.problems.first().expect("a problem");
        assert!(
            problem.ends_with("10000 more pages or sitemaps"),
            "{problem}"
        );
    }

    #[test]
    fn alternates_are_accepted_once_each_up_to_a_limit() {
        let mut alternates = Alternates::up_to(3);
        let mut take = |kind, numbers: std::ops::Range<u32>| {
            let url = |n: &u32| CrawlUrl::parse(&format!("http://site.test/{n}")).expect("a URL");
            numbers.filter(|n| alternates.takes(kind, &url(n))).count()
        };
        assert_eq!(take(Kind::Page, 0..2), 2);
        assert_eq!(take(Kind::Alternate, 0..7), 3);
        assert_eq!(take(Kind::Alternate, 0..5), 0);
        // Alternates that turn out to be pages free their room.
        assert_eq!(take(Kind::Page, 2..4), 2);
        assert_eq!(take(Kind::Alternate, 5..9), 2);
        assert_eq!(alternates.left_out, 2 + 2);
    }

    #[test]
    fn an_alternate_that_is_named_often_is_one_entry() {
        let link = "<link rel='alternate' href='http://site.test/de'/>";
        let url = format!("<url><loc>http://site.test/en</loc>{link}{link}</url>");
        let record = read_text(format!("<urlset>{url}{url}</urlset>"));
        let is_alternate: Vec<bool> = record.entries.iter().map(|it| it.alternate).collect();
        assert_eq!(is_alternate, [true, false, false]);
    }

    #[test]
    fn a_page_that_names_itself_as_an_alternate_is_one_entry() {
        let link = |path| format!("<link rel='alternate' href='http://site.test/{path}#'/>");
        let url = |path| {
            format!(
                "<url>{}{}<loc>http://site.test/{path}</loc></url>",
                link("en"),
                link("de")
            )
        };
        let record = read_text(format!("<urlset>{}{}</urlset>", url("en"), url("de")));
        let is_alternate: Vec<bool> = record.entries.iter().map(|it| it.alternate).collect();
        assert_eq!(is_alternate, [false, false]);
    }

    #[test]
    fn invalid_locations_are_listed_up_to_a_limit_and_counted_beyond() {
        let record = read_text(format!("http://[{}\n", "x".repeat(1_000)).repeat(130));
        assert_eq!(record.problems.len(), PROBLEM_LIMIT + 1);
        assert!(record.problems.iter().all(|problem| problem.len() < 300));
        let last = record.problems.last().expect("a problem");
        assert_eq!(last, "and 30 more problems");
    }
}
