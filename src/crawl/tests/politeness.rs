//! The requests to a host in trouble: no sooner than it wants, no more than needed, and none to a
//! URL that its robots.txt or the user excluded.

use std::collections::HashSet;

use super::verdicts::usual;
use super::*;

/// Gives the same answer to everything but robots.txt.
fn all_but_robots(robots: &'static str, reply: fn(&Asked<'_>) -> Timed) -> Origin {
    Origin(Box::new(move |asked| {
        Some(if asked.path == "/robots.txt" {
            at_once(text(robots))
        } else {
            reply(asked)
        })
    }))
}

impl Crawl {
    /// Returns when each request began, in order, since the first.
    fn times(&self) -> Vec<(Duration, String)> {
        let requests = self.script.requests.lock().unwrap();
        let first = requests.first().expect("requested").0;
        let times = requests.iter().map(|(at, request)| {
            let path = request.url.path_and_query().to_owned();
            (*at - first, path)
        });
        times.collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_is_down_is_requested_no_sooner_than_its_crawl_delay() {
    let mut slow = plan();
    slow.scope.seeds = (0..30).map(|n| url(&format!("/p{n}"))).collect();
    slow.scope.sitemaps = Sitemaps::Off;
    let mut crawl = Crawl::new(slow, &[]);
    let robots = "User-agent: *\nCrawl-delay: 10\n";
    crawl.script.origin = Some(all_but_robots(robots, |_| at_once(error(503))));
    assert_eq!(crawl.run_fresh().await, Ended::Incomplete);
    let times = crawl.times();
    assert!(times.iter().any(|(_, path)| path == "/"), "a control");
    for pair in times[1..].windows(2) {
        let apart = pair[1].0.saturating_sub(pair[0].0);
        assert!(apart >= Duration::from_secs(10), "{apart:?}: {pair:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_request_of_a_run_is_beside_its_pace() {
    let mut plan = usual();
    plan.sample = SamplePlan::Usual;
    let mut crawl = Crawl::new(plan, &[]);
    let pages: Vec<String> = (0..60).map(|n| format!("/s{}/p{n}", n % 4)).collect();
    let targets: Vec<&str> = pages.iter().map(String::as_str).collect();
    let start = links(&targets);
    let dice = Mutex::new(fastrand::Rng::with_seed(7));
    crawl.script.origin = Some(Origin(Box::new(move |asked| {
        let hop = |path: &str| redirect(&format!("http://site.test/{path}"));
        Some(at_once(match asked.path {
            "/robots.txt" => hop("r1"),
            "/r1" => hop("r2"),
            "/r2" => hop("r3"),
            "/r3" => text("User-agent: *\n"),
            "/sitemap.xml" => error(404),
            "/" => start.clone(),
            _ if dice.lock().unwrap().bool() => error(502),
            _ => page("a page"),
        }))
    })));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let times = crawl.times();
    let purposes = crawl.rows(Table::Attempts, &["Purpose"]);
    assert!(purposes.len() == times.len(), "every request is stored");
    // Ten requests a second: eleven take longer, also by the clock of a server that gets them a little later.
    for eleven in times.windows(11) {
        let took = eleven[10].0.saturating_sub(eleven[0].0);
        assert!(took >= Duration::from_millis(1_010), "{took:?}: {eleven:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_excluded_page_is_requested_as_a_control() {
    let forbidding = "User-agent: *\nDisallow: /$\n";
    for (robots, coverage) in [(forbidding, Coverage::Site), ("", Coverage::List)] {
        let mut listed = plan();
        listed.scope.seeds = (0..30).map(|n| url(&format!("/p{n}"))).collect();
        listed.scope.coverage = coverage;
        let mut crawl = Crawl::new(listed, &[]);
        crawl.script.origin = Some(all_but_robots(robots, |_| at_once(error(503))));
        assert_eq!(crawl.run_fresh().await, Ended::Incomplete);
        assert!(!crawl.asked().contains(&"/".to_owned()), "{coverage:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_limits_us_is_paused_in_a_pass_too() {
    let mut crawl = Crawl::new(usual(), &[]);
    let pages: Vec<String> = (0..12).map(|n| format!("/p{n}")).collect();
    let targets: Vec<&str> = pages.iter().map(String::as_str).collect();
    let start = links(&targets);
    crawl.script.origin = Some(Origin(Box::new(move |asked| {
        let mut limited = error(429);
        limited.headers.push(("retry-after", "20".to_owned()));
        Some(at_once(match asked.path {
            "/robots.txt" | "/sitemap.xml" => error(404),
            "/" => start.clone(),
            "/p3" | "/p4" | "/p5" if asked.at < Duration::from_secs(80) => limited,
            "/p7" | "/p8" => error(502),
            _ => page("a page"),
        }))
    })));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let times = crawl.times();
    let end = Duration::from_secs(80);
    let limited: Vec<_> = times
        .iter()
        .filter(|(at, path)| path == "/p3" && *at < end)
        .collect();
    let pass = crawl.rows(Table::Attempts, &["Address", "Pass"]);
    assert!(pass.contains(&"/p3 | 2".to_owned()), "{pass:?}");
    for (at, _) in limited {
        // Requests that were under way already may still come.
        let soon = times.iter().filter(|(other, _)| {
            let under_way = Duration::from_millis(700);
            *other > *at + under_way && *other < *at + Duration::from_secs(20)
        });
        assert_eq!(soon.count(), 0, "after {at:?}: {times:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn single_pages_that_limit_us_do_not_hold_up_the_site_each_time() {
    let mut crawl = Crawl::new(usual(), &[]);
    let pages: Vec<String> = (0..80).map(|n| format!("/p{n}")).collect();
    let targets: Vec<&str> = pages.iter().map(String::as_str).collect();
    let start = links(&targets);
    crawl.script.origin = Some(Origin(Box::new(move |asked| {
        let mut limited = error(429);
        limited.headers.push(("retry-after", "60".to_owned()));
        Some(at_once(match asked.path {
            "/robots.txt" | "/sitemap.xml" => error(404),
            "/" => start.clone(),
            "/p12" | "/p24" | "/p36" | "/p48" | "/p60" | "/p72" => limited,
            _ => page("a page"),
        }))
    })));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let times = crawl.times();
    let is_page = |path: &str| path.starts_with("/p") && !path.contains('?');
    let mut requested = HashSet::new();
    let first_requests = times
        .iter()
        .filter(|(_, path)| is_page(path) && requested.insert(path.clone()));
    let last = first_requests.map(|(at, _)| *at).max();
    // One pause of a minute, and not six.
    assert!(last < Some(Duration::from_secs(80)), "{last:?}");
}

#[tokio::test(start_paused = true)]
async fn a_site_that_refuses_all_but_its_home_page_is_not_crawled_at_a_snails_pace() {
    let mut crawl = Crawl::new(usual(), &[]);
    let folders = ["app", "blog", "help"];
    let pages = folders.map(|folder| (0..12).map(move |n| format!("/{folder}/{n}.html")));
    let pages_of_site: Vec<String> = pages.into_iter().flatten().collect();
    let targets: Vec<&str> = pages_of_site.iter().map(String::as_str).collect();
    let start = links(&targets);
    crawl.script.origin = Some(Origin(Box::new(move |asked| {
        Some(at_once(match asked.path {
            "/robots.txt" => error(404),
            "/" => start.clone(),
            _ => error(503),
        }))
    })));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let mut requested = HashSet::new();
    let times = crawl.times();
    let first_requests = times
        .iter()
        .filter(|(_, path)| pages_of_site.contains(path) && requested.insert(path.clone()));
    let last = first_requests.map(|(at, _)| *at).max();
    assert!(last < Some(Duration::from_secs(45)), "{last:?}");
}

/// Crawls a site of healthy pages and of one directory, with all passes.
async fn with_directory(count: usize, dead: fn(&Asked<'_>) -> Timed) -> Crawl {
    let healthy = (0..60).map(|n| format!("/ok/{n}"));
    let pages: Vec<String> = (0..count)
        .map(|n| format!("/dead/{n}"))
        .chain(healthy)
        .collect();
    let targets: Vec<&str> = pages.iter().map(String::as_str).collect();
    let start = links(&targets);
    let mut crawl = Crawl::new(usual(), &[]);
    crawl.plan.experiments.enabled = false;
    crawl.script.origin = Some(Origin(Box::new(move |asked| {
        Some(match asked.path {
            "/robots.txt" | "/sitemap.xml" => at_once(error(404)),
            "/" => at_once(start.clone()),
            path if path.starts_with("/dead/") => dead(asked),
            _ => at_once(page("a page")),
        })
    })));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    crawl
}

#[tokio::test(start_paused = true)]
async fn the_crawl_does_not_wait_twice_for_a_directory_that_hangs() {
    let crawl = with_directory(60, |_| Timed {
        reply: error(504),
        takes: Duration::from_secs(30),
    })
    .await;
    let attempts = crawl.rows(Table::Attempts, &["Address", "Pass"]);
    let in_crawl = attempts
        .iter()
        .filter(|row| row.starts_with("/dead/") && row.ends_with("| 1"));
    let in_crawl = in_crawl.count();
    // Pages that were requested before the directory counts as dead are retried.
    assert!((60..80).contains(&in_crawl), "{in_crawl}");
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_limits_us_waits_and_the_others_do_not() {
    let crawl = with_directory(20, |asked| {
        let mut limited = error(429);
        limited.headers.push(("retry-after", "20".to_owned()));
        at_once(if asked.at < Duration::from_secs(50) {
            limited
        } else {
            page("a page")
        })
    })
    .await;
    let pages = crawl.rows(Table::Pages, &["Status Code"]);
    assert!(pages.iter().all(|status| status == "200"), "{pages:?}");
    let early = crawl
        .times()
        .into_iter()
        .filter(|(at, path)| path.starts_with("/dead/") && *at < Duration::from_secs(50));
    let early = early.count();
    assert!(early < 20, "{early} requests to what limits us");
}

#[tokio::test(start_paused = true)]
async fn load_that_is_too_high_for_a_flat_site_is_recognised() {
    let pages: Vec<String> = (0..400).map(|n| format!("/table-{n}.html")).collect();
    let targets: Vec<&str> = pages.iter().map(String::as_str).collect();
    let start = links(&targets);
    let mut loaded = plan();
    loaded.pace.concurrency = 16;
    let mut crawl = Crawl::new(loaded, &[]);
    crawl.script.origin = Some(Origin(Box::new(move |asked| {
        Some(match asked.path {
            "/robots.txt" | "/sitemap.xml" => at_once(error(404)),
            "/" => at_once(start.clone()),
            _ if asked.open > 3 => at_once(error(503)),
            _ => Timed {
                reply: page("a page"),
                takes: Duration::from_millis(200),
            },
        })
    })));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let attempts = crawl.rows(Table::Attempts, &["Outcome"]);
    let refused = attempts.iter().filter(|row| *row == "server_503").count();
    assert!(refused <= 12, "{refused} of {}", attempts.len());
    let fine = crawl.rows(Table::Pages, &["Status Code"]);
    assert!(fine.iter().all(|status| status == "200"), "{fine:?}");
}
