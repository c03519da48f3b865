//! The facts of a page from its answer, with its links resolved and judged.

use std::fmt::Write;
use std::sync::Arc;

use compact_str::CompactString;

use crate::assess::{PageSigns, indexability};
use crate::fetch::{Redactor, location};
use crate::model::{
    Admission, Coverage, CrawlUrl, EXCERPT, Exchange, FingerprintSet, HtmlFacts, Indexability,
    Link, LinkCounts, LinkKind, LinkTarget, MAX_HEADER_TEXT, MAX_REDIRECTS, Moment, Outcome,
    PageRecord, Position, Redirect, RedirectKind, Reference, Role, Skip, SkipReason, UrlFault,
    excerpt, marked_excerpt,
};
use crate::parse::{self, Document, FieldSelector, Resolver, RobotsDirectives};
use crate::policy::{LONGEST_CRAWLED, Via};
use crate::store::StoredUrls;

use super::echoes::{cut_reading, cut_url};
use super::memo::{Found, Key, LeadsTo, Meaning};
use super::reading::Reading;
use super::resolved::{MOST_FAULTY, RESOLVED_ON_A_PAGE, Room};
use crate::crawl::site::Site;

/// The requested URL and how the crawl found it.
#[derive(Clone, Copy, Debug)]
pub(in crate::crawl) struct RequestedUrl<'a> {
    pub(in crate::crawl) url: &'a CrawlUrl,
    pub(in crate::crawl) role: Role,
    pub(in crate::crawl) depth: u32,
    pub(in crate::crawl) hops: u8,
    /// robots.txt forbids it, though it was fetched.
    pub(in crate::crawl) disallowed: bool,
    /// When it was requested.
    pub(in crate::crawl) at: Moment,
    /// Removes secrets from the data that is read; `None` if there are no secrets.
    pub(in crate::crawl) redactor: Option<&'a Redactor>,
}

impl RequestedUrl<'_> {
    /// Returns a URL in the form in which it is kept.
    fn kept(&self, site: &Site, url: CrawlUrl) -> Result<CrawlUrl, UrlFault> {
        cut_url(self.redactor, site.scope.normal(url))
    }
}

/// Reads an answer of any kind.
pub(in crate::crawl) fn read(
    site: &Site,
    stored: &StoredUrls,
    requested: RequestedUrl<'_>,
    exchange: &Exchange,
) -> Reading {
    let mut reading = Reading {
        page: PageRecord {
            content_type: exchange.header_text("content-type"),
            size: exchange.decoded_bytes,
            response_time: exchange.timings.total,
            last_modified: exchange.header_text("last-modified"),
            x_robots_tag: joined(exchange, "x-robots-tag"),
            ..PageRecord::default()
        },
        links: Vec::new(),
    };
    if is_redirect(exchange) {
        http_redirect(site, requested, exchange, &mut reading);
    }
    let directives =
        RobotsDirectives::of_headers(&exchange.headers, &RobotsDirectives::SEARCH_BOTS);
    let mut signs = PageSigns {
        outcome: exchange.outcome,
        status: exchange.status,
        disallowed: requested.disallowed,
        noindex: directives.noindex,
        unavailable: directives.is_unavailable(requested.at),
        canonical_elsewhere: false,
        refreshes: false,
    };
    if requested.role == Role::Page {
        if is_page(exchange) {
            let judge = Judge::new(site, stored, requested);
            html(judge, exchange, &mut reading, &mut signs);
        } else if exchange.outcome.is_failure() {
            reading.page.html = error_page(exchange);
        }
        reading.page.indexability = indexability(signs);
    } else {
        reading.page.indexability = Indexability::Unknown;
    }
    if let Some(redactor) = requested.redactor {
        cut_reading(redactor, &mut reading);
    }
    reading
}

/// Returns whether it is a redirect, in time or late.
fn is_redirect(exchange: &Exchange) -> bool {
    let status = exchange.status.map(|status| status / 100);
    exchange.outcome == Outcome::Redirect
        || (exchange.outcome == Outcome::TtfbTimeout && status == Some(3))
}

/// Returns whether there is HTML to read: all of it, or as much as was requested. An answer that came late is read
/// like any other: the links of a page that is always slow are part of the site.
fn is_page(exchange: &Exchange) -> bool {
    match exchange.outcome {
        Outcome::OkHtml | Outcome::SoftError200 => true,
        Outcome::TooLarge | Outcome::StatusUnrequested => is_html(exchange),
        Outcome::TtfbTimeout => {
            let is_good = exchange.status.is_some_and(|status| status / 100 == 2);
            is_good && is_html(exchange)
        }
        _ => false,
    }
}

