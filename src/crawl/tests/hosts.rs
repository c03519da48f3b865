//! Hosts in trouble: bounded requests, bounded waits, and every URL accounted for. The clock of
//! these tests also runs while the store writes, so they check the results and not the time.

use super::*;

/// Returns a site with a start page and `count` other pages.
pub(super) fn site_of(count: usize) -> Vec<(String, Vec<Reply>)> {
    let paths: Vec<String> = (0..count).map(|n| format!("/p{n}")).collect();
    let start: Vec<&str> = paths.iter().map(String::as_str).collect();
    let mut answers = vec![("/".to_owned(), vec![links(&start)])];
    answers.extend(paths.into_iter().map(|path| (path, vec![page("a page")])));
    answers
}

async fn crawl(plan: CrawlPlan, answers: &[(String, Vec<Reply>)], trouble: Trouble) -> Crawled {
    let mut crawl = Crawl::new(plan, &borrowed(answers));
    crawl.script.trouble = Some(trouble);
    let ended = crawl.run_fresh().await;
    let crawled = Crawled { crawl };
    let is_whole = crawled.skipped("host_down") == 0;
    let expected = if is_whole {
        Ended::Finished
    } else {
        Ended::Incomplete
    };
    assert_eq!(ended, expected);
    crawled
}

/// A finished crawl.
struct Crawled {
    crawl: Crawl,
}

impl Crawled {
    fn skipped(&self, reason: &str) -> usize {
        let rows = self.crawl.rows(Table::Skipped, &["Reason"]);
        rows.iter().filter(|row| *row == reason).count()
    }

    /// Returns the number of pages with this outcome of the last attempt.
    fn ended(&self, outcome: &str) -> usize {
        let rows = self.crawl.rows(Table::Pages, &["Outcome"]);
        rows.iter().filter(|row| *row == outcome).count()
    }

    fn breaker(&self) -> Vec<String> {
        let events = self.crawl.events.lock().unwrap();
        let lines = events.iter().filter_map(|line| {
            let change = line.split_once(' ')?.1;
            let name = change.split('(').next()?;
            ["Suspected", "Cleared", "Opened", "Closed", "GaveUp"]
                .contains(&name)
                .then(|| name.to_owned())
        });
        lines.collect()
    }
}

pub(super) fn robots_are_fine(path: &str) -> bool {
    matches!(path, "/robots.txt" | "/sitemap.xml")
}

