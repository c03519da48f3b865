//! Decisions of a crawl, without tasks, sockets or waiting.

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::crawl::event::Event;
use crate::crawl::tests::plan;
use crate::crawl::visit::{Brought, series::Probed};
use crate::frontier::{Discovery, Lease, Settlement, Ticket};
use crate::model::{
    Admission, Attempt, CrawlPlan, ExperimentPlan, Held, HtmlFacts, Link, LinkKind, LinkTarget,
    Network, Outcome, Pace, PageRecord, Position, Purpose, Role, Silence, Timings, Trace, Version,
};
use crate::policy::Tried;
use crate::store::{Change, NewRun, Then, VisitRecord, Writer};

fn at(seconds: u64) -> Moment {
    Moment::from_millis(1_000_000) + Duration::from_secs(seconds)
}

fn url(path: &str) -> CrawlUrl {
    CrawlUrl::parse(&format!("http://site.test{path}")).expect("a URL")
}

fn state_of(plan: CrawlPlan) -> (TempDir, State) {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Store::open(&dir.path().join("runs.db")).expect("made");
    let run = NewRun {
        token: "token",
        site: "site.test",
        plan: &plan,
        started: at(0),
    };
    let run = store.create_run(&run).expect("created");
    let disk = Disk::new(&store, None).expect("looked at");
    let site = Arc::new(Site::new(plan).expect("a site"));
    let parts = (site, store, run);
    let dice = fastrand::Rng::with_seed(1);
    let state = State::new(parts, StoredUrls::default(), disk, dice, at(0));
    (dir, state)
}

fn lease(path: &str, pass: u8) -> Lease {
    Lease {
        ticket: Ticket(7),
        found: Discovery {
            pass,
            ..Discovery::new(url(path), Role::Page)
        },
        slow: false,
        in_flight: 1,
        unsettled: 1,
        pace: Pace {
            interval: Duration::from_millis(100),
            open: 4,
        },
    }
}

fn due(state: &mut State, lease: Lease, second: u64) -> Due {
    state.due(lease, at(second)).expect("a store")
}

fn attempt(outcome: Outcome, started: Moment) -> Attempt {
    let status = (outcome == Outcome::OkHtml).then_some(200);
    Attempt {
        pass: 1,
        purpose: Purpose::Crawl,
        started,
        outcome,
        status,
        status_text: String::new(),
        timings: Timings::default(),
        waited: None,
        wire_bytes: 0,
        remote: status.map(|_| [203, 0, 113, 7].into()),
        version: status.map(|_| Version::Http11),
        reused: false,
        user_agent: "gatecrawl".into(),
        pressure: crate::model::Pressure::default(),
        trace: Trace::default(),
        body_fingerprint: None,
        redirect: None,
        announced: None,
        error_page: None,
    }
}

/// Returns the result of a requested page, with links.
fn brought(path: &str, outcome: Outcome, started: Moment, links: Vec<Link>) -> Brought {
    Brought {
        lease: lease(path, 1),
        attempt: attempt(outcome, started),
        hops: Vec::new(),
        tried: Tried {
            outcome,
            attempts: 1,
            stale_connection: false,
            retry_after: None,
        },
        control: None,
        page: Box::new(PageRecord {
            html: Some(HtmlFacts::default()),
            ..PageRecord::default()
        }),
        links,
        file: None,
        held: Held::default(),
    }
}

fn link(to: &str) -> Link {
    let url = CrawlUrl::parse(to).expect("a URL");
    Link {
        kind: LinkKind::Anchor,
        target: LinkTarget::Url {
            fingerprint: url.fingerprint(),
            url,
            admission: Admission::Fetch(Role::Page),
        },
        anchor: "a link".into(),
        rel: "".into(),
        position: Position::Content,
        follow: true,
    }
}

fn visit(brought: Brought) -> Returned {
    Returned::Visit(Box::new(brought))
}

/// Returns the offered URLs, in order.
fn offered(effects: &[Effect]) -> Vec<String> {
    let offers = effects.iter().filter_map(|effect| match effect {
        Effect::Offer(found) => Some(found),
        _ => None,
    });
    offers
        .flatten()
        .map(|found| found.url.to_string())
        .collect()
}

