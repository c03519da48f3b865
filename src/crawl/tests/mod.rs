//! Whole crawls with a fetcher that answers from a script, on a virtual clock.

use std::collections::HashMap;
use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use crate::fetch::Fetcher;
use crate::frontier::LocalFrontier;
use crate::model::{
    Coding, ConfirmPlan, Connection, Cookies, Coverage, CrawlPlan, CrawlUrl, Exchange,
    ExperimentPlan, Moment, Network, Outcome, PacePlan, Protocol, ReachPlan, Request, RequestPlan,
    SamplePlan, ScopePlan, Sitemaps, Timings, Version, Witnesses,
};
use crate::store::{Cell, NewRun, RunId, RunState, Store, StoreError, Table};

use super::*;

mod by_address;
mod by_turns;
mod endless;
mod experiments;
mod flaky;
mod forecast;
mod given_up;
mod hanging;
mod hosts;
mod known;
mod long_urls;
mod outages;
mod passes;
mod places;
mod politeness;
mod sick;
mod sitemaps;
mod verdicts;

/// The answers of a simulated site.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a property of the site of its own"
)]
#[derive(Debug, Default)]
struct Script {
    answers: Mutex<HashMap<String, Vec<Reply>>>,
    asked: Mutex<Vec<(String, Connection)>>,
    /// All requests, complete, and with their times.
    requests: Mutex<Vec<(Instant, Request)>>,
    stop_after: Option<(usize, tokio::sync::watch::Sender<StopLevel>)>,
    /// Paths whose requests do not count for that: the number of controls depends on the writer's
    /// thread.
    uncounted: &'static [&'static str],
    /// Answers that come before the script's, by URL and number of the request.
    trouble: Option<Trouble>,
    /// Answers before both, by the request itself.
    edge: Option<fn(&Request) -> Option<Reply>>,
    /// Answers before all of them, by the request, the time and the load.
    origin: Option<Origin>,
    /// Open requests.
    open: AtomicUsize,
    /// Whether the clock stands still for some milliseconds after an answer while other requests are open. Otherwise it may advance to the end of
    /// requests that hang while the writer's thread stores the answer, and nothing else is requested meanwhile.
    stores_in_time: bool,
    /// When the first request came.
    began: OnceLock<Instant>,
    /// IP addresses of every host.
    addresses: Vec<IpAddr>,
    /// The IP address that every answer comes from.
    remote: Option<SocketAddr>,
    /// When nothing answers, and the witnesses' answers then.
    dark: Option<outages::Dark>,
    /// The HTTP version of every answer.
    version: Option<Version>,
    reused: bool,
    /// Whether the crawl sends cookies.
    cookies: bool,
    /// Which hosts led to which, as the crawl reported it.
    led: Mutex<Vec<(String, String)>>,
    /// The hosts' IP addresses, as the crawl reported them.
    were: Mutex<Vec<(String, Vec<IpAddr>)>>,
    /// Whether hosts have moved since.
    moved: bool,
}

type Trouble = fn(&str, usize) -> Option<Reply>;

/// A simulated server.
struct Origin(Box<Answering>);

type Answering = dyn Fn(&Asked<'_>) -> Option<Timed> + Send + Sync;

/// A request as a simulated server sees it.
struct Asked<'a> {
    request: &'a Request,
    /// Without the origin `http://site.test`.
    path: &'a str,
    /// Since the first request.
    at: Duration,
    /// Open requests, including this one.
    open: usize,
}

/// An answer with a delay.
#[derive(Clone, Debug)]
struct Timed {
    reply: Reply,
    takes: Duration,
}

fn at_once(reply: Reply) -> Timed {
    Timed {
        reply,
        takes: Duration::from_millis(20),
    }
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Origin")
    }
}

#[derive(Clone, Debug)]
struct Reply {
    outcome: Outcome,
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

fn page(body: &str) -> Reply {
    Reply {
        outcome: Outcome::OkHtml,
        status: 200,
        headers: vec![("content-type", "text/html".to_owned())],
        body: body.to_owned(),
    }
}

/// Returns a site's answers as a crawl takes them.
fn borrowed(answers: &[(String, Vec<Reply>)]) -> Vec<(&str, &[Reply])> {
    let answers = answers.iter();
    answers
        .map(|(path, replies)| (path.as_str(), &replies[..]))
        .collect()
}

fn links(to: &[&str]) -> Reply {
    let mut html = "<p>A page.</p>".to_owned();
    for target in to {
        let _ = write!(html, "<a href='{target}'>to {target}</a> ");
    }
    page(&html)
}

fn text(body: &str) -> Reply {
    Reply {
        outcome: Outcome::OkNonHtml,
        ..page(body)
    }
}

fn error(status: u16) -> Reply {
    Reply {
        outcome: Outcome::of_error_status(status, false),
        status,
        ..page("<title>sorry</title>")
    }
}

/// Returns a 503 with a `Retry-After` in seconds.
fn closed(seconds: u32) -> Reply {
    let mut reply = error(503);
    reply.outcome = Outcome::Server503RetryAfter;
    reply.headers.push(("retry-after", seconds.to_string()));
    reply
}

/// Returns a failure without an answer, for this reason.
fn silence(outcome: Outcome) -> Reply {
    Reply {
        outcome,
        status: 0,
        headers: Vec::new(),
        body: String::new(),
    }
}

fn redirect(to: &str) -> Reply {
    Reply {
        outcome: Outcome::Redirect,
        status: 301,
        headers: vec![("location", to.to_owned())],
        body: String::new(),
    }
}

impl Fetcher for Script {
    async fn addresses(&self, _: &CrawlUrl) -> Vec<IpAddr> {
        self.addresses.clone()
    }