fn is_html(exchange: &Exchange) -> bool {
    let content_type = exchange.header("content-type");
    content_type.is_some_and(|value| value.to_ascii_lowercase().contains("html"))
}

fn joined(exchange: &Exchange, name: &str) -> Option<String> {
    let values: Vec<_> = exchange
        .headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    (!values.is_empty()).then(|| excerpt(values.join(", "), MAX_HEADER_TEXT))
}

fn http_redirect(
    site: &Site,
    requested: RequestedUrl<'_>,
    exchange: &Exchange,
    reading: &mut Reading,
) {
    let target = location(requested.url, &exchange.headers);
    let Some(target) = target.and_then(|target| requested.kept(site, target).ok()) else {
        return;
    };
    let admission = if requested.hops >= MAX_REDIRECTS {
        let detail = format!("more than {MAX_REDIRECTS} redirects in a row");
        Admission::Skip(requested.role, Skip::new(SkipReason::Trap, detail))
    } else {
        site.scope.admit(
            &target,
            Via::Redirect(requested.role),
            Some(requested.depth),
        )
    };
    reading.page.redirect = Some(Redirect {
        target: target.clone(),
        kind: RedirectKind::Http,
    });
    reading.links.push(Link {
        kind: LinkKind::Redirect,
        target: LinkTarget::Url {
            fingerprint: target.fingerprint(),
            url: target,
            admission,
        },
        anchor: CompactString::default(),
        rel: CompactString::default(),
        position: Position::HttpHeader,
        follow: true,
    });
}

fn html(mut judge: Judge<'_>, exchange: &Exchange, reading: &mut Reading, signs: &mut PageSigns) {
    let (site, requested) = (judge.site, judge.requested);
    let content_type = exchange.header("content-type");
    let (text, encoding) = parse::decode(&exchange.body, content_type.as_deref());
    // This is evidence only on the start page: a form in the header of every page does not hide a page.
    let is_start = requested.depth == 0 && site.plan.scope.coverage == Coverage::Site;
    reading.page.asks_password =
        (requested.hops > 0 || is_start) && parse::has_password_field(&text);
    let mut found = parse::page_as(&text, content_type.as_deref());
    let directives =
        RobotsDirectives::of_headers(&exchange.headers, &RobotsDirectives::SEARCH_BOTS)
            .and(found.robots(&RobotsDirectives::SEARCH_BOTS));
    judge.nofollow = directives.nofollow;
    let mut of_header = parse::link_references(&exchange.headers);
    if let Some(target) = parse::refresh_header(&exchange.headers).and_then(|it| it.target) {
        of_header.push(Reference {
            kind: LinkKind::MetaRefresh,
            target: target.into(),
            anchor: CompactString::default(),
            rel: CompactString::default(),
            position: Position::HttpHeader,
            nofollow: false,
        });
    }
    let from_page = Resolver::new(requested.url, found.base.as_deref(), encoding);
    let references = std::mem::take(&mut found.references);
    let needs_script = needs_script(found.text_bytes, &references);
    reading.links.reserve(of_header.len() + references.len());
    if !of_header.is_empty() {
        let from_header = Resolver::of_headers(requested.url);
        judge.links(&from_header, of_header, &mut reading.links);
    }
    judge.links(&from_page, references, &mut reading.links);
    reading.links.extend(left_out(&found, &judge.room));

    let canonical = canonical(&reading.links);
    signs.noindex = directives.noindex;
    signs.unavailable = directives.is_unavailable(requested.at);
    signs.canonical_elsewhere = canonical.as_ref().is_some_and(|url| url != requested.url);
    let target = refresh(exchange, &found, &from_page);
    if let Some(target) = target.filter(|target| target != requested.url) {
        signs.refreshes = true;
        let target = requested.kept(site, target).ok();
        reading.page.redirect = target.map(|target| Redirect {
            target,
            kind: RedirectKind::Refresh,
        });
    }
    reading.page.selected = select(&site.fields, &text, &found);
    reading.page.html = Some(HtmlFacts {
        title: found.title,
        meta_robots: Some(found.meta_robots).filter(|content| !content.is_empty()),
        canonical,
        language: found.lang,
        text_hash: found.text_hash,
        needs_script,
        links: judge.counts,
    });
}

/// Bytes of text up to which a page shows hardly any: a notice for browsers without scripts. Ours.
const BARE: usize = 200;

fn needs_script(text_bytes: usize, references: &[Reference]) -> bool {
    let has = |kind| references.iter().any(|reference| reference.kind == kind);
    text_bytes <= BARE && !has(LinkKind::Anchor) && has(LinkKind::Script)
}

/// The data needed to judge one page's links.
struct Judge<'a> {
    site: &'a Site,
    stored: &'a StoredUrls,
    requested: RequestedUrl<'a>,
    nofollow: bool,
    counts: LinkCounts,
    seen: FingerprintSet,
    room: Room,
}

