//! Hosts with several IP addresses: what is wrong at one of them is found although no page of the crawl fails.

use super::*;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

/// A start page, another page, and a host with two IP addresses of which the crawl uses the first.
fn two_addresses() -> Crawl {
    let start = [links(&["/a"])];
    let plan = CrawlPlan {
        experiments: ExperimentPlan::default(),
        ..plan()
    };
    let mut crawl = Crawl::new(plan, &[("/", &start), ("/a", &[page("a page")])]);
    crawl.script.addresses = vec![HERE, THERE];
    crawl.script.remote = Some((HERE, 80).into());
    crawl
}

fn unanswered(outcome: Outcome) -> Reply {
    Reply {
        outcome,
        status: 0,
        ..page("")
    }
}

impl Crawl {
    async fn audited(mut self) -> Crawl {
        assert_eq!(self.run_fresh().await, Ended::Finished);
        self
    }

    /// Requests of experiments: IP address of the page, of its host, outcome.
    fn tried(&self) -> Vec<String> {
        let rows = self.rows(
            Table::Attempts,
            &["Purpose", "Address", "Remote IP", "Outcome"],
        );
        let tried = rows
            .iter()
            .filter_map(|row| row.strip_prefix("probe:address | "));
        tried.map(str::to_owned).collect()
    }

    fn found(&self) -> Vec<String> {
        self.rows(Table::Findings, &["Rule", "Severity", "Cause"])
    }
}

#[tokio::test(start_paused = true)]
async fn a_healthy_host_costs_one_request_for_each_of_several_addresses() {
    let crawl = two_addresses().audited().await;
    let requests = crawl.script.requests.lock().unwrap();
    let [.., before, first, second] = requests.as_slice() else {
        panic!("{requests:?}");
    };
    assert_eq!(
        [first.1.address, second.1.address],
        [Some(HERE), Some(THERE)]
    );
    // At the crawl's own pace.
    assert!(second.0 - before.0 < Duration::from_secs(1));
    assert_eq!(crawl.tried().len(), 2);
    assert_eq!(crawl.found(), [""; 0]);
    let events = crawl.events.lock().unwrap();
    assert!(!events.iter().any(|it| it.starts_with("experimenting")));
}

