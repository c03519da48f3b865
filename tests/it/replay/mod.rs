//! Twelve weeks of a site of 300 pages, replayed on a virtual clock against a written truth: what changed, what people
//! are told, and what they are not. And many weeks in which nothing changes but the dice.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use gatecrawl::assess::compare::Change;
use gatecrawl::assess::{Gate, GateStatus, Verdict};
use gatecrawl::audit::{Asked, Delivered, Order, Remembered, Work, make};
use gatecrawl::crawl::{self, Clock, Ended, Event, Parts, Site, Start, stop_switch};
use gatecrawl::fetch::Fetcher;
use gatecrawl::frontier::LocalFrontier;
use gatecrawl::model::{
    CrawlPlan, CrawlUrl, Exchange, Held, Moment, Outcome, Request, SamplePlan, Timings, Zone,
};
use gatecrawl::report::News;
use gatecrawl::schedule::notify::{Channels, Message, Notifier, NotifyConfig, message};
use gatecrawl::schedule::{self, Listener as _, RunEnded, RunOutcome};
use gatecrawl::store::{NewRun, RunId, Store};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use crate::post::{Mail, Post};

mod weeks;

const ORIGIN: &str = "https://shop.example";

/// The time zone of the project.
const ZONE: &str = "Europe/Berlin";

/// Monday of a week, 06:00; daylight saving ends in the eighth.
fn monday(number: u64) -> Moment {
    let first = jiff::civil::date(2026, 9, 7).at(6, 0, 0, 0).in_tz(ZONE);
    let weeks = jiff::Span::new().weeks(i64::try_from(number).expect("few"));
    let at = first.and_then(|first| first.checked_add(weeks));
    Moment::from_millis(at.expect("a time").timestamp().as_millisecond())
}

fn zone() -> Zone {
    Zone::from(jiff::tz::TimeZone::get(ZONE).expect("a zone"))
}

/// Requests of a flaky page that fail, of a hundred.
const FLAKY: u64 = 15;

/// What the site does in a week besides its usual pages.
#[derive(Clone, Debug, Default)]
struct Week {
    /// Pages that always answer so.
    fails: BTreeMap<String, u16>,
    /// Pages that answer 404.
    removed: BTreeSet<String>,
    /// Pages that were not there in the first week.
    added: BTreeSet<String>,
    /// Pages that answer 200 with an error.
    soft: BTreeSet<String>,
    /// Pages that take five seconds.
    slow: BTreeSet<String>,
    /// Whether `/help/` redirects to `/support/`.
    moved: bool,
    /// Whether the sitemap answers 404.
    no_sitemap: bool,
    /// Seconds of the crawl in which everything answers 502.
    down: Option<(u64, u64)>,
    /// Whether a cache answers for the home page meanwhile.
    home_is_cached: bool,
    /// Pages that fail at times.
    flaky: BTreeSet<String>,
    /// Pages that answer in their own way.
    odd: BTreeMap<String, Odd>,
    /// The status and the text of robots.txt, if they are not the usual ones.
    robots: Option<(u16, &'static str)>,
    /// Addresses that the home page links to beside the known ones.
    links: BTreeSet<String>,
    /// Requests of a hundred that fail on one of three backends, which answer in turn.
    backend: u64,
    /// Requests of a thousand that are refused at random, whatever they are for but robots.txt, and the answer.
    refuses: (u64, Odd),
    /// Seconds of the crawl in which every second request answers 503.
    mixed: Option<(u64, u64)>,
}

/// A page that answers in its own way.
#[derive(Clone, Debug, Default)]
struct Odd {
    /// Its status; 0 stands for 200.
    status: u16,
    location: Option<String>,
    /// What its head holds.
    head: &'static str,
}

/// The true changes of a week against the one before: pages by kind, and events.
#[derive(Debug, Default, PartialEq, Eq)]
struct Truth {
    pages: BTreeMap<&'static str, BTreeSet<String>>,
    events: BTreeSet<&'static str>,
}

fn pages(folder: &str, numbers: std::ops::Range<u64>) -> BTreeSet<String> {
    numbers.map(|n| format!("/{folder}/{n}")).collect()
}

/// The pages of the first week, the home page aside.
fn usual() -> BTreeSet<String> {
    let folders = [("shop", 120), ("blog", 100), ("help", 40), ("item", 20)];
    let listed = folders
        .into_iter()
        .flat_map(|(folder, n)| pages(folder, 0..n));
    listed.chain(["/hub".to_owned()]).collect()
}

/// The twelve weeks.
fn quarter() -> Vec<Week> {
    let dead = [("/shop/7", 502), ("/blog/3", 500)].map(|(path, status)| (path.to_owned(), status));
    let usual = Week {
        fails: dead.into(),
        flaky: pages("shop", 100..112),
        ..Week::default()
    };
    let grown = Week {
        added: pages("blog", 100..105),
        removed: pages("blog", 10..13),
        fails: usual
            .fails
            .iter()
            .map(|(path, status)| (path.clone(), *status))
            .chain([("/shop/50".to_owned(), 503)])
            .collect(),
        ..usual.clone()
    };
    let relaunched = Week {
        moved: true,
        no_sitemap: true,
        ..grown.clone()
    };
    let mended = Week {
        fails: usual.fails.clone(),
        added: pages("blog", 100..108),
        ..relaunched.clone()
    };
    let hub = |week: &Week| Week {
        fails: week
            .fails
            .iter()
            .map(|(path, status)| (path.clone(), *status))
            .chain([("/hub".to_owned(), 503)])
            .collect(),
        ..week.clone()
    };
    vec![
        usual.clone(),
        usual,
        grown.clone(),
        Week {
            down: Some((12, 32)),
            ..grown.clone()
        },
        grown.clone(),
        relaunched,
        mended.clone(),
        hub(&mended),
        mended.clone(),
        Week {
            soft: pages("shop", 20..26),
            ..mended.clone()
        },
        Week {
            slow: pages("shop", 60..80),
            ..mended.clone()
        },
        Week {
            slow: pages("shop", 60..80),
            ..mended
        },
    ]
}

impl Week {
    /// Every page that somebody links to or lists.
    fn known(&self) -> BTreeSet<String> {
        let mut known = usual();
        known.extend(self.added.iter().cloned());
        if self.moved {
            known.extend(pages("support", 0..40));
        }
        known
    }

