//! The pace against model servers in virtual time, and the cost of finding their limits.

use std::collections::VecDeque;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::model::Outcome;

/// A server that answers 502 above its limit, and always for some pages.
#[derive(Clone, Copy, Debug)]
struct Server {
    latency: i64,
    most_open: usize,
    /// Requests accepted within any second.
    most_per_second: usize,
    /// Every n-th page is broken.
    broken: Option<u32>,
    /// Every n-th request fails by accident.
    accident: Option<u32>,
    /// Requests within a second above which answers take ten times as long.
    slow_above: usize,
    /// Start and end of an outage of everything, in milliseconds.
    outage: (i64, i64),
}

const HEALTHY: Server = Server {
    latency: 20,
    most_open: usize::MAX,
    most_per_second: usize::MAX,
    broken: None,
    accident: None,
    slow_above: usize::MAX,
    outage: (0, 0),
};

/// The course of one crawl.
#[derive(Debug, Default)]
struct Story {
    seconds: f64,
    /// Failures of pages that are not broken.
    errors: u32,
    /// Those of the second half of the crawl.
    late_errors: u32,
    requests: u32,
    /// Pages that were served.
    served: u32,
    /// Answers that came late because of the load.
    slow: u32,
    end: Option<Pace>,
}

struct Open {
    page: u32,
    tries: u32,
    signal: PaceSignal,
    ends: i64,
}

fn plan(concurrency: u32, rate: Option<f64>) -> PacePlan {
    PacePlan {
        concurrency,
        rate,
        delay: Duration::ZERO,
        retries: 2,
        adapt: true,
    }
}

/// Crawls `count` pages, each with two quick retries, in the spirit of the retry budget.
fn crawl(server: Server, plan: PacePlan, count: u32) -> Story {
    let mut dice = fastrand::Rng::with_seed(5);
    let mut host = HostPace::new(&plan);
    let mut pace = host.pace();
    let mut queue: VecDeque<u32> = (0..count).collect();
    let mut retries: Vec<(i64, u32, u32)> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut taken: VecDeque<i64> = VecDeque::new();
    let (mut now, mut last) = (0_i64, i64::MIN / 2);
    let mut story = Story::default();
    while !queue.is_empty() || !retries.is_empty() || !open.is_empty() {
        while let Some(at) = open.iter().position(|request| request.ends <= now) {
            let done = open.swap_remove(at);
            let failed = done.signal.outcome != Outcome::OkHtml;
            story.served += u32::from(!failed);
            if failed && done.tries < 2 {
                let bound = 2_000 << done.tries;
                retries.push((now + dice.i64(0..bound), done.page, done.tries + 1));
            }
            host.on_attempt(done.signal, Moment::from_millis(now));
            pace = host.pace();
        }
        while open.len() < pace.open as usize && now >= last + pace.interval.as_millis() as i64 {
            let due = retries.iter().position(|(at, ..)| *at <= now);
            let (number, tries) = match due.map(|at| retries.swap_remove(at)) {
                Some((_, number, tries)) => (number, tries),
                None => match queue.pop_front() {
                    Some(number) => (number, 0),
                    None => break,
                },
            };
            while taken.front().is_some_and(|at| *at <= now - 1_000) {
                taken.pop_front();
            }
            let overload = open.len() >= server.most_open || taken.len() >= server.most_per_second;
            let broken = server
                .broken
                .is_some_and(|every| number % every == every - 1);
            if !overload {
                taken.push_back(now);
            }
            story.requests += 1;
            let accident = server
                .accident
                .is_some_and(|every| story.requests % every == every / 2);
            let down = (server.outage.0..server.outage.1).contains(&now);
            let overload = overload || accident || down;
            let slow = taken.len() > server.slow_above;
            story.errors += u32::from(overload);
            story.late_errors += u32::from(overload && queue.len() < count as usize / 2);
            let latency = match () {
                () if overload => 5,
                () if slow => 10 * server.latency,
                () => server.latency,
            };
            story.slow += u32::from(slow);
            open.push(Open {
                page: number,
                tries,
                ends: now + latency,
                signal: PaceSignal {
                    outcome: if overload || broken {
                        Outcome::Server502
                    } else {
                        Outcome::OkHtml
                    },
                    first_byte: Some(Duration::from_millis(latency as u64)),
                    started: Moment::from_millis(now),
                    in_flight: open.len() as u32 + 1,
                    retry: tries > 0,
                    announced: None,
                    suspect: false,
                },
            });
            last = now;
        }
        now += 1;
    }
    story.seconds = now as f64 / 1_000.0;
    story.end = Some(pace);
    story
}

