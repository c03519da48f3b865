//! The store: writing what pages brought, and concluding a run.

use std::time::Duration;

use divan::Bencher;
use divan::counter::ItemsCount;
use gatecrawl::model::{
    Admission, Attempt, CrawlPlan, CrawlUrl, HtmlFacts, Indexability, Link, LinkCounts, LinkKind,
    LinkTarget, Moment, Outcome, PageRecord, Position, Pressure, Purpose, Role, Timings, Trace,
    Version,
};
use gatecrawl::store::{Change, NewRun, RunId, RunState, Seed, Store, Then, VisitRecord, Writer};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) const PAGES: usize = 2_000;
const LINKS: usize = 60;

const PLAN: &str = r#"{
    "scope": {
        "seeds": ["https://shop.example/"], "coverage": "site", "hosts": [], "subdomains": false,
        "include": [], "exclude": [], "max_depth": null, "max_pages": 1000000,
        "resources": false, "external": false, "follow_nofollow": false, "ignore_robots": false,
        "ignore_params": [], "sitemaps": {"discovered": []}, "max_queries_per_path": 100,
        "select": []
    },
    "pace": {"concurrency": 4, "rate": 5.0, "delay": {"secs": 0, "nanos": 0}, "retries": 2},
    "requests": {
        "user_agent": "gatecrawl", "robots_agents": ["gatecrawl"],
        "first_byte": {"secs": 20, "nanos": 0}, "connect": {"secs": 10, "nanos": 0},
        "body_idle": {"secs": 10, "nanos": 0}, "max_body": 15728640
    }
}"#;

/// Attempts, pages and links in the database.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn write(bencher: Bencher) {
    let (runtime, visits) = (runtime(), visits());
    bencher
        .counter(ItemsCount::new(PAGES))
        .with_inputs(|| (begun(), visits.clone()))
        .bench_local_values(|((dir, store, run), visits)| {
            runtime.block_on(tell(&store, run, visits));
            dir
        });
}

/// Depths, inlinks, scores and verdicts of the whole run.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn conclude(bencher: Bencher) {
    bencher
        .counter(ItemsCount::new(PAGES))
        .with_inputs(written)
        .bench_local_refs(|(_dir, store, run)| store.conclude(*run).expect("a disk"));
}

/// A run of [`PAGES`] pages, not concluded.
pub(crate) fn written() -> (TempDir, Store, RunId) {
    let (dir, store, run) = begun();
    runtime().block_on(tell(&store, run, visits()));
    let ended = Moment::from_millis(60_000);
    store
        .end_run(run, RunState::Finished, ended)
        .expect("a disk");
    (dir, store, run)
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
}

fn begun() -> (TempDir, Store, RunId) {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Store::open(&dir.path().join("runs.db")).expect("a disk");
    let plan: CrawlPlan = serde_json::from_str(PLAN).expect("a plan");
    let run = store
        .create_run(&NewRun {
            token: "token",
            site: "shop.example",
            plan: &plan,
            started: Moment::from_millis(0),
        })
        .expect("a disk");
    (dir, store, run)
}

async fn tell(store: &Store, run: RunId, changes: Vec<Change>) {
    let writer = Writer::start(store, run).expect("a disk");
    for change in changes {
        assert!(writer.send(change, 0).await, "the writer stopped");
    }
    writer.close().await.expect("a disk");
}

fn visits() -> Vec<Change> {
    let seed = Seed {
        url: url(0),
        admission: Admission::Fetch(Role::Page),
        named: true,
    };
    let mut changes = vec![Change::Seeds(vec![seed])];
    changes.extend((0..PAGES).map(|page| {
        Change::Visit(Box::new(VisitRecord {
            url: url(page),
            attempt: attempt(page),
            hops: vec![],
            then: Then::Settled {
                page: Box::new(record(page)),
                // One link leads on to the next page, the others anywhere.
                links: (0..LINKS)
                    .map(|link| to((page + 1 + link * link * 7) % PAGES))
                    .collect(),
                links_depth: Some(1),
                hops: 0,
                file: None,
            },
        }))
    }));
    changes
}

fn url(page: usize) -> CrawlUrl {
    let text = format!(
        "https://shop.example/section-{}/page-{page}.html",
        page / 50
    );
    CrawlUrl::parse(&text).expect("a URL")
}

fn to(page: usize) -> Link {
    let url = url(page);
    Link {
        kind: LinkKind::Anchor,
        target: LinkTarget::Url {
            fingerprint: url.fingerprint(),
            url,
            admission: Admission::Fetch(Role::Page),
        },
        anchor: format!("Page {page}").into(),
        rel: String::new().into(),
        position: Position::Content,
        follow: true,
    }
}

fn record(page: usize) -> PageRecord {
    PageRecord {
        content_type: Some("text/html; charset=utf-8".to_owned()),
        size: 25_600,
        response_time: Duration::from_millis(20),
        indexability: Indexability::Indexable,
        html: Some(HtmlFacts {
            title: Some(format!("Red shoes, page {page}")),
            language: Some("en".to_owned()),
            text_hash: page as u64,
            links: LinkCounts {
                internal: LINKS as u32,
                unique_internal: LINKS as u32,
                external: 0,
            },
            ..HtmlFacts::default()
        }),
        ..PageRecord::default()
    }
}

fn attempt(page: usize) -> Attempt {
    Attempt {
        pass: 1,
        purpose: Purpose::Crawl,
        started: Moment::from_millis(page as i64 * 10),
        outcome: Outcome::OkHtml,
        status: Some(200),
        status_text: "OK".to_owned(),
        timings: Timings {
            first_byte: Some(Duration::from_millis(15)),
            total: Duration::from_millis(20),
            ..Timings::default()
        },
        waited: None,
        wire_bytes: 25_600,
        remote: "203.0.113.7".parse().ok(),
        version: Some(Version::Http11),
        reused: true,
        user_agent: "gatecrawl".into(),
        pressure: Pressure {
            in_flight: 4,
            rate: None,
        },
        trace: Trace {
            server: Some("nginx".to_owned()),
            ..Trace::default()
        },
        body_fingerprint: Some(page as u64),
        redirect: None,
        announced: None,
        error_page: None,
    }
}