#[test]
fn a_new_host_is_reported_as_led_to_and_its_robots_txt_comes_first() {
    let mut plan = plan();
    plan.scope.hosts = vec!["other.test".to_owned()];
    let (_dir, mut state) = state_of(plan);
    let links = vec![link("http://site.test/a"), link("http://other.test/b")];
    let brought = brought("/", Outcome::OkHtml, at(1), links);
    let (reaction, first) = state.react(&brought, at(1));
    assert!(first.is_empty() && reaction.again.is_none());
    let effects = state.take_in_visit(brought, &reaction, at(1));
    let led = effects.iter().find_map(|effect| match effect {
        Effect::Led(from, others) => Some((from, others)),
        _ => None,
    });
    let (from, others) = led.expect("it led to another host");
    assert_eq!(*from, url("/").host_key());
    assert_eq!(others.len(), 1);
    assert_eq!(
        offered(&effects),
        [
            "http://site.test/robots.txt",
            "http://site.test/a",
            "http://other.test/robots.txt",
            "http://other.test/b",
        ]
    );
    // Once the new URLs are queued, the visit is stored, and then its body's memory is freed.
    let [.., Effect::Offer(_), handed, Effect::Release(_)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert!(matches!(
        handed,
        Effect::HandOver(Change::Visit(_), Ticket(7), Settlement::Done)
    ));
}

#[test]
fn beyond_max_pages_a_lease_is_skipped() {
    let mut plan = plan();
    plan.scope.max_pages = Some(1);
    let (_dir, mut state) = state_of(plan);
    let Due::Visit(first) = due(&mut state, lease("/", 1), 1) else {
        panic!("it is requested");
    };
    assert!(state.begin(&first, at(0)).is_empty());
    let Due::Skip(skipped, skip, Effect::Settle(Ticket(7), Settlement::Unused)) =
        due(&mut state, lease("/a", 1), 2)
    else {
        panic!("it is skipped");
    };
    assert_eq!(skipped, url("/a"));
    assert_eq!(skip.reason, crate::model::SkipReason::MaxPages);
}

#[test]
fn silent_attempts_wait_until_the_fault_is_known() {
    let (_dir, mut state) = state_of(plan());
    let effects = state.receive(visit(brought("/", Outcome::OkHtml, at(1), vec![])), at(1));
    assert!(matches!(effects.as_slice(), [Effect::TakeIn(..)]));

    let silent = |path| visit(brought(path, Outcome::ConnectTimeout, at(2), vec![]));
    assert!(state.begin(&lease("/a", 1), at(0)).is_empty());
    assert!(state.receive(silent("/a"), at(12)).is_empty(), "it waits");
    assert_eq!(state.waiting(), 1);
    let check = state.next_check_at(true).expect("a check is due");
    assert!(state.witnesses(true, check).is_some());

    let effects = state.learn(Network::Down(Silence::default()), check);
    let [
        Effect::Say(Event::Outage { ended: None, .. }),
        Effect::Store(Change::Outage(_)),
        Effect::Discard(discarded),
    ] = <[Effect; 3]>::try_from(effects).expect("three effects")
    else {
        panic!("the outage is reported and stored, and waiting results are discarded");
    };
    assert!(state.holds_up() && state.waiting() == 0);
    let discarded = state.mark_discarded(discarded);
    let Effect::HandOver(Change::Visit(stored), _, Settlement::Discarded(_)) =
        state.discard(discarded, check)
    else {
        panic!("it is stored, and requested again");
    };
    assert_eq!(stored.attempt.purpose, Purpose::Outage);
    assert_eq!(state.pages, 0, "it was no page of the run");

    let effects = state.learn(Network::Up, at(60));
    assert!(matches!(
        effects.as_slice(),
        [
            Effect::Say(Event::Outage { ended: Some(_), .. }),
            Effect::Store(Change::Outage(_))
        ]
    ));
    assert!(!state.holds_up());
}

/// Returns the state of a crawl that has nothing left but a page that failed.
fn with_a_failed_page(plan: CrawlPlan) -> (TempDir, State) {
    let (dir, state) = state_of(plan);
    let visits = [
        ("/", Outcome::OkHtml),
        ("/a", Outcome::OkHtml),
        ("/b", Outcome::Server502),
    ];
    let changes = visits.into_iter().zip(1..).map(|((path, outcome), n)| {
        let mut attempt = attempt(outcome, at(n));
        attempt.status = Some(if outcome.is_failure() { 502 } else { 200 });
        Change::Visit(Box::new(VisitRecord {
            url: url(path),
            attempt,
            hops: Vec::new(),
            then: Then::Settled {
                page: Box::default(),
                links: vec![link("http://site.test/b")],
                links_depth: Some(1),
                hops: 0,
                file: None,
            },
        }))
    });
    // The store's writer is a task; decisions are not.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let writer = Writer::start(&state.store, state.run).expect("started");
        let named = crate::store::Seed {
            url: url("/"),
            admission: Admission::Fetch(Role::Page),
            named: true,
        };
        assert!(writer.send(Change::Seeds(vec![named]), 0).await);
        for change in changes {
            assert!(writer.send(change, 0).await);
        }
        writer.close().await.expect("stored");
    });
    (dir, state)
}