#[test]
fn a_healthy_site_is_soon_requested_at_full_speed() {
    let quick = Server {
        latency: 2,
        ..HEALTHY
    };
    let story = crawl(quick, plan(16, None), 1_169);
    let unadapted = 1_169.0 / 16.0 * 0.002;
    assert!(story.seconds < 1.3 * unadapted, "{story:?}");
    let story = crawl(HEALTHY, plan(8, Some(10.0)), 200);
    assert!(story.seconds < 20.5, "{story:?}");
}

#[test]
fn a_limit_of_four_open_requests_or_25_a_second_is_found_with_few_errors() {
    // Maximum open, maximum per second, seconds that 5,000 pages may take: they need 25 at four
    // open requests, and 200 at 25 per second.
    let cases = [
        (4, usize::MAX, 70.0),
        (usize::MAX, 25, 260.0),
        (4, 25, 260.0),
    ];
    for (most_open, most_per_second, seconds) in cases {
        let server = Server {
            most_open,
            most_per_second,
            ..HEALTHY
        };
        let story = crawl(server, plan(32, None), 5_000);
        // Several requests are under way when the crawl meets a limit of requests per second for
        // the first time.
        assert!(story.errors <= 10 && story.late_errors <= 1, "{story:?}");
        assert!(story.seconds < seconds, "{story:?}");
        let end = story.end.expect("it ended");
        assert!(end.open as usize <= most_open, "{story:?}");
        if most_per_second == 25 {
            assert!((0.038..0.06).contains(&end.interval.as_secs_f64()));
        } else {
            assert_eq!(end.open, 4);
        }
    }
}

#[test]
fn a_single_accident_costs_almost_nothing() {
    let quick = Server {
        latency: 2,
        accident: Some(60),
        ..HEALTHY
    };
    let story = crawl(quick, plan(16, None), 100);
    assert!(story.errors <= 2, "{story:?}");
    let once = Server {
        latency: 2,
        outage: (10, 11),
        ..HEALTHY
    };
    let story = crawl(once, plan(16, None), 3_000);
    let healthy = crawl(
        Server {
            latency: 2,
            ..HEALTHY
        },
        plan(16, None),
        3_000,
    );
    assert!(story.seconds < healthy.seconds + 3.0, "{story:?}");
}

#[test]
fn random_failures_slow_a_crawl_by_less_than_half() {
    for (every, seconds) in [(100, 260.0), (20, 260.0), (10, 280.0)] {
        let server = Server {
            accident: Some(every),
            ..HEALTHY
        };
        let story = crawl(server, plan(8, Some(10.0)), 2_000);
        assert!(story.seconds < seconds, "{story:?}");
    }
}

#[test]
fn a_site_that_slows_down_above_ten_a_second_is_recognised() {
    let server = Server {
        latency: 100,
        slow_above: 10,
        ..HEALTHY
    };
    let story = crawl(server, plan(16, None), 2_000);
    assert!(story.slow < 800 && story.seconds < 320.0, "{story:?}");
}

#[test]
fn an_outage_of_a_minute_gets_few_requests_and_leaves_the_pace_as_it_was() {
    let server = Server {
        outage: (60_000, 120_000),
        ..HEALTHY
    };
    let story = crawl(server, plan(8, Some(10.0)), 2_000);
    assert!(story.errors < 40, "{story:?}");
    assert!(story.seconds < 60.0 + 200.0 + 30.0, "{story:?}");
}

