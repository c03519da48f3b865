//! Audits of sites whose parts fail and recover together, or for two reasons at once: one cause is
//! one finding, and two causes are two.

use super::*;

impl Site {
    /// Returns the same site, with pages that fail with nginx's 502 page at these times.
    fn down(self, fails: impl Fn(&str, Duration) -> bool + Send + Sync + 'static) -> Site {
        self.simulated(move |asked| {
            let is_file = matches!(asked.path, "/robots.txt" | "/sitemap.xml");
            (!is_file && fails(asked.path, asked.at)).then(bad_gateway)
        })
    }

    /// Returns the same site behind a server that gives these answers in its place.
    pub(super) fn simulated(
        self,
        answer: impl Fn(&Asked<'_>) -> Option<Reply> + Send + Sync + 'static,
    ) -> Site {
        let takes = Duration::from_millis(20);
        let timed = move |asked: &Asked<'_>| answer(asked).map(|reply| Timed { reply, takes });
        Site {
            origin: Some(Origin(Box::new(timed))),
            ..self
        }
    }

    /// Returns the same site, with pages that take a fifth of a second and fail with more open
    /// requests than this.
    fn slow_above(self, most: usize) -> Site {
        let answer = move |asked: &Asked<'_>| {
            let is_page = asked.path.starts_with("/shop/") || asked.path.starts_with("/blog/");
            let reply = if asked.open > most {
                error(503)
            } else {
                page("a page")
            };
            let takes = Duration::from_millis(200);
            is_page.then_some(Timed { reply, takes })
        };
        Site {
            origin: Some(Origin(Box::new(answer))),
            ..self
        }
    }
}

fn seconds(at: Duration) -> f64 {
    at.as_secs_f64()
}

#[tokio::test(start_paused = true)]
async fn a_deploy_is_one_outage_of_the_whole_host() {
    let site = site_of(&[("/shop/", 60), ("/blog/", 60), ("/help/", 60)]);
    let audited = site
        .down(|_, at| (6.0..26.0).contains(&seconds(at)))
        .audited()
        .await;
    assert_eq!(audited.findings(), ["host_outage upstream_down"]);
    let evidence = audited.evidence("host_outage");
    for words in ["requests failed, at ", "as in a deploy or a restart"] {
        assert!(evidence.contains(words), "{evidence}");
    }
    let verdicts = audited.verdicts();
    assert!(!verdicts.contains("persistent"), "{verdicts}");
    assert!(!verdicts.contains("intermittent"), "{verdicts}");
    assert!(audited.failed() <= 12, "{}", audited.failed());
}

#[tokio::test(start_paused = true)]
async fn a_short_deploy_is_one_outage_whenever_it_comes() {
    let (mut met, mut unsaid) = (0, Vec::new());
    for begins in 3..15 {
        let begins = f64::from(begins);
        let site = site_of(&[("/shop/", 60), ("/blog/", 60), ("/help/", 60)]);
        let audited = site
            .down(move |_, at| (begins..begins + 5.0).contains(&seconds(at)))
            .audited()
            .await;
        if audited.failed() >= 5 {
            met += 1;
            let found = audited.findings();
            if found != ["host_outage upstream_down"] {
                unsaid.push(format!("{begins}: {found:?} {}", audited.failed()));
            }
        }
    }
    assert!(met >= 8, "{met} deploys met five requests");
    assert!(unsaid.is_empty(), "{unsaid:?}");
}

#[tokio::test(start_paused = true)]
async fn an_outage_at_the_start_that_only_robots_txt_met_is_reported() {
    let site = || site_of(&[("/shop/", 20), ("/blog/", 20)]);
    // An answer of robots.txt shows that the host was there, and says nothing of its pages.
    let audited = site()
        .simulated(|asked| (seconds(asked.at) < 6.0).then(bad_gateway))
        .audited()
        .await;
    let found = audited.finding("file_outage");
    assert_eq!(audited.findings().len(), 1, "{:?}", audited.findings());
    assert!(found.subject.ends_with("/robots.txt"), "{found:?}");
    let evidence = audited.evidence("file_outage");
    assert!(
        evidence.contains("; the first good answer came at "),
        "{evidence}"
    );
    assert_eq!(audited.verdicts(), "41 ok");
    let audited = site()
        .simulated(|asked| (seconds(asked.at) < 6.0).then(|| silence(Outcome::EmptyReply)))
        .audited()
        .await;
    assert_eq!(audited.findings(), ["host_outage upstream_down"]);
    let evidence = audited.evidence("host_outage");
    let words = "requests failed, at robots.txt or a sitemap; the first good answer came at";
    assert!(evidence.contains(words), "{evidence}");
    assert_eq!(audited.finding("host_outage").pages, None);
    assert_eq!(audited.verdicts(), "41 ok");
}