impl<'a> Judge<'a> {
    fn new(site: &'a Site, stored: &'a StoredUrls, requested: RequestedUrl<'a>) -> Judge<'a> {
        Judge {
            site,
            stored,
            requested,
            nofollow: false,
            counts: LinkCounts::default(),
            seen: FingerprintSet::default(),
            room: Room::new(),
        }
    }

    /// Adds the links that references make. References to targets outside HTTP, such as `mailto:`,
    /// make none.
    fn links(
        &mut self,
        resolver: &Resolver,
        references: Vec<Reference<'_>>,
        links: &mut Vec<Link>,
    ) {
        self.seen.reserve(references.len());
        let memo = &self.site.memo;
        let keys = self.keys(resolver, &references);
        let known = memo.known(&keys, self.stored);
        for ((reference, key), known) in references.into_iter().zip(keys).zip(known) {
            if known.is_none() && self.room.is_used_up() {
                continue;
            }
            let known = known.or_else(|| key.and_then(|_| self.plain(resolver, &reference)));
            let find = || self.find(resolver, &reference);
            let meaning = match (known, key) {
                (Some(known), _) => Ok(known),
                (None, Some(key)) => memo.meaning(key, find),
                (None, None) => find(),
            };
            if let Ok(Meaning {
                leads_to: LeadsTo::Found(found),
                ..
            }) = &meaning
                && !self.room.take(&found.url, &found.admission)
            {
                continue;
            }
            if let Err(UrlFault::TooLong { length, .. }) = &meaning {
                self.room.was_too_long(*length);
            }
            links.extend(self.link(reference, meaning));
        }
    }

    /// Returns the cache key of each reference whose meaning may be cached. A canonical link has
    /// none, because the page itself needs its URL.
    fn keys(&self, resolver: &Resolver, references: &[Reference<'_>]) -> Vec<Option<Key>> {
        let limit = self.site.scope.plan().max_depth;
        let depth = limit.map(|_| self.requested.depth + 1);
        let mut text = String::new();
        let key = |it: &Reference<'_>| {
            let is_known =
                it.kind != LinkKind::Canonical && resolver.absolute(&it.target, &mut text);
            is_known.then(|| self.site.memo.key(&text, it.kind, depth))
        };
        references.iter().map(key).collect()
    }

    /// Returns the meaning of a reference that the cache does not have, if its text is a plain URL
    /// in the store. On a large site most links lead to known URLs that had no recent reference.
    fn plain(&self, resolver: &Resolver, reference: &Reference<'_>) -> Option<Meaning> {
        let mut text = String::new();
        if !resolver.absolute(&reference.target, &mut text) {
            return None;
        }
        let fingerprint = self.requested.url.fingerprint_of_plain(&text)?;
        Some(Meaning {
            fingerprint,
            is_site: self.site.scope.is_site(self.requested.url),
            leads_to: LeadsTo::Stored(self.stored.look().fetched(fingerprint)?),
        })
    }

    /// Returns the part of a reference's meaning that does not depend on its page.
    fn find(&self, resolver: &Resolver, reference: &Reference<'_>) -> Result<Meaning, UrlFault> {
        let scope = &self.site.scope;
        let url = resolver.resolve(&reference.target)?;
        let url = self
            .requested
            .kept(self.site, url)?
            .no_longer_than(LONGEST_CRAWLED)?;
        let depth = self.requested.depth + 1;
        Ok(Meaning {
            fingerprint: url.fingerprint(),
            is_site: scope.is_site(&url),
            leads_to: LeadsTo::Found(Arc::new(Found {
                admission: scope.admit(&url, Via::Link(reference.kind), Some(depth)),
                url,
            })),
        })
    }

    fn link(
        &mut self,
        reference: Reference<'_>,
        meaning: Result<Meaning, UrlFault>,
    ) -> Option<Link> {
        let follow = !(self.nofollow || reference.nofollow);
        let target = match meaning {
            Ok(meaning) => self.target(meaning, reference.kind, follow),
            Err(UrlFault::Scheme(_)) => return None,
            Err(_) if !self.room.list_faulty() => return None,
            Err(fault) => faulty(&reference.target, fault),
        };
        Some(Link {
            kind: reference.kind,
            target,
            anchor: reference.anchor,
            rel: reference.rel,
            position: reference.position,
            follow,
        })
    }

    fn target(&mut self, meaning: Meaning, kind: LinkKind, follow: bool) -> LinkTarget {
        let fingerprint = meaning.fingerprint;
        if kind.is_hyperlink() {
            if meaning.is_site {
                self.counts.internal += 1;
                if self.seen.insert(fingerprint) {
                    self.counts.unique_internal += 1;
                }
            } else {
                self.counts.external += 1;
            }
        }
        let Found { url, mut admission } = match meaning.leads_to {
            LeadsTo::Stored(number) => return LinkTarget::Stored(number),
            LeadsTo::Found(found) => Arc::unwrap_or_clone(found),
        };
        let may_follow = follow || self.site.scope.plan().follow_nofollow;
        if let (Admission::Fetch(role @ (Role::Page | Role::External)), false) =
            (&admission, may_follow)
        {
            admission = Admission::Skip(*role, Skip::new(SkipReason::Nofollow, ""));
        }
        LinkTarget::Url {
            url,
            fingerprint,
            admission,
        }
    }
}

/// Returns the stored form of a reference that is invalid as a URL or too long: for a long text an
/// excerpt.
fn faulty(target: &str, fault: UrlFault) -> LinkTarget {
    let reason = fault.to_string();
    let text = match fault {
        UrlFault::TooLong { excerpt, .. } => excerpt,
        UrlFault::Scheme(_) | UrlFault::Invalid(_) => marked_excerpt(target, EXCERPT),
    };
    LinkTarget::Invalid {
        text,
        fault: reason,
    }
}

/// Returns a row for the links of a page that were not accepted.
fn left_out(found: &parse::Page<'_>, room: &Room) -> Option<Link> {
    let (without_room, unlisted) = (room.left_out(), room.unlisted());
    let all = found.left_out + found.overlong + without_room.all + unlisted;
    let mut fault = format!(
        "{} beyond the limit of links per page, {} longer than a link may be",
        found.left_out, found.overlong
    );
    if without_room.all > 0 {
        let most = RESOLVED_ON_A_PAGE >> 20;
        let _ = write!(
            fault,
            ", {} beyond the {most} MiB of new URLs that a page may name",
            without_room.all
        );
    }
    if unlisted > 0 {
        let _ = write!(fault, ", {unlisted} invalid beyond the first {MOST_FAULTY}");
    }
    let further = Further {
        links: all,
        unseen: found.left_out + without_room.unseen,
    };
    (all > 0).then(|| further.link(fault))
}

/// Counts of a page's links that were not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::crawl) struct Further {
    /// Number of these links.
    pub(in crate::crawl) links: usize,
    /// References that may lead to unknown URLs that are to be fetched.
    pub(in crate::crawl) unseen: usize,
}

