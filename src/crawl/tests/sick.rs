//! Sick sites at the default pace: the crawl reaches every page, and nearly as fast as on a healthy
//! site. The same with the real program in real time, and many more, is in `tests/real/sick`.

use super::verdicts::usual;
use super::*;

/// The behaviour of a page of the site at any time.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Page {
    Fine,
    Always(u16),
    /// 503 with a `Retry-After` of this many seconds.
    Soon(u32),
    /// 502 at the first request.
    Once,
}

/// An audited site, with the duration of its crawl and of the whole.
struct Audited {
    crawl: Crawl,
    crawled: Duration,
    all: Duration,
}

async fn audited(pages: &[(String, Page)]) -> Audited {
    let targets: Vec<&str> = pages.iter().map(|(path, _)| path.as_str()).collect();
    let mut plan = usual();
    plan.experiments.enabled = false;
    let mut crawl = Crawl::new(plan, &[("/", &[links(&targets)])]);
    let answers = pages.iter().map(|(path, kind)| {
        let replies = match kind {
            Page::Fine => vec![page("a page")],
            Page::Always(status) => vec![error(*status)],
            Page::Soon(seconds) => {
                let mut reply = error(503);
                reply.outcome = Outcome::Server503RetryAfter;
                reply.headers.push(("retry-after", seconds.to_string()));
                vec![reply]
            }
            Page::Once => vec![error(502), page("a page")],
        };
        (path.clone(), replies)
    });
    crawl.script.answers.lock().unwrap().extend(answers);
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let (crawled, all) = {
        let requests = crawl.script.requests.lock().unwrap();
        let first = requests.first().expect("requested").0;
        let all = requests.last().expect("requested").0 - first;
        // The first pause of fifteen seconds without a waiting retry is before the passes.
        let pass = crawl.rows(Table::Attempts, &["Pass"]);
        let of_crawl = pass.iter().filter(|pass| *pass == "1").count();
        (requests[of_crawl - 1].0 - first, all)
    };
    Audited {
        crawl,
        crawled,
        all,
    }
}