    fn broken(&self) -> BTreeSet<String> {
        self.fails.keys().chain(&self.soft).cloned().collect()
    }

    /// What is different since the week before.
    fn truth(&self, before: &Week) -> Truth {
        let less = |one: &BTreeSet<String>, other: &BTreeSet<String>| -> BTreeSet<String> {
            one.difference(other).cloned().collect()
        };
        let mut pages = BTreeMap::from([
            ("new", less(&self.broken(), &before.broken())),
            ("fixed", less(&before.broken(), &self.broken())),
            ("gone", less(&self.removed, &before.removed)),
            ("appeared", less(&self.known(), &before.known())),
        ]);
        if self.moved && !before.moved {
            pages.insert("moved", self::pages("help", 0..40));
        }
        pages.retain(|_, pages| !pages.is_empty());
        let events = [
            ("outage", self.down.is_some()),
            ("sitemap lost", self.no_sitemap && !before.no_sitemap),
            ("slow", !self.slow.is_empty() && before.slow.is_empty()),
            ("fast", self.slow.is_empty() && !before.slow.is_empty()),
        ];
        Truth {
            pages,
            events: events
                .into_iter()
                .filter(|(_, is)| *is)
                .map(|(name, _)| name)
                .collect(),
        }
    }

    /// Status, headers and body of an answer, and how long it takes.
    fn answer(&self, path: &str, at: Duration, dice: u64) -> (u16, Option<String>, String, u64) {
        let usual = 40 + dice % 60;
        let plain = |status| {
            (
                status,
                None,
                format!("<title>{status}</title><h1>{status}</h1>"),
                usual,
            )
        };
        let is_down = self
            .down
            .is_some_and(|(from, until)| (from..until).contains(&at.as_secs()));
        if is_down && !(self.home_is_cached && path == "/") {
            return (
                502,
                None,
                "<h1>502 Bad Gateway</h1><hr><center>nginx</center>".to_owned(),
                3,
            );
        }
        let (share, refusal) = &self.refuses;
        let own = self.odd.get(path);
        let refused = (path != "/robots.txt" && dice / 7 % 1000 < *share).then_some(refusal);
        let page = |links: &mut dyn Iterator<Item = String>, takes| {
            let links: Vec<String> = links.map(|to| format!("<a href='{to}'>{to}</a>")).collect();
            let links = links.join(" ");
            let body = format!("<title>{path}</title><p>All about {path}. {links}</p>");
            (200, None, body, takes)
        };
        if let Some(odd) = refused.or(own) {
            let status = odd.status.max(200);
            let body = match status {
                200 => format!("<head>{}</head><p>All about {path}.</p>", odd.head),
                _ => String::new(),
            };
            return (status, odd.location.clone(), body, usual);
        }
        match path {
            "/robots.txt" if self.robots.is_some() => {
                let (status, text) = self.robots.unwrap_or_default();
                return (status, None, text.to_owned(), usual);
            }
            "/robots.txt" => return (200, None, format!("Sitemap: {ORIGIN}/sitemap.xml\n"), usual),
            "/sitemap.xml" if self.no_sitemap => return plain(404),
            "/sitemap.xml" => {
                let listed = self
                    .known()
                    .into_iter()
                    .filter(|path| !path.starts_with("/item/"));
                let urls = listed.map(|path| format!("<url><loc>{ORIGIN}{path}</loc></url>"));
                let body = format!("<urlset>{}</urlset>", urls.collect::<String>());
                return (200, None, body, usual);
            }
            "/" => {
                let known = self.known().into_iter().chain(self.links.iter().cloned());
                return page(&mut known.filter(|path| !path.starts_with("/item/")), usual);
            }
            _ => {}
        }
        if let Some(status) = self.fails.get(path) {
            return plain(*status);
        }
        if self.flaky.contains(path) && dice % 100 < FLAKY {
            return plain(503);
        }
        if self.removed.contains(path) || !self.known().contains(path) {
            return plain(404);
        }
        if self.soft.contains(path) {
            return (
                200,
                None,
                "<h1>Error establishing a database connection</h1>".to_owned(),
                usual,
            );
        }
        if let Some(rest) = path.strip_prefix("/help/").filter(|_| self.moved) {
            return (
                301,
                Some(format!("{ORIGIN}/support/{rest}")),
                String::new(),
                usual,
            );
        }
        let takes = if self.slow.contains(path) {
            5_000
        } else {
            usual
        };
        match path {
            "/hub" => page(&mut pages("item", 0..20).into_iter(), takes),
            _ => page(&mut std::iter::empty(), takes),
        }
    }
}

/// The site in one week, as a fetcher sees it.
#[derive(Debug)]
struct Simulated {
    week: Week,
    number: u64,
    began: OnceLock<Instant>,
    /// Requests so far, by path.
    requests: Mutex<HashMap<String, u64>>,
    /// Requests so far of all pages.
    all: AtomicU64,
}

impl Simulated {
    /// Returns whether the backend whose turn it is fails, or the site fails at every second request.
    fn fails_in_turn(&self, at: Duration, dice: u64) -> bool {
        let turn = self.all.fetch_add(1, Ordering::Relaxed);
        let is_mixed =
            (self.week.mixed).is_some_and(|(from, until)| (from..until).contains(&at.as_secs()));
        (turn.is_multiple_of(3) && dice % 100 < self.week.backend)
            || (is_mixed && (dice / 100).is_multiple_of(2))
    }
}

/// A number that looks random, and is the same for the same request of the week.
fn dice(week: u64, path: &str, request: u64) -> u64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ week;
    for byte in path.bytes().chain(request.to_le_bytes()) {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        state ^= state >> 29;
    }
    state
}