    fn sends_cookies(&self, _: &CrawlUrl) -> bool {
        self.cookies
    }

    fn led(&self, from: &CrawlUrl, to: &CrawlUrl) {
        let pair = (from.host_key().to_string(), to.host_key().to_string());
        let mut led = self.led.lock().unwrap();
        if pair.0 != pair.1 && !led.contains(&pair) {
            led.push(pair);
        }
    }

    fn was_at(&self, url: &CrawlUrl, addresses: &[IpAddr]) -> bool {
        let mut were = self.were.lock().unwrap();
        were.push((url.host_key().to_string(), addresses.to_vec()));
        !self.moved
    }

    async fn network(&self, witnesses: Witnesses) -> Network {
        let dark = self.dark.as_ref();
        dark.map_or(Network::Unknown, |dark| dark.network(&witnesses))
    }

    async fn fetch(&self, request: Request) -> Exchange {
        let path = request.url.as_str().trim_start_matches("http://site.test");
        let asked = {
            let mut requested = self.asked.lock().unwrap();
            requested.push((path.to_owned(), request.connection));
            let counted = requested
                .iter()
                .filter(|(path, _)| !self.uncounted.contains(&path.as_str()));
            counted.count()
        };
        let requests = &self.requests;
        requests
            .lock()
            .unwrap()
            .push((Instant::now(), request.clone()));
        if let Some((after, stop)) = &self.stop_after
            && asked >= *after
        {
            stop.send_replace(StopLevel::Drain);
        }
        let began = *self.began.get_or_init(Instant::now);
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        let simulated = self.origin.as_ref().and_then(|Origin(answer)| {
            answer(&Asked {
                request: &request,
                path,
                at: began.elapsed(),
                open,
            })
        });
        let takes = simulated.as_ref().map(|timed| timed.takes);
        let first_byte = takes;
        let takes = takes.unwrap_or(Duration::from_millis(20));
        tokio::time::sleep(takes).await;
        self.open.fetch_sub(1, Ordering::Relaxed);
        let is_answer = simulated
            .as_ref()
            .is_some_and(|timed| timed.reply.status > 0);
        if self.stores_in_time && self.open.load(Ordering::Relaxed) > 0 {
            // The clock does not advance while a thread works.
            let millis = if is_answer { 50 } else { 20 };
            #[expect(
                clippy::disallowed_methods,
                reason = "the writer's thread needs real time"
            )]
            let works = move || std::thread::sleep(Duration::from_millis(millis));
            drop(tokio::task::spawn_blocking(works));
        }
        let is_dark = self
            .dark
            .as_ref()
            .and_then(|dark| dark.swallows(path, asked));
        let edge = self.edge.and_then(|edge| edge(&request)).or(is_dark);
        let trouble = || self.trouble.and_then(|trouble| trouble(path, asked));
        let reply = if let Some(timed) = simulated {
            timed.reply
        } else if let Some(reply) = edge.or_else(trouble) {
            reply
        } else {
            let mut answers = self.answers.lock().unwrap();
            match answers.get_mut(path) {
                None => error(404),
                Some(replies) if replies.len() > 1 => replies.remove(0),
                Some(replies) => replies[0].clone(),
            }
        };
        let mut headers = HeaderMap::new();
        for (name, value) in &reply.headers {
            let value = HeaderValue::from_str(value).unwrap();
            headers.append(HeaderName::from_static(name), value);
        }
        Exchange {
            // `None` if there was no answer.
            status: Some(reply.status).filter(|status| *status > 0),
            headers,
            wire_bytes: reply.body.len() as u64,
            decoded_bytes: reply.body.len() as u64,
            body: reply.body.into_bytes(),
            timings: Timings {
                first_byte: first_byte.filter(|_| reply.status > 0),
                total: takes,
                ..Timings::default()
            },
            remote: self.remote.filter(|_| reply.status > 0),
            version: self.version,
            reused: self.reused,
            ..Exchange::unanswered(reply.outcome, String::new())
        }
    }
}

/// Returns the plan without quick retries.
fn once() -> CrawlPlan {
    let mut plan = plan();
    plan.pace.retries = 0;
    plan
}

