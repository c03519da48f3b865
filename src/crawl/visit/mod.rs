//! One visit: it fetches and reads the URL of one lease. It shares no mutable state.

mod attempt;
mod connection;
mod echoes;
mod memo;
pub(super) mod on_wire;
pub(super) mod page;
pub(super) mod reading;
mod resolved;
pub(super) mod robots;
pub(super) mod series;
mod sitemap;

use std::sync::Arc;
use std::time::Duration;

use self::connection::connection;
use crate::assess::diagnose::soft_error;
use crate::fetch::{Fetcher, Redactor};
use crate::frontier::{Frontier, Lease};
use crate::model::{
    Attempt, Connection, CrawlUrl, Exchange, Held, Keep, Link, Moment, Outcome, PageRecord,
    Request, Role,
};
use crate::parse::robots::Group;
use crate::policy::{Tried, announced};
use crate::store::{RobotsRecord, SitemapRecord, StoredUrls};

use crate::crawl::clock::Clock;
use crate::crawl::site::{Site, TextHash};
use crate::crawl::stop::Stop;
use attempt::tried;
use page::RequestedUrl;
use reading::Reading;
use robots::Rules;

pub(super) use attempt::{Circumstances, record};
pub(super) use memo::LinkMemo;
pub(super) use resolved::weight;

/// Size of bodies above which they are read on a thread of their own, so that other exchanges
/// continue meanwhile. In bytes; some milliseconds of work.
const LARGE_BODY: usize = 256 * 1024;

/// The result of a visit.
#[derive(Debug)]
pub(super) struct Brought {
    pub(super) lease: Lease,
    pub(super) attempt: Attempt,
    /// Attempts at other URLs that the visit needed, such as a control, or redirects of a robots.txt.
    pub(super) hops: Vec<(CrawlUrl, Attempt)>,
    pub(super) tried: Tried,
    /// The result of the control, if one was requested.
    pub(super) control: Option<Control>,
    pub(super) page: Box<PageRecord>,
    pub(super) links: Vec<Link>,
    pub(super) file: Option<File>,
    /// The memory of the body, now held for the data that was read from it.
    pub(super) held: Held,
}

/// The outcome of a control, and the pause that it announced.
#[derive(Clone, Copy, Debug)]
pub(super) struct Control {
    pub(super) outcome: Outcome,
    /// The announced pause.
    pub(super) announced: Option<Duration>,
}

/// The result of a visit to something other than a page.
#[derive(Debug)]
pub(super) enum File {
    Robots(Box<RobotsFile>),
    Sitemap(SitemapRecord),
}

/// A robots.txt and its consequences.
#[derive(Debug)]
pub(super) struct RobotsFile {
    pub(super) rules: Rules,
    /// The parsed rules, if the file is small.
    pub(super) group: Option<(TextHash, Group)>,
    pub(super) record: RobotsRecord,
    /// Sitemaps it names.
    pub(super) sitemaps: Vec<CrawlUrl>,
}

/// The dispatcher's knowledge about a visit at its start.
#[derive(Clone, Debug)]
pub(super) struct Beginning {
    /// When it begins.
    pub(super) started: Moment,
    /// How long it waits for the first byte.
    pub(super) patience: Duration,
    /// Time since the attempt before.
    pub(super) waited: Option<Duration>,
    /// robots.txt forbids it, and the user chose to fetch it in any case.
    pub(super) disallowed: bool,
    /// A page that was fine, to be requested if the URL fails. It shows whether the host or the URL
    /// fails.
    pub(super) control: Option<CrawlUrl>,
    /// Pages that were fine, to be requested if the URL fails. If they fail at that moment too, the
    /// host or the section is in an outage. Otherwise the page alone fails at times.
    pub(super) companions: Vec<CrawlUrl>,
    /// The URLs in the store.
    pub(super) stored: StoredUrls,
    /// Removes secrets from the data that is read; `None` if there are no secrets.
    pub(super) redactor: Option<Redactor>,
    /// Ends the crawl early.
    pub(super) stop: Stop,
}

