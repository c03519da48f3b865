//! The run of the tests: a small shop with failures, redirects and URLs that are not fetched.

use crate::model::{
    Admission, CrawlPlan, Link, LinkKind, LinkTarget, Moment, Outcome, Position, Role, Skip,
    SkipReason,
};
use crate::store::{Change, NewRun, RunId, RunState, Seed, Store, Writer};

use super::visits::{START, Story, link, skip, to, url};

const PLAN: &str = r#"{
    "scope": {
        "seeds": ["https://shop.example/"], "coverage": "site", "hosts": [], "subdomains": false,
        "include": [], "exclude": ["/cart"], "max_depth": null, "max_pages": 1000,
        "resources": true, "external": true, "follow_nofollow": false, "ignore_robots": false,
        "ignore_params": ["utm_*"], "sitemaps": {"discovered": []}, "max_queries_per_path": 100,
        "select": ["Price=span.price", "+SKU=b[itemprop=sku]@content"]
    },
    "pace": {"concurrency": 4, "rate": 5.0, "delay": {"secs": 0, "nanos": 0}, "retries": 2},
    "requests": {
        "user_agent": "gatecrawl", "robots_agents": ["gatecrawl"],
        "first_byte": {"secs": 20, "nanos": 0}, "connect": {"secs": 10, "nanos": 0},
        "body_idle": {"secs": 10, "nanos": 0}, "max_body": 15728640
    }
}"#;

pub(super) fn exports() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

pub(super) fn begin(store: &Store) -> RunId {
    let plan: CrawlPlan = serde_json::from_str(PLAN).expect("a plan");
    let run = NewRun {
        token: "token",
        site: "shop.example",
        plan: &plan,
        started: Moment::from_millis(START),
    };
    store.create_run(&run).expect("created")
}

pub(super) async fn stored() -> (tempfile::TempDir, Store) {
    let dir = exports();
    let store = Store::open(&dir.path().join("runs.db")).expect("made");
    let run = begin(&store);
    store_changes(&store, run, changes()).await;
    let ended = Moment::from_millis(START + 60_000);
    store
        .end_run(run, RunState::Interrupted, ended)
        .expect("marked");
    (dir, store)
}

/// Stores the changes.
pub(super) async fn store_changes(store: &Store, run: RunId, changes: Vec<Change>) {
    let writer = Writer::start(store, run).expect("started");
    for change in changes {
        assert!(writer.send(change, 0).await);
    }
    writer.close().await.expect("stored");
}

/// Returns a start page, or its robots.txt.
pub(super) fn seed(path: &str, named: bool) -> Seed {
    let role = if named { Role::Page } else { Role::Robots };
    Seed {
        url: url(path),
        admission: Admission::Fetch(role),
        named,
    }
}

/// Returns the changes of the crawl, one paragraph for each visit.
fn changes() -> Vec<Change> {
    let mut story = Story::default();

    let seeds = vec![seed("/robots.txt", false), seed("/", true)];
    story.changes.push(Change::Seeds(seeds));
    story.robots();
    story.sitemap();

    let mut home = vec![
        link("/a", LinkKind::Anchor, "A product"),
        link("/a", LinkKind::Anchor, "A product, again"),
        link(
            "/b",
            LinkKind::Anchor,
            "=HYPERLINK(\"http://evil.example\")",
        ),
        link("/old", LinkKind::Anchor, "Old, \"quoted\""),
        link("/loop1", LinkKind::Anchor, "Loop"),
        link("/waiting", LinkKind::Anchor, ""),
        link("/late", LinkKind::Anchor, ""),
        to(
            "https://xn--bcher-kva.example/",
            LinkKind::Anchor,
            "Books",
            Admission::Fetch(Role::External),
        ),
        to(
            "https://shop.example/logo.png",
            LinkKind::Image,
            "Logo",
            Admission::Fetch(Role::Resource),
        ),
        to(
            "https://shop.example/cart",
            LinkKind::Anchor,
            "Cart",
            skip(SkipReason::Scope, "exclude /cart"),
        ),
        to(
            "https://shop.example/private",
            LinkKind::Anchor,
            "",
            skip(SkipReason::Robots, "line 2: Disallow: /private"),
        ),
    ];
    home[1].position = Position::Footer;
    home[2].follow = false;
    home[2].rel = "nofollow".into();
    home.push(Link {
        target: LinkTarget::Invalid {
            text: "http://[broken".to_owned(),
            fault: "invalid IPv6 address".to_owned(),
        },
        ..link("/", LinkKind::Anchor, "")
    });
    story.page("/", "Shop", home);

    story.fails("/a", Outcome::Server502);
    story.fails("/a", Outcome::Server502);
    story.page(
        "/a",
        "@SUM(1)",
        vec![
            link("/", LinkKind::Anchor, "Home"),
            link("/b", LinkKind::Canonical, ""),
        ],
    );

    story.fails("/b", Outcome::Server503RetryAfter);
    story.fails("/b", Outcome::Server503RetryAfter);
    story.gives_up("/b", Outcome::Server503RetryAfter);

    story.redirects("/old", "/new");
    story.page("/new", "New\nhome", vec![]);
    story.redirects("/loop1", "/loop2");
    story.redirects("/loop2", "/loop1");
    story.gives_up("https://xn--bcher-kva.example/", Outcome::ConnectRefused);
    story.page("/logo.png", "", vec![]);
    story.fails("/waiting", Outcome::Server502);
    story.changes.push(Change::Skipped(vec![(
        url("/late"),
        Skip::new(SkipReason::HostDown, "too many failures in a row"),
    )]));
    story.changes
}
