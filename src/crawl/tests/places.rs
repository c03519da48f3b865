//! What the fetcher is told about who leads where, and where hosts were before.

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
async fn links_redirects_and_sitemaps_tell_who_led_where() {
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
async fn sitemaps_of_a_robots_txt_from_elsewhere_are_led_to_from_there() {
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
async fn a_run_that_goes_on_tells_where_its_hosts_were_and_who_led_to_those_that_wait() {
    let mut crawl = Crawl::new(abroad(), &[("/", &[links(&["http://link.test/"])])]);
    let remote: SocketAddr = "10.0.0.1:80".parse().unwrap();
    crawl.script.remote = Some(remote);
    let (unused, _) = stop_switch();
    crawl.script.stop_after = Some((2, unused));
    let seeds = crawl.plan.scope.seeds.clone();
    assert_eq!(crawl.run(Start::Fresh(seeds)).await, Ended::Interrupted);
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
        let seeds = crawl.plan.scope.seeds.clone();
        crawl.run(Start::Fresh(seeds)).await;
        crawl.script.moved = moved;
        let asked = crawl.again(plan(), &[("/", &[page("no link")])]).await;
        assert_eq!(asked.len(), expected, "{asked:?}");
        let skipped = crawl.rows(Table::Skipped, &["Address", "Reason", "Detail", "Found On"]);
        let told = "/a | scope | known from the previous run only, and its host is on another \
                    network now (a private address then or now) | previous run";
        let wanted: &[&str] = if moved { &[told] } else { &[] };
        assert_eq!(skipped, wanted);
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_in_which_nobody_worked_on_a_run_is_none_of_its_duration() {
    let mut crawl = Crawl::new(plan(), &[("/", &[links(&["/a", "/b"])])]);
    let (unused, _) = stop_switch();
    crawl.script.stop_after = Some((2, unused));
    let seeds = crawl.plan.scope.seeds.clone();
    assert_eq!(crawl.run(Start::Fresh(seeds)).await, Ended::Interrupted);
    crawl.script.stop_after = None;
    let run = |crawl: &Crawl| crawl.store.run_by_id(crawl.run).unwrap();
    let before = run(&crawl).took().unwrap();
    // It goes on ten minutes later.
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    let row = run(&crawl);
    let (took, whole) = (row.took().unwrap(), row.ended.unwrap().since(row.started));
    assert!(whole > Duration::from_mins(10), "{whole:?}");
    let soon = before + Duration::from_mins(1);
    assert!(took >= before && took < soon, "{took:?}");
    // A killed process leaves no end: then the last attempt is what is known.
    let connection = rusqlite::Connection::open(crawl.store.path()).unwrap();
    let sql = "UPDATE run SET state = 'running', ended = NULL";
    connection.execute(sql, []).unwrap();
    crawl.run(Start::Resume).await;
    let took = run(&crawl).took().unwrap();
    assert!(took < soon, "{took:?}");
}
