//! Builders for the visits of the test run.

use std::time::Duration;

use compact_str::CompactString;

use crate::model::{
    Admission, Attempt, CrawlUrl, HtmlFacts, Indexability, Link, LinkCounts, LinkKind, LinkTarget,
    Moment, Outcome, PageRecord, Position, Pressure, Purpose, Redirect, RedirectKind, RobotsAccess,
    Role, Skip, SkipReason, Timings, Trace, Version,
};
use crate::store::{
    Change, FileRecord, RobotsRecord, SitemapEntry, SitemapRecord, Then, VisitRecord,
};

pub(super) const START: i64 = 1_795_345_200_007;

#[derive(Default)]
pub(super) struct Story {
    pub(super) changes: Vec<Change>,
    now: i64,
}

impl Story {
    /// Returns a story that continues after `now` attempts.
    pub(super) fn after(now: i64) -> Story {
        Story {
            now,
            ..Story::default()
        }
    }

    pub(super) fn robots(&mut self) {
        let mut attempt = self.attempt(Outcome::OkNonHtml);
        attempt.status = Some(301);
        attempt.outcome = Outcome::Redirect;
        attempt.redirect = Some("https://www.shop.example/robots.txt".to_owned());
        let target = url("https://www.shop.example/robots.txt");
        let hop = (target.clone(), self.attempt(Outcome::OkNonHtml));
        let record = RobotsRecord {
            named_sitemaps: 1,
            host: "https://shop.example".to_owned(),
            access: RobotsAccess::Rules,
            final_url: target,
            groups: 1,
            rules: 2,
            sitemaps: vec![entry("/sitemap.xml", Role::Sitemap)],
            crawl_delay: Some(Duration::from_millis(1500)),
            problems: vec![
                "line 7: unknown field".to_owned(),
                "line 9: no group".to_owned(),
            ],
            body: Some(b"User-agent: *\nDisallow: /private\n".to_vec()),
        };
        self.settle(
            "/robots.txt",
            attempt,
            PageRecord::default(),
            vec![],
            Some(FileRecord::Robots(record)),
        );
        if let Some(Change::Visit(visit)) = self.changes.last_mut() {
            visit.hops.push(hop);
        }
    }

    pub(super) fn sitemap(&mut self) {
        let attempt = self.attempt(Outcome::OkNonHtml);
        let record = SitemapRecord {
            unseen: 0,
            is_unread: false,
            format: Some("urlset"),
            entries: vec![
                entry("/", Role::Page),
                entry("/listed", Role::Page),
                entry("/b", Role::Page),
            ],
            foreign: 1,
            problems: vec!["line 3: not a URL".to_owned()],
        };
        self.settle(
            "/sitemap.xml",
            attempt,
            PageRecord::default(),
            vec![],
            Some(FileRecord::Sitemap(record)),
        );
    }

    pub(super) fn page(&mut self, path: &str, title: &str, links: Vec<Link>) {
        let attempt = self.attempt(Outcome::OkHtml);
        let page = PageRecord {
            content_type: Some("text/html; charset=utf-8".to_owned()),
            size: 12_345,
            response_time: attempt.timings.total,
            indexability: Indexability::Indexable,
            html: (!title.is_empty()).then(|| HtmlFacts {
                title: Some(title.to_owned()),
                language: Some("en".to_owned()),
                text_hash: 0xfeed,
                links: LinkCounts {
                    internal: links.len() as u32,
                    unique_internal: 1,
                    external: 0,
                },
                ..HtmlFacts::default()
            }),
            selected: vec![Some("-9,99 \u{20ac}".to_owned()), None],
            ..PageRecord::default()
        };
        self.settle(path, attempt, page, links, None);
    }

    pub(super) fn redirects(&mut self, from: &str, target: &str) {
        let mut attempt = self.attempt(Outcome::Redirect);
        attempt.status = Some(301);
        attempt.redirect = Some(target.to_owned());
        let page = PageRecord {
            redirect: Some(Redirect {
                target: url(target),
                kind: RedirectKind::Http,
            }),
            indexability: Indexability::NonIndexable("Redirected"),
            ..PageRecord::default()
        };
        self.settle(
            from,
            attempt,
            page,
            vec![link(target, LinkKind::Redirect, "")],
            None,
        );
    }

