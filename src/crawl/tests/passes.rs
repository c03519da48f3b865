//! Confirmation passes next to other work: pages that recover and have links, interruptions, and
//! controls that fail for a while.

use super::verdicts::usual;
use super::*;

fn origin(answer: impl Fn(&Asked<'_>) -> Timed + Send + Sync + 'static) -> Origin {
    let answer = move |asked: &Asked<'_>| {
        Some(match asked.path {
            "/robots.txt" | "/sitemap.xml" => at_once(error(404)),
            _ => answer(asked),
        })
    };
    Origin(Box::new(answer))
}

fn numbered(folder: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{folder}{n}")).collect()
}

fn linking(paths: &[String]) -> Reply {
    let targets: Vec<&str> = paths.iter().map(String::as_str).collect();
    links(&targets)
}

fn audit() -> CrawlPlan {
    let mut plan = usual();
    plan.experiments.enabled = false;
    plan
}

#[tokio::test(start_paused = true)]
async fn the_links_of_a_recovered_page_are_crawled_at_full_pace_and_take_no_time_of_the_passes() {
    let mut crawl = Crawl::new(audit(), &[]);
    let (start, shop) = (
        links(&["/category", "/broken", "/a", "/b"]),
        numbered("/shop/", 1_500),
    );
    let category = linking(&shop);
    crawl.script.origin = Some(origin(move |asked| {
        let heals = Duration::from_secs(12);
        match asked.path {
            "/" => at_once(start.clone()),
            "/category" if asked.at < heals => at_once(error(502)),
            "/category" => at_once(category.clone()),
            "/broken" => at_once(error(502)),
            _ => at_once(page("a page")),
        }
    }));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let (first, last) = {
        let requests = crawl.script.requests.lock().unwrap();
        (requests.first().unwrap().0, requests.last().unwrap().0)
    };
    // At 10/s the shop takes 150 s, and the passes a minute and a half.
    let lasted = last - first;
    assert!(lasted < Duration::from_mins(5), "{lasted:?}");
    let verdicts = crawl.rows(Table::Pages, &["Address", "Verdict"]);
    for expected in [
        "/broken | persistent",
        "/category | transient",
        "/shop/1499 | ok",
    ] {
        assert!(verdicts.contains(&expected.to_owned()), "{expected}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_pass_begins_again_with_careful_requests() {
    begins_again(0).await;
}

#[tokio::test(start_paused = true)]
async fn a_pass_begins_again_even_if_processes_were_killed_before_it() {
    begins_again(1).await;
    begins_again(2).await;
}

/// Interrupts a pass, kills `killed` processes that were about to begin it again, and resumes.
async fn begins_again(killed: u32) {
    let mut crawl = Crawl::new(audit(), &[]);
    let (dead, fine) = (numbered("/dead/", 30), numbered("/fine/", 30));
    let start = linking(&[dead, fine].concat());
    crawl.script.origin = Some(origin(move |asked| match asked.path {
        "/" => at_once(start.clone()),
        path if path.starts_with("/dead/") => at_once(error(502)),
        _ => at_once(page("a page")),
    }));
    let (stop, _) = stop_switch();
    crawl.script.stop_after = Some((95, stop));
    assert_eq!(crawl.run_fresh().await, Ended::Interrupted);
    let of_pass = |crawl: &Crawl, pass: &str| {
        let rows = crawl.rows(Table::Attempts, &["Pass"]);
        rows.iter().filter(|row| *row == pass).count()
    };
    let before = of_pass(&crawl, "2");
    assert!((1..30).contains(&before), "{before} in the second pass");
    let made = crawl.script.requests.lock().unwrap().len();
    crawl.script.stop_after = None;
    for _ in 0..killed {
        crawl.store.resume_passes(crawl.run).unwrap();
    }
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    let after = of_pass(&crawl, "2") - before;
    assert!(after >= 30, "{after}");
    {
        let requests = crawl.script.requests.lock().unwrap();
        let apart = requests[made..made + 5].windows(2);
        for pair in apart {
            let apart = pair[1].0.duration_since(pair[0].0);
            assert!(apart >= Duration::from_secs(1), "{apart:?}");
        }
    }
    let verdicts = crawl.rows(Table::Pages, &["Verdict"]);
    let persistent = verdicts.iter().filter(|verdict| *verdict == "persistent");
    assert_eq!(persistent.count(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_resumed_pass_ends_when_its_time_is_over() {
    let mut crawl = Crawl::new(audit(), &[]);
    let (dead, fine) = (numbered("/dead/", 400), numbered("/fine/", 30));
    let start = linking(&[dead, fine].concat());
    crawl.script.origin = Some(origin(move |asked| match asked.path {
        "/" => at_once(start.clone()),
        path if path.starts_with("/dead/") => Timed {
            reply: error(504),
            takes: Duration::from_secs(30),
        },
        _ => at_once(page("a page")),
    }));
    let (stop, _) = stop_switch();
    crawl.script.stop_after = Some((480, stop));
    assert_eq!(crawl.run_fresh().await, Ended::Interrupted);
    let made = crawl.script.requests.lock().unwrap().len();
    let passes = crawl.rows(Table::Attempts, &["Pass"]);
    assert!(passes.contains(&"2".to_owned()));
    crawl.script.stop_after = None;
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    let requests = crawl.script.requests.lock().unwrap();
    let lasted = requests.last().unwrap().0 - requests[made].0;
    assert!(lasted < Duration::from_mins(11), "{lasted:?}");
}

#[tokio::test(start_paused = true)]
async fn a_control_that_fails_in_the_last_pass_gets_looks_until_it_is_fine() {
    let mut crawl = Crawl::new(audit(), &[]);
    let mut targets = numbered("/fine/", 30);
    targets.push("/broken".to_owned());
    let start = linking(&targets);
    crawl.script.origin = Some(origin(move |asked| {
        // The last pass begins a minute after the crawl.
        let down = Duration::from_secs(58)..Duration::from_secs(80);
        match asked.path {
            "/broken" => at_once(error(502)),
            _ if down.contains(&asked.at) => at_once(error(502)),
            "/" => at_once(start.clone()),
            _ => at_once(page("a page")),
        }
    }));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let attempts = crawl.rows(Table::Attempts, &["Address", "Pass", "Status Code"]);
    assert!(attempts.contains(&"/ | 3 | 502".to_owned()), "{attempts:?}");
    let pages = crawl.rows(Table::Pages, &["Address", "Status Code", "Verdict"]);
    for row in pages {
        let broken = row.starts_with("/broken ");
        assert_eq!(row.contains("| 502 |"), broken, "{row}");
        let verdict = row.rsplit(" | ").next().expect("a verdict");
        assert!(
            ["ok", "transient", "persistent"].contains(&verdict),
            "{row}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_sitemap_that_redirects_to_the_home_page_hides_no_page() {
    let answers: &[(&str, &[Reply])] = &[
        ("/sitemap.xml", &[redirect("http://site.test/en/")]),
        ("/", &[redirect("http://site.test/en/")]),
        ("/en/", &[links(&["/en/a", "/en/dead"])]),
        ("/en/a", &[page("fine")]),
        ("/en/dead", &[error(502)]),
    ];
    let crawl = Crawl::to_the_end(plan(), answers).await;
    let pages = crawl.rows(Table::Pages, &["Address", "Status Code"]);
    assert_eq!(
        pages,
        ["/ | 301", "/en/ | 200", "/en/a | 200", "/en/dead | 502"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_page_that_waits_for_its_retry_when_the_crawl_is_interrupted_is_fetched() {
    let answers: &[(&str, &[Reply])] = &[("/", &[links(&["/bad"])]), ("/bad", &[error(502)])];
    let mut crawl = Crawl::new(plan(), answers);
    let (unused, _) = stop_switch();
    // robots.txt, sitemap, home, the page.
    crawl.script.stop_after = Some((4, unused));
    assert_eq!(crawl.run_fresh().await, Ended::Interrupted);
    crawl.store.conclude(crawl.run).unwrap();
    let summary = crawl.store.summary(crawl.run).unwrap();
    let pages = &summary.pages;
    let judged: u64 = pages.by_verdict.values().sum();
    let answered: u64 = pages.by_status.values().sum();
    assert_eq!((pages.known, pages.by_status[&502]), (2, 1));
    assert_eq!(
        (pages.fetched, judged, answered),
        (pages.requested, pages.requested, pages.requested)
    );
    assert_eq!(pages.not_requested + pages.requested, pages.known);
}

/// A section whose index fails for a while, so that its pages are found during the passes. One is dead and one fails
/// every other time, or all fail for a while.
fn late_section(until: Duration, heals: Option<Duration>) -> Crawl {
    let mut crawl = Crawl::new(audit(), &[]);
    let mut shop = numbered("/shop/", 20);
    shop.extend(["/shop/dead".to_owned(), "/shop/odd".to_owned()]);
    let start = linking(&[numbered("/fine/", 20), vec!["/shop".to_owned()]].concat());
    let shop = linking(&shop);
    let requested: Mutex<HashMap<String, usize>> = Mutex::default();
    crawl.script.origin = Some(origin(move |asked| {
        let mut requested = requested.lock().unwrap();
        let number = requested.entry(asked.path.to_owned()).or_default();
        *number += 1;
        match asked.path {
            "/" => at_once(start.clone()),
            "/shop" if asked.at < until => at_once(error(502)),
            "/shop" => at_once(shop.clone()),
            path if path.starts_with("/shop/") && heals.is_some() => {
                let fails = heals.is_some_and(|heals| asked.at < heals);
                at_once(if fails { error(500) } else { page("a page") })
            }
            "/shop/dead" => at_once(error(500)),
            "/shop/odd" if *number % 2 == 1 => at_once(error(500)),
            _ => at_once(page("a page")),
        }
    }));
    crawl
}

#[tokio::test(start_paused = true)]
async fn pages_that_are_found_during_a_pass_have_passes_of_their_own() {
    for (until, heals) in [(10, None), (40, None), (10, Some(50)), (40, Some(100))] {
        let heals = heals.map(Duration::from_secs);
        let mut crawl = late_section(Duration::from_secs(until), heals);
        assert_eq!(crawl.run_fresh().await, Ended::Finished);
        let verdicts = crawl.rows(Table::Pages, &["Address", "Verdict"]);
        let expected = |row: &str| match row.split(" | ").next().expect("a path") {
            "/shop" => "transient",
            path if path.starts_with("/shop/") && heals.is_some() => "transient",
            "/shop/dead" => "persistent",
            "/shop/odd" => "intermittent",
            _ => "ok",
        };
        for row in &verdicts {
            assert!(row.ends_with(expected(row)), "{until} s, {heals:?}: {row}");
        }
        let lasted = {
            let requests = crawl.script.requests.lock().unwrap();
            requests.last().unwrap().0 - requests.first().unwrap().0
        };
        assert!(lasted < Duration::from_mins(4), "{lasted:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn pages_that_are_found_during_a_pass_have_theirs_after_an_interruption_too() {
    let mut crawl = late_section(Duration::from_secs(40), None);
    let (stop, _) = stop_switch();
    // In the last planned pass the section leads on.
    crawl.script.stop_after = Some((67, stop));
    assert_eq!(crawl.run_fresh().await, Ended::Interrupted);
    let passes = crawl.rows(Table::Attempts, &["Pass"]);
    assert!(passes.contains(&"4".to_owned()), "{passes:?}");
    crawl.script.stop_after = None;
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    let verdicts = crawl.rows(Table::Pages, &["Address", "Verdict"]);
    for expected in ["/shop/dead | persistent", "/shop/odd | intermittent"] {
        assert!(verdicts.contains(&expected.to_owned()), "{verdicts:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn pages_that_lead_to_one_another_during_passes_end_with_the_budget() {
    let mut crawl = Crawl::new(audit(), &[]);
    let requested: Mutex<HashMap<String, usize>> = Mutex::default();
    crawl.script.origin = Some(origin(move |asked| {
        let mut requested = requested.lock().unwrap();
        let number = requested.entry(asked.path.to_owned()).or_default();
        *number += 1;
        let at: u32 = asked.path.trim_start_matches('/').parse().unwrap_or(0);
        // Each fails until its first pass.
        if at > 0 && *number <= 2 {
            return at_once(error(500));
        }
        at_once(links(&[&format!("/{}", at + 1)]))
    }));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let requests = crawl.script.requests.lock().unwrap();
    let lasted = requests.last().unwrap().0 - requests.first().unwrap().0;
    let (least, most) = (Duration::from_mins(5), Duration::from_mins(15));
    assert!((least..most).contains(&lasted), "{lasted:?}");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_comes_and_goes_has_not_recovered_because_its_last_recheck_was_fine() {
    let (bad, fine) = (error(502), page("a page"));
    // By turns for longer than it is requested; of the two, one is fine at its last request.
    let turns = vec![[bad.clone(), fine]; 60].concat();
    let other = [&[bad], turns.as_slice()].concat();
    let start = [links(&["/turns", "/other"])];
    let mut plan = audit();
    plan.pace.retries = 0;
    plan.confirm.delays = [1, 5, 15].map(Duration::from_mins).to_vec();
    let answers: &[(&str, &[Reply])] = &[("/", &start), ("/turns", &turns), ("/other", &other)];
    let crawl = Crawl::to_the_end(plan, answers).await;
    let verdicts = crawl.rows(Table::Pages, &["Address", "Verdict"]);
    let come_and_go = ["/turns", "/other"];
    for page in come_and_go {
        let expected = format!("{page} | intermittent");
        assert!(verdicts.contains(&expected), "{verdicts:?}");
    }
    let found = crawl.store.rechecked(crawl.run, 4).unwrap();
    let has = |list: &[String], page| list.contains(&url(page).to_string());
    assert!(come_and_go.iter().any(|page| !has(&found.failing, page)));
    assert!(
        !come_and_go.iter().any(|page| has(&found.recovered, page)),
        "{found:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_host_that_dies_after_the_crawl_is_spared_in_the_passes() {
    let mut plan = usual();
    plan.experiments.enabled = true;
    let mut crawl = Crawl::new(plan, &[]);
    let start = linking(&[numbered("/dead/", 3), numbered("/shop/", 300)].concat());
    let served = AtomicUsize::new(0);
    crawl.script.origin = Some(origin(move |asked| {
        // All pages, the dead ones with their retries, and a part of the sample.
        if served.fetch_add(1, Ordering::Relaxed) > 320 {
            return at_once(error(503));
        }
        match asked.path {
            "/" => at_once(start.clone()),
            path if path.starts_with("/dead/") => at_once(error(502)),
            _ => at_once(page("a page")),
        }
    }));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let requests = crawl.script.requests.lock().unwrap();
    let (first, last) = (requests.first().unwrap().0, requests.last().unwrap().0);
    let failing = requests.len() - 321;
    assert!(failing <= 60, "{failing} requests to a dead host");
    let took = last.duration_since(first);
    assert!(took < Duration::from_mins(15), "{took:?}");
}