impl Fetcher for Simulated {
    async fn addresses(&self, _: &CrawlUrl) -> Vec<IpAddr> {
        Vec::new()
    }

    async fn fetch(&self, request: Request) -> Exchange {
        let at = self.began.get_or_init(Instant::now).elapsed();
        let path = request.url.path_and_query().to_owned();
        let count = {
            let mut requests = self.requests.lock().expect("not poisoned");
            let count = requests.entry(path.clone()).or_default();
            *count += 1;
            *count
        };
        let (status, location, body, takes) =
            self.week.answer(&path, at, dice(self.number, &path, count));
        let is_page = !["/robots.txt", "/sitemap.xml"].contains(&path.as_str());
        let (status, location, body) = if is_page
            && self.fails_in_turn(at, dice(self.number, &format!("{path} backend"), count))
        {
            (503, None, "<h1>503</h1>".to_owned())
        } else {
            (status, location, body)
        };
        let takes = Duration::from_millis(takes);
        tokio::time::sleep(takes).await;
        let mut headers = HeaderMap::new();
        let kind = match path.as_str() {
            "/sitemap.xml" => "application/xml",
            "/robots.txt" => "text/plain",
            _ => "text/html",
        };
        let listed = [
            ("content-type", Some(kind.to_owned())),
            ("location", location),
        ];
        for (name, value) in listed
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
        {
            let value = HeaderValue::from_str(&value).expect("a header");
            headers.insert(HeaderName::from_static(name), value);
        }
        let soft = body.contains("database connection");
        Exchange {
            outcome: match status {
                200 if soft => Outcome::SoftError200,
                200 if kind == "text/html" => Outcome::OkHtml,
                200 => Outcome::OkNonHtml,
                301 | 302 => Outcome::Redirect,
                status => Outcome::of_error_status(status, false),
            },
            fault: String::new(),
            status: Some(status),
            reason: None,
            headers,
            packed: None,
            wire_bytes: body.len() as u64,
            decoded_bytes: body.len() as u64,
            body: body.into_bytes(),
            timings: Timings {
                first_byte: Some(takes),
                total: takes,
                ..Timings::default()
            },
            remote: None,
            version: None,
            reused: true,
            held: Held::default(),
        }
    }
}