#[test]
fn broken_pages_do_not_slow_a_crawl() {
    for (every, seconds) in [(100, 215.0), (20, 230.0), (10, 250.0)] {
        let server = Server {
            broken: Some(every),
            ..HEALTHY
        };
        // 200 seconds for the pages, and a tenth of one for each retry.
        let story = crawl(server, plan(8, Some(10.0)), 2_000);
        assert!(story.seconds < seconds, "{story:?}");
        assert_eq!(story.end.map(|pace| pace.open), Some(8), "{story:?}");
    }
}

#[test]
fn the_costs_of_the_pace_are_those_of_the_documented_table() {
    let open4 = Server {
        most_open: 4,
        ..HEALTHY
    };
    let rate25 = Server {
        most_per_second: 25,
        ..HEALTHY
    };
    let both = Server {
        most_open: 4,
        most_per_second: 25,
        ..HEALTHY
    };
    let slow10 = Server {
        latency: 100,
        slow_above: 10,
        ..HEALTHY
    };
    let minute = Server {
        outage: (60_000, 120_000),
        ..HEALTHY
    };
    let accident = Server {
        latency: 2,
        outage: (10, 11),
        ..HEALTHY
    };
    let broken10 = Server {
        broken: Some(10),
        ..HEALTHY
    };
    let chance10 = Server {
        accident: Some(10),
        ..HEALTHY
    };
    let cases = [
        (
            "is healthy, at 10 a second",
            HEALTHY,
            plan(8, Some(10.0)),
            2_000,
        ),
        ("breaks above 4 open requests", open4, plan(32, None), 5_000),
        ("breaks above 25 a second", rate25, plan(32, None), 5_000),
        ("breaks above both", both, plan(32, None), 5_000),
        (
            "answers ten times as slowly above 10 a second",
            slow10,
            plan(16, None),
            2_000,
        ),
        (
            "breaks for a minute in the middle",
            minute,
            plan(8, Some(10.0)),
            2_000,
        ),
        ("fails once in 3,000 pages", accident, plan(16, None), 3_000),
        (
            "has every tenth page broken",
            broken10,
            plan(8, Some(10.0)),
            2_000,
        ),
        (
            "fails at every tenth request by chance",
            chance10,
            plan(8, Some(10.0)),
            2_000,
        ),
    ];
    let mut table = Vec::new();
    for (name, server, plan, count) in cases {
        let story = crawl(server, plan, count);
        let broken = server.broken.map_or(0, |every| count / every);
        // A URL that fails three times in the minute of an outage is left to the passes.
        assert!(story.served + broken >= count - 10, "{name}: {story:?}");
        table.push(format!(
            "| {} | {} | {} | {} | {} | {:.0} s |",
            name.replace(',', ""),
            story.served,
            story.requests,
            story.errors,
            story.slow,
            story.seconds
        ));
    }
    assert_eq!(table, documented());
}

/// Returns the rows of the table in `benches/README.md`, without text in brackets and without
/// commas.
fn documented() -> Vec<String> {
    let text = include_str!("../../../benches/README.md");
    let lines = text
        .lines()
        .skip_while(|line| !line.starts_with("| a site that |"));
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let outside = row.split(" (").map(|part| match part.split_once(')') {
            Some((_, outside)) => outside,
            None => part,
        });
        outside.collect::<String>().replace(',', "")
    })
    .collect()
}

/// Returns a page that was served by a host with `in_flight` open requests.
fn served(second: u64, took: u64, in_flight: u32) -> PaceSignal {
    PaceSignal {
        outcome: Outcome::OkHtml,
        first_byte: Some(Duration::from_secs(took)),
        started: Moment::default() + Duration::from_secs(second - took),
        in_flight,
        retry: false,
        announced: None,
        suspect: false,
    }
}

/// Returns a host whose pages take a second, and then 25; six at a time.
fn slow_at_last() -> (HostPace, u64) {
    let mut host = HostPace::new(&plan(8, None));
    for second in 1..60 {
        let now = Moment::default() + Duration::from_secs(second);
        host.on_attempt(served(second, 1, 6), now);
    }
    let mut second = 85;
    while host.late.is_none() {
        let now = Moment::default() + Duration::from_secs(second);
        host.on_attempt(served(second, 25, 6), now);
        second += 5;
        assert!(second < 400, "it is late");
    }
    (host, second)
}