#[tokio::test(start_paused = true)]
async fn a_deploy_is_found_beside_a_section_that_fails_at_times_and_a_dead_one() {
    let site = site_of(&[
        ("/shop/", 60),
        ("/blog/", 60),
        ("/flaky/", 30),
        ("/dead/", 10),
    ]);
    let asked_before = Mutex::new(0_u32);
    let audited = site
        .planned(|plan| plan.pace.adapt = false)
        .simulated(move |asked| {
            let is_file = matches!(asked.path, "/robots.txt" | "/sitemap.xml");
            let mut count = asked_before.lock().unwrap();
            *count += 1;
            match asked.path {
                _ if is_file => None,
                _ if (6.0..9.0).contains(&seconds(asked.at)) => Some(bad_gateway()),
                path if path.starts_with("/dead/") => Some(error(504)),
                path if path.starts_with("/flaky/") && count.wrapping_mul(7) % 5 < 2 => {
                    Some(error(500))
                }
                _ => None,
            }
        })
        .audited()
        .await;
    let found = audited.findings();
    assert!(
        found.contains(&"host_outage upstream_down".to_owned()),
        "{found:?}"
    );
    let evidence = audited.evidence("host_outage");
    assert!(!evidence.contains("times in all"), "{evidence}");
}

#[tokio::test(start_paused = true)]
async fn a_crash_loop_is_reported_with_its_number_of_outages() {
    let site = site_of(&[("/shop/", 200), ("/blog/", 200), ("/help/", 200)]);
    let audited = site
        .down(|_, at| seconds(at) % 30.0 >= 25.0)
        .audited()
        .await;
    assert_eq!(audited.findings(), ["host_outage upstream_down"]);
    let evidence = audited.evidence("host_outage");
    assert!(evidence.contains("times in all"), "{evidence}");
    let verdicts = audited.verdicts();
    assert!(!verdicts.contains("persistent"), "{verdicts}");
    // Five in each of two outages that the crawl meets, and in the passes and experiments.
    assert!(audited.failed() <= 25, "{}", audited.failed());
}

#[tokio::test(start_paused = true)]
async fn a_crash_loop_that_is_watched_closely_is_reported_with_its_rhythm() {
    let site = site_of(&[("/shop/", 500), ("/blog/", 500), ("/help/", 500)]);
    let audited = site
        .planned(|plan| plan.pace.adapt = false)
        .down(|_, at| seconds(at) % 30.0 >= 25.0)
        .audited()
        .await;
    assert_eq!(audited.findings(), ["host_outage upstream_down"]);
    let evidence = audited.evidence("host_outage");
    let words = "it has a rhythm: down for about 5 s in every 30 s";
    assert!(evidence.contains(words), "{evidence}");
    // Visitors meet the outages for a sixth of the time, a careful crawl hardly: (1 - 1/6)^3.
    let score = audited.crawlability();
    assert!((53.0..60.0).contains(&score), "{score}");
    // A URL that failed at its last request gets another look.
    let statuses = audited.crawl.rows(Table::Pages, &["Status Code"]);
    let left_failing = statuses.iter().filter(|status| *status != "200");
    assert_eq!(left_failing.count(), 0, "{statuses:?}");
}

#[tokio::test(start_paused = true)]
async fn an_intermittent_section_is_one_finding() {
    let site = site_of(&[("/shop/", 60), ("/blog/", 80), ("/help/", 80)]);
    let audited = site
        .down(|path, at| path.starts_with("/shop/") && seconds(at) % 60.0 < 30.0)
        .audited()
        .await;
    assert_eq!(audited.findings(), ["part_outage upstream_down"]);
    let found = audited.finding("part_outage");
    assert_eq!(found.subject, "http://site.test/shop/");
    let evidence = audited.evidence("part_outage");
    assert!(evidence.contains("times in all"), "{evidence}");
    let verdicts = audited.verdicts();
    assert!(!verdicts.contains("persistent"), "{verdicts}");
    assert!(verdicts.contains("intermittent"), "{verdicts}");
}

#[tokio::test(start_paused = true)]
async fn the_outages_of_an_intermittent_section_are_reported() {
    let site = site_of(&[("/shop/", 60), ("/blog/", 80), ("/help/", 80)]);
    let audited = site
        .planned(|plan| plan.pace.adapt = false)
        .down(|path, at| path.starts_with("/shop/") && seconds(at) % 60.0 < 30.0)
        .audited()
        .await;
    assert_eq!(audited.findings(), ["part_outage upstream_down"]);
    let evidence = audited.evidence("part_outage");
    let words = "it went down 4 times in all; it has a rhythm: down for about 30 s in every 60 s";
    assert!(evidence.contains(words), "{evidence}");
    let verdicts = audited.verdicts();
    assert_eq!(
        verdicts, "60 intermittent, 161 ok",
        "whole pages come and go"
    );
}