/// The runs of a site, week by week.
struct Replay {
    store: Store,
    plan: CrawlPlan,
    gates: Vec<Gate>,
    channels: Channels,
    /// The run to compare with, if it is not the one before.
    baseline: Option<String>,
    _dir: tempfile::TempDir,
}

/// What a week came to.
struct Told {
    delivered: Delivered,
    message: Option<Message>,
    ended: schedule::Event,
}

impl Replay {
    fn new(gates: &[&str]) -> Replay {
        let seed = CrawlUrl::parse(&format!("{ORIGIN}/")).expect("a URL");
        let mut plan = CrawlPlan::usual(vec![seed]);
        (plan.pace.rate, plan.sample) = (Some(10.0), SamplePlan::Off);
        plan.experiments.enabled = false;
        let minutes = [1, 5, 15].map(Duration::from_mins);
        plan.confirm.delays = minutes.to_vec();
        let dir = tempfile::tempdir().expect("a directory");
        let mut channels = Channels::default();
        channels.zone = zone();
        Replay {
            store: Store::open(&dir.path().join("runs.db")).expect("a store"),
            plan,
            gates: gates
                .iter()
                .map(|gate| gate.parse().expect("a gate"))
                .collect(),
            channels,
            baseline: None,
            _dir: dir,
        }
    }