#[test]
fn slow_pages_are_distinguished_from_load_even_if_few_come_in_ten_seconds() {
    let (mut host, from) = slow_at_last();
    for step in 0..60 {
        let second = from + 5 * step;
        let now = Moment::default() + Duration::from_secs(second);
        host.on_attempt(served(second, 25, 6), now);
    }
    assert_eq!(host.late, None, "those pages are slow by themselves");
}

#[test]
fn late_answers_end_only_their_own_slowdown() {
    let (mut host, from) = slow_at_last();
    host.restart(Moment::default() + Duration::from_secs(from));
    assert_eq!(host.late, None);
    // A failure while answers are late: answers that stay late end no trial of the load.
    let (mut host, from) = slow_at_last();
    let at = |second| Moment::default() + Duration::from_secs(second);
    let failed = PaceSignal {
        outcome: Outcome::Server503,
        ..served(from + 30, 25, 6)
    };
    host.on_attempt(failed, at(from + 30));
    for step in 0..40 {
        let second = from + 60 + 5 * step;
        host.on_attempt(served(second, 25, 6), at(second));
        if host.late.is_none() {
            break;
        }
    }
    assert_eq!(host.late, None);
    assert!(matches!(host.mode, Mode::Trial(_)), "{:?}", host.mode);
}

#[test]
fn a_failure_among_the_first_requests_is_weak_evidence_about_the_rate() {
    let mut host = HostPace::new(&plan(8, Some(10.0)));
    let at = Moment::from_millis;
    // Two requests in three seconds: a slow robots.txt, and a start page that fails.
    host.on_attempt(
        PaceSignal {
            started: at(0),
            ..served(3, 3, 1)
        },
        at(3_000),
    );
    let failed = PaceSignal {
        outcome: Outcome::Server502,
        started: at(3_000),
        ..served(4, 1, 1)
    };
    host.on_attempt(failed, at(3_020));
    for n in 0..12 {
        let started = at(5_000 + n * 200);
        host.on_attempt(
            PaceSignal {
                started,
                ..served(9, 1, 1)
            },
            started + Duration::from_millis(20),
        );
    }
    let interval = host.pace().interval;
    assert!(interval <= Duration::from_millis(200), "{interval:?}");
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop::sample::select(vec![
        Outcome::OkHtml,
        Outcome::OkHtml,
        Outcome::OkHtml,
        Outcome::Client404,
        Outcome::Client429,
        Outcome::Server500,
        Outcome::Server502,
        Outcome::Server503,
        Outcome::TtfbTimeout,
        Outcome::ResetBeforeHeaders,
    ])
}

proptest! {
    #[test]
    fn the_pace_keeps_its_bounds_and_failures_never_raise_it(
        concurrency in 1_u32..64,
        rate in prop::option::of(0.1..100.0_f64),
        crawl_delay in prop::option::of(0_u64..20),
        steps in prop::collection::vec(
            (outcome(), 0_i64..3_000, 0_i64..2_000, 1_u32..70, any::<bool>()), 1..400),
    ) {
        let mut host = HostPace::new(&plan(concurrency, rate));
        if let Some(seconds) = crawl_delay {
            host.at_least(Duration::from_secs(seconds));
        }
        let ceiling = host.ceiling;
        let slowest = ceiling.interval.max(Duration::from_secs(8));
        let mut now = 1_000_000;
        for (outcome, pause, took, in_flight, retry) in steps {
            now += pause;
            let before = host.pace();
            let signal = PaceSignal {
                outcome,
                first_byte: Some(Duration::from_millis(took as u64)),
                started: Moment::from_millis(now - took),
                in_flight,
                retry,
                announced: None,
                suspect: false,
            };
            host.on_attempt(signal, Moment::from_millis(now));
            let pace = host.pace();
            prop_assert!((1..=ceiling.open).contains(&pace.open));
            prop_assert!(pace.interval >= ceiling.interval && pace.interval <= slowest);
            if outcome.is_failure() {
                prop_assert!(pace.interval >= before.interval, "{:?} {:?}", before, pace);
                prop_assert!(pace.open <= before.open);
            }
        }
    }
}