/// Returns a limit as nginx keeps it: a request that comes too early is refused, and does not
/// count.
fn limit(rate: f64) -> impl Fn(&str, Duration) -> bool + Send + Sync {
    let last = Mutex::new(None::<Duration>);
    move |_, at| {
        let mut last = last.lock().unwrap();
        let refused = last.is_some_and(|last| seconds(at.saturating_sub(last)) < 1.0 / rate);
        if !refused {
            *last = Some(at);
        }
        refused
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_requests_is_reported_with_its_number() {
    let limited = limit(5.0);
    let site = site_of(&[("/shop/", 60), ("/blog/", 60), ("/help/", 60)]);
    let audited = site
        .simulated(move |asked| limited(asked.path, asked.at).then(|| error(503)))
        .audited()
        .await;
    assert_eq!(audited.findings(), ["load_induced overload"]);
    let evidence = audited.evidence("load_induced");
    assert!(
        evidence.starts_with("refuses more than about 5"),
        "{evidence}"
    );
}

/// Returns a limit of requests per second as nginx keeps it, with a burst.
fn bucket(rate: f64, burst: f64) -> impl Fn(&str, Duration) -> bool + Send + Sync {
    let state = Mutex::new((0.0_f64, Duration::ZERO));
    move |_, at| {
        let mut state = state.lock().unwrap();
        let excess = (state.0 - rate * seconds(at.saturating_sub(state.1))).max(0.0);
        let refused = excess > burst;
        if !refused {
            *state = (excess + 1.0, at);
        }
        refused
    }
}

/// Refuses what is beyond this number of requests in each window of so many seconds.
fn window(count: u32, length: u64) -> impl Fn(Duration) -> bool + Send + Sync {
    let state = Mutex::new((0, 0));
    move |at| {
        let mut state = state.lock().unwrap();
        let index = at.as_secs() / length;
        if index != state.0 {
            *state = (index, 0);
        }
        let refused = state.1 >= count;
        state.1 += u32::from(!refused);
        refused
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_of_a_limit_by_window_blame_no_page_and_end_once_it_is_known() {
    for (count, length, status) in [(30, 10, 503), (30, 10, 429)] {
        let limited = window(count, length);
        let site = site_of(&[("/shop/", 150), ("/blog/", 150)]);
        let audited = site
            .simulated(move |asked| {
                let is_file = matches!(asked.path, "/robots.txt" | "/sitemap.xml");
                (limited(asked.at) && !is_file).then(|| error(status))
            })
            .audited()
            .await;
        let case = format!("{count} in {length} s by {status}");
        let verdicts = audited.verdicts();
        let is_fair =
            |verdict: &str| verdict.ends_with(" ok") || verdict.ends_with(" load_induced");
        assert!(verdicts.split(", ").all(is_fair), "{case}: {verdicts}");
        assert!(audited.crawlability() > 99.9, "{case}");
        assert_eq!(audited.findings(), ["load_induced overload"], "{case}");
        // Until the limit is known, and in the burst.
        assert!(audited.failed() <= 40, "{case}: {}", audited.failed());
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_that_come_together_are_load_and_no_outages() {
    let limited = bucket(1.0, 2.0);
    let sites = [
        site_of(&[("/app/", 30), ("/blog/", 10)])
            .simulated(move |asked| limited(asked.path, asked.at).then(|| error(503))),
        site_of(&[("/shop/", 60), ("/help/", 12)]).slow_above(1),
    ];
    for site in sites {
        let audited = site.audited().await;
        let verdicts = audited.verdicts();
        assert_eq!(audited.findings(), ["load_induced overload"], "{verdicts}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_shows_limits_that_the_crawl_hardly_reached() {
    for rate in [2.0, 3.5, 6.0, 7.5, 9.0] {
        let limited = limit(rate);
        let site = site_of(&[("/shop/", 40), ("/blog/", 40)]);
        let audited = site
            .simulated(move |asked| limited(asked.path, asked.at).then(|| error(503)))
            .audited()
            .await;
        let purposes = audited.crawl.rows(Table::Attempts, &["Purpose"]);
        let bursts = purposes.iter().filter(|purpose| *purpose == "probe:burst");
        let evidence = audited.evidence("load_induced");
        let number = evidence.strip_prefix("refuses more than about ");
        let number = number.and_then(|rest| rest.split_once(' ')).map(|it| it.0);
        let number: f64 = number.expect(&evidence).parse().expect(&evidence);
        // The limit is between two pauses of the burst, of which one is a fifth longer than the
        // other.
        assert!((number / rate - 1.0).abs() < 0.2, "{rate}: {evidence}");
        assert!((5..=12).contains(&bursts.count()), "{rate}: {purposes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_and_a_block_that_share_an_error_page_are_two_findings() {
    let limited = limit(5.0);
    let site = site_of(&[("/shop/", 66), ("/wiki/", 43), ("/help/", 60)]);
    let refused = || Reply {
        outcome: Outcome::Server503,
        status: 503,
        ..bad_gateway()
    };
    let audited = site
        .simulated(move |asked| {
            let is_refused = match asked.path {
                path if path.starts_with("/shop/") => limited(path, asked.at),
                path if path.starts_with("/wiki/") => asked.request.guise.is_none(),
                _ => false,
            };
            is_refused.then(refused)
        })
        .audited()
        .await;
    let mut findings = audited.findings();
    findings.sort();
    assert_eq!(findings, ["client_block firewall", "load_induced overload"]);
    for n in 0..43 {
        let path = format!("/wiki/{n}");
        assert_eq!(audited.page(&path, &["Probable Cause"]), "firewall");
    }
}

#[tokio::test(start_paused = true)]
async fn dead_pages_of_several_sections_are_one_finding() {
    let site = site_of(&[("/shop/", 40), ("/blog/", 40), ("/help/", 60)]);
    let audited = site
        .behind(|request| {
            let path = request.url.path_and_query();
            let (_, number) = path.rsplit_once('/')?;
            let dead = number.parse::<u32>().is_ok_and(|number| number % 4 == 0);
            (dead && !path.starts_with("/help/")).then(bad_gateway)
        })
        .audited()
        .await;
    let found = audited.finding("persistent_cluster");
    assert_eq!(audited.findings().len(), 1, "{:?}", audited.findings());
    assert_eq!(
        (found.scope.id(), found.subject.as_str()),
        ("host", "http://site.test")
    );
    let evidence = audited.evidence("persistent_cluster");
    let words = "20 of 20 URLs of those that failed alike in /blog/ (10), /shop/ (10) fail";
    assert!(evidence.starts_with(words), "{evidence}");
}

#[tokio::test(start_paused = true)]
async fn a_dead_home_page_is_the_first_finding() {
    let audited = site_of(&[("/shop/", 12), ("/blog/", 40)])
        .listed()
        .behind(|request| {
            let path = request.url.path_and_query();
            let is_dead = path == "/" || path.starts_with("/shop/");
            is_dead.then(|| {
                if path == "/" {
                    error(500)
                } else {
                    bad_gateway()
                }
            })
        })
        .audited()
        .await;
    let first = &audited.findings[0];
    assert_eq!(first.subject, "http://site.test/");
    assert_eq!(first.severity.id(), "critical");
    assert!(audited.findings().len() > 1, "{:?}", audited.findings());
}

#[tokio::test(start_paused = true)]
async fn a_family_of_a_flat_site_is_named() {
    let mut site = site_of(&[]);
    let pages = |name: &str, count: usize| -> Vec<String> {
        (0..count).map(|n| format!("/{name}-{n}.html")).collect()
    };
    let all = [
        pages("infoschema", 30),
        pages("storage", 40),
        pages("func", 40),
    ]
    .concat();
    let targets: Vec<&str> = all.iter().map(String::as_str).collect();
    site = site.with("/", &[links(&targets)]);
    for path in &targets {
        site = site.with(path, &[page("a page")]);
    }
    let audited = site
        .behind(|request| {
            let path = request.url.path_and_query();
            path.starts_with("/infoschema-").then(bad_gateway)
        })
        .audited()
        .await;
    assert_eq!(audited.findings().len(), 1, "{:?}", audited.findings());
    let found = audited.finding("persistent_cluster");
    assert_eq!(found.subject, "http://site.test/infoschema-*.html");
    let evidence = audited.evidence("persistent_cluster");
    let words = "30 of 30 URLs of those that failed alike in /infoschema-*.html fail";
    assert!(evidence.starts_with(words), "{evidence}");
}

#[tokio::test(start_paused = true)]
async fn a_redirect_into_an_error_has_the_cause_of_its_target() {
    let audited = site_of(&[("/shop/", 12), ("/blog/", 12)])
        .with("/shop/0", &[bad_gateway()])
        .with("/blog/0", &[redirect("/shop/0")])
        .audited()
        .await;
    let of_target = audited.finding("persistent_cluster");
    let of_redirect = audited.finding("redirect_into_error");
    assert_eq!(of_redirect.causes, of_target.causes);
    assert!((of_redirect.confidence - of_target.confidence).abs() < 1e-9);
}

#[tokio::test(start_paused = true)]
async fn failures_under_our_own_load_are_no_outage() {
    let mut site = site_of(&[("/shop/", 90), ("/blog/", 90)]);
    site.plan.pace.rate = None;
    site.plan.pace.concurrency = 16;
    let audited = site.slow_above(4).audited().await;
    for found in audited.findings() {
        assert!(
            !found.contains("outage"),
            "{found} {:?}",
            audited.evidence("host_outage")
        );
    }
}
