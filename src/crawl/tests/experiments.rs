//! Experiments on failing URLs: which are made, how slowly, and that they are not evidence.

use super::*;

fn experimenting() -> CrawlPlan {
    CrawlPlan {
        experiments: ExperimentPlan {
            enabled: true,
            cache: false,
        },
        ..plan()
    }
}

/// A start page that leads to these, and what they answer.
fn site<'a>(start: &'a [Reply], pages: &[(&'a str, &'a [Reply])]) -> Vec<(&'a str, &'a [Reply])> {
    let mut answers = vec![("/", start)];
    answers.extend_from_slice(pages);
    answers
}

/// An edge that admits only browsers.
fn browsers_only(request: &Request) -> Option<Reply> {
    let path = request.url.path_and_query();
    if !path.starts_with("/blocked") {
        return None;
    }
    Some(match request.guise {
        Some(_) => page("a page for people"),
        None => error(502),
    })
}

impl Crawl {
    /// Experiments on a path in order: purpose and outcome.
    fn experiments(&self, path: &str) -> Vec<String> {
        let rows = self.rows(Table::Attempts, &["Address", "Purpose", "Outcome"]);
        let prefix = format!("{path} | probe:");
        let rows = rows.into_iter().filter(|row| row.starts_with(&prefix));
        rows.map(|row| row[path.len() + " | probe:".len()..].to_owned())
            .collect()
    }

    fn probe_count(&self) -> usize {
        let rows = self.rows(Table::Attempts, &["Purpose"]);
        rows.iter().filter(|row| row.starts_with("probe:")).count()
    }

    async fn finish(mut self) -> Crawl {
        assert_eq!(self.run_fresh().await, Ended::Finished);
        self
    }
}