#[test]
fn a_pass_is_announced_paced_and_reopened() {
    let mut plan = plan();
    plan.confirm.delays = vec![Duration::from_secs(15)];
    plan.confirm.budget = Duration::from_mins(10);
    let (_dir, mut state) = with_a_failed_page(plan);
    let effects = state.confirm(at(10)).expect("read").expect("a pass");
    let [
        Effect::Say(Event::Confirming {
            pass: 2,
            failing: 1,
            ..
        }),
        Effect::Slow(host, pace),
        Effect::Reopen(found, 2),
    ] = effects.as_slice()
    else {
        panic!("{effects:?}");
    };
    assert_eq!(*host, url("/").host_key());
    assert!(pace.interval >= Duration::from_millis(100));
    assert!(found.iter().any(|it| it.url == url("/b") && it.pass == 2));
}

#[test]
fn an_experiment_is_made_once_and_its_host_is_paused_afterwards() {
    let mut plan = plan();
    plan.confirm.delays = Vec::new();
    plan.experiments = ExperimentPlan {
        enabled: true,
        cache: false,
    };
    let (_dir, mut state) = with_a_failed_page(plan);
    let was_at = |_: &CrawlUrl, _: &[std::net::IpAddr]| true;
    let mut work = Vec::new();
    while let Some(effects) = state.next_work(&was_at, at(10)).expect("read") {
        work.extend(effects);
    }
    let [
        Effect::Say(Event::Experimenting {
            clusters: 1,
            urls: 1,
            ..
        }),
        Effect::Slow(..),
        Effect::Offer(found),
    ] = work.as_slice()
    else {
        panic!("{work:?}");
    };
    let [found, fine] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(
        (&fine.url, fine.not_before),
        (&url("/"), found.not_before),
        "its turn comes after that of what fails"
    );
    let lease_of_fine = lease("/", fine.pass);
    let lease = Lease {
        found: found.clone(),
        ..lease("/b", found.pass)
    };
    let Due::Series(lease, _) = due(&mut state, lease, 20) else {
        panic!("a series begins");
    };
    let probed = Probed {
        lease: *lease,
        attempts: vec![attempt(Outcome::Server502, at(20))],
    };
    let effects = state.take_in_series(probed, at(21));
    let [
        Effect::Park(host, until),
        Effect::HandOver(Change::Probed(failing, _), _, Settlement::Done),
    ] = effects.as_slice()
    else {
        panic!("{effects:?}");
    };
    assert_eq!((host, failing), (&url("/b").host_key(), &url("/b")));
    assert!(*until > at(21));

    // A host with a single IP address gets no experiment at its IP addresses.
    let lease = Lease {
        found: fine.clone(),
        ..lease_of_fine
    };
    let Due::Series(lease, _) = due(&mut state, lease, 30) else {
        panic!("its addresses are looked up");
    };
    let probed = Probed {
        lease: *lease,
        attempts: Vec::new(),
    };
    let effects = state.take_in_series(probed, at(30));
    let [Effect::Settle(_, Settlement::Done)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
}