/// Carries out one lease.
pub(super) async fn visit<F: Fetcher, Q: Frontier>(
    fetcher: Arc<F>,
    frontier: Arc<Q>,
    site: Arc<Site>,
    lease: Lease,
    beginning: Beginning,
    clock: Clock,
) -> Brought {
    let mut circumstances = Circumstances::of(&lease, beginning.started, &site.user_agent);
    circumstances.waited = beginning.waited;
    let requests = VisitRequests {
        fetcher: &*fetcher,
        frontier: &*frontier,
        site: &site,
        clock: &clock,
        circumstances,
    };
    if lease.found.role == Role::Robots {
        return requests.robots(lease, &beginning).await;
    }
    let exchange = fetcher
        .fetch(request(&site, &lease, beginning.patience))
        .await;
    let exchange = judged(lease.found.role, site.plan.requests.first_byte, exchange);
    let attempts = lease.found.tries + 1;
    let held = exchange.held.clone();
    let tried = tried(&exchange, attempts, clock.now());
    let extra = if tried.outcome.is_failure() {
        requests.request_extra(&beginning, tried).await
    } else {
        ExtraRequests::default()
    };
    let attempt = record(&exchange, requests.circumstances);
    let is_large = exchange.body.len() > LARGE_BODY || exchange.packed.is_some();
    let (lease, reading, file) = if is_large {
        let turns = match lease.found.role {
            Role::Sitemap => &site.large_sitemaps,
            _ => &site.large_pages,
        };
        let _turn = Arc::clone(turns).acquire_owned().await;
        let work = move || read(&site, lease, &beginning, &exchange);
        match tokio::task::spawn_blocking(work).await {
            Ok(read) => read,
            Err(fault) => std::panic::resume_unwind(fault.into_panic()),
        }
    } else {
        read(&site, lease, &beginning, &exchange)
    };
    Brought {
        lease,
        attempt,
        hops: extra.hops,
        tried,
        control: extra.control,
        page: Box::new(reading.page),
        links: reading.links,
        file,
        held,
    }
}

/// Requests made because a URL failed: its redirects' targets and a control.
#[derive(Debug, Default)]
struct ExtraRequests {
    hops: Vec<(CrawlUrl, Attempt)>,
    control: Option<Control>,
}

/// The context of one visit's requests.
struct VisitRequests<'a, F, Q> {
    fetcher: &'a F,
    /// Gives a turn to each request beside that of the lease.
    frontier: &'a Q,
    site: &'a Site,
    clock: &'a Clock,
    circumstances: Circumstances,
}

impl<F: Fetcher, Q: Frontier> VisitRequests<'_, F, Q> {
    async fn robots(self, lease: Lease, beginning: &Beginning) -> Brought {
        let answer =
            robots::fetch((self.fetcher, self.frontier), self.site, &lease, self.clock).await;
        let mut tried = tried(&answer.first, lease.found.tries + 1, self.clock.now());
        tried.outcome = answer.outcome;
        let requested = requested(&lease, beginning);
        let reading = page::read(self.site, &beginning.stored, requested, &answer.first);
        Brought {
            held: answer.held,
            attempt: record(&answer.first, self.circumstances),
            hops: answer.hops,
            tried,
            control: None,
            page: Box::new(reading.page),
            links: Vec::new(),
            file: Some(File::Robots(Box::new(RobotsFile {
                rules: answer.rules,
                group: answer.group,
                record: answer.record,
                sitemaps: answer.sitemaps,
            }))),
            lease,
        }
    }

    /// Requests the control, or else the companions of a URL that failed. Each has a turn of its own in the pace of
    /// the host.
    async fn request_extra(&self, beginning: &Beginning, tried: Tried) -> ExtraRequests {
        let mut extra = ExtraRequests::default();
        if let Some(url) = &beginning.control {
            let circumstances = Circumstances {
                tries_before: 1,
                ..self.circumstances.clone()
            };
            if let Some((exchange, attempt)) = self.one(url, circumstances, beginning).await {
                let wait = announced(attempt::tried(&exchange, 1, self.clock.now()));
                extra.control = Some(Control {
                    outcome: exchange.outcome,
                    announced: wait.filter(|_| exchange.outcome.is_failure()),
                });
                extra.hops.push((url.clone(), attempt));
            }
            return extra;
        }
        // A server that announces a pause gets no requests for two more pages.
        let companions = beginning.companions.iter();
        for url in companions.filter(|_| announced(tried).is_none()) {
            let circumstances = self.circumstances.clone();
            if let Some((_, attempt)) = self.one(url, circumstances, beginning).await {
                extra.hops.push((url.clone(), attempt));
            }
        }
        extra
    }

    /// Requests one page next to the URL. Returns `None` if the crawl must end before.
    async fn one(
        &self,
        url: &CrawlUrl,
        circumstances: Circumstances,
        beginning: &Beginning,
    ) -> Option<(Exchange, Attempt)> {
        // If the frontier is gone the crawl ends, and nothing is requested any more.
        let host = url.host_key();
        let next = self.frontier.charge(&host, self.clock.now()).await.ok()?;
        if !beginning.stop.clone().pause(self.clock, next).await {
            return None;
        }
        let circumstances = Circumstances {
            started: self.clock.now(),
            waited: None,
            ..circumstances
        };
        let exchange = self.fetcher.fetch(control_request(self.site, url)).await;
        let exchange = judged(Role::Page, self.site.plan.requests.first_byte, exchange);
        let attempt = record(&exchange, circumstances);
        Some((exchange, attempt))
    }
}