pub(super) fn plan() -> CrawlPlan {
    CrawlPlan {
        scope: ScopePlan {
            max_pages: None,
            max_hosts: None,
            max_queries_per_path: 5,
            ..ScopePlan::usual(vec![url("/")])
        },
        pace: PacePlan {
            concurrency: 4,
            rate: None,
            delay: Duration::ZERO,
            retries: 2,
            adapt: true,
        },
        confirm: ConfirmPlan::default(),
        sample: SamplePlan::Off,
        experiments: ExperimentPlan {
            enabled: false,
            cache: false,
        },
        requests: RequestPlan {
            user_agent: "gatecrawl".to_owned(),
            robots_agents: vec!["gatecrawl".to_owned()],
            first_byte: Duration::from_secs(30),
            connect: Duration::from_secs(10),
            body_idle: Duration::from_secs(15),
            max_body: 1 << 20,
            reach: ReachPlan::default(),
        },
    }
}

fn url(path: &str) -> CrawlUrl {
    let full = if path.starts_with('/') {
        format!("http://site.test{path}")
    } else {
        path.to_owned()
    };
    CrawlUrl::parse(&full).unwrap()
}

/// Forecasts with their moments.
type Rests = Vec<(Moment, Option<Rest>)>;

/// A crawl and its store.
struct Crawl {
    plan: CrawlPlan,
    script: Script,
    store: Store,
    run: RunId,
    began: Moment,
    events: Arc<Mutex<Vec<String>>>,
    /// The forecast at each gauge.
    rests: Arc<Mutex<Rests>>,
    _dir: tempfile::TempDir,
    /// Bytes of paths that the frontier keeps in memory; `None` for the default.
    room: Option<usize>,
}

impl Crawl {
    fn new(plan: CrawlPlan, answers: &[(&str, &[Reply])]) -> Crawl {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("runs.db")).unwrap();
        let run = store
            .create_run(&NewRun {
                token: "t",
                site: "site.test",
                plan: &plan,
                started: Moment::from_millis(0),
            })
            .unwrap();
        let answers = answers
            .iter()
            .map(|(path, replies)| ((*path).to_owned(), replies.to_vec()))
            .collect();
        Crawl {
            plan,
            script: Script {
                answers: Mutex::new(answers),
                ..Script::default()
            },
            store,
            run,
            began: Moment::from_millis(1_000_000),
            room: None,
            events: Arc::default(),
            rests: Arc::default(),
            _dir: dir,
        }
    }

    async fn run(&mut self, start: Start) -> Ended {
        self.try_run(start).await.unwrap()
    }

    async fn try_run(&mut self, start: Start) -> Result<Ended, CrawlError> {
        let script = Arc::new(std::mem::take(&mut self.script));
        let (stop, stopped) = stop_switch();
        let mut script = Arc::try_unwrap(script).unwrap();
        if let Some((after, _)) = script.stop_after.take() {
            script.stop_after = Some((after, stop.clone()));
        }
        let script = Arc::new(script);
        let events = Arc::clone(&self.events);
        let (rests, mut forecast) = (Arc::clone(&self.rests), Forecast::new(&self.plan));
        let pace = first_pace(&self.plan.pace);
        let sent = Arc::clone(&script);
        let parts = Parts {
            open: 512,
            fetcher: Arc::clone(&script),
            frontier: match self.room {
                None => LocalFrontier::new(pace, Duration::from_hours(10)),
                Some(room) => LocalFrontier::with_room(pace, Duration::from_hours(10), room),
            },
            store: self.store.clone(),
            observer: move |event: &Event<'_>| {
                forecast.see(event);
                if let Event::Gauge(gauge) = event {
                    rests.lock().unwrap().push((gauge.now, forecast.rest()));
                }
                let line = match event {
                    Event::Attempted { url, attempt, .. } => {
                        format!("{} {}", url.path_and_query(), attempt.outcome)
                    }
                    Event::Paced { host, pace } => {
                        format!("{host} paced {} {:?}", pace.open, pace.interval)
                    }
                    Event::Breaker { host, change } => format!("{host} {change:?}"),
                    Event::Experimenting { clusters, urls, .. } => {
                        format!("experimenting {clusters} {urls}")
                    }
                    Event::ExperimentRequest {
                        url, experiment, ..
                    } => {
                        let (path, sent) =
                            (url.path_and_query(), sent.requests.lock().unwrap().len());
                        format!("experiment {path} {} after {sent}", experiment.name())
                    }
                    Event::Outage { ended, .. } => {
                        format!("network {}", if ended.is_some() { "back" } else { "gone" })
                    }
                    _ => return,
                };
                events.lock().unwrap().push(line);
            },
            clock: Clock::starting_at(self.began),
            dice: fastrand::Rng::with_seed(7),
            stop: stopped,
        };
        let site = Arc::new(Site::new(self.plan.clone()).unwrap());
        let ended = run(site, self.run, start, parts).await;
        self.script = Arc::try_unwrap(script).unwrap();
        // A crawl is resumed later.
        self.began = self.began + Duration::from_mins(10);
        ended
    }

    /// Crawls from the plan's seeds.
    async fn run_fresh(&mut self) -> Ended {
        let seeds = self.plan.scope.seeds.clone();
        self.run(Start::Fresh(seeds)).await
    }

    async fn to_the_end(plan: CrawlPlan, answers: &[(&str, &[Reply])]) -> Crawl {
        let mut crawl = Crawl::new(plan, answers);
        assert_eq!(crawl.run_fresh().await, Ended::Finished);
        crawl
    }

    /// Returns the requested paths, without robots.txt and the default sitemap.
    fn asked(&self) -> Vec<String> {
        let requested = self.script.asked.lock().unwrap();
        let paths = requested.iter().map(|(path, _)| path.clone());
        paths
            .filter(|path| path != "/robots.txt" && path != "/sitemap.xml")
            .collect()
    }

    fn asked_sorted(&self) -> Vec<String> {
        let mut requested = self.asked();
        requested.sort();
        requested
    }

    /// Returns the rows of a table as `column | column`.
    fn rows(&self, table: Table, wanted: &[&str]) -> Vec<String> {
        let columns = table.columns();
        let at: Vec<usize> = wanted
            .iter()
            .map(|name| columns.iter().position(|c| c.name == *name).expect(name))
            .collect();
        let mut rows = Vec::new();
        self.store
            .rows(self.run, table, &mut |cells| {
                let row: Vec<String> = at.iter().map(|at| show(cells[*at])).collect();
                rows.push(row.join(" | "));
                Ok::<(), StoreError>(())
            })
            .unwrap();
        rows
    }
}

