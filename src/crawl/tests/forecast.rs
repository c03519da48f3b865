//! The forecast of the time left, compared with the real end of whole crawls.

use super::verdicts::usual;
use super::*;

/// Maximum deviation from the truth, from a third of the run on.
const DEVIATION: f64 = 0.3;

/// Seconds of deviation that do not matter: towards the end they are a large share.
const HARMLESS: f64 = 5.0;

/// Returns a site whose start page links to 300 pages in six sections, with this answer to some.
fn site(answer: impl Fn(&str, usize) -> Option<Timed> + Send + Sync + 'static) -> Crawl {
    let paths: Vec<String> = (0..300).map(|n| format!("/s{}/page-{n}", n % 6)).collect();
    let targets: Vec<&str> = paths.iter().map(String::as_str).collect();
    let start = links(&targets);
    let mut crawl = Crawl::new(usual(), &[]);
    crawl.script.origin = Some(Origin(Box::new(move |asked| {
        // Experiments spell the path in other ways.
        let path = decoded(asked.path.split('?').next()?);
        let number = path
            .rsplit(['/', '-'])
            .next()?
            .parse()
            .unwrap_or(usize::MAX);
        Some(match path.as_str() {
            "/" => at_once(start.clone()),
            "/robots.txt" | "/sitemap.xml" => at_once(error(404)),
            path => answer(path, number).unwrap_or_else(|| at_once(page("a page"))),
        })
    })));
    crawl
}

/// Returns a path without its percent signs: `/15` for `/%31%35`.
fn decoded(path: &str) -> String {
    let mut parts = path.split('%');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_at(2);
        decoded.push(u8::from_str_radix(code, 16).unwrap().into());
        decoded.push_str(rest);
    }
    decoded
}

/// Crawls, and compares the time left at each second with the truth.
async fn check(mut crawl: Crawl) {
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let rests = crawl.rests.lock().unwrap();
    let (began, ended) = (rests[0].0, rests[rests.len() - 1].0);
    let third = ended.since(began) / 3;
    let bounds = rests
        .iter()
        .filter(|(_, rest)| rest.is_some_and(|rest| rest.is_growing));
    for (now, bound) in bounds {
        let (truth, bound) = (ended.since(*now), bound.expect("said").time);
        let most = truth + Duration::from_secs(2);
        assert!(bound <= most, "{bound:?} or more, instead of {truth:?}");
    }
    let late = rests.iter().filter(|(now, _)| now.since(began) >= third);
    let mut wrong = Vec::new();
    for (now, rest) in late {
        let truth = ended.since(*now).as_secs_f64();
        let said = rest.map_or(0.0, |rest| rest.time.as_secs_f64());
        let is_bound = rest.is_some_and(|rest| rest.is_growing);
        let deviation = if is_bound {
            // No more is said than that the run takes this long at least.
            said - truth
        } else {
            (said - truth).abs()
        };
        if deviation > HARMLESS.max(DEVIATION * truth) {
            wrong.push(format!("{said:.0} instead of {truth:.0}"));
        }
    }
    assert!(wrong.is_empty(), "{}: {wrong:?}", rests.len());
}

#[tokio::test(start_paused = true)]
async fn the_time_left_of_a_healthy_site_is_true() {
    check(site(|_, _| None)).await;
}

#[tokio::test(start_paused = true)]
async fn the_time_left_includes_passes_and_experiments_with_pages_that_always_fail() {
    let fails = |_: &str, number: usize| number.is_multiple_of(15).then(|| at_once(error(502)));
    check(site(fails)).await;
}

#[tokio::test(start_paused = true)]
async fn the_time_left_includes_announced_pauses() {
    let closes = |path: &str, _: usize| path.starts_with("/s3/").then(|| at_once(closed(60)));
    check(site(closes)).await;
}

/// Returns the site with these pages that never answer: whoever requests one waits for the time limit.
fn silent(hangs: fn(&str) -> bool) -> Crawl {
    let mut crawl = site(|_, _| None);
    let Some(Origin(others)) = crawl.script.origin.take() else {
        unreachable!("the site answers");
    };
    crawl.script.stores_in_time = true;
    crawl.script.origin = Some(Origin(Box::new(move |asked| {
        if hangs(&decoded(asked.path.split('?').next()?)) {
            return Some(Timed {
                reply: silence(Outcome::TtfbTimeout),
                takes: asked.request.first_byte_limit,
            });
        }
        others(asked)
    })));
    crawl
}