    /// Makes the run of a week, the first being 0.
    async fn week(&self, number: u64, week: Week) -> Told {
        let started = monday(number);
        let clock = Clock::starting_at(started);
        let run = self.crawl(number, week, clock).await;
        let row = self.store.run_by_id(run).expect("a run");
        let asked = Asked {
            gates: self.gates.clone(),
            zone: zone(),
            baseline: self.baseline.clone(),
            ..Asked::default()
        };
        let order = Order {
            work: Work::Deliver(Box::new(row)),
            asked,
            remembered: Remembered::ByCaller,
            store: self.store.clone(),
        };
        let (_, stop) = stop_switch();
        let made = make(order.check().expect("sound"), |_: &Event<'_>| {}, stop).await;
        let delivered = made.expect("an audit").delivered.expect("a result");
        let ended = schedule::Event::RunEnded(RunEnded {
            project: "shop".to_owned(),
            run,
            due: started,
            at: clock.now(),
            outcome: RunOutcome::Done,
            gates: delivered.gates.clone(),
            brief: Box::new(delivered.brief.clone()),
            out: None,
            files: Vec::new(),
        });
        Told {
            message: message(&ended, ORIGIN, &self.channels),
            delivered,
            ended,
        }
    }

    /// Sends by mail what is to be told of these events, and returns what the mail server took.
    async fn mailed(&self, events: &[schedule::Event]) -> Vec<Mail> {
        let post = Post::start().await;
        let smtp = toml::from_str(&post.config()).expect("a server");
        let notify: NotifyConfig =
            toml::from_str("mail = [{ to = ['seo@shop.example'] }]").expect("a channel");
        let mut channels = Channels::new("notify", &notify, Some(&smtp), &|_| None).expect("sound");
        channels.zone = zone();
        let projects = BTreeMap::from([("shop".to_owned(), channels)]);
        let notifier = Notifier::new(self.store.clone(), projects).expect("made");
        for (number, event) in (0..).zip(events) {
            notifier.recorder().receive(event);
            let next = notifier.deliver(&|| monday(number)).await;
            assert_eq!(next.expect("delivered"), None, "not everything was taken");
        }
        post.mails()
    }

    async fn crawl(&self, number: u64, week: Week, clock: Clock) -> RunId {
        let new = NewRun {
            token: &format!("week{number}"),
            site: ORIGIN,
            plan: &self.plan,
            started: clock.now(),
        };
        let run = self.store.create_run(&new).expect("a run");
        let pace = crawl::first_pace(&self.plan.pace);
        let (_, stop) = stop_switch();
        let parts = Parts {
            fetcher: Arc::new(Simulated {
                week,
                number,
                began: OnceLock::new(),
                requests: Mutex::default(),
                all: AtomicU64::default(),
            }),
            open: 64,
            frontier: LocalFrontier::new(pace, Duration::from_hours(10)),
            store: self.store.clone(),
            observer: |_: &Event<'_>| {},
            clock,
            dice: fastrand::Rng::with_seed(number),
            stop,
        };
        let site = Arc::new(Site::new(self.plan.clone()).expect("a site"));
        let start = Start::Fresh(self.plan.scope.seeds.clone());
        let ended = crawl::run(site, run, start, parts).await.expect("a crawl");
        assert!(matches!(ended, Ended::Finished), "{ended:?}");
        run
    }
}

/// What the program says changed.
fn said(delivered: &Delivered) -> Truth {
    let mut truth = Truth::default();
    let Some(found) = &delivered.comparison else {
        return truth;
    };
    for page in &found.changes {
        let fails = page.new.is_some_and(|state| state.fails());
        let kind = match page.change {
            Change::New => "new",
            Change::Appeared if fails => "new",
            Change::Appeared => "appeared",
            Change::Fixed => "fixed",
            Change::Gone => "gone",
            Change::Lost => "lost",
            Change::Moved => "moved",
            Change::Unlinked => "unlinked",
            Change::Worse => "worse",
            Change::Better => "better",
            Change::Back => "back",
            Change::Unclear | Change::Flapping => continue,
        };
        let path = page
            .address
            .strip_prefix(ORIGIN)
            .expect("of the site")
            .to_owned();
        truth.pages.entry(kind).or_default().insert(path);
    }
    for news in &delivered.brief.news {
        truth.events.extend(match news {
            News::Outage(_) => Some("outage"),
            News::SitemapLost { .. } => Some("sitemap lost"),
            News::Found { title, .. } if title.contains("slow") => Some("slow"),
            News::Resolved { title, .. } if title.contains("slow") => Some("fast"),
            News::Found { .. } => Some("another finding"),
            _ => None,
        });
    }
    truth
}

/// Hits, false alarms and misses by kind of change.
#[derive(Debug, Default)]
struct Rating(BTreeMap<String, [usize; 3]>);

impl Rating {
    fn add(&mut self, truth: &Truth, said: &Truth) {
        let none = BTreeSet::new();
        let kinds: BTreeSet<_> = truth.pages.keys().chain(said.pages.keys()).collect();
        for kind in kinds {
            let (wanted, found) = (truth.pages.get(kind), said.pages.get(kind));
            let (wanted, found) = (wanted.unwrap_or(&none), found.unwrap_or(&none));
            let of = self.0.entry((*kind).to_owned()).or_default();
            of[0] += wanted.intersection(found).count();
            of[1] += found.difference(wanted).count();
            of[2] += wanted.difference(found).count();
        }
        for event in truth.events.union(&said.events) {
            let of = self.0.entry((*event).to_owned()).or_default();
            let at = match (truth.events.contains(event), said.events.contains(event)) {
                (true, true) => 0,
                (false, _) => 1,
                (true, false) => 2,
            };
            of[at] += 1;
        }
    }

