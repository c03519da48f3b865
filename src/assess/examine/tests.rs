//! Tests with invented runs: a URL and its attempts in one line.

use std::time::Duration;

use super::*;
use crate::assess::diagnose::AnswerFacts;
use crate::assess::diagnose::rules::{Finding, Rule};
use crate::assess::diagnose::{Announced, Evidence, Ratio};
use crate::assess::history::episode::FirstLook;
use crate::assess::score::indexing::Extent;
use crate::assess::verdict::observation::Observation;
use crate::assess::{EarlierRuns, Importance};
use crate::model::{Cause, Experiment, Moment, Pressure, Purpose};

const HOST: &str = "https://www.shop.test";

/// A run that a test builds.
struct Run(Examination);

/// Parses attempts: `F` fails and `.` succeeds, both at speed; `f` and `,` are the same at a polite
/// pace; `s` is an error page with status 200. A blank ends a pass; passes begin a minute apart.
fn attempts(marks: &str) -> Vec<SeenAttempt<'static>> {
    let mut made = Vec::new();
    for (pass, marks) in (1..).zip(marks.split(' ')) {
        for (nth, mark) in (0..).zip(marks.chars()) {
            let outcome = match mark {
                'F' | 'f' => Outcome::Server502,
                's' => Outcome::SoftError200,
                _ => Outcome::OkHtml,
            };
            let slow = matches!(mark, 'f' | ',');
            made.push(attempt(outcome, pass, nth, slow));
        }
    }
    made
}

fn attempt(outcome: Outcome, pass: u32, nth: i64, slow: bool) -> SeenAttempt<'static> {
    let status = if outcome.is_failure() { 502 } else { 200 };
    let (in_flight, rate) = if slow { (1, 1.0) } else { (4, 10.0) };
    SeenAttempt {
        purpose: if pass > 1 {
            Purpose::Confirm
        } else {
            Purpose::Crawl
        },
        observation: Observation {
            outcome,
            status: Some(status),
            started: Moment::from_millis(i64::from(pass) * 60_000 + nth * 1_000),
            pass,
            reused: false,
            pressure: Pressure {
                in_flight,
                rate: Some(rate),
            },
            announced: None,
            ttfb: None,
            host_episode: None,
        },
        facts: AnswerFacts {
            outcome,
            status: Some(status),
            fingerprint: None,
            server: None,
            waited: None,
            round_trip: None,
            retry_after: Announced::Nothing,
            cached: false,
            reused: false,
            address: None,
            in_flight,
            rate: Some(rate),
        },
        made_by: None,
        log_line: None,
    }
}

impl Run {
    fn new() -> Run {
        Run(Examination::new(Rules::ONE_SHOT))
    }