#[tokio::test(start_paused = true)]
async fn a_site_that_is_wholly_503_gets_few_requests_and_is_given_up_in_time() {
    let mut list = plan();
    list.scope.seeds = (0..200).map(|n| url(&format!("/p{n}"))).collect();
    let crawled = crawl(list, &[], |path, _| {
        (!robots_are_fine(path)).then(|| error(503))
    })
    .await;
    let requested = crawled.crawl.asked().len();
    assert!((10..=25).contains(&requested), "{requested}");
    let details = crawled.crawl.rows(Table::Skipped, &["Detail"]);
    let gave_up = "no good answer in 7 checks, waited 600 s; failing since 1970-01-01T00:16:";
    assert!(
        details.last().is_some_and(|text| text.starts_with(gave_up)),
        "{details:?}"
    );
    let (failed, skipped) = (crawled.ended("server_503"), crawled.skipped("host_down"));
    assert!(
        failed + skipped >= 200 && skipped > 180,
        "{failed} {skipped}"
    );
    assert_eq!(crawled.crawl.rows(Table::Pages, &["Address"]).len(), 200);
    let mut opened = vec!["Suspected"];
    opened.extend(["Opened"; 6]);
    opened.push("GaveUp");
    assert_eq!(crawled.breaker(), opened);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_answers_304_or_206_to_everything_is_up() {
    let mut list = plan();
    list.scope.seeds = (0..200).map(|n| url(&format!("/p{n}"))).collect();
    let crawled = crawl(list, &[], |path, request| {
        let status = if request % 2 == 0 { 304 } else { 206 };
        (!robots_are_fine(path)).then(|| Reply {
            outcome: Outcome::StatusUnrequested,
            status,
            ..page("")
        })
    })
    .await;
    assert_eq!(crawled.skipped("host_down"), 0);
    assert_eq!(crawled.ended("status_unrequested"), 200);
    assert!(crawled.breaker().is_empty(), "{:?}", crawled.breaker());
}

#[tokio::test(start_paused = true)]
async fn a_site_that_fails_for_a_while_is_fetched_completely() {
    let crawled = crawl(plan(), &site_of(1_000), |path, request| {
        let down = (200..216).contains(&request);
        (down && !robots_are_fine(path)).then(|| error(502))
    })
    .await;
    assert_eq!(crawled.skipped("host_down"), 0);
    let fetched = crawled.ended("ok_html");
    let lost = crawled.ended("server_502");
    assert_eq!(fetched + lost, 1_001);
    assert!(lost <= 16, "{lost} were settled while the site was down");
    let changes = crawled.breaker();
    assert_eq!(changes.first().map(String::as_str), Some("Suspected"));
    assert_eq!(changes.last().map(String::as_str), Some("Closed"));
}

#[tokio::test(start_paused = true)]
async fn a_broken_section_is_no_outage() {
    let crawled = crawl(plan(), &site_of(600), |path, _| {
        let page: usize = path.strip_prefix("/p")?.parse().ok()?;
        (200..500).contains(&page).then(|| error(500))
    })
    .await;
    assert_eq!(crawled.ended("server_500"), 300);
    assert_eq!(crawled.ended("ok_html"), 301);
    assert!(!crawled.breaker().contains(&"Opened".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn one_failing_host_slows_no_other() {
    let mut two = plan();
    two.scope.seeds = (0..300)
        .map(|n| url(&format!("/p{n}")))
        .chain((0..30).map(|n| url(&format!("http://down.test/{n}"))))
        .collect();
    two.pace.rate = Some(10.0);
    let crawled = crawl(two, &site_of(300), |path, _| {
        let down = path.starts_with("http://down.test/") && !path.ends_with("/robots.txt");
        down.then(|| error(503))
    })
    .await;
    assert_eq!(crawled.ended("ok_html"), 300);
    assert!(crawled.skipped("host_down") > 10);
    let events = crawled.crawl.events.lock().unwrap();
    let of = |host: &str| events.iter().filter(|line| line.starts_with(host)).count();
    assert_eq!(of("http://site.test paced 1 "), 0, "{events:?}");
    assert!(of("http://down.test paced 1 ") > 0);
}

#[tokio::test(start_paused = true)]
async fn pages_that_announce_an_end_hold_up_no_other_page() {
    for seconds in [40, 120, 3_600] {
        let mut crawl = Crawl::new(plan(), &[]);
        let answers = site_of(100).into_iter().map(|(path, mut replies)| {
            if ["/p3", "/p4", "/p50"].contains(&path.as_str()) {
                replies = vec![closed(seconds)];
            }
            (path, replies)
        });
        crawl.script.answers = Mutex::new(answers.collect());
        assert_eq!(crawl.run_fresh().await, Ended::Finished);
        let crawled = Crawled { crawl };
        assert_eq!(crawled.ended("ok_html"), 98, "{seconds}");
        assert_eq!(crawled.ended("server_503_retry_after"), 3, "{seconds}");
        // Of all requests except the retries, the last came long before any announced end.
        let requested = crawled.crawl.script.requests.lock().unwrap();
        let first = requested.first().expect("a request").0;
        let healthy = requested
            .iter()
            .rev()
            .find(|(_, request)| !["/p3", "/p4", "/p50"].contains(&request.url.path_and_query()));
        let lasted = healthy.expect("a request").0 - first;
        assert!(lasted < Duration::from_secs(20), "{seconds}: {lasted:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_was_up_is_checked_before_the_end_that_it_announces() {
    fn is_down(path: &str, request: usize) -> bool {
        (30..43).contains(&request) && !robots_are_fine(path)
    }
    let deploys: [Trouble; 2] = [
        |path, request| is_down(path, request).then(|| closed(90)),
        |path, request| is_down(path, request).then(|| closed(3_600)),
    ];
    for deploy in deploys {
        let crawled = crawl(plan(), &site_of(100), deploy).await;
        assert_eq!(crawled.skipped("host_down"), 0);
        assert!(crawled.breaker().contains(&"Opened".to_owned()));
    }
    let crawled = crawl(plan(), &site_of(100), |path, request| {
        (request > 30 && !robots_are_fine(path)).then(|| closed(3_000))
    })
    .await;
    assert!(crawled.skipped("host_down") > 50);
    let breaker = crawled.breaker();
    let checks = breaker.iter().filter(|change| *change == "Opened").count();
    assert!(
        (5..=8).contains(&checks),
        "ten minutes of checks: {breaker:?}"
    );
    let details = crawled.crawl.rows(Table::Skipped, &["Detail"]);
    let last = details.last().expect("skipped");
    assert!(last.contains("the host announces to be back at"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn pages_that_announced_an_hour_during_a_deploy_are_confirmed_when_the_host_is_up() {
    let crawled = crawl(confirming(), &site_of(100), |path, request| {
        let down = (30..43).contains(&request) && !robots_are_fine(path);
        down.then(|| closed(3_600))
    })
    .await;
    let pages = crawled.crawl.rows(Table::Pages, &["Verdict", "Outcome"]);
    let persistent: Vec<&String> = (pages.iter())
        .filter(|row| !row.starts_with("ok ") && !row.starts_with("transient | ok_html"))
        .collect();
    assert_eq!(persistent, Vec::<&String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_dead_directory_at_the_head_of_the_queue_delays_nothing_else() {
    let mut answers = vec![];
    let mut start = vec![];
    for (section, count) in [("/a/", 20), ("/dead/", 40), ("/z/", 100)] {
        for n in 0..count {
            start.push(format!("{section}{n}"));
        }
    }
    let targets: Vec<&str> = start.iter().map(String::as_str).collect();
    answers.push(("/".to_owned(), vec![links(&targets)]));
    answers.extend(start.iter().map(|path| {
        let dead = path.starts_with("/dead/");
        let reply = if dead { error(502) } else { page("a page") };
        (path.clone(), vec![reply])
    }));
    let mut usual = plan();
    usual.pace.rate = Some(10.0);
    usual.pace.concurrency = 8;
    let crawled = crawl(usual, &answers, |_, _| None).await;
    assert_eq!(
        (crawled.ended("ok_html"), crawled.ended("server_502")),
        (121, 40)
    );
    assert!(!crawled.breaker().contains(&"Opened".to_owned()));
    let requested = crawled.crawl.script.requests.lock().unwrap();
    let first = requested.first().expect("a request").0;
    let at = |path: &str| {
        let mut of_path = requested
            .iter()
            .filter(|(_, request)| request.url.path_and_query() == path);
        of_path.next().expect(path).0 - first
    };
    let last = (0..100).map(|n| at(&format!("/z/{n}"))).max();
    // At 10/s the 121 healthy pages take 12 s.
    assert!(last < Some(Duration::from_secs(24)), "{last:?}");
    let all = requested.last().expect("a request").0 - first;
    assert!(all < Duration::from_secs(44), "{all:?}");
}

#[tokio::test(start_paused = true)]
async fn without_adapting_every_url_is_requested() {
    let mut stubborn = plan();
    stubborn.pace.adapt = false;
    stubborn.scope.seeds = (0..100).map(|n| url(&format!("/p{n}"))).collect();
    let crawled = crawl(stubborn, &[], |path, _| {
        (!robots_are_fine(path)).then(|| error(503))
    })
    .await;
    assert_eq!(crawled.ended("server_503"), 100);
}

#[tokio::test(start_paused = true)]
async fn without_adapting_a_429_holds_its_own_url_alone() {
    for announced in [None, Some("20")] {
        let mut stubborn = plan();
        stubborn.pace = PacePlan {
            adapt: false,
            concurrency: 1,
            rate: Some(10.0),
            ..stubborn.pace
        };
        stubborn.confirm.delays = Vec::new();
        stubborn.scope.sitemaps = Sitemaps::Off;
        stubborn.scope.seeds = (0..20).map(|n| url(&format!("/p{n}"))).collect();
        let mut limited = error(429);
        limited
            .headers
            .extend(announced.map(|wait| ("retry-after", wait.to_owned())));
        let fine = page("a page");
        let mut answers: Vec<(String, Vec<Reply>)> = (1..20)
            .map(|n| (format!("/p{n}"), vec![fine.clone()]))
            .collect();
        answers.push(("/p0".to_owned(), vec![limited, fine]));
        let crawled = crawl(stubborn, &answers, |_, _| None).await;
        assert_eq!(crawled.ended("ok_html"), 20);
        let requested = crawled.crawl.script.requests.lock().unwrap();
        let first = requested.first().expect("a request").0;
        let times = |path: &str| -> Vec<Duration> {
            let of_path = requested
                .iter()
                .filter(|(_, request)| request.url.path_and_query() == path);
            of_path.map(|(at, _)| *at - first).collect()
        };
        // Two seconds at ten per second; the store takes a little.
        let others = (1..20).flat_map(|n| times(&format!("/p{n}"))).max();
        assert!(
            others < Some(Duration::from_secs(5)),
            "{announced:?}: {others:?}"
        );
        let own = times("/p0");
        let wait = own[1].saturating_sub(own[0]);
        let least = if announced.is_some() { 20 } else { 0 };
        assert!(
            wait >= Duration::from_secs(least),
            "{announced:?}: {wait:?}"
        );
        assert!(wait < Duration::from_secs(35), "{announced:?}: {wait:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_adapting_a_429_of_a_pass_holds_no_other_url() {
    // The shortest time from a 429 of a pass to the request of another URL.
    let mut held = Vec::new();
    for adapt in [true, false] {
        let mut list = confirming();
        list.pace.adapt = adapt;
        list.scope.sitemaps = Sitemaps::Off;
        list.scope.seeds = (0..6).map(|n| url(&format!("/p{n}"))).collect();
        let crawled = crawl(list, &[], |path, _| match path {
            "/robots.txt" => None,
            "/p0" => Some(error(429)),
            _ => Some(error(502)),
        })
        .await;
        let requested = crawled.crawl.script.requests.lock().unwrap();
        let of_pass = |(_, request): &&(Instant, Request)| request.connection == Connection::Fresh;
        let passes: Vec<_> = requested.iter().filter(of_pass).collect();
        let is_limited = |request: &Request| request.url.path_and_query() == "/p0";
        let gaps = passes
            .windows(2)
            .filter(|two| is_limited(&two[0].1) && !is_limited(&two[1].1))
            .map(|two| two[1].0.saturating_duration_since(two[0].0));
        held.push(gaps.min().expect("a request after a 429"));
    }
    assert!(held[0] > 2 * held[1], "{held:?}");
    assert!(held[1] < Duration::from_secs(5), "{held:?}");
}