impl Further {
    /// Returns the row that represents them.
    pub(in crate::crawl) fn link(self, mut fault: String) -> Link {
        if self.unseen > 0 {
            let _ = write!(fault, "; {} may lead to unknown pages", self.unseen);
        }
        Link {
            kind: LinkKind::Anchor,
            target: LinkTarget::Further {
                links: self.links as u64,
                unseen: self.unseen as u64,
                fault,
            },
            anchor: CompactString::default(),
            rel: CompactString::default(),
            position: Position::Content,
            follow: false,
        }
    }
}

fn canonical(links: &[Link]) -> Option<CrawlUrl> {
    links
        .iter()
        .filter(|link| link.kind == LinkKind::Canonical)
        .find_map(|link| match &link.target {
            LinkTarget::Url { url, .. } => Some(url.clone()),
            LinkTarget::Stored(_) | LinkTarget::Invalid { .. } | LinkTarget::Further { .. } => None,
        })
}

/// Returns the URL to which the page redirects its visitors by itself.
fn refresh(exchange: &Exchange, found: &parse::Page<'_>, resolver: &Resolver) -> Option<CrawlUrl> {
    let by_header = parse::refresh_header(&exchange.headers).and_then(|refresh| refresh.target);
    let by_meta = || found.meta_refresh.as_ref()?.target.clone();
    resolver.resolve(&by_header.or_else(by_meta)?).ok()
}

fn select(fields: &[FieldSelector], text: &str, found: &parse::Page<'_>) -> Vec<Option<String>> {
    if fields.is_empty() {
        return Vec::new();
    }
    let document = Document::build(text, found);
    fields
        .iter()
        .map(|field| field.extract(document.as_ref()?))
        .collect()
}

/// Reads the title of an error page, which often names the product that made it.
fn error_page(exchange: &Exchange) -> Option<HtmlFacts> {
    if exchange.body.is_empty() {
        return None;
    }
    let content_type = exchange.header("content-type");
    let (text, _) = parse::decode(&exchange.body, content_type.as_deref());
    let found = parse::page_as(&text, content_type.as_deref());
    found.title.is_some().then(|| HtmlFacts {
        title: found.title,
        text_hash: found.text_hash,
        ..HtmlFacts::default()
    })
}