#[tokio::test(start_paused = true)]
async fn the_time_left_includes_pages_that_hang() {
    check(silent(|path| path == "/s1/page-7")).await;
}

/// Returns the site with this answer between two seconds.
fn down(from: u64, until: u64, answer: fn() -> Reply) -> Crawl {
    let mut crawl = site(|_, _| None);
    let Some(Origin(others)) = crawl.script.origin.take() else {
        unreachable!("the site answers");
    };
    crawl.script.stores_in_time = true;
    crawl.script.origin = Some(Origin(Box::new(move |asked| {
        if (from..until).contains(&asked.at.as_secs()) {
            return Some(at_once(answer()));
        }
        others(asked)
    })));
    crawl
}

#[tokio::test(start_paused = true)]
async fn the_time_left_after_a_short_outage_is_that_of_a_healthy_site() {
    check(down(9, 14, || error(502))).await;
}

#[tokio::test(start_paused = true)]
async fn a_site_that_is_down_at_the_start_has_no_known_end() {
    check(down(0, 10, || error(503))).await;
}

#[tokio::test(start_paused = true)]
async fn a_site_that_leads_from_page_to_page_has_no_known_end() {
    let mut crawl = Crawl::new(usual(), &[]);
    crawl.script.origin = Some(Origin(Box::new(|asked| {
        let number: usize = asked.path.trim_start_matches('/').parse().unwrap_or(0);
        let next = format!("/{}", number + 1);
        Some(match asked.path {
            "/robots.txt" | "/sitemap.xml" => at_once(error(404)),
            _ if number < 100 => at_once(links(&[next.as_str()])),
            _ => at_once(page("the end")),
        })
    })));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let rests = crawl.rests.lock().unwrap();
    let said = rests.iter().skip(2).take(7).filter_map(|(_, rest)| *rest);
    let growing: Vec<bool> = said.map(|rest| rest.is_growing).collect();
    assert!(
        growing.len() > 3 && growing.iter().all(|it| *it),
        "{growing:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn experiments_that_take_longer_than_expected_are_never_about_to_end() {
    let began = Instant::now();
    let fails = move |_: &str, number: usize| {
        number.is_multiple_of(25).then(|| Timed {
            reply: error(502),
            // The passes are over by then.
            takes: Duration::from_secs(if began.elapsed().as_secs() < 100 {
                0
            } else {
                9
            }),
        })
    };
    let mut crawl = site(fails);
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let events = crawl.events.lock().unwrap();
    let rests = crawl.rests.lock().unwrap();
    let ended = rests[rests.len() - 1].0;
    let late = (rests.iter()).filter(|(now, _)| ended.since(*now) > Duration::from_secs(15));
    let mut wrong = Vec::new();
    for (now, rest) in late.skip(120) {
        let truth = ended.since(*now).as_secs_f64();
        let said = rest.map(|rest| rest.time.as_secs_f64());
        if said.is_some_and(|said| said < truth * 0.5) {
            wrong.push(format!("{said:?} instead of {truth:.0}"));
        }
    }
    assert!(rests.len() > 180, "{} {events:?}", rests.len());
    assert!(wrong.is_empty(), "{}: {wrong:?}", rests.len());
}

#[tokio::test(start_paused = true)]
async fn the_time_left_ends_with_the_budget_of_the_passes() {
    let hangs = |path: &str, _: usize| {
        path.starts_with("/s3/").then(|| Timed {
            reply: silence(Outcome::TtfbTimeout),
            takes: Duration::from_secs(30),
        })
    };
    let mut crawl = site(hangs);
    crawl.plan.confirm.budget = Duration::from_mins(3);
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let rests = crawl.rests.lock().unwrap();
    let ended = rests[rests.len() - 1].0;
    // The passes have begun by then.
    let late = (rests.iter()).filter(|(now, _)| ended.since(*now) < Duration::from_secs(200));
    for (now, rest) in late {
        let truth = ended.since(*now);
        let said = rest.map_or(Duration::ZERO, |rest| rest.time);
        assert!(
            said <= truth + Duration::from_secs(90),
            "{said:?} {truth:?}"
        );
    }
}
