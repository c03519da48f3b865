//! Runs that gave up a host: their state, their reports, and how they continue.

use std::sync::atomic::AtomicBool;

use super::hosts::{robots_are_fine, site_of};
use super::*;
use crate::store::StoredScore;

const PAGES: usize = 300;

/// Crawls a site that answers a number of requests and then nothing but 503.
async fn dies_after(pages: &[(String, Vec<Reply>)], trouble: Trouble) -> Crawl {
    let mut crawl = Crawl::new(plan(), &borrowed(pages));
    crawl.script.trouble = Some(trouble);
    assert_eq!(crawl.run_fresh().await, Ended::Incomplete);
    crawl
}

impl Crawl {
    fn state(&self) -> RunState {
        self.store.run_by_id(self.run).unwrap().state
    }

    fn skipped(&self) -> Vec<String> {
        self.rows(Table::Skipped, &["Reason"])
    }
}

#[tokio::test(start_paused = true)]
async fn a_site_that_dies_during_the_crawl_makes_an_incomplete_run_that_reports_unseen_urls() {
    let crawl = dies_after(&site_of(PAGES), |path, request| {
        (request > 100 && !robots_are_fine(path)).then(|| error(503))
    })
    .await;
    assert_eq!(crawl.state(), RunState::Incomplete);
    let skipped = crawl.skipped();
    assert!(skipped.len() > 150, "{}", skipped.len());
    let found = crawl.rows(
        Table::Findings,
        &["Rule", "Severity", "Scope", "Subject", "Evidence", "Advice"],
    );
    let found: Vec<_> = found
        .iter()
        .filter(|row| row.starts_with("host_down"))
        .collect();
    let [found] = found.as_slice() else {
        panic!("one finding: {found:?}");
    };
    // Some skipped pages had been requested, and waited for a retry.
    let given_up = crawl.store.summary(crawl.run).unwrap().given_up;
    assert!(given_up > 150 && given_up <= skipped.len() as u64);
    let share = format!("{given_up} of {} known URLs", PAGES + 1);
    for part in [
        "host_down | critical | host | ",
        &share,
        "the host answered well until ",
        " | host_down",
    ] {
        assert!(found.contains(part), "{part}: {found}");
    }
    let pages = crawl.store.summary(crawl.run).unwrap().pages;
    assert_eq!(pages.requested + pages.not_requested, pages.known);
    assert!(pages.not_requested > 150, "{pages:?}");
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_run_resumes_with_the_pages_of_the_host_that_was_given_up() {
    let mut crawl = dies_after(&site_of(PAGES), |path, request| {
        (request > 100 && !robots_are_fine(path)).then(|| error(503))
    })
    .await;
    let before = crawl.asked().len();
    crawl.script.trouble = None;
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    assert_eq!(crawl.state(), RunState::Finished);
    assert_eq!(crawl.skipped(), Vec::<String>::new());
    let left = crawl.rows(Table::Pages, &["Outcome"]);
    let fine = left.iter().filter(|outcome| *outcome == "ok_html").count();
    assert!(
        fine > PAGES - 20,
        "{fine} of {}: {before} before",
        left.len()
    );
    let rules = crawl.rows(Table::Findings, &["Rule"]);
    assert!(!rules.contains(&"host_down".to_owned()), "{rules:?}");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_is_only_linked_to_makes_no_run_incomplete() {
    let mut linking = plan();
    linking.scope.external = true;
    let away: Vec<String> = (0..60).map(|n| format!("http://down.test/{n}")).collect();
    let away: Vec<&str> = away.iter().map(String::as_str).collect();
    let mut crawl = Crawl::new(linking, &[("/", &[links(&away)])]);
    crawl.script.trouble = Some(|path, _| {
        let down = path.starts_with("http://down.test/") && !path.ends_with("/robots.txt");
        down.then(|| error(503))
    });
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    assert!(crawl.skipped().contains(&"host_down".to_owned()));
    let found = crawl.rows(Table::Findings, &["Rule", "Evidence"]);
    let links = found.iter().find(|row| row.starts_with("external_links"));
    let links = links.expect("a finding");
    let expected = "was not requested, because its host was given up, linked from 1 page";
    assert!(links.contains(expected), "{links}");
    assert!(!links.contains("does not answer"), "{links}");
}

/// Crawls a site that links to pages of other hosts, which refuse connections in the first seconds of the run.
async fn linking_to(away: &[&str], down: Duration) -> Crawl {
    let mut linking = plan();
    linking.scope.external = true;
    let mut crawl = Crawl::new(linking, &[("/", &[links(away)])]);
    crawl.script.origin = Some(Origin(Box::new(move |asked| {
        let is_away = asked.path.starts_with("http://");
        is_away.then(|| {
            at_once(if asked.at < down {
                silence(Outcome::ConnectRefused)
            } else {
                page("a page")
            })
        })
    })));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    crawl
}

#[tokio::test(start_paused = true)]
async fn a_linked_host_that_refuses_connections_for_seconds_is_waited_for() {
    let away = ["http://away.test/1", "http://away.test/2"];
    let crawl = linking_to(&away, Duration::from_secs(8)).await;
    assert_eq!(crawl.skipped(), [""; 0]);
    let requested = crawl.asked();
    assert!(requested.contains(&away[0].to_owned()), "{requested:?}");
    assert!(requested.contains(&away[1].to_owned()), "{requested:?}");
}

#[tokio::test(start_paused = true)]
async fn linked_hosts_that_refuse_all_connections_cost_four_requests_each() {
    let away: Vec<String> = (0..60).map(|n| format!("http://away{n}.test/")).collect();
    let away: Vec<&str> = away.iter().map(String::as_str).collect();
    let crawl = linking_to(&away, Duration::from_hours(1)).await;
    let requests = crawl.script.requests.lock().unwrap();
    let robots = |host: &str| {
        let robots = format!("{host}robots.txt");
        let all = requests.iter();
        all.filter(|(_, request)| request.url.as_str() == robots)
            .count()
    };
    assert!(away.iter().all(|host| robots(host) == 4));
}

#[tokio::test(start_paused = true)]
async fn a_start_page_without_content_or_with_an_error_page_does_not_count_if_nothing_else_answers()
{
    let error_page = "<title>502 Bad Gateway</title><center><h1>502 Bad Gateway</h1></center>";
    let empty = Reply {
        status: 204,
        ..page("")
    };
    let cases = [
        (page(error_page), "answers 200 OK, with an error page"),
        (empty, "answers 204 No Content"),
    ];
    for (reply, expected) in cases {
        let answers: &[(&str, &[Reply])] = &[("/", &[reply])];
        let crawl = Crawl::to_the_end(plan(), answers).await;
        let found = crawl.store.no_start(crawl.run).unwrap();
        let found = found.map(|found| found.fault.to_string());
        assert_eq!(found.as_deref(), Some(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_of_a_host_that_hangs_ends_within_a_quarter_of_an_hour() {
    let mut plan = super::verdicts::usual();
    plan.scope.coverage = Coverage::List;
    plan.scope.seeds = (0..60).map(|n| url(&format!("/{n}"))).collect();
    let mut crawl = Crawl::new(plan, &[]);
    crawl.script.origin = Some(Origin(Box::new(|asked| {
        (asked.path != "/robots.txt").then(|| Timed {
            reply: Reply {
                outcome: Outcome::TtfbTimeout,
                status: 0,
                headers: Vec::new(),
                body: String::new(),
            },
            takes: Duration::from_secs(30),
        })
    })));
    assert_eq!(crawl.run_fresh().await, Ended::Incomplete);
    let took = crawl.script.began.get().unwrap().elapsed();
    // Ten minutes of patience, and requests that hang for half a minute each.
    assert!(took < Duration::from_mins(14), "{took:?}");
    let attempts = crawl.rows(Table::Attempts, &["Address"]);
    assert!(attempts.len() < 20, "{attempts:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_host_of_the_site_that_refuses_all_connections_is_down_and_counts_with_its_pages() {
    let mut wide = plan();
    wide.scope.subdomains = true;
    let own: Vec<String> = (0..20).map(|n| format!("/{n}")).collect();
    let away = (0..5).map(|n| format!("http://shop.site.test/{n}"));
    let all: Vec<String> = own.iter().cloned().chain(away).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let mut crawl = Crawl::new(wide, &[("/", &[links(&all)])]);
    let is_back = Arc::new(AtomicBool::new(false));
    let comes_back = Arc::clone(&is_back);
    crawl.script.origin = Some(Origin(Box::new(move |asked| {
        let is_away = asked.path.starts_with("http://");
        let is_file = ["/robots.txt", "/sitemap.xml"].map(|file| asked.path.contains(file));
        let is_page = asked.path.len() > 1 && is_file == [false, false];
        if is_away && is_page && is_back.load(Ordering::Relaxed) {
            return Some(at_once(page("a page")));
        }
        if is_away && !is_back.load(Ordering::Relaxed) {
            return Some(at_once(silence(Outcome::ConnectRefused)));
        }
        is_page.then(|| at_once(page("a page")))
    })));
    // A gate is undecided: nobody knows how these pages are.
    assert_eq!(crawl.run_fresh().await, Ended::Incomplete);
    assert_eq!(crawl.skipped(), ["host_down"; 5]);
    let summary = crawl.store.summary(crawl.run).unwrap();
    let rules: Vec<_> = summary.findings.iter().map(|it| it.rule.id()).collect();
    assert_eq!(rules, ["host_down"]);
    assert_eq!(summary.findings[0].pages, Some(5));
    // Five of 26 pages.
    let value = |score: Option<&StoredScore>| score.and_then(|it| it.score.known()).unwrap().value;
    let crawlability = value(summary.scores.crawlability.as_ref());
    assert!(
        (crawlability - 100.0 * 21.0 / 26.0).abs() < 0.01,
        "{crawlability}"
    );
    let risk = value(summary.scores.indexing_risk.as_ref());
    assert!((risk - 25.0 * 5.0 / 26.0).abs() < 0.01, "{risk}");
    comes_back.store(true, Ordering::Relaxed);
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    assert_eq!(crawl.skipped(), [""; 0]);
    assert!(
        crawl
            .asked()
            .contains(&"http://shop.site.test/4".to_owned())
    );
}
