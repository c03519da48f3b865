//! Audits of sites of which a part of the requests fails, whichever page: for a while, at the first request of each
//! page, or beyond a count of requests.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::*;

/// Returns a number that looks random.
fn hashed(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn is_file(path: &str) -> bool {
    matches!(path, "/robots.txt" | "/sitemap.xml")
}

impl Site {
    /// Returns the same site behind a server that fails like this.
    fn failing(self, fails: impl Fn(&Asked<'_>) -> Option<Reply> + Send + Sync + 'static) -> Site {
        Site {
            origin: Some(Origin(Box::new(move |asked| fails(asked).map(at_once)))),
            ..self
        }
    }
}

fn three_sections() -> Site {
    site_of(&[("/shop/", 200), ("/blog/", 200), ("/help/", 200)])
}

/// Whether it is the minute in which a part of the requests fails.
fn is_the_minute(asked: &Asked<'_>) -> bool {
    (10.0..70.0).contains(&asked.at.as_secs_f64()) && !is_file(asked.path)
}

#[tokio::test(start_paused = true)]
async fn half_of_the_requests_of_a_minute_are_one_finding() {
    for seed in 0..3_u64 {
        let requests = Mutex::new(0_u64);
        let by_chance = three_sections().failing(move |asked| {
            let mut requests = requests.lock().unwrap();
            *requests += 1;
            let fails = hashed((seed, *requests)).is_multiple_of(2);
            (is_the_minute(asked) && fails).then(bad_gateway)
        });
        let by_page = three_sections().failing(move |asked| {
            let fails = hashed((seed, asked.path)).is_multiple_of(2);
            (is_the_minute(asked) && fails).then(bad_gateway)
        });
        for site in [by_chance, by_page] {
            let audited = site.audited().await;
            assert_eq!(audited.findings(), ["mixed_outage"], "{seed}");
            let evidence = audited.evidence("mixed_outage");
            // From ten seconds after the start, for nearly a minute.
            let times = evidence.contains("from 1970-01-01T00:16:5")
                && evidence.contains(" to 1970-01-01T00:17:4");
            assert!(times, "{seed}: {evidence}");
            let percent = evidence.split_once(" first request (").expect("a share").1;
            let percent: u32 = percent.split_once(" %").unwrap().0.parse().unwrap();
            assert!((35..=65).contains(&percent), "{seed}: {evidence}");
            let verdicts = audited.verdicts();
            assert!(
                !verdicts.contains("intermittent") && !verdicts.contains("persistent"),
                "{seed}: {verdicts}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn half_of_the_requests_to_a_section_in_a_minute_are_one_finding() {
    for seed in 0..3_u64 {
        let requests = Mutex::new(0_u64);
        let turns = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        let names =
            turns.map(|turn| ["/shop/", "/blog/", "/help/"].map(|it| format!("{it}{turn}")));
        let names = names.as_flattened().iter().map(|it| (it.as_str(), 24));
        let site = site_of(&names.collect::<Vec<_>>()).failing(move |asked| {
            let mut requests = requests.lock().unwrap();
            *requests += 1;
            let fails = hashed((seed, *requests)).is_multiple_of(2);
            let is_there = asked.path.starts_with("/shop/") && is_the_minute(asked);
            (is_there && fails).then(bad_gateway)
        });
        let audited = site.audited().await;
        assert_eq!(audited.findings(), ["mixed_outage"], "{seed}");
        let found = audited.finding("mixed_outage");
        assert_eq!(found.subject, "http://site.test/shop/");
        let verdicts = audited.verdicts();
        assert!(!verdicts.contains("intermittent"), "{seed}: {verdicts}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_section_of_which_half_the_pages_fail_at_times_is_no_outage() {
    for seed in 0..3_u64 {
        let requests = Mutex::new(0_u64);
        let site = site_of(&[("/app/", 120), ("/blog/", 100), ("/help/", 100)]);
        let site = site.failing(move |asked| {
            let mut requests = requests.lock().unwrap();
            *requests += 1;
            let is_flaky =
                asked.path.starts_with("/app/") && hashed((seed, asked.path)).is_multiple_of(2);
            let fails = hashed((seed, *requests)).is_multiple_of(4);
            (is_flaky && fails).then(bad_gateway)
        });
        let audited = site.audited().await;
        let findings = audited.findings();
        assert_eq!(findings.len(), 1, "{seed}: {findings:?}");
        let found = audited.finding("intermittent_cluster");
        assert_eq!(found.subject, "http://site.test/app/", "{seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_count_of_requests_in_a_window_is_reported_with_its_number() {
    for status in [429, 503] {
        let window = Mutex::new((u64::MAX, 0));
        let site = site_of(&[("/shop/", 100), ("/blog/", 100), ("/help/", 100)]);
        let site = site.failing(move |asked| {
            let mut window = window.lock().unwrap();
            let number = asked.at.as_secs() / 10;
            if window.0 != number {
                *window = (number, 0);
            }
            window.1 += 1;
            (window.1 > 30).then(|| Reply {
                outcome: if status == 429 {
                    Outcome::Client429
                } else {
                    Outcome::Server503
                },
                ..error(status)
            })
        });
        let audited = site.audited().await;
        assert_eq!(audited.findings(), ["load_induced overload"], "{status}");
        let evidence = audited.evidence("load_induced");
        assert!(
            evidence.starts_with("refuses more than 30 requests in 10 s"),
            "{status}: {evidence}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn pages_that_fail_at_their_first_request_are_one_finding_and_soon_confirmed() {
    let three: &[(&str, usize)] = &[("/shop/", 100), ("/blog/", 100), ("/help/", 100)];
    let flat: &[(&str, usize)] = &[("/page-", 300)];
    let cases = [
        (502, flat, "/", 300),
        (503, three, "/", 300),
        (504, three, "/shop/", 100),
    ];
    for (status, sections, cold, pages) in cases {
        let seen = Mutex::new(HashSet::new());
        let site = site_of(sections).failing(move |asked| {
            let is_cold = !is_file(asked.path) && asked.path != "/" && asked.path.starts_with(cold);
            let is_first = is_cold && seen.lock().unwrap().insert(asked.path.to_owned());
            is_first.then(|| error(status))
        });
        let audited = site.audited().await;
        assert_eq!(audited.findings(), ["first_request_fails"], "{status}");
        let evidence = audited.evidence("first_request_fails");
        let words = format!("{pages} of ");
        assert!(evidence.starts_with(&words), "{status}: {evidence}");
        let subject = &audited.finding("first_request_fails").subject;
        let expected = match cold {
            "/" => "http://site.test".to_owned(),
            section => format!("http://site.test{section}"),
        };
        assert_eq!(*subject, expected, "{status}");
        let verdicts = audited.verdicts();
        assert!(
            verdicts.contains(&format!("{pages} transient")),
            "{status}: {verdicts}"
        );
        let requests = audited.crawl.script.requests.lock().unwrap().len();
        // One more for each page, and some controls; nine more would be needed to clear each page by itself.
        assert!(requests <= 301 + pages + 120, "{status}: {requests}");
    }
}

/// Returns when half of the healthy pages below this path, and all of them, were requested, in seconds.
async fn healthy_requested(
    sections: &[(&str, usize)],
    below: &'static str,
    dead: impl Fn(&str) -> bool + Send + Sync + Clone + 'static,
) -> (f64, f64) {
    let fails = dead.clone();
    let site = site_of(sections).failing(move |asked| {
        (asked.path.starts_with(below) && fails(asked.path)).then(bad_gateway)
    });
    let audited = site
        .planned(|plan| plan.experiments.enabled = false)
        .audited()
        .await;
    let requests = audited.crawl.script.requests.lock().unwrap();
    let start = requests[0].0;
    let mut first = HashMap::new();
    for (at, request) in requests.iter() {
        let path = request.url.path_and_query().to_owned();
        if path.starts_with(below) && !dead(&path) {
            first.entry(path).or_insert((*at - start).as_secs_f64());
        }
    }
    let mut times: Vec<f64> = first.into_values().collect();
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[times.len() - 1])
}

#[tokio::test(start_paused = true)]
async fn healthy_pages_of_a_family_of_which_half_is_dead_are_requested_in_their_turn() {
    let half = |path: &str| hashed(path).is_multiple_of(2);
    let beside: &[(&str, usize)] = &[("/page-", 150), ("/shop/", 150), ("/blog/", 150)];
    let healthy = healthy_requested(beside, "/page-", |_| false).await;
    let sick = healthy_requested(beside, "/page-", half).await;
    assert!(
        sick.0 <= 2.0 * healthy.0 + 10.0 && sick.1 <= 2.0 * healthy.1 + 10.0,
        "{sick:?} instead of {healthy:?}"
    );
}