    /// Adds a page of a section with its attempts, and returns its judgement.
    fn page(&mut self, section: &str, attempts: &[SeenAttempt<'_>]) -> Examined {
        self.page_with(section, attempts, None)
    }

    fn page_with(
        &mut self,
        section: &str,
        attempts: &[SeenAttempt<'_>],
        soft_page: Option<SeenPage<'_>>,
    ) -> Examined {
        self.page_of((section, None), attempts, soft_page)
    }

    fn page_of(
        &mut self,
        (section, dead_folder): (&str, Option<&str>),
        attempts: &[SeenAttempt<'_>],
        soft_page: Option<SeenPage<'_>>,
    ) -> Examined {
        self.0.take(&Seen {
            address: &format!("{HOST}{section}page"),
            host: HOST,
            section,
            family: &format!("{section}*"),
            dead_folder,
            role: Role::Page,
            importance: Importance {
                inlinks: 1,
                max_inlinks: 1,
                in_sitemap: false,
                canonical: true,
                home: false,
            },
            earlier: EarlierRuns::default(),
            attempts,
            soft_page,
        })
    }

    /// Adds the attempts at robots.txt.
    fn robots(&mut self, attempts: &[SeenAttempt<'_>]) {
        self.0.take(&Seen {
            address: &format!("{HOST}/robots.txt"),
            host: HOST,
            section: "/",
            family: "",
            dead_folder: None,
            role: Role::Robots,
            importance: Importance::default(),
            earlier: EarlierRuns::default(),
            attempts,
            soft_page: None,
        });
    }

    fn pages(&mut self, section: &str, count: usize, marks: &str) {
        for _ in 0..count {
            self.page(section, &attempts(marks));
        }
    }

    fn verdict(&mut self, marks: &str) -> Verdict {
        self.page("/a/", &attempts(marks)).judgement.verdict
    }

    fn conclude(self) -> Conclusions {
        self.0.conclude(&SiteFiles::default(), Extent::Full)
    }
}

fn rules(found: &Conclusions) -> Vec<Rule> {
    found.findings.iter().map(|found| found.rule).collect()
}

#[test]
fn a_folder_of_which_every_page_fails_is_one_finding_however_its_pages_fail() {
    let mut run = Run::new();
    run.pages("/shop/", 20, ". .");
    let always = |outcome| -> Vec<SeenAttempt<'static>> {
        (1..=4)
            .map(|pass| attempt(outcome, pass, 0, true))
            .collect()
    };
    run.page("/shop/", &always(Outcome::Server502));
    for outcome in [Outcome::Server502, Outcome::Server504].repeat(2) {
        run.page_of(("/shop/", Some("/shop/checkout/")), &always(outcome), None);
    }
    let found = run.conclude();
    assert_eq!(rules(&found), [Rule::SectionDown, Rule::PersistentCluster]);
    let down = &found.findings[0];
    let expected = (format!("{HOST}/shop/checkout/"), Some(4), 2);
    assert_eq!(
        (down.subject.clone(), down.pages, down.clusters.len()),
        expected
    );
}

#[test]
fn failures_of_one_kind_in_one_section_are_one_cluster() {
    let mut run = Run::new();
    let mut number = |section, marks| run.page(section, &attempts(marks)).cluster;
    assert_eq!(number("/a/", "F f"), Some(0));
    assert_eq!(number("/b/", "F f"), Some(1));
    assert_eq!(number("/a/", "F ,"), Some(0));
    assert_eq!(number("/a/", ".s"), Some(2), "another outcome");
    assert_eq!(number("/a/", "."), None);
    let found = run.conclude();
    let of_cluster = |at: usize| (found.clusters[at].urls, found.clusters[at].failures);
    assert_eq!((of_cluster(0), of_cluster(1)), ((2, 3), (1, 2)));
}

#[test]
fn pages_of_one_cause_are_one_finding_across_sections_and_verdicts() {
    let mut run = Run::new();
    run.pages("/a/", 40, "F f f");
    run.pages("/b/", 30, "F");
    run.pages("/c/", 26, "F , f ,");
    run.pages("/d/", 200, ".");
    let found = run.conclude();
    let cluster = found
        .findings
        .iter()
        .find(|found| found.rule == Rule::SectionDown);
    let cluster = cluster.expect("a finding");
    assert_eq!(found.findings.len(), 1, "{:#?}", found.findings);
    assert_eq!(cluster.subject, HOST);
    let words = "by verdict: 40 persistent, 26 intermittent, 30 unconfirmed";
    assert!(cluster.evidence_text().contains(words), "{cluster:?}");
}

/// Returns an attempt of an experiment.
fn tried(experiment: Experiment, outcome: Outcome, mark: &'static str) -> SeenAttempt<'static> {
    let made = attempt(outcome, 4, 0, true);
    SeenAttempt {
        purpose: Purpose::Experiment(experiment),
        facts: AnswerFacts {
            fingerprint: Some(mark),
            ..made.facts
        },
        ..made
    }
}

#[test]
fn two_faults_behind_one_error_page_are_two_findings() {
    const MARK: &str = "nginx-503";
    let mut run = Run::new();
    let failing = |fine: Experiment| {
        let mut made = attempts("F f f");
        for attempt in &mut made {
            attempt.facts.fingerprint = Some(MARK);
        }
        for experiment in [
            Experiment::Alone,
            Experiment::Browser,
            Experiment::Uncompressed,
            Experiment::Alone,
        ] {
            let outcome = if experiment == fine {
                Outcome::OkHtml
            } else {
                Outcome::Server502
            };
            made.push(tried(experiment, outcome, MARK));
        }
        made
    };
    for n in 0..12 {
        run.page("/a/", &failing(Experiment::Browser));
        run.page("/b/", &failing(Experiment::Uncompressed));
        // Most pages had no experiment: they join those of their section.
        let mut untried = failing(Experiment::Browser);
        untried.truncate(3);
        run.page(if n % 2 == 0 { "/a/" } else { "/b/" }, &untried);
    }
    run.pages("/d/", 60, ".");
    let found = run.conclude();
    let clusters: Vec<(&str, u64, &str)> = (found.clusters.iter())
        .map(|it| (it.section.as_str(), it.urls, it.diagnosis.advice()))
        .collect();
    assert_eq!(
        clusters,
        [("/a/", 18, "firewall"), ("/b/", 18, "compression")]
    );
    let block = found
        .findings
        .iter()
        .find(|it| it.rule == Rule::ClientBlock);
    let words = block.expect("a block").evidence_text();
    let expected = "at URLs that fail for the crawler 12 of 12 requests with a browser's user agent were fine; \
                    18 of 96 URLs of the host, for the crawler only, fail";
    assert!(words.starts_with(expected), "{words}");
    assert_eq!(rules(&found), [Rule::SectionDown, Rule::ClientBlock]);
    assert_eq!(found.findings[0].advice, "compression");
}

#[test]
fn a_page_that_fails_for_the_crawler_only_and_its_neighbour_that_fails_for_all_are_two_findings() {
    const MARK: &str = "nginx-503";
    let mut run = Run::new();
    let failing = |fine: Option<Experiment>| {
        let mut made = attempts("F f f");
        for attempt in &mut made {
            attempt.facts.fingerprint = Some(MARK);
        }
        let asked = [
            Experiment::Alone,
            Experiment::Browser,
            Experiment::Browser,
            Experiment::Alone,
        ];
        made.extend(asked.map(|experiment| {
            let outcome = if fine == Some(experiment) {
                Outcome::OkHtml
            } else {
                Outcome::Server502
            };
            tried(experiment, outcome, MARK)
        }));
        made
    };
    let refused = run.page("/a/", &failing(Some(Experiment::Browser))).cluster;
    let broken = run.page("/a/", &failing(None)).cluster;
    assert_ne!(refused, broken);
    // An intermittent page may have succeeded for a browser by chance.
    let mut by_turns = failing(Some(Experiment::Browser));
    by_turns.splice(1..1, attempts(", , f ,"));
    assert_eq!(run.page("/a/", &by_turns).cluster, broken);
    run.pages("/d/", 60, ".");
    let found = run.conclude();
    assert_eq!(rules(&found), [Rule::PersistentCluster, Rule::ClientBlock]);
    let block = found.findings[1].evidence_text();
    let expected = "at URLs that fail for the crawler 2 of 2 requests with a browser's user agent were fine; 1 of 63 URLs";
    assert!(block.starts_with(expected), "{block}");
}

/// Attempts at a page that always fails, and with other spellings of its URL: `.` is fine, `4` is unknown.
fn respelled(spellings: &str) -> Vec<SeenAttempt<'static>> {
    const MARK: &str = "nginx-502";
    let outcome = |mark| match mark {
        '.' => Outcome::OkHtml,
        '4' => Outcome::Client404,
        _ => Outcome::Server502,
    };
    let alone = || tried(Experiment::Alone, Outcome::Server502, MARK);
    let mut made = attempts("F f f");
    made.push(alone());
    let spelled = spellings.chars().map(outcome);
    made.extend(spelled.map(|outcome| tried(Experiment::Respelled, outcome, MARK)));
    made.push(alone());
    for attempt in &mut made {
        attempt.facts.fingerprint = Some(MARK);
    }
    made
}

/// Findings with the number of URLs that they begin with.
fn counted(found: &Conclusions) -> Vec<(Rule, u64)> {
    let urls = |it: &Finding| match it.evidence.first() {
        Some(Evidence::Urls { failing, .. }) => failing.part,
        _ => 0,
    };
    let mut said: Vec<(Rule, u64)> = (found.findings.iter())
        .map(|it| (it.rule, urls(it)))
        .collect();
    said.sort_unstable();
    said
}

#[test]
fn what_a_cdn_says_of_the_origin_is_no_block_of_crawlers() {
    let mut run = Run::new();
    let of_cdn = |status: u16| {
        let mut made = attempts("F f f");
        for attempt in &mut made {
            let outcome = Outcome::of_error_status(status, false);
            (attempt.observation.outcome, attempt.facts.outcome) = (outcome, outcome);
            (attempt.observation.status, attempt.facts.status) = (Some(status), Some(status));
            attempt.facts.fingerprint = Some(match status {
                520 => "cloudflare-520",
                521 => "cloudflare-521",
                522 => "cloudflare-522",
                _ => "cloudflare-524",
            });
        }
        made
    };
    for status in [520, 521, 522, 524] {
        for _ in 0..9 {
            run.page("/a/", &of_cdn(status));
        }
    }
    run.pages("/b/", 40, ".");
    let found = run.conclude();
    assert!(
        !rules(&found).contains(&Rule::ClientBlock),
        "{:?}",
        rules(&found)
    );
    for cluster in &found.clusters {
        assert_ne!(
            cluster.diagnosis.cause(),
            Some(Cause::Firewall),
            "{cluster:?}"
        );
    }
}

#[test]
fn other_spellings_tell_one_backend_of_several_sections_from_a_section_that_is_broken() {
    let mut run = Run::new();
    // A few of each section, which tell little alone.
    for section in ["/a/", "/b/", "/c/"] {
        run.page(section, &respelled("..F.4.F"));
    }
    run.page("/d/", &respelled("FFF"));
    run.page("/e/", &respelled("444"));
    run.pages("/a/", 60, ".");
    let expected = [(Rule::OneBackendDown, 3), (Rule::PersistentCluster, 2)];
    assert_eq!(counted(&run.conclude()), expected);
}

#[test]
fn other_spellings_tell_errors_that_a_cache_keeps_from_pages_that_are_broken() {
    let mut run = Run::new();
    for _ in 0..3 {
        run.page("/a/", &respelled("......"));
        run.page("/b/", &respelled("FFF"));
    }
    run.pages("/a/", 60, ".");
    let expected = [
        (Rule::CachedError, 0),
        (Rule::PersistentCluster, 3),
        (Rule::PersistentCluster, 3),
    ];
    assert_eq!(counted(&run.conclude()), expected);
}

#[test]
fn a_wait_and_an_immediate_refusal_are_two_clusters_despite_one_page() {
    let mut run = Run::new();
    let after = |millis| {
        let mut made = attempts("F f f");
        for attempt in &mut made {
            attempt.facts.waited = Some(std::time::Duration::from_millis(millis));
        }
        made
    };
    let quick = run.page("/a/", &after(3)).cluster;
    let slow = run.page("/a/", &after(60_002)).cluster;
    assert_ne!(quick, slow);
    let found = run.conclude();
    let cause = |at: Option<usize>| found.clusters[at.expect("a cluster")].diagnosis.cause();
    assert_eq!(cause(quick), Some(crate::model::Cause::UpstreamDown));
    assert_eq!(cause(slow), Some(crate::model::Cause::UpstreamTimeout));
}

#[test]
fn clusters_beyond_the_bound_are_counted_only_by_host_and_outcome() {
    let mut run = Run::new();
    for n in 0..=MOST_CLUSTERS + 1 {
        run.page(&format!("/{n}/"), &attempts("F"));
    }
    let found = run.conclude();
    assert_eq!(found.clusters.len(), MOST_CLUSTERS + 1);
    let last = found.clusters.last().expect("a cluster");
    assert_eq!((last.section.as_str(), last.urls), (OTHER, 2));
}

#[test]
fn experiments_are_no_evidence_about_a_page() {
    let mut run = Run::new();
    let mut made = attempts("F f f");
    made.extend(["alone", "browser", "alone"].map(|name| {
        let experiment = Experiment::ALL
            .into_iter()
            .find(|experiment| experiment.name().ends_with(name));
        let fine = name == "browser";
        let outcome = if fine {
            Outcome::OkHtml
        } else {
            Outcome::Server502
        };
        SeenAttempt {
            purpose: Purpose::Experiment(experiment.expect("an experiment")),
            ..attempt(outcome, 4, 0, true)
        }
    }));
    let found = run.page("/a/", &made).judgement;
    assert_eq!((found.verdict, found.attempts), (Verdict::Persistent, 3));
    let experiments = &run.conclude().clusters[0].experiments;
    let browser = experiments
        .iter()
        .find(|experiment| experiment.experiment == Experiment::Browser);
    let browser = browser.expect("a trial");
    assert_eq!(
        (browser.fine, browser.own),
        (Ratio::new(1, 1), Ratio::new(0, 2))
    );
}

#[test]
fn an_outage_of_the_host_makes_its_pages_transient() {
    let mut run = Run::new();
    for second in 0..30 {
        let down = second < 10;
        let outcome = if down {
            Outcome::Server502
        } else {
            Outcome::OkHtml
        };
        let started = Moment::from_millis(60_000 + second * 1_000);
        let in_flight = 4;
        run.0.look(
            HOST,
            FirstLook {
                started,
                outcome,
                in_flight,
            },
        );
    }
    // It failed twice in the outage and once more after it.
    assert_eq!(run.verdict("FF ."), Verdict::Transient);
    assert_eq!(run.verdict("FF , f"), Verdict::Intermittent);
}

/// Returns a host where one request in five fails with this many or more open.
fn busy(from_open: u32) -> Together {
    let mut histories = Histories::default();
    let home = Home {
        host: HOST,
        section: "/a/",
        family: "/a/*",
    };
    histories.watch(home, false);
    for n in 0..200_u32 {
        let open = 1 + n % 7;
        let fails = open >= from_open && n % 5 == 0;
        let seen = GroupAttempt {
            url: n.into(),
            started: Moment::from_millis(i64::from(n) * 500),
            outcome: if fails {
                Outcome::Server502
            } else {
                Outcome::OkHtml
            },
            status: Some(if fails { 502 } else { 200 }),
            open,
            rate: None,
            ever_fine: true,
            ever_failed: true,
            purpose: Purpose::Crawl,
            is_page: true,
        };
        histories.add(home, seen);
    }
    histories.together()
}

/// A host of three sections with an index each, asked in turn once a second; `/shop/` is down for twenty
/// seconds of sixty, the whole host too if so.
fn flapping(whole: bool) -> Together {
    going_down(whole, |second| (second / 20) % 3 == 0)
}

/// Returns what [`flapping`] does, with outages in these seconds.
fn going_down(whole: bool, is_down: fn(u32) -> bool) -> Together {
    let mut histories = Histories::default();
    let homes = ["/shop/", "/shop/p*", "/blog/p*", "/docs/p*"].map(|family| Home {
        host: HOST,
        section: &family[..6],
        family,
    });
    let is_shop = |home: &Home<'_>| home.section == "/shop/";
    for home in homes.iter().filter(|home| whole || is_shop(home)) {
        histories.watch(*home, false);
    }
    for n in 0..240_u32 {
        let home = homes[[0, 1, 1, 2, 1, 3][n as usize % 6]];
        let fails = is_down(n) && (whole || is_shop(&home));
        let seen = GroupAttempt {
            url: (n % 42).into(),
            started: Moment::from_millis(i64::from(n) * 1_000),
            outcome: if fails {
                Outcome::Server502
            } else {
                Outcome::OkHtml
            },
            status: Some(if fails { 502 } else { 200 }),
            open: 1,
            rate: None,
            ever_fine: true,
            ever_failed: true,
            purpose: Purpose::Crawl,
            is_page: true,
        };
        histories.add(home, seen);
    }
    histories.together()
}

#[test]
fn a_section_that_fails_beside_others_is_down_alone() {
    let shop = Home {
        host: HOST,
        section: "/shop/",
        family: "/shop/p*",
    };
    for (whole, expected) in [(false, Whole::Section), (true, Whole::Host)] {
        let found = flapping(whole);
        let (what, outages) = found.of(shop).next().expect("it was down");
        assert_eq!((what, outages.count()), (expected, 4), "{whole}");
    }
}

#[test]
fn a_page_that_fails_every_time_is_told_beside_the_outages_that_it_brings() {
    let mut run = Run::new();
    run.0.together(flapping(true));
    run.pages("/blog/", 20, ".");
    let found = run.page("/shop/", &attempts("f f f")).judgement;
    assert_eq!(
        (found.verdict, found.in_outage),
        (Verdict::Persistent, false)
    );
    // In several outages of a rhythm, and in one.
    for (marks, expected) in [
        ("f f f,", Verdict::Intermittent),
        ("f ,", Verdict::Transient),
    ] {
        let found = run.page("/shop/", &attempts(marks)).judgement;
        assert_eq!(
            (found.verdict, found.in_outage),
            (expected, true),
            "{marks}"
        );
    }
    let found = run.conclude();
    assert_eq!(rules(&found), [Rule::HostOutage, Rule::PersistentCluster]);
}

#[test]
fn a_part_that_goes_down_again_and_again_says_nothing_against_nine_good_looks() {
    let mut run = Run::new();
    let down = |second| matches!(second, 0..20 | 60..80 | 150..170);
    run.0.together(going_down(false, down));
    let judged = |run: &mut Run, marks: &str| {
        let found = run.page("/shop/", &attempts(marks)).judgement;
        (found.verdict, found.in_outage)
    };
    let good = ", ".repeat(10);
    let cleared = judged(&mut run, &format!("f {good}"));
    assert_eq!(cleared, (Verdict::Transient, true));
    assert_eq!(judged(&mut run, "f ,"), (Verdict::Intermittent, true));
}

/// Returns a host of two sections, requested in turn once a second. The three pages of `/shop/` are down from second 60
/// to 80, and from 200 to 230.
fn small_section_down_twice() -> Together {
    let mut histories = Histories::default();
    let [shop, blog] = ["/shop/p*", "/blog/p*"].map(|family| Home {
        host: HOST,
        section: &family[..6],
        family,
    });
    histories.watch(shop, false);
    for second in 0..300_u32 {
        let is_shop = second % 2 == 0;
        let fails = is_shop && matches!(second, 60..80 | 200..230);
        let seen = GroupAttempt {
            url: if is_shop { second / 2 % 3 } else { 10 + second }.into(),
            started: Moment::from_millis(i64::from(second) * 1_000),
            outcome: if fails {
                Outcome::Server502
            } else {
                Outcome::OkHtml
            },
            status: Some(if fails { 502 } else { 200 }),
            open: 1,
            rate: None,
            ever_fine: true,
            ever_failed: is_shop,
            purpose: Purpose::Crawl,
            is_page: true,
        };
        histories.add(if is_shop { shop } else { blog }, seen);
    }
    histories.together()
}

#[test]
fn an_experiment_that_fails_in_another_outage_of_the_section_shows_that_the_page_comes_and_goes() {
    let mut run = Run::new();
    run.0.together(small_section_down_twice());
    let mut judged = |failed_alone_at: Option<i64>| {
        // It fails at 60 s and is fine at 120 s.
        let mut made = attempts("F ,");
        made.extend(failed_alone_at.map(|second| {
            let mut alone = tried(Experiment::Alone, Outcome::Server502, "");
            alone.observation.started = Moment::from_millis(second * 1_000);
            alone
        }));
        let found = run.page("/shop/", &made).judgement;
        (found.verdict, found.in_outage)
    };
    assert_eq!(judged(None), (Verdict::Transient, true));
    assert_eq!(judged(Some(65)), (Verdict::Transient, true));
    assert_eq!(judged(Some(215)), (Verdict::Intermittent, true));
}

#[test]
fn a_page_that_is_fine_in_the_crawls_own_way_does_not_always_fail() {
    let verdict = |experiment, outcome| {
        let mut made = attempts("F f f");
        made.push(tried(Experiment::Alone, Outcome::Server502, ""));
        made.push(tried(experiment, outcome, ""));
        Run::new().page("/a/", &made).judgement.verdict
    };
    let (fine, failed) = (Outcome::OkHtml, Outcome::Server502);
    assert_eq!(verdict(Experiment::Alone, fine), Verdict::Intermittent);
    assert_eq!(
        verdict(Experiment::FreshConnection, fine),
        Verdict::Intermittent
    );
    assert_eq!(
        verdict(Experiment::FreshConnection, failed),
        Verdict::Persistent
    );
    assert_eq!(verdict(Experiment::Browser, fine), Verdict::Persistent);
}

#[test]
fn a_page_belongs_to_the_failure_that_it_had_most_often() {
    let mut run = Run::new();
    let outcomes = [
        Outcome::TtfbTimeout,
        Outcome::TtfbTimeout,
        Outcome::EmptyReply,
    ];
    let made = (1..).zip(outcomes);
    let made: Vec<_> = made
        .map(|(pass, outcome)| attempt(outcome, pass, 0, true))
        .collect();
    run.page("/a/", &made);
    let found = run.conclude();
    assert_eq!(found.clusters[0].outcome, Outcome::TtfbTimeout);
    let evidence = &found.clusters[0].diagnosis.evidence;
    let words: Vec<String> = evidence.iter().take(2).map(ToString::to_string).collect();
    let expected = [
        "2 \u{d7} no answer in time",
        "1 \u{d7} connection closed without an answer",
    ];
    assert_eq!(words, expected);
}

#[test]
fn speed_is_the_reason_only_if_the_host_shows_it() {
    let effect = SpeedEffect {
        at_speed: Ratio::new(3, 100),
        politely: Ratio::new(0, 10),
        healed: 3,
        urls: 50,
        ..SpeedEffect::default()
    };
    for (from_open, expected) in [(1, Verdict::Transient), (6, Verdict::LoadInduced)] {
        let mut run = Run::new();
        run.0.together(busy(from_open));
        run.0.at_speeds(HOST, effect.clone());
        assert_eq!(run.verdict("F ,"), expected, "{from_open}");
        run.pages("/a/", 20, ".");
        let found = run.conclude();
        let said = rules(&found).contains(&Rule::LoadInduced);
        assert_eq!(
            said,
            expected == Verdict::LoadInduced,
            "{:?}",
            found.findings
        );
    }
}

#[test]
fn controls_succeeded_in_the_crawl_and_were_requested_again() {
    let mut run = Run::new();
    run.pages("/a/", 2, "F f f");
    run.pages("/", 3, ". , ,");
    run.page("/", &attempts(". , f"));
    let found = run.conclude();
    let evidence = &found.clusters[0].diagnosis.evidence;
    let words: Vec<String> = evidence.iter().map(ToString::to_string).collect();
    let expected = "7 of 8 requests for other pages of the host were fine meanwhile".to_owned();
    assert!(words.contains(&expected), "{words:?}");
}

#[test]
fn an_error_page_with_200_is_found_by_its_text() {
    let mut run = Run::new();
    let page = SeenPage {
        status: 200,
        head: b"<h1>Error establishing a database connection</h1>",
    };
    let found = run.page_with("/a/", &attempts("s"), Some(page));
    assert_eq!(found.judgement.verdict, Verdict::Unconfirmed);
    assert!(found.judgement.indexing_risk().value > 0.0);
    assert!(found.cluster.is_some() && found.priority > 0.0);
    run.pages("/a/", 9, ".");
    let found = run.conclude();
    assert_eq!(rules(&found), [Rule::SoftError]);
    let evidence = found.findings[0].evidence_text();
    assert!(evidence.starts_with("1 of 10 pages"), "{evidence}");
}

/// A robots.txt that cannot be read.
fn unreadable(days: u64) -> SiteFiles {
    let robots = RobotsFile {
        host: HOST.to_owned(),
        address: format!("{HOST}/robots.txt"),
        outcome: Outcome::Server502,
        attempts: 3,
        unreachable: true,
        failing_for: Some(Duration::from_hours(24 * days)),
        known_good: true,
        pages: 0,
        failures: None,
    };
    SiteFiles {
        robots: vec![robots],
        ..SiteFiles::default()
    }
}

#[test]
fn a_robots_txt_has_the_cause_of_pages_with_the_same_failure() {
    let causes = |with_pages: bool, mark: &'static str| {
        let mut run = Run::new();
        let mut failing = attempts("F f f");
        for attempt in &mut failing {
            attempt.facts.waited = Some(Duration::from_millis(2));
        }
        if with_pages {
            for _ in 0..9 {
                run.page("/a/", &failing);
            }
        }
        for attempt in &mut failing {
            attempt.facts.fingerprint = (!mark.is_empty()).then_some(mark);
        }
        run.robots(&failing);
        let found = run.0.conclude(&unreadable(1), Extent::Full);
        let of = |rules: &[Rule]| {
            let finding = found.findings.iter().find(|it| rules.contains(&it.rule));
            finding.map(|it| (it.causes.clone(), it.confidence))
        };
        let robots = of(&[Rule::RobotsUnreachable]).expect("a finding");
        (
            robots,
            of(&[Rule::PersistentCluster, Rule::UnconfirmedCluster]),
        )
    };
    let (robots, pages) = causes(true, "");
    assert_eq!(Some(robots), pages);
    // Another error page may have another cause.
    let (robots, pages) = causes(true, "haproxy-502");
    assert_ne!(Some(robots), pages);
    // Without a page, its own answers show the fault.
    let (robots, pages) = causes(false, "nginx-502");
    assert_eq!((robots.0[0], pages), (Cause::UpstreamDown, None));
}

#[test]
fn a_host_whose_pages_are_error_pages_with_200_answers() {
    let words = |marks: &str| {
        let mut run = Run::new();
        run.pages("/a/", 9, marks);
        let found = run.0.conclude(&unreadable(40), Extent::Full);
        let mut robots = found.findings.iter();
        let robots = robots.find(|it| it.rule == Rule::RobotsUnreachable);
        robots.expect("a finding").evidence_text()
    };
    assert!(words("s").contains("with the rest of the host answering"));
    assert!(words("F").contains("with the rest of the host failing too"));
}

#[test]
fn deductions_add_up_for_the_site_and_for_every_section() {
    let mut run = Run::new();
    for (section, marks) in [
        ("/a/", "F f f"),
        ("/b/", "F , f ,"),
        ("/c/", "F ."),
        ("/d/", "."),
    ] {
        run.pages(section, 7, marks);
    }
    run.pages("/d/", 3, "s");
    let found = run.conclude();
    let sections = found.sections.iter();
    let scored = sections.map(|one| (&one.crawlability, &one.indexing_risk));
    for (crawlability, risk) in scored.chain([(&found.crawlability, &found.indexing_risk)]) {
        let left = crawlability.score.known().expect("a score").value;
        let lost: f64 = crawlability.deductions().iter().map(|row| row.points).sum();
        assert!((left + lost - 100.0).abs() < 0.006, "{left} and {lost}");
        let value = risk.score.known().expect("a score").value;
        let shares: f64 = risk.deductions().iter().map(|row| row.points).sum();
        assert!((value - shares).abs() < 0.006, "{value} and {shares}");
    }
    assert_eq!(found.sections.len(), 4);
    assert!(found.indexing_risk.score.known().expect("a score").value > 10.0);
}

#[test]
fn only_a_closed_connection_whose_next_request_is_answered_is_a_race() {
    let closed = |marks: &str| {
        let mut run = Run::new();
        for _ in 0..9 {
            let mut made = attempts(marks);
            for (nth, seen) in made.iter_mut().enumerate() {
                if seen.facts.outcome.is_failure() {
                    let outcome = Outcome::EmptyReply;
                    (seen.observation.outcome, seen.facts.outcome) = (outcome, outcome);
                    (seen.observation.status, seen.facts.status) = (None, None);
                    (seen.observation.reused, seen.facts.reused) = (nth == 0, nth == 0);
                }
            }
            run.page("/feeds/", &made);
        }
        run.pages("/a/", 9, ".");
        rules(&run.conclude()).contains(&Rule::ClosedConnections)
    };
    assert!(closed("F."));
    assert!(!closed("FF f f"), "the page closes every connection");
}

#[test]
fn answers_cut_short_in_one_section_are_told_of_that_section() {
    let subject = |sections: &[&str]| {
        let mut run = Run::new();
        run.pages("/a/", 9, ". .");
        for section in sections {
            let cut: Vec<_> = (1..=4)
                .map(|pass| attempt(Outcome::BodyTruncated, pass, 0, true))
                .collect();
            for _ in 0..3 {
                run.page(section, &cut);
            }
        }
        let found = run.conclude();
        let mut findings = found.findings.iter();
        let cut = findings.find(|it| it.rule == Rule::TruncatedBodies);
        cut.expect("a finding").subject.clone()
    };
    assert_eq!(subject(&["/gallery/"]), format!("{HOST}/gallery/"));
    assert_eq!(subject(&["/gallery/", "/b/"]), HOST);
}