#[tokio::test(start_paused = true)]
async fn a_host_with_one_address_costs_nothing() {
    let mut crawl = two_addresses();
    crawl.script.addresses = vec![HERE];
    assert_eq!(crawl.audited().await.tried(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_fails_is_found_and_the_pages_stay_fine() {
    type Edge = fn(&Request) -> Option<Reply>;
    let cases: [(Edge, &str, &str); 4] = [
        (
            |request| {
                let mut closed = error(503);
                closed.outcome = Outcome::Server503RetryAfter;
                closed.headers.push(("retry-after", "3600".to_owned()));
                (request.address == Some(THERE)).then_some(closed)
            },
            "server_503_retry_after",
            "address_down | error | upstream_down",
        ),
        (
            |request| {
                let there = request.address == Some(THERE);
                there.then(|| unanswered(Outcome::ConnectRefused))
            },
            "connect_refused",
            "address_down | warning | upstream_down",
        ),
        (
            |request| {
                let there = request.address == Some(THERE);
                there.then(|| unanswered(Outcome::TlsName))
            },
            "tls_name",
            "address_down | error | tls",
        ),
        (
            |request| {
                let there = request.address == Some(THERE);
                there.then(|| unanswered(Outcome::ConnectTimeout))
            },
            "connect_timeout",
            "address_down | warning | network",
        ),
    ];
    for (edge, outcome, finding) in cases {
        let mut crawl = two_addresses();
        crawl.script.edge = Some(edge);
        let crawl = crawl.audited().await;
        let expected = [
            "/ | 192.0.2.1 | ok_html".to_owned(),
            format!("/ | 192.0.2.2 | {outcome}"),
            format!("/ | 192.0.2.2 | {outcome}"),
            "/ | 192.0.2.1 | ok_html".to_owned(),
        ];
        assert_eq!(crawl.tried(), expected);
        assert_eq!(crawl.found(), [finding], "{outcome}");
        let pages = crawl.rows(Table::Pages, &["Address", "Verdict", "Attempts"]);
        assert_eq!(pages, ["/ | ok | 1", "/a | ok | 1"]);
    }
}

#[tokio::test(start_paused = true)]
async fn failures_at_an_address_are_a_second_apart() {
    let mut crawl = two_addresses();
    crawl.script.edge = Some(|request| (request.address == Some(THERE)).then(|| error(502)));
    let crawl = crawl.audited().await;
    assert_eq!(
        crawl.found(),
        ["address_down | error | upstream_down"],
        "{:?}",
        crawl.tried()
    );
    let requests = crawl.script.requests.lock().unwrap();
    let there = requests.iter().filter(|it| it.1.address == Some(THERE));
    let there: Vec<Instant> = there.map(|it| it.0).collect();
    assert!(there[1] - there[0] >= Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn no_way_there_and_no_answer_anywhere_are_no_fault_of_an_address() {
    let mut no_route = two_addresses();
    no_route.script.edge = Some(|request| {
        let there = request.address == Some(THERE);
        there.then(|| unanswered(Outcome::ConnectUnreachable))
    });
    let mut all_down = two_addresses();
    all_down.script.edge = Some(|request| request.address.map(|_| error(502)));
    let mut no_v6 = two_addresses();
    no_v6.script.addresses = vec![HERE, "2001:db8::1".parse().unwrap()];
    no_v6.script.edge = Some(|request| {
        let v6 = request.address.is_some_and(|address| address.is_ipv6());
        v6.then(|| unanswered(Outcome::ConnectTimeout))
    });
    for (crawl, requests) in [(no_route, 2), (all_down, 2), (no_v6, 4)] {
        let crawl = crawl.audited().await;
        assert_eq!(crawl.tried().len(), requests, "{:?}", crawl.tried());
        assert_eq!(crawl.found(), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn pages_that_always_fail_at_the_address_of_the_crawl_are_no_second_finding() {
    let mut crawl = two_addresses();
    crawl.script.edge = Some(|request| {
        let is_page = request.url.path_and_query() == "/";
        (is_page && request.address != Some(THERE)).then(|| error(502))
    });
    crawl.run_fresh().await;
    let tried = crawl.tried();
    assert_eq!(tried.len(), 4, "{tried:?}");
    assert_eq!(
        crawl.found(),
        ["address_down | error | upstream_down"],
        "{tried:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn addresses_are_tried_once_by_all_processes_of_a_run_and_do_not_move_its_hosts() {
    let mut crawl = two_addresses();
    crawl.script.edge = Some(|request| {
        let there = request.address == Some(THERE);
        there.then(|| unanswered(Outcome::ConnectRefused))
    });
    let mut crawl = crawl.audited().await;
    assert_eq!(crawl.tried().len(), 4);
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    assert_eq!(crawl.tried().len(), 4);
    let reached = crawl.store.reached(crawl.run).unwrap();
    let addresses: Vec<&IpAddr> = reached.values().flatten().collect();
    assert_eq!(addresses, [&HERE], "nobody answered at the other");
}

#[tokio::test(start_paused = true)]
async fn the_addresses_of_twenty_hosts_are_tried_and_none_of_localhost() {
    let seeds = (0..25).map(|n| url(&format!("http://h{n}.test/")));
    let here = url("http://localhost:81/");
    let mut crawl = two_addresses();
    crawl.plan.scope.seeds = std::iter::once(here).chain(seeds).collect();
    crawl.script.edge = Some(|request| {
        let home = request.url.path_and_query() == "/";
        home.then(|| page("a page"))
    });
    let crawl = crawl.audited().await;
    let tried = crawl.tried();
    // Of the first twenty hosts one is this machine.
    assert_eq!(tried.len(), 19 * 2, "{tried:?}");
    assert!(!tried.iter().any(|row| row.contains("localhost")));
}