    pub(super) fn fails(&mut self, path: &str, outcome: Outcome) {
        let attempt = self.attempt(outcome);
        let then = Then::Again(attempt.started + Duration::from_secs(2));
        self.visit(path, attempt, then);
    }

    pub(super) fn gives_up(&mut self, path: &str, outcome: Outcome) {
        let attempt = self.attempt(outcome);
        self.settle(path, attempt, PageRecord::default(), vec![], None);
    }

    fn settle(
        &mut self,
        path: &str,
        attempt: Attempt,
        page: PageRecord,
        links: Vec<Link>,
        file: Option<FileRecord>,
    ) {
        let then = Then::Settled {
            page: Box::new(page),
            links,
            links_depth: Some(1),
            hops: 0,
            file: file.map(Box::new),
        };
        self.visit(path, attempt, then);
    }

    fn visit(&mut self, path: &str, attempt: Attempt, then: Then) {
        let visit = VisitRecord {
            url: url(path),
            attempt,
            hops: vec![],
            then,
        };
        self.changes.push(Change::Visit(Box::new(visit)));
    }

    fn attempt(&mut self, outcome: Outcome) -> Attempt {
        self.now += 1;
        let (status, text) = match outcome {
            Outcome::Server502 => (Some(502), "Bad Gateway"),
            Outcome::Server503RetryAfter => (Some(503), "Service Unavailable"),
            Outcome::ConnectRefused => (None, "connection refused"),
            Outcome::Redirect => (Some(301), "Moved Permanently"),
            _ => (Some(200), "OK"),
        };
        let retry_after = (status == Some(503)).then(|| "120".to_owned());
        Attempt {
            pass: 1,
            purpose: Purpose::Crawl,
            started: Moment::from_millis(START + self.now * 1001),
            outcome,
            status,
            status_text: text.to_owned(),
            timings: Timings {
                dns: None,
                connect: Some(Duration::from_micros(1_250)),
                tls: None,
                first_byte: status.map(|_| Duration::from_micros(20_049)),
                total: Duration::from_millis(30 + self.now.unsigned_abs()),
            },
            waited: (self.now > 5).then(|| Duration::from_secs(2)),
            wire_bytes: 4321,
            remote: status.and_then(|_| "203.0.113.7".parse().ok()),
            version: status.map(|_| Version::Http11),
            reused: self.now % 2 == 0,
            user_agent: "gatecrawl".into(),
            pressure: Pressure {
                in_flight: 1,
                rate: Some(5.0),
            },
            trace: Trace {
                server: Some("nginx".to_owned()),
                retry_after,
                age: Some(7),
                ..Trace::default()
            },
            body_fingerprint: status.filter(|code| *code >= 500).map(|_| 0xbad),
            redirect: None,
            announced: (status == Some(503)).then(|| Duration::from_mins(2)),
            error_page: None,
        }
    }
}

pub(super) fn url(path: &str) -> CrawlUrl {
    let base = CrawlUrl::parse("https://shop.example/").expect("a URL");
    base.join(path).expect("a URL")
}

fn entry(path: &str, role: Role) -> SitemapEntry {
    SitemapEntry {
        url: url(path),
        role,
        admission: Admission::Fetch(role),
        alternate: false,
    }
}

pub(super) fn skip(reason: SkipReason, detail: &str) -> Admission {
    Admission::Skip(Role::Page, Skip::new(reason, detail))
}

pub(super) fn link(path: &str, kind: LinkKind, anchor: &str) -> Link {
    to(path, kind, anchor, Admission::Fetch(Role::Page))
}

pub(super) fn to(path: &str, kind: LinkKind, anchor: &str, admission: Admission) -> Link {
    let url = url(path);
    Link {
        kind,
        target: LinkTarget::Url {
            fingerprint: url.fingerprint(),
            url,
            admission,
        },
        anchor: anchor.into(),
        rel: CompactString::default(),
        position: Position::Content,
        follow: true,
    }
}