fn show(cell: Cell<'_>) -> String {
    match cell {
        Cell::Empty => "-".to_owned(),
        Cell::Integer(value) => value.to_string(),
        Cell::Real(value) => value.to_string(),
        Cell::Text(text) => text.replace("http://site.test", ""),
    }
}

#[tokio::test(start_paused = true)]
async fn links_are_followed_once_each_and_inlinks_counted() {
    let answers: &[(&str, &[Reply])] = &[
        ("/", &[links(&["/a", "/b", "/a"])]),
        ("/a", &[links(&["/b", "/#top", "mailto:x@y", "http://"])]),
        ("/b", &[links(&[])]),
    ];
    let crawl = Crawl::to_the_end(plan(), answers).await;
    assert_eq!(crawl.asked_sorted(), ["/", "/a", "/b"]);
    let columns = [
        "Address",
        "Status Code",
        "Crawl Depth",
        "Inlinks",
        "Unique Inlinks",
        "Found On",
    ];
    assert_eq!(
        crawl.rows(Table::Pages, &columns),
        [
            "/ | 200 | 0 | 1 | 1 | -",
            "/a | 200 | 1 | 2 | 1 | /",
            "/b | 200 | 1 | 2 | 2 | /",
        ]
    );
    assert_eq!(
        crawl.rows(Table::Skipped, &["Address", "Reason", "Found On"]),
        ["http:// | invalid | /a"]
    );
}

#[tokio::test(start_paused = true)]
async fn every_attempt_is_kept_and_the_last_one_decides() {
    let answers: &[(&str, &[Reply])] = &[
        ("/", &[links(&["/down", "/healed"])]),
        ("/down", &[error(502)]),
        ("/healed", &[error(502), page("fine")]),
    ];
    let crawl = Crawl::to_the_end(plan(), answers).await;
    let columns = ["Address", "Attempt", "Purpose", "Outcome"];
    let rows = crawl.rows(Table::Attempts, &columns);
    let of = |path: &str| -> Vec<&str> {
        let rows = rows.iter().map(String::as_str);
        rows.filter(|row| row.starts_with(path)).collect()
    };
    assert_eq!(
        of("/down"),
        [
            "/down | 1 | crawl | server_502",
            "/down | 2 | retry | server_502",
            "/down | 3 | retry | server_502",
        ]
    );
    assert_eq!(
        of("/healed"),
        [
            "/healed | 1 | crawl | server_502",
            "/healed | 2 | retry | ok_html",
        ]
    );
    let columns = ["Address", "Verdict", "Attempts", "502 Attempts", "Title 1"];
    let pages = crawl.rows(Table::Pages, &columns);
    assert_eq!(pages[1], "/down | unconfirmed | 3 | 3 | sorry");
    assert_eq!(pages[2], "/healed | transient | 2 | 1 | -");
    assert_eq!(
        crawl.rows(
            Table::ErrorInlinks,
            &["Source", "Destination", "Anchor", "Verdict"]
        ),
        [
            "/ | /down | to /down | unconfirmed",
            "/ | /healed | to /healed | transient",
        ]
    );
    let requested = crawl.script.asked.lock().unwrap();
    // A control beside the failing pages takes one too.
    let fresh = requested.iter().filter(|(path, over)| {
        *over == Connection::Fresh && ["/down", "/healed"].contains(&path.as_str())
    });
    assert_eq!(fresh.count(), 3, "retries take a new connection");
}

