//! The crawl's reports to the fetcher about which host led to which, and about the hosts' earlier
//! IP addresses.

use super::*;

const SITE: &str = "http://site.test";

fn pairs(crawl: &Crawl) -> Vec<String> {
    let led = crawl.script.led.lock().unwrap();
    let pairs = led.iter().map(|(from, to)| format!("{from} {to}"));
    pairs.collect()
}

fn abroad() -> CrawlPlan {
    let mut plan = plan();
    plan.pace.retries = 0;
    plan.scope.external = true;
    plan
}

#[tokio::test(start_paused = true)]
async fn links_redirects_and_sitemaps_report_which_host_led_to_which() {
    let answers: &[(&str, &[Reply])] = &[
        ("/robots.txt", &[text("Sitemap: http://maps.test/s.xml")]),
        (
            "http://maps.test/s.xml",
            &[text(
                "<urlset><url><loc>http://site.test/x</loc></url></urlset>",
            )],
        ),
        ("/", &[links(&["http://link.test/", "/moved"])]),
        ("/moved", &[redirect("http://away.test/")]),
        (
            "http://link.test/robots.txt",
            &[redirect("http://rules.test/robots.txt")],
        ),
    ];
    let crawl = Crawl::to_the_end(abroad(), answers).await;
    let led = pairs(&crawl);
    for expected in [
        "http://site.test http://maps.test",
        "http://site.test http://link.test",
        "http://site.test http://away.test",
        "http://link.test http://rules.test",
    ] {
        assert!(
            led.iter().any(|pair| pair == expected),
            "{expected}: {led:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_sitemaps_of_a_redirected_robots_txt_are_reported_as_led_to_by_its_target() {
    let answers: &[(&str, &[Reply])] = &[
        ("/robots.txt", &[redirect("http://rules.test/robots.txt")]),
        (
            "http://rules.test/robots.txt",
            &[text("Sitemap: http://maps.test/s.xml")],
        ),
    ];
    let crawl = Crawl::to_the_end(plan(), answers).await;
    let expected = [
        "http://site.test http://rules.test",
        "http://rules.test http://maps.test",
    ];
    assert_eq!(pairs(&crawl), expected);
}

#[tokio::test(start_paused = true)]
async fn a_resumed_run_reports_where_its_hosts_were_and_which_led_to_waiting_ones() {
    let mut crawl = Crawl::new(abroad(), &[("/", &[links(&["http://link.test/"])])]);
    let remote: SocketAddr = "10.0.0.1:80".parse().unwrap();
    crawl.script.remote = Some(remote);
    let (unused, _) = stop_switch();
    crawl.script.stop_after = Some((2, unused));
    assert_eq!(crawl.run_fresh().await, Ended::Interrupted);
    crawl.script.stop_after = None;
    crawl.script.led.lock().unwrap().clear();
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    let were = crawl.script.were.lock().unwrap().clone();
    assert_eq!(were, [(SITE.to_owned(), vec![remote.ip()])]);
    assert_eq!(pairs(&crawl)[0], "http://site.test http://link.test");
}

#[tokio::test(start_paused = true)]
async fn pages_of_an_earlier_run_are_left_out_where_their_host_is_on_another_network() {
    for (moved, expected) in [(false, 2), (true, 1)] {
        let answers: &[(&str, &[Reply])] = &[("/", &[links(&["/a"])]), ("/a", &[page("a")])];
        let mut crawl = Crawl::new(plan(), answers);
        crawl.script.remote = Some("192.0.2.1:80".parse().unwrap());
        crawl.run_fresh().await;
        crawl.script.moved = moved;
        let requested = crawl.again(plan(), &[("/", &[page("no link")])]).await;
        assert_eq!(requested.len(), expected, "{requested:?}");
        let skipped = crawl.rows(Table::Skipped, &["Address", "Reason", "Detail", "Found On"]);
        let detail = "/a | scope | known from the previous run only, and its host is on another \
                    network now (a private address then or now) | previous run";
        let wanted: &[&str] = if moved { &[detail] } else { &[] };
        assert_eq!(skipped, wanted);
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_between_interruption_and_resume_is_not_part_of_the_duration() {
    let mut crawl = Crawl::new(plan(), &[("/", &[links(&["/a", "/b"])])]);
    let (unused, _) = stop_switch();
    crawl.script.stop_after = Some((2, unused));
    assert_eq!(crawl.run_fresh().await, Ended::Interrupted);
    crawl.script.stop_after = None;
    let run = |crawl: &Crawl| crawl.store.run_by_id(crawl.run).unwrap();
    let before = run(&crawl).took().unwrap();
    // It continues ten minutes later.
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    let row = run(&crawl);
    let (took, whole) = (row.took().unwrap(), row.ended.unwrap().since(row.started));
    assert!(whole > Duration::from_mins(10), "{whole:?}");
    let soon = before + Duration::from_mins(1);
    assert!(took >= before && took < soon, "{took:?}");
    // A killed process records no end: then the last attempt is the last known moment.
    let connection = rusqlite::Connection::open(crawl.store.path()).unwrap();
    let sql = "UPDATE run SET state = 'running', ended = NULL";
    connection.execute(sql, []).unwrap();
    crawl.run(Start::Resume).await;
    let took = run(&crawl).took().unwrap();
    assert!(took < soon, "{took:?}");
}