#[tokio::test(start_paused = true)]
async fn a_block_of_crawlers_is_told_from_a_fault_of_the_server() {
    let start = [links(&["/blocked", "/dead"])];
    let mut crawl = Crawl::new(experimenting(), &site(&start, &[("/dead", &[error(500)])]));
    crawl.script.edge = Some(browsers_only);
    let crawl = crawl.finish().await;
    assert_eq!(
        crawl.experiments("/blocked"),
        [
            "alone | server_502",
            "browser | ok_html",
            "alone | server_502",
            "browser | ok_html",
            "alone | server_502",
            "browser | ok_html",
            "alone | server_502"
        ],
        "what a browser explains needs no other way"
    );
    assert_eq!(
        crawl.experiments("/dead"),
        [
            "alone | server_500",
            "browser | server_500",
            "identity | server_500",
            "alone | server_500"
        ]
    );
    let columns = [
        "Address",
        "Status Code",
        "Verdict",
        "Attempts",
        "Error Rate",
    ];
    assert_eq!(
        crawl.rows(Table::Pages, &columns)[1..],
        [
            "/blocked | 502 | unconfirmed | 3 | 1",
            "/dead | 500 | unconfirmed | 2 | 1",
        ],
        "experiments are no evidence"
    );
    let columns = ["Purpose", "Pass", "In Flight", "Rate", "User Agent"];
    let rows = crawl.rows(Table::Attempts, &columns);
    let browser = rows.iter().find(|row| row.starts_with("probe:browser"));
    let expected = "probe:browser | 2 | 1 | 1 | Mozilla/5.0";
    assert!(browser.unwrap().starts_with(expected), "{rows:?}");
    assert!(rows.contains(&"probe:alone | 2 | 1 | 1 | gatecrawl".to_owned()));
    let events = crawl.events.lock().unwrap();
    assert!(
        events.contains(&"experimenting 2 2".to_owned()),
        "{events:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn every_request_of_an_experiment_is_announced_before_the_series_is_over() {
    let start = [links(&["/dead"])];
    let crawl = Crawl::new(experimenting(), &site(&start, &[("/dead", &[error(500)])]));
    let crawl = crawl.finish().await;
    let events = crawl.events.lock().unwrap();
    let first = events
        .iter()
        .position(|event| event.starts_with("experimenting"));
    let ways = ["alone", "browser", "identity", "alone"];
    let (announced, made) = events[first.expect("experiments") + 1..].split_at(ways.len());
    assert_eq!(made, ways.map(|_| "/dead server_500"));
    let announced = announced.iter().map(|event| {
        let (way, sent) = event.rsplit_once(" after ").expect("an announcement");
        (way.to_owned(), sent.parse::<usize>().expect("a number"))
    });
    let (announced, sent): (Vec<String>, Vec<usize>) = announced.unzip();
    assert_eq!(
        announced,
        ways.map(|way| format!("experiment /dead probe:{way}"))
    );
    let all = crawl.script.requests.lock().unwrap().len();
    assert!(
        sent[..3].iter().all(|sent| *sent < all),
        "requests sent before each announcement: {sent:?} of {all}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_summary_counts_no_experiment() {
    let start = [links(&["/blocked"])];
    let mut crawl = Crawl::new(experimenting(), &site(&start, &[]));
    crawl.script.edge = Some(browsers_only);
    let crawl = crawl.finish().await;
    let summary = crawl.store.summary(crawl.run).unwrap();
    assert_eq!(summary.retries, 2);
    assert_eq!(summary.pages.failing(), 1);
    assert_eq!(summary.pages.by_status[&502], 1);
}

#[tokio::test(start_paused = true)]
async fn every_way_is_tried_that_could_make_a_difference() {
    let start = [links(&["/dead?x=1"])];
    let gone = [error(500)];
    let dead = [error(502)];
    let mut with_cache = experimenting();
    with_cache.experiments.cache = true;
    let mut crawl = Crawl::new(
        with_cache,
        &site(&start, &[("/dead?x=1", &dead), ("/dead", &gone)]),
    );
    crawl.script.version = Some(Version::Http2);
    crawl.script.reused = true;
    crawl.script.cookies = true;
    crawl.script.edge = Some(|request| {
        let busting = request.url.path_and_query().contains("gatecrawl-probe");
        busting.then(|| error(500))
    });
    crawl.script.addresses = vec![IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2])];
    let crawl = crawl.finish().await;
    assert_eq!(
        crawl.experiments("/dead?x=1"),
        [
            "alone | server_502",
            "browser | server_502",
            "fresh | server_502",
            "http1 | server_502",
            "address | server_502",
            "address | server_502",
            "cache | server_500",
            "identity | server_502",
            "no-query | server_500",
            "no-cookies | server_502",
            "alone | server_502",
        ]
    );
    assert_eq!(
        crawl.experiments("/"),
        ["address | ok_html", "address | ok_html"],
        "and last a fine page at each address"
    );
    let requests = crawl.script.requests.lock().unwrap();
    let series: Vec<&Request> = requests[requests.len() - 13..requests.len() - 2]
        .iter()
        .map(|it| &it.1)
        .collect();
    assert!(series[1].guise.is_some() && series[0].guise.is_none());
    assert_eq!(series[2].connection, Connection::Fresh);
    assert_eq!(series[3].protocol, Protocol::Http1);
    assert_eq!(series[5].address, Some(IpAddr::from([192, 0, 2, 2])));
    let busted = series[6].url.path_and_query();
    assert!(busted.starts_with("/dead?x=1&gatecrawl-probe="), "{busted}");
    assert_eq!(series[7].coding, Coding::Identity);
    assert_eq!(series[8].url.path_and_query(), "/dead");
    assert_eq!(series[9].cookies, Cookies::Without);
    let patient = series
        .iter()
        .all(|it| it.first_byte_limit == Duration::from_secs(70));
    assert!(patient);
}

#[tokio::test(start_paused = true)]
async fn what_is_fine_again_is_asked_once_more_only() {
    let start = [links(&["/healed"])];
    let healed = [error(500), error(500), page("fine")];
    let crawl = Crawl::new(experimenting(), &site(&start, &[("/healed", &healed)]))
        .finish()
        .await;
    assert_eq!(
        crawl.experiments("/healed"),
        ["alone | ok_html", "alone | ok_html"]
    );
}