    /// The worst of precision and recall over the kinds.
    fn worst(&self) -> f64 {
        let shares = self
            .0
            .values()
            .map(|[hits, alarms, misses]| *hits as f64 / (hits + alarms.max(misses)).max(1) as f64);
        shares.fold(1.0, f64::min)
    }
}

/// The subjects of the twelve weeks; none where nothing is sent.
const SUBJECTS: [Option<&str>; 12] = [
    Some("shop: 2 pages failing"),
    None,
    Some("shop: 1 page newly failing in /shop/, 1 gate failed, 3 pages gone in /blog/"),
    Some("shop: the whole site answered 502 for 9 to 27 s"),
    None,
    Some("shop: 40 pages moved from /help/ to /support/, the sitemap is gone"),
    Some("shop: 1 recovered in /shop/, 3 pages new in /blog/"),
    Some("shop: 1 page newly failing, 1 gate failed"),
    Some("shop: 1 recovered"),
    Some("shop: 6 pages newly failing in /shop/"),
    Some("shop: pages that answer slowly (20 pages), 6 recovered in /shop/"),
    None,
];

#[tokio::test(start_paused = true)]
async fn a_quarter_of_weekly_reports_tells_what_changed_and_nothing_else() {
    let replay = Replay::new(&["new-5xx > 0"]);
    let (mut rating, mut before, mut subjects) = (Rating::default(), None, Vec::new());
    let (mut shown, mut wrong) = (String::new(), String::new());
    let (mut events, mut messages) = (Vec::new(), Vec::new());
    for (number, week) in (0..).zip(quarter()) {
        let told = replay.week(number, week.clone()).await;
        if let Some(before) = &before {
            let (truth, said) = (week.truth(before), said(&told.delivered));
            if truth != said {
                let _ = writeln!(wrong, "week {}: {truth:?}, but said {said:?}", number + 1);
            }
            rating.add(&truth, &said);
            let fails = !truth
                .pages
                .get("new")
                .is_none_or(|new| new.iter().all(|path| week.soft.contains(path)));
            let gate = told.delivered.gates[0].result;
            assert_eq!(gate == GateStatus::Failed, fails, "week {}", number + 1);
        }
        // Findings have an age.
        let of_week = |rule: &str| {
            let all = told.delivered.summary.findings.iter();
            let ages = all
                .filter(|found| found.rule.id() == rule)
                .map(|found| found.runs);
            ages.max()
        };
        assert_eq!(
            of_week("persistent_cluster"),
            u32::try_from(number + 1).ok()
        );
        assert_eq!(
            of_week("slow_pages"),
            match number {
                10 => Some(1),
                11 => Some(2),
                _ => None,
            }
        );
        // Verdicts: the dead are dead, and nobody else is but in the outage.
        let pages = &told.delivered.summary.pages;
        let dead = pages.with_verdict(Verdict::Persistent);
        assert_eq!(
            dead as usize,
            week.broken().len(),
            "week {}: {pages:?}",
            number + 1
        );
        let doubtful =
            pages.with_verdict(Verdict::Intermittent) + pages.with_verdict(Verdict::Unconfirmed);
        assert!(
            doubtful as usize <= week.flaky.len(),
            "week {}: {pages:?}",
            number + 1
        );
        let _ = write!(shown, "Week {}", number + 1);
        match &told.message {
            None => shown.push_str(": nothing is sent.\n\n"),
            Some(message) => {
                let text = message.text();
                let first: Vec<&str> = text.lines().take(5).collect();
                let _ = write!(
                    shown,
                    "\n\n    Subject: {}\n\n    {}\n\n",
                    message.title(),
                    first.join("\n    ")
                );
            }
        }
        events.push(told.ended);
        subjects.push(told.message.as_ref().map(|message| message.subject.clone()));
        messages.extend(told.message);
        before = Some(week);
    }
    // The mail server is a real one, so time is real from here on.
    tokio::time::resume();
    let mails = replay.mailed(&events).await;
    for (number, mail) in (1..).zip(&mails) {
        kept(number, mail);
    }
    let subjects: Vec<Option<&str>> = subjects.iter().map(Option::as_deref).collect();
    assert_eq!(subjects, SUBJECTS);
    assert!(rating.worst() >= 0.98, "{rating:?}\n{wrong}");
    in_documents(&shown);
    // What arrives is what was composed.
    assert_eq!(mails.len(), messages.len());
    for (mail, message) in mails.iter().zip(&messages) {
        assert_eq!(mail.header("Subject"), message.title());
        assert_eq!(
            mail.part("text/plain").trim_end(),
            message.text().trim_end()
        );
        let page = schedule::notify::html(message).expect("HTML");
        assert_eq!(mail.part("text/html").trim_end(), page.trim_end());
    }
}

/// Keeps a mail and its parts where the environment says, for somebody who wants to look at them.
fn kept(number: u32, mail: &Mail) {
    let Some(to) = std::env::var_os("GATECRAWL_WRITE_MAILS") else {
        return;
    };
    let path = Path::new(&to).join(format!("mail-{number:02}"));
    let files = [
        ("eml", mail.0.clone()),
        ("html", mail.part("text/html")),
        ("txt", mail.part("text/plain")),
    ];
    for (ending, text) in files {
        fs::write(path.with_extension(ending), text).expect("written");
    }
}

/// Checks that docs/weekly.md shows these mails, or writes them.
fn in_documents(shown: &str) {
    const BEGIN: &str = "<!-- mails: written by the test `replay` -->\n\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/weekly.md");
    let text = fs::read_to_string(&path).expect("the document");
    let (head, old) = text.split_once(BEGIN).expect("the mark");
    if std::env::var_os("GATECRAWL_WRITE_DOCS").is_some() {
        fs::write(
            &path,
            format!("{head}{BEGIN}{}", shown.trim_end().to_owned() + "\n"),
        )
        .expect("written");
    } else {
        assert_eq!(
            old.trim_end(),
            shown.trim_end(),
            "GATECRAWL_WRITE_DOCS=1 writes it"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_all_but_the_home_page_is_one_outage_and_says_so() {
    let replay = Replay::new(&[]);
    let fine = Week::default();
    replay.week(0, fine.clone()).await;
    let down = Week {
        down: Some((12, 32)),
        home_is_cached: true,
        ..fine
    };
    let told = replay.week(1, down).await.message.expect("a message");
    let start = "shop: the whole site but the home page answered 502 for ";
    assert!(told.subject.starts_with(start), "{}", told.text());
    let outages = told
        .findings
        .iter()
        .filter(|found| found.title == "An outage");
    assert_eq!(outages.count(), 1, "{}", told.text());
}

/// Weeks in which nothing changes and 25 pages fail 15 % of the time: the alarms by mail and by gate.
async fn unchanged(weeks: u64) -> (Vec<String>, usize) {
    let replay = Replay::new(&["new-5xx > 0"]);
    let flaky = pages("shop", 0..25);
    let (mut mails, mut gates) = (Vec::new(), 0);
    for number in 0..weeks {
        let week = Week {
            flaky: flaky.clone(),
            ..Week::default()
        };
        let told = replay.week(number, week).await;
        if number == 0 {
            continue;
        }
        mails.extend(told.message.map(|message| message.subject));
        gates += usize::from(told.delivered.gates[0].result == GateStatus::Failed);
    }
    (mails, gates)
}

#[tokio::test(start_paused = true)]
async fn weeks_in_which_nothing_changes_but_flaky_pages_are_silent() {
    assert_eq!(unchanged(12).await, (Vec::new(), 0));
}

/// Weeks in which one false alarm is allowed, of mails and of gates.
const RARELY: usize = 40;

#[tokio::test(start_paused = true)]
#[ignore = "a minute of computing: sixty weeks; docs/weekly.md has its command and what it counts"]
async fn sixty_unchanged_weeks_bring_hardly_an_alarm() {
    let (mails, gates) = unchanged(60).await;
    let told = format!("{} mails {mails:?}, {gates} gates", mails.len());
    assert!(mails.len() * RARELY <= 60 && gates * RARELY <= 60, "{told}");
    // Shown with --nocapture.
    let _ = writeln!(std::io::stdout(), "{told}");
}