#[tokio::test(start_paused = true)]
async fn robots_txt_is_requested_first_and_obeyed() {
    let rules = "User-agent: *\nDisallow: /private/\nSitemap: /map.xml\n";
    let map = "<urlset><url><loc>http://site.test/orphan</loc></url>\
        <url><loc>http://other.test/</loc></url></urlset>";
    let answers: &[(&str, &[Reply])] = &[
        ("/robots.txt", &[text(rules)]),
        ("/map.xml", &[text(map)]),
        ("/", &[links(&["/private/a", "/open"])]),
        ("/open", &[page("a page")]),
        ("/orphan", &[page("a page")]),
    ];
    let crawl = Crawl::to_the_end(plan(), answers).await;
    let requested = crawl.script.asked.lock().unwrap();
    assert_eq!(requested[0].0, "/robots.txt");
    drop(requested);
    assert_eq!(crawl.asked_sorted(), ["/", "/map.xml", "/open", "/orphan"]);
    assert_eq!(
        crawl.rows(Table::Skipped, &["Address", "Reason", "Detail"]),
        [
            "http://other.test/ | scope | in a sitemap of another site",
            "/private/a | robots | line 2: Disallow: /private/",
        ]
    );
    let columns = [
        "Address",
        "In Sitemap",
        "Inlinks",
        "Crawl Depth",
        "Found On",
        "Status",
    ];
    let pages = crawl.rows(Table::Pages, &columns);
    assert!(
        pages.contains(&"/orphan | true | 0 | - | /map.xml | OK".to_owned()),
        "{pages:?}"
    );
    assert!(
        pages.contains(&"/private/a | false | 1 | 1 | / | Blocked by robots.txt".to_owned()),
        "{pages:?}"
    );
    assert_eq!(
        crawl.rows(
            Table::Sitemaps,
            &["Address", "Format", "Entries", "Foreign Entries"]
        ),
        ["/map.xml | urlset | 2 | 1"]
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_fetched_when_robots_txt_is_down() {
    let answers: &[(&str, &[Reply])] = &[("/robots.txt", &[error(502)]), ("/", &[links(&["/a"])])];
    let crawl = Crawl::to_the_end(plan(), answers).await;
    assert!(crawl.asked().is_empty());
    assert_eq!(
        crawl.rows(Table::Robots, &["Host", "Access", "Outcome", "Attempts"]),
        [" | unreachable | server_502 | 5"]
    );
    assert_eq!(
        crawl.rows(Table::Skipped, &["Address", "Reason"]),
        ["/ | robots"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_page_to_which_robots_txt_redirects_is_still_a_page() {
    let answers: &[(&str, &[Reply])] = &[
        ("/robots.txt", &[redirect("/home")]),
        ("/", &[links(&["/home"])]),
        ("/home", &[page("<title>Home</title>")]),
    ];
    let crawl = Crawl::to_the_end(plan(), answers).await;
    assert_eq!(crawl.asked_sorted(), ["/", "/home", "/home"]);
    assert_eq!(
        crawl.rows(Table::Pages, &["Address", "Attempts", "Title 1"]),
        ["/ | 1 | -", "/home | 2 | Home"]
    );
    assert_eq!(
        crawl.rows(Table::Robots, &["Access", "Final Address"]),
        ["rules | /home"]
    );
}

#[tokio::test(start_paused = true)]
async fn each_hop_of_a_redirect_is_a_url_of_its_own() {
    let answers: &[(&str, &[Reply])] = &[
        ("/", &[links(&["/old", "/loop1"])]),
        ("/old", &[redirect("/newer")]),
        ("/newer", &[redirect("/gone")]),
        ("/gone", &[error(502)]),
        ("/loop1", &[redirect("/loop2")]),
        ("/loop2", &[redirect("/loop1")]),
    ];
    let crawl = Crawl::to_the_end(plan(), answers).await;
    let columns = [
        "Address",
        "Redirect URL",
        "Hops",
        "Final Address",
        "Final Outcome",
        "Ending",
    ];
    assert_eq!(
        crawl.rows(Table::Redirects, &columns),
        [
            "/loop1 | /loop2 | 2 | /loop2 | redirect | loop",
            "/loop2 | /loop1 | 2 | /loop1 | redirect | loop",
            "/newer | /gone | 1 | /gone | server_502 | final",
            "/old | /newer | 2 | /gone | server_502 | final",
        ]
    );
    let pages = crawl.rows(Table::Pages, &["Address", "Crawl Depth", "Outcome"]);
    assert!(
        pages.contains(&"/gone | 1 | server_502".to_owned()),
        "{pages:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn endless_redirects_end_after_ten() {
    let mut answers: Vec<(String, Vec<Reply>)> = (0..30)
        .map(|n| (format!("/r{n}"), vec![redirect(&format!("/r{}", n + 1))]))
        .collect();
    answers.push(("/".to_owned(), vec![links(&["/r0"])]));
    let crawl = Crawl::to_the_end(plan(), &borrowed(&answers)).await;
    assert_eq!(crawl.asked().len(), 1 + 11);
    assert_eq!(
        crawl.rows(Table::Skipped, &["Address", "Reason"]),
        ["/r11 | trap"]
    );
}

#[tokio::test(start_paused = true)]
async fn limits_of_depth_pages_and_queries_are_kept_and_reported() {
    let answers: &[(&str, &[Reply])] = &[
        (
            "/",
            &[links(&[
                "/1", "/c?d=1", "/c?d=2", "/c?d=3", "/c?d=4", "/c?d=5", "/c?d=6",
            ])],
        ),
        ("/1", &[links(&["/2"])]),
        ("/2", &[links(&["/3"])]),
    ];
    let mut deep = plan();
    deep.scope.max_depth = Some(1);
    let crawl = Crawl::to_the_end(deep, answers).await;
    assert_eq!(
        crawl.rows(Table::Skipped, &["Address", "Reason"]),
        ["/2 | depth", "/c?d=6 | trap"]
    );
    let mut few = plan();
    few.scope.max_pages = Some(3);
    let crawl = Crawl::to_the_end(few, answers).await;
    assert_eq!(crawl.asked().len(), 3);
    let skipped = crawl.rows(Table::Skipped, &["Reason"]);
    assert_eq!(
        skipped
            .iter()
            .filter(|reason| *reason == "max_pages")
            .count(),
        5
    );
}

#[tokio::test(start_paused = true)]
async fn all_pages_of_a_large_level_are_requested_after_those_before_it() {
    let paths: Vec<String> = (0..2_300).map(|n| format!("/p{n}")).collect();
    let all: Vec<&str> = paths.iter().map(String::as_str).collect();
    let (start, hub, fine) = ([links(&["/hub"])], [links(&all)], [page("a page")]);
    let mut answers: Vec<(&str, &[Reply])> = vec![("/", &start), ("/hub", &hub)];
    answers.extend(all.iter().map(|path| (*path, fine.as_slice())));
    let mut near = plan();
    near.scope.max_depth = Some(2);
    let crawl = Crawl::to_the_end(near, &answers).await;
    let requested = crawl.asked();
    assert_eq!(requested[..2], ["/", "/hub"]);
    assert_eq!(requested[2..], paths);
}

#[tokio::test(start_paused = true)]
async fn nofollow_links_are_recorded_and_not_followed() {
    let body = "<a href=/a rel=nofollow>a</a><a href=/b>b</a>";
    let answers: &[(&str, &[Reply])] = &[("/", &[page(body)]), ("/b", &[links(&["/a"])])];
    let crawl = Crawl::to_the_end(plan(), answers).await;
    assert_eq!(
        crawl.asked_sorted(),
        ["/", "/a", "/b"],
        "another link allows it"
    );
    let answers: &[(&str, &[Reply])] = &[("/", &[page(body)]), ("/b", &[page("a page")])];
    let crawl = Crawl::to_the_end(plan(), answers).await;
    assert_eq!(crawl.asked_sorted(), ["/", "/b"]);
    assert_eq!(
        crawl.rows(Table::Skipped, &["Address", "Reason"]),
        ["/a | nofollow"]
    );
    let mut all = plan();
    all.scope.follow_nofollow = true;
    let crawl = Crawl::to_the_end(all, answers).await;
    assert_eq!(crawl.asked_sorted(), ["/", "/a", "/b"]);
}

#[tokio::test(start_paused = true)]
async fn a_list_is_requested_and_nothing_else() {
    let mut list = plan();
    list.scope.coverage = Coverage::List;
    let answers: &[(&str, &[Reply])] = &[("/x", &[links(&["/y"])]), ("/z", &[redirect("/w")])];
    let mut crawl = Crawl::new(list, answers);
    let seeds = vec![url("/x"), url("/z"), url("/x")];
    assert_eq!(crawl.run(Start::Fresh(seeds)).await, Ended::Finished);
    // The plan's own seed represents the origin and is not requested.
    assert_eq!(crawl.asked_sorted(), ["/w", "/x", "/z"]);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_crawl_continues_where_it_stopped() {
    let many: Vec<String> = (0..50).map(|n| format!("/p{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let ok = [page("a page")];
    let start = [links(&many)];
    let mut answers: Vec<(&str, &[Reply])> = many.iter().map(|path| (*path, &ok[..])).collect();
    answers.push(("/", &start));
    let mut crawl = Crawl::new(plan(), &answers);
    let (placeholder, _) = stop_switch();
    crawl.script.stop_after = Some((20, placeholder));
    assert_eq!(
        crawl.run(Start::Fresh(vec![url("/")])).await,
        Ended::Interrupted
    );
    let before = crawl.asked().len();
    assert!((18..30).contains(&before), "{before}");
    let state = crawl.store.newest_run().unwrap().unwrap().state;
    assert_eq!(state, RunState::Interrupted);

    crawl.script.stop_after = None;
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    let requested = crawl.asked_sorted();
    assert_eq!(requested.len(), 51, "every page once: {requested:?}");
    assert_eq!(crawl.rows(Table::Pages, &["Address"]).len(), 51);
    let robots = crawl.script.asked.lock().unwrap();
    let robots = robots.iter().filter(|(path, _)| path == "/robots.txt");
    assert_eq!(robots.count(), 1, "rules are remembered");
}

#[tokio::test(start_paused = true)]
async fn a_resumed_crawl_keeps_the_pause_that_robots_txt_demands() {
    let rules = text("User-agent: *\nCrawl-delay: 5");
    let answers: &[(&str, &[Reply])] = &[
        ("/robots.txt", &[rules]),
        ("/", &[links(&["/1", "/2", "/3", "/4", "/5"])]),
    ];
    let mut crawl = Crawl::new(plan(), answers);
    let (placeholder, _) = stop_switch();
    crawl.script.stop_after = Some((4, placeholder));
    assert_eq!(crawl.run_fresh().await, Ended::Interrupted);
    crawl.script.stop_after = None;
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    let rates = crawl.rows(Table::Attempts, &["Address", "Rate"]);
    let slow = rates.iter().filter(|row| row.ends_with("| 0.2"));
    assert!(slow.count() >= 6, "{rates:?}");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_back_or_forward_delays_nothing_and_reverses_no_order() {
    for (from, to) in [(100_000_000, 1_000), (1_000, 100_000_000)] {
        let bad: &[Reply] = &[error(502), page("fine")];
        let answers: &[(&str, &[Reply])] = &[("/", &[links(&["/bad", "/a"])]), ("/bad", bad)];
        let mut crawl = Crawl::new(plan(), answers);
        crawl.began = Moment::from_millis(from);
        let (placeholder, _) = stop_switch();
        crawl.script.stop_after = Some((4, placeholder));
        assert_eq!(crawl.run_fresh().await, Ended::Interrupted);
        crawl.script.stop_after = None;
        crawl.began = Moment::from_millis(to);
        let began = tokio::time::Instant::now();
        assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
        assert!(began.elapsed() < Duration::from_mins(5), "{from} to {to}");
        let mut attempts = crawl.rows(Table::Attempts, &["Started", "Address", "Attempt"]);
        attempts.retain(|row| row.contains("| /bad |"));
        attempts.sort();
        assert_eq!(attempts.len(), 2, "{attempts:?}");
        assert!(
            attempts[0].ends_with("| 1") && attempts[1].ends_with("| 2"),
            "{attempts:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_links_of_a_refresh_header_and_of_a_cut_page_are_followed() {
    let mut refreshes = page("");
    refreshes
        .headers
        .push(("refresh", "0; url=/next".to_owned()));
    let mut cut = links(&["/early"]);
    cut.outcome = Outcome::TooLarge;
    let answers: &[(&str, &[Reply])] = &[("/", &[refreshes]), ("/next", &[cut])];
    let crawl = Crawl::to_the_end(plan(), answers).await;
    assert_eq!(crawl.asked_sorted(), ["/", "/early", "/next"]);
    let columns = ["Address", "Redirect URL", "Redirect Type"];
    assert_eq!(
        crawl.rows(Table::Pages, &columns)[0],
        "/ | /next | Meta Refresh"
    );
}

#[tokio::test(start_paused = true)]
async fn ignored_robots_are_marked() {
    let mut own = plan();
    own.scope.ignore_robots = true;
    let answers: &[(&str, &[Reply])] = &[
        ("/robots.txt", &[text("User-agent: *\nDisallow: /private")]),
        ("/", &[links(&["/private"])]),
        ("/private", &[page("a page")]),
    ];
    let crawl = Crawl::to_the_end(own, answers).await;
    assert_eq!(
        crawl.rows(
            Table::Pages,
            &["Address", "Status Code", "Indexability Status"]
        ),
        ["/ | 200 | -", "/private | 200 | Blocked by robots.txt"]
    );
}

#[tokio::test(start_paused = true)]
async fn selectors_fill_columns_and_directives_decide_indexability() {
    let mut with = plan();
    with.scope.select = vec!["price=.price".to_owned(), "sku=p@data-sku".to_owned()];
    let answers: &[(&str, &[Reply])] = &[
        (
            "/",
            &[page(
                "<title> Shop </title><meta name=robots content=noindex>\
                 <p class=price data-sku=7>12 EUR</p><a href=/c>c</a>",
            )],
        ),
        ("/c", &[page("<link rel=canonical href=/d>")]),
    ];
    let crawl = Crawl::to_the_end(with, answers).await;
    assert_eq!(
        crawl.rows(
            Table::Pages,
            &["Address", "Title 1", "Indexability Status", "Selected"]
        ),
        [
            r#"/ | Shop | noindex | ["12 EUR","7"]"#,
            "/c | - | Canonicalised | [null,null]",
            "/d | - | Client Error | -",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn directives_for_search_engines_are_reported_verbatim() {
    let mut home = page("<meta name=robots content='index, follow'><link rel=canonical href=/c>");
    home.headers
        .push(("x-robots-tag", "max-snippet:9".to_owned()));
    let answers: &[(&str, &[Reply])] = &[
        ("/", &[home]),
        ("/c", &[page("<link rel=canonical href=/c>")]),
    ];
    let crawl = Crawl::to_the_end(plan(), answers).await;
    let columns = [
        "Address",
        "Meta Robots 1",
        "X-Robots-Tag 1",
        "Canonical Link Element 1",
    ];
    assert_eq!(
        crawl.rows(Table::Pages, &columns),
        ["/ | index, follow | max-snippet:9 | /c", "/c | - | - | /c"]
    );
}

fn confirming() -> CrawlPlan {
    let mut plan = plan();
    plan.confirm = ConfirmPlan {
        delays: vec![Duration::from_secs(15), Duration::from_mins(1)],
        budget: Duration::from_mins(10),
        ..ConfirmPlan::default()
    };
    plan
}

#[tokio::test(start_paused = true)]
async fn a_failing_url_is_requested_again_later_and_gets_its_verdict() {
    let answers: &[(&str, &[Reply])] = &[
        (
            "/",
            &[links(&["/dead", "/blip", "/flaky", "/late", "/fine/"])],
        ),
        ("/dead", &[error(502)]),
        ("/blip", &[error(502), page("a page")]),
        ("/flaky", &[error(507), page("a page"), error(507)]),
        ("/late", &[error(500), error(500), links(&["/behind"])]),
        ("/behind", &[page("a page")]),
        ("/fine/", &[page("a page")]),
    ];
    let crawl = Crawl::to_the_end(confirming(), answers).await;
    let columns = ["Address", "Verdict", "Passes", "Crawl Depth"];
    let mut pages = crawl.rows(Table::Pages, &columns);
    // It may be chosen as a control of a later pass, or not.
    let behind = pages.remove(1);
    assert!(
        behind.starts_with("/behind | ok | ") && behind.ends_with(" | 2"),
        "{behind}"
    );
    assert_eq!(
        pages[..5],
        [
            "/ | ok | 3 | 0",
            "/blip | transient | 3 | 1",
            "/dead | persistent | 3 | 1",
            "/fine/ | ok | 3 | 1",
            "/flaky | intermittent | 3 | 1",
        ],
        "the links of recovered pages are followed, and controls are requested too"
    );
    let columns = ["Address", "Pass", "Purpose", "In Flight", "Rate"];
    let rows = crawl.rows(Table::Attempts, &columns);
    assert!(
        rows.contains(&"/dead | 2 | confirm | 1 | 1".to_owned()),
        "{rows:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_pass_continues() {
    let answers: &[(&str, &[Reply])] = &[("/", &[links(&["/dead"])]), ("/dead", &[error(502)])];
    let mut crawl = Crawl::new(confirming(), answers);
    let (placeholder, _) = stop_switch();
    // robots.txt, sitemap, home, three attempts at /dead; then the first pass.
    crawl.script.stop_after = Some((7, placeholder));
    assert_eq!(crawl.run_fresh().await, Ended::Interrupted);
    crawl.script.stop_after = None;
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    assert_eq!(
        crawl.rows(Table::Pages, &["Address", "Verdict", "Passes"]),
        ["/ | ok | 3", "/dead | persistent | 3"],
        "begun again after ten minutes, both passes were made"
    );
}

#[tokio::test(start_paused = true)]
async fn a_finished_run_resumes_with_one_more_pass_over_failing_urls() {
    let answers: &[(&str, &[Reply])] = &[("/", &[links(&["/dead"])]), ("/dead", &[error(502)])];
    let mut crawl = Crawl::to_the_end(confirming(), answers).await;
    let columns = ["Address", "Verdict", "Passes"];
    let before = ["/ | ok | 3", "/dead | persistent | 3"];
    assert_eq!(crawl.rows(Table::Pages, &columns), before);
    // Its failure is proven, so one more pass alone requests nothing.
    crawl.plan.confirm.delays = vec![Duration::ZERO; 3];
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    assert_eq!(crawl.rows(Table::Pages, &columns), before);
    crawl.plan.confirm.proof = Duration::from_hours(8 * 24);
    // The second time no pass is left.
    for _ in 0..2 {
        assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
        let after = ["/ | ok | 4", "/dead | persistent | 4"];
        assert_eq!(crawl.rows(Table::Pages, &columns), after);
    }
    let found = crawl.store.rechecked(crawl.run, 4).unwrap();
    assert_eq!(found.failing, [url("/dead").to_string()]);
    assert!(found.recovered.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_pass_is_no_faster_than_the_crawl_may_be() {
    let start = [links(&["/dead", "/gone"])];
    let dead = [error(502)];
    let answers: &[(&str, &[Reply])] = &[("/", &start), ("/dead", &dead), ("/gone", &dead)];
    let asks = [text("User-agent: *\nCrawl-delay: 5")];
    let with_robots = [answers, &[("/robots.txt", &asks[..])]].concat();
    let mut slow = confirming();
    slow.pace.rate = Some(0.5);
    for (plan, answers, rate) in [
        (confirming(), with_robots.as_slice(), "0.2"),
        (slow, answers, "0.5"),
    ] {
        let crawl = Crawl::to_the_end(plan, answers).await;
        let rows = crawl.rows(Table::Attempts, &["Purpose", "Rate"]);
        let mut passes = rows.iter().filter(|row| row.starts_with("confirm"));
        let expected = format!("confirm | {rate}");
        assert!(passes.clone().count() > 4, "{rows:?}");
        assert!(passes.all(|row| *row == expected), "{rows:?}");
    }
}