impl Audited {
    /// Checks that every page has the verdict that its answers deserve.
    fn is_right_about(&self, pages: &[(String, Page)]) {
        let rows = self.crawl.rows(Table::Pages, &["Address", "Verdict"]);
        for (path, kind) in pages {
            let expected = match kind {
                Page::Fine => "ok",
                Page::Always(_) | Page::Soon(_) => "persistent",
                Page::Once => "transient",
            };
            let row = format!("{path} | {expected}");
            let found = rows
                .iter()
                .find(|row| row.starts_with(&format!("{path} |")));
            let attempts = self
                .crawl
                .rows(Table::Attempts, &["Address", "Pass", "Started", "Outcome"]);
            let attempts: Vec<&String> = attempts
                .iter()
                .filter(|row| row.starts_with(&format!("{path} |")))
                .collect();
            assert!(rows.contains(&row), "{kind:?}: {found:?} {attempts:#?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn random_faults_on_a_flat_site_slow_nothing_and_get_the_right_verdicts() {
    for seed in [0, 1, 2, 23] {
        let mut dice = fastrand::Rng::with_seed(seed);
        let mut kinds = vec![Page::Fine; 172];
        for kind in [Page::Always(502), Page::Always(504), Page::Always(500)] {
            kinds.extend([kind; 14]);
        }
        kinds.extend([Page::Soon(30); 13]);
        kinds.extend([Page::Once; 12]);
        dice.shuffle(&mut kinds);
        let pages = kinds.into_iter().enumerate();
        let pages: Vec<(String, Page)> = pages
            .map(|(n, kind)| (format!("/infoschema-{n}-table.html"), kind))
            .collect();
        let audited = audited(&pages).await;
        let (crawled, all) = (audited.crawled, audited.all);
        assert!(
            crawled < Duration::from_secs(75),
            "seed {seed}: {crawled:?}"
        );
        assert!(all < Duration::from_mins(5), "seed {seed}: {all:?}");
        audited.is_right_about(&pages);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_directory_costs_the_other_pages_nothing() {
    let section = |name: &str, count: usize, kind: Page| {
        let name = name.to_owned();
        (0..count).map(move |n| (format!("/{name}/{n}.html"), kind))
    };
    let pages: Vec<(String, Page)> = section("first", 20, Page::Fine)
        .chain(section("dead", 40, Page::Always(502)))
        .chain(section("rest", 300, Page::Fine))
        .collect();
    let audited = audited(&pages).await;
    let (crawled, all) = (audited.crawled, audited.all);
    assert!(crawled < Duration::from_secs(90), "{crawled:?}");
    assert!(all < Duration::from_mins(6), "{all:?}");
    audited.is_right_about(&pages);
}

/// Returns a crawl of a start page with forty fine pages, and `pages` others that drip until our
/// time limit.
fn with_dripping(pages: usize) -> Crawl {
    let fine = (0..40).map(|n| format!("/fine/{n}.html"));
    let drips = (0..pages).map(|n| format!("/drip/{n}.html"));
    let all: Vec<String> = fine.chain(drips).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let start = links(&all);
    let mut plan = usual();
    plan.experiments.enabled = false;
    let mut crawl = Crawl::new(plan, &[]);
    let answering = move |asked: &Asked<'_>| {
        let (reply, seconds) = match asked.path {
            "/" => (start.clone(), 0),
            "/robots.txt" | "/sitemap.xml" => (error(404), 0),
            path if path.starts_with("/drip/") => {
                let cut = Reply {
                    outcome: Outcome::TotalTimeout,
                    ..page("a pa")
                };
                (cut, 90)
            }
            _ => (page("a page"), 0),
        };
        let takes = Duration::from_secs(seconds) + Duration::from_millis(20);
        Some(Timed { reply, takes })
    };
    crawl.script.origin = Some(Origin(Box::new(answering)));
    crawl
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_drips_is_given_up_and_requested_by_a_resumed_run() {
    let mut crawl = with_dripping(1_000);
    assert_eq!(crawl.run_fresh().await, Ended::Incomplete);
    let rows = crawl.rows(Table::Skipped, &["Reason"]);
    let left = rows.iter().filter(|reason| *reason == "family_down");
    assert!((900..921).contains(&left.count()));
    let pages = crawl.rows(Table::Pages, &["Address", "Verdict"]);
    let is = |path: &str, verdict: &str| {
        let of = pages.iter().filter(|row| row.starts_with(path));
        of.filter(|row| row.ends_with(verdict)).count()
    };
    assert_eq!(is("/fine/", "| ok"), 40);
    assert!(is("/drip/", "| ok") == 0, "{pages:#?}");
    let findings = crawl.rows(Table::Findings, &["Rule"]);
    assert!(findings.contains(&"family_down".to_owned()), "{findings:?}");
    let run = crawl.store.run_by_id(crawl.run).unwrap();
    let took = run.ended.unwrap().since(Moment::from_millis(1_000_000));
    assert!(took < Duration::from_hours(4), "{took:?}");
    let before = crawl.asked().len();
    assert_eq!(crawl.run(Start::Resume).await, Ended::Incomplete);
    assert!(crawl.asked().len() >= before + 80);
}

#[tokio::test(start_paused = true)]
async fn a_small_directory_that_drips_is_requested_to_its_last_page() {
    let mut crawl = with_dripping(40);
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let pages = crawl.rows(Table::Pages, &["Address", "Verdict"]);
    let dripping = pages.iter().filter(|row| row.starts_with("/drip/"));
    let dripping: Vec<&String> = dripping.collect();
    assert_eq!(dripping.len(), 40);
    // Pages that do not fit into the budget of the passes are unconfirmed.
    let fails = |row: &&String| row.ends_with("| persistent") || row.ends_with("| unconfirmed");
    assert!(dripping.iter().all(fails), "{dripping:?}");
}

/// Returns the path and time, in seconds since the first request, of each request of a crawl.
async fn requests_of(crawl: &mut Crawl) -> Vec<(String, f64)> {
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let requests = crawl.script.requests.lock().unwrap();
    let first = requests.first().expect("requested").0;
    let paths = requests.iter().map(|(at, request)| {
        let path = request.url.path_and_query().to_owned();
        (path, (*at - first).as_secs_f64())
    });
    paths.collect()
}

/// Returns when the last of the paths that begin like this was requested for the first time.
fn last_first(requests: &[(String, f64)], beginning: &str) -> f64 {
    let mut first: HashMap<&str, f64> = HashMap::new();
    for (path, at) in requests
        .iter()
        .filter(|(path, _)| path.starts_with(beginning))
    {
        first.entry(path).or_insert(*at);
    }
    first.into_values().fold(0.0, f64::max)
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_always_answers_429_holds_up_no_other_page() {
    let limited = (0..40).map(|n| format!("/search/{n}"));
    let all: Vec<String> = limited
        .chain((0..120).map(|n| format!("/shop/{n}")))
        .collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let start = links(&all);
    let mut plan = usual();
    plan.experiments.enabled = false;
    let mut crawl = Crawl::new(plan, &[]);
    crawl.script.origin = Some(Origin(Box::new(move |asked| {
        let reply = match asked.path {
            "/" => start.clone(),
            "/robots.txt" | "/sitemap.xml" => error(404),
            path if path.starts_with("/search/") => Reply {
                outcome: Outcome::Client429,
                ..error(429)
            },
            _ => page("a page"),
        };
        let takes = Duration::from_millis(20);
        Some(Timed { reply, takes })
    })));
    let requests = requests_of(&mut crawl).await;
    let shop = last_first(&requests, "/shop/");
    assert!(shop < 70.0, "{shop}");
    let refused = requests
        .iter()
        .filter(|(path, _)| path.starts_with("/search/"));
    let refused = refused.count();
    assert!(refused <= 5 * 40, "{refused}");
}

#[tokio::test(start_paused = true)]
async fn pages_that_hang_are_left_to_the_passes() {
    let all: Vec<String> = (0..300).map(|n| format!("/p{n}")).collect();
    let targets: Vec<&str> = all.iter().map(String::as_str).collect();
    let start = links(&targets);
    let hangs = |path: &str| {
        let number = path.strip_prefix("/p").and_then(|n| n.parse::<u32>().ok());
        number.is_some_and(|number| number % 50 == 20)
    };
    let mut plan = usual();
    plan.experiments.enabled = false;
    let mut crawl = Crawl::new(plan, &[]);
    crawl.script.origin = Some(Origin(Box::new(move |asked| {
        let (reply, seconds) = match asked.path {
            "/" => (start.clone(), 0),
            "/robots.txt" | "/sitemap.xml" => (error(404), 0),
            path if hangs(path) => (silence(Outcome::TtfbTimeout), 30),
            _ => (page("a page"), 0),
        };
        let takes = Duration::from_secs(seconds) + Duration::from_millis(20);
        Some(Timed { reply, takes })
    })));
    let requests = requests_of(&mut crawl).await;
    let of_crawl = crawl.rows(Table::Attempts, &["Pass", "Outcome"]);
    let hung = of_crawl.iter().filter(|row| *row == "1 | ttfb_timeout");
    assert_eq!(hung.count(), 6);
    let all = requests.last().expect("requested").1;
    assert!(all < 450.0, "{all}");
    let verdicts = crawl.rows(Table::Pages, &["Verdict"]);
    let persistent = verdicts.iter().filter(|verdict| *verdict == "persistent");
    assert_eq!(persistent.count(), 6);
}

#[tokio::test(start_paused = true)]
async fn kept_connections_that_the_server_closes_make_no_page_a_failing_one() {
    let paths: Vec<String> = (0..60)
        .map(|n| format!("/{}/{n}", ["shop", "blog", "help"][n % 3]))
        .collect();
    let home = links(&paths.iter().map(String::as_str).collect::<Vec<_>>());
    let mut crawl = Crawl::new(usual(), &[]);
    crawl.script.reused = true;
    let asked = Mutex::new(0_u32);
    crawl.script.origin = Some(Origin(Box::new(move |request| {
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        let reply = match request.path {
            "/robots.txt" | "/sitemap.xml" => error(404),
            _ if asked.is_multiple_of(2) => Reply {
                outcome: Outcome::EmptyReply,
                status: 0,
                headers: Vec::new(),
                body: String::new(),
            },
            "/" => home.clone(),
            _ => page("a page"),
        };
        Some(Timed {
            reply,
            takes: Duration::from_millis(20),
        })
    })));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let verdicts = crawl.rows(Table::Pages, &["Verdict"]);
    assert!(
        verdicts.iter().all(|verdict| verdict == "ok"),
        "{verdicts:?}"
    );
    assert_eq!(
        crawl.rows(Table::Findings, &["Rule"]),
        ["closed_connections"]
    );
    let purposes = crawl.rows(Table::Attempts, &["Purpose"]);
    let again = (purposes.iter()).filter(|it| *it == "confirm" || it.starts_with("probe"));
    assert_eq!(again.count(), 0, "nothing has to be confirmed");
}