#[tokio::test(start_paused = true)]
async fn what_comes_and_goes_is_requested_both_ways_in_any_order() {
    let start = [links(&["/flaky"])];
    let mut flaky = vec![error(500), error(500)];
    // Three looks in the first pass decide, so that there is one in the next.
    flaky.extend([page("fine"), error(500), error(500), error(500)]);
    flaky.extend([page("fine"), page("fine"), error(500)]);
    let mut confirmed = experimenting();
    confirmed.confirm = confirming().confirm;
    let crawl = Crawl::new(confirmed, &site(&start, &[("/flaky", &flaky)]))
        .finish()
        .await;
    let experiments = crawl.experiments("/flaky");
    let kinds: Vec<&str> = experiments
        .iter()
        .map(|it| it.split(' ').next().unwrap())
        .collect();
    let made = |way| kinds.iter().filter(|kind| **kind == way).count();
    assert_eq!((made("alone"), made("browser")), (4, 4), "{experiments:?}");
    assert!(experiments[0].ends_with("| ok_html"), "{experiments:?}");
    let passes = crawl.rows(Table::Pages, &["Address", "Verdict", "Passes"]);
    assert_eq!(passes[1], "/flaky | intermittent | 3");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_recovered_is_left_alone() {
    let start = [links(&["/blip"])];
    let blip = [error(502), page("fine")];
    let crawl = Crawl::new(experimenting(), &site(&start, &[("/blip", &blip)]))
        .finish()
        .await;
    assert_eq!(crawl.probe_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn maintenance_is_hardly_disturbed() {
    let start = [links(&["/shop"])];
    let mut closed = error(503);
    closed.outcome = Outcome::Server503RetryAfter;
    closed.headers.push(("retry-after", "3600".to_owned()));
    let closed = [closed];
    let crawl = Crawl::new(experimenting(), &site(&start, &[("/shop", &closed)]))
        .finish()
        .await;
    assert_eq!(
        crawl.experiments("/shop"),
        [
            "browser | server_503_retry_after",
            "alone | server_503_retry_after"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_tried_with_the_flag_nor_on_other_sites() {
    let start = [links(&["/dead", "http://other.test/"])];
    let dead = [error(500)];
    let pages: &[(&str, &[Reply])] = &[("/dead", &dead), ("http://other.test/", &dead)];
    let mut without = experimenting();
    without.experiments.enabled = false;
    let crawl = Crawl::new(without, &site(&start, pages)).finish().await;
    assert_eq!(crawl.probe_count(), 0);

    let mut with_others = experimenting();
    with_others.scope.external = true;
    let crawl = Crawl::new(with_others, &site(&start, pages)).finish().await;
    assert!(crawl.experiments("http://other.test/").is_empty());
    assert_eq!(crawl.experiments("/dead").len(), 4);
    assert_eq!(crawl.probe_count(), 4);
}

#[tokio::test(start_paused = true)]
async fn three_of_a_kind_are_asked_one_at_a_time_and_one_a_second() {
    let paths: Vec<String> = (0..10).map(|n| format!("/shop/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let (start, dead) = ([links(&paths)], [error(500)]);
    let pages: Vec<(&str, &[Reply])> = paths.iter().map(|path| (*path, &dead[..])).collect();
    let crawl = Crawl::new(experimenting(), &site(&start, &pages))
        .finish()
        .await;
    assert_eq!(crawl.probe_count(), 3 * (4 + 3));
    let requests = crawl.script.requests.lock().unwrap();
    let series: Vec<Instant> = requests
        .iter()
        .rev()
        .take(22)
        .rev()
        .map(|it| it.0)
        .collect();
    for pair in series.windows(2) {
        assert!(pair[1] - pair[0] >= Duration::from_secs(1), "{pair:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn twenty_kinds_of_failure_are_enough() {
    let paths: Vec<String> = (0..30).map(|n| format!("/s{n}/")).collect();
    let targets: Vec<&str> = paths.iter().map(String::as_str).collect();
    let start = [links(&targets)];
    let dead: Vec<[Reply; 1]> = (550..580).map(|status| [error(status)]).collect();
    let pages: Vec<(&str, &[Reply])> = (targets.iter().zip(&dead))
        .map(|(path, dead)| (*path, &dead[..]))
        .collect();
    let crawl = Crawl::new(experimenting(), &site(&start, &pages))
        .finish()
        .await;
    assert_eq!(crawl.probe_count(), 20 * 4);
}

#[tokio::test(start_paused = true)]
async fn failures_that_one_fault_may_explain_get_sixty_requests_at_most() {
    let paths: Vec<String> = (0..30).map(|n| format!("/s{n}/")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let (start, dead) = ([links(&paths)], [error(500)]);
    let pages: Vec<(&str, &[Reply])> = paths.iter().map(|path| (*path, &dead[..])).collect();
    let crawl = Crawl::new(experimenting(), &site(&start, &pages))
        .finish()
        .await;
    let experiments = crawl.probe_count();
    assert!((40..=60).contains(&experiments), "{experiments}");
}

/// One backend of two fails, and a hash of the URL chooses: that of letters escaped.
fn one_of_two(request: &Request) -> Option<Reply> {
    let path = request.url.path_and_query();
    if !path.starts_with("/shop/") {
        return None;
    }
    let escaped = path.matches('%').count();
    Some(if escaped.is_multiple_of(2) {
        error(502)
    } else {
        page("the other backend's page")
    })
}

#[tokio::test(start_paused = true)]
async fn pages_behind_a_hash_of_their_address_are_fine_at_some_other_spellings() {
    let paths: Vec<String> = (0..20).map(|n| format!("/shop/shoe{n}")).collect();
    let mut targets: Vec<&str> = paths.iter().map(String::as_str).collect();
    targets.extend(["/blog/0", "/blog/1"]);
    let (start, fine) = ([links(&targets)], [page("a page")]);
    let pages: Vec<(&str, &[Reply])> = targets.iter().map(|path| (*path, &fine[..])).collect();
    let mut plan = experimenting();
    plan.confirm = confirming().confirm;
    let mut crawl = Crawl::new(plan, &site(&start, &pages));
    crawl.script.edge = Some(one_of_two);
    let crawl = crawl.finish().await;
    assert_eq!(
        crawl.experiments("/shop/shoe0"),
        [
            "alone | server_502",
            "browser | server_502",
            "identity | server_502",
            "spelling | ok_html",
            "spelling | ok_html",
            "spelling | server_502",
            "spelling | ok_html",
            "spelling | server_502",
            "spelling | server_502",
            "alone | server_502",
        ]
    );
    let found = crawl.rows(Table::Findings, &["Rule", "Advice"]);
    assert!(
        found.contains(&"one_backend_down | hashed_backend".to_owned()),
        "{found:?}"
    );
    assert!(
        !found.iter().any(|it| it.starts_with("persistent_cluster")),
        "{found:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn pages_that_fail_only_when_compressed_are_fine_uncompressed() {
    let paths: Vec<String> = (0..60).map(|n| format!("/shop/{n}")).collect();
    let targets: Vec<&str> = paths.iter().map(String::as_str).collect();
    let mut start = links(&targets);
    start
        .body
        .push_str("<a href='/blog/0'>blog</a><a href='/blog/1'>blog</a>");
    let (start, fine) = ([start], [page("a page")]);
    let mut pages: Vec<(&str, &[Reply])> = targets.iter().map(|path| (*path, &fine[..])).collect();
    pages.extend([("/blog/0", &fine[..]), ("/blog/1", &fine[..])]);
    let mut plan = experimenting();
    plan.confirm = confirming().confirm;
    let mut crawl = Crawl::new(plan, &site(&start, &pages));
    crawl.script.edge = Some(|request| {
        let shop = request.url.path_and_query().starts_with("/shop/");
        (shop && request.coding == Coding::Any).then(|| error(502))
    });
    let crawl = crawl.finish().await;
    assert_eq!(
        crawl.experiments("/shop/0"),
        [
            "alone | server_502",
            "browser | server_502",
            "identity | ok_html",
            "alone | server_502",
            "identity | ok_html",
            "alone | server_502",
            "identity | ok_html",
            "alone | server_502",
        ]
    );
    let columns = ["Rule", "Cause", "Advice"];
    assert_eq!(
        crawl.rows(Table::Findings, &columns),
        ["compression_fault | invalid_upstream_response | compression"]
    );
    let evidence = crawl.rows(Table::Findings, &["Evidence"]);
    let words =
        "at failing URLs 9 of 9 requests without compression (Accept-Encoding: identity) were fine";
    assert!(evidence[0].contains(words), "{evidence:?}");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_a_minute_for_a_retry_after() {
    let start = [links(&["/shop"])];
    let mut closed = error(503);
    closed.outcome = Outcome::Server503RetryAfter;
    closed.headers.push(("retry-after", "61".to_owned()));
    let closed = [error(500), error(500), closed];
    let crawl = Crawl::new(experimenting(), &site(&start, &[("/shop", &closed)]))
        .finish()
        .await;
    assert_eq!(
        crawl.experiments("/shop"),
        ["alone | server_503_retry_after"]
    );
}

#[tokio::test(start_paused = true)]
async fn experiments_end_when_their_time_is_over() {
    let paths: Vec<String> = (0..30).map(|n| format!("/s{n}/")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let (start, dead) = ([links(&paths)], [error(500)]);
    let pages: Vec<(&str, &[Reply])> = paths.iter().map(|path| (*path, &dead[..])).collect();
    let mut answers = site(&start, &pages);
    let slow = [text("User-agent: *\nCrawl-delay: 50")];
    answers.push(("/robots.txt", &slow));
    let crawl = Crawl::new(experimenting(), &answers).finish().await;
    let experiments = crawl.probe_count();
    assert!((4..=7).contains(&experiments), "{experiments}");
    let rates = crawl.rows(Table::Attempts, &["Purpose", "Rate"]);
    assert!(
        rates.contains(&"probe:alone | 0.02".to_owned()),
        "{rates:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn interrupted_experiments_go_on_and_are_not_made_twice() {
    let start = [links(&["/a/", "/b/", "/c/"])];
    let dead = [error(500)];
    let pages: &[(&str, &[Reply])] = &[("/a/", &dead), ("/b/", &dead), ("/c/", &dead)];
    let mut crawl = Crawl::new(experimenting(), &site(&start, pages));
    let (placeholder, _) = stop_switch();
    // Two attempts at each page; a series and a half.
    crawl.script.uncounted = &["/robots.txt", "/sitemap.xml", "/"];
    crawl.script.stop_after = Some((6 + 4 + 1, placeholder));
    assert_eq!(crawl.run_fresh().await, Ended::Interrupted);
    assert_eq!(crawl.probe_count(), 5, "what is known is kept");
    crawl.script.stop_after = None;
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    let counts = ["/a/", "/b/", "/c/"].map(|path| crawl.experiments(path).len());
    assert_eq!(counts, [4, 1, 4]);
    let state = crawl.store.newest_run().unwrap().unwrap().state;
    assert_eq!(state, RunState::Finished);
    let attempts = crawl.rows(Table::Pages, &["Address", "Attempts"]);
    assert_eq!(attempts[1..], ["/a/ | 2", "/b/ | 2", "/c/ | 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_crawl_that_is_told_to_stop_experiments_with_nothing() {
    let (start, dead) = ([links(&["/dead"])], [error(500)]);
    let mut crawl = Crawl::new(experimenting(), &site(&start, &[("/dead", &dead)]));
    let (placeholder, _) = stop_switch();
    crawl.script.stop_after = Some((5, placeholder));
    assert_eq!(crawl.run_fresh().await, Ended::Interrupted);
    assert_eq!(crawl.probe_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn failures_are_gathered_by_what_they_have_in_common_the_biggest_first() {
    let paths = [
        "/blog/1", "/shop/1", "/shop/2", "/shop/3", "/shop/4", "/shop/5",
    ];
    let (start, dead, other) = ([links(&paths)], [error(500)], [error(502)]);
    let mut at_times = vec![error(500), page("fine"), error(500)];
    at_times.push(page("fine"));
    let pages: &[(&str, &[Reply])] = &[
        ("/blog/1", &other),
        ("/shop/1", &at_times),
        ("/shop/2", &dead),
        ("/shop/3", &dead),
        ("/shop/4", &other),
        ("/shop/5", &dead),
    ];
    let crawl = Crawl::new(confirming(), &site(&start, pages))
        .finish()
        .await;
    let clusters = crawl.store.failing_clusters(crawl.run, 20).unwrap();
    let told: Vec<String> = clusters
        .iter()
        .map(|it| {
            let urls = it.representatives.iter().map(|it| it.url.path_and_query());
            let urls: Vec<&str> = urls.collect();
            format!(
                "{} {} {} {}",
                it.section,
                it.outcome,
                it.urls,
                urls.join(" ")
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "/shop/ server_500 3 /shop/2 /shop/3 /shop/5",
            "/blog/ server_502 1 /blog/1",
            "/shop/ server_500 1 /shop/1",
            "/shop/ server_502 1 /shop/4",
        ]
    );
    assert!(clusters[0].representatives.iter().all(|it| !it.ever_ok));
    assert_eq!(clusters[0].host, "http://site.test");
    let few = crawl.store.failing_clusters(crawl.run, 1).unwrap();
    assert_eq!(few, clusters[..1]);
}