/// Judges an answer by its content and its time. An error page with status 200 has another outcome than a page.
/// One that redirects by `Refresh` may be empty. Rechecks and experiments wait longer than the crawl, to see errors of
/// gateways. A good answer that came later than this limit of the crawl is a failure for everybody who waits no longer.
pub(super) fn judged(role: Role, limit: Duration, mut exchange: Exchange) -> Exchange {
    let is_page = role == Role::Page
        && exchange.outcome == Outcome::OkHtml
        && !exchange.headers.contains_key("refresh");
    let status = exchange.status.filter(|_| is_page);
    if status.is_some_and(|status| soft_error(status, &exchange.body).is_some()) {
        exchange.outcome = Outcome::SoftError200;
    }
    // A sitemap that was read, however late, lists pages to crawl.
    let is_file = matches!(role, Role::Sitemap | Role::Robots);
    let waited = exchange.timings.waited().filter(|waited| *waited > limit);
    if let (Some(waited), false, false) = (waited, is_file, exchange.outcome.is_failure()) {
        let (waited, limit) = (waited.as_secs_f64(), limit.as_secs_f64());
        exchange.fault =
            format!("a good answer after {waited:.1} s, beyond the limit of {limit} s");
        exchange.outcome = Outcome::TtfbTimeout;
    }
    exchange
}

fn request(site: &Site, lease: &Lease, patience: Duration) -> Request {
    let (body_limit, keep) = match lease.found.role {
        Role::Sitemap => (sitemap::BODY_LIMIT, Keep::Packed),
        Role::Resource | Role::External => (site.plan.requests.max_body, Keep::Excerpts),
        Role::Page | Role::Robots => (site.plan.requests.max_body, Keep::Pages),
    };
    Request {
        connection: connection(lease),
        first_byte_limit: patience,
        body_limit,
        keep,
        ..Request::page(lease.found.url.clone())
    }
}

fn control_request(site: &Site, url: &CrawlUrl) -> Request {
    Request {
        connection: Connection::Fresh,
        first_byte_limit: site.plan.requests.first_byte,
        body_limit: site.plan.requests.max_body,
        // Its body is not read; and a visit that holds one body must not wait for memory for
        // another.
        keep: Keep::Excerpts,
        ..Request::page(url.clone())
    }
}

fn requested<'a>(lease: &'a Lease, beginning: &'a Beginning) -> RequestedUrl<'a> {
    RequestedUrl {
        url: &lease.found.url,
        role: lease.found.role,
        depth: lease.found.depth,
        hops: lease.found.hops,
        disallowed: beginning.disallowed,
        at: beginning.started,
        redactor: beginning.redactor.as_ref(),
    }
}

fn read(
    site: &Site,
    lease: Lease,
    beginning: &Beginning,
    exchange: &Exchange,
) -> (Lease, Reading, Option<File>) {
    let requested = requested(&lease, beginning);
    let reading = page::read(site, &beginning.stored, requested, exchange);
    let is_sitemap = lease.found.role == Role::Sitemap && exchange.outcome != Outcome::Redirect;
    let file = is_sitemap.then(|| {
        let redactor = beginning.redactor.as_ref();
        File::Sitemap(sitemap::read(site, redactor, &lease.found, exchange))
    });
    (lease, reading, file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crawl::tests::plan;
    use crate::frontier::{Discovery, Pace, Ticket};

    #[test]
    fn only_bodies_that_are_read_are_kept() {
        let site = Site::new(plan()).expect("a plan");
        let kept = |role| {
            let lease = Lease {
                ticket: Ticket(1),
                found: Discovery::new(CrawlUrl::parse("http://site.test/a").expect("a URL"), role),
                slow: false,
                in_flight: 1,
                unsettled: 1,
                pace: Pace {
                    interval: Duration::ZERO,
                    open: 1,
                },
            };
            request(&site, &lease, Duration::ZERO).keep
        };
        assert_eq!(kept(Role::Page), Keep::Pages);
        assert_eq!(kept(Role::Sitemap), Keep::Packed);
        assert_eq!(kept(Role::Resource), Keep::Excerpts);
        assert_eq!(kept(Role::External), Keep::Excerpts);
    }
}
