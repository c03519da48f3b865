use proptest::prelude::*;

use super::*;

fn files(robots: RobotsState, failing: &[String]) -> HostFiles<'_> {
    HostFiles {
        host: "https://h",
        robots_address: "https://h/robots.txt",
        robots,
        sitemaps: 4,
        failing_sitemaps: failing,
        down: 0.0,
    }
}

fn urls(kinds: [u64; 5], of: u64, at_speed: u64, ttfb_ms: Option<u64>) -> Aggregate {
    let mut urls = Aggregate::default();
    urls.looks.of = of;
    urls.looks.kinds = kinds;
    urls.looks.at_speed = at_speed;
    urls.looks.failed = kinds.iter().sum::<u64>() + at_speed;
    if let Some(ms) = ttfb_ms {
        urls.latency.add(std::time::Duration::from_millis(ms), 8);
    }
    urls
}

fn states() -> impl Strategy<Value = RobotsState> {
    use RobotsState::{LongHostDown, LongHostOk, Ok, Recent, WithCopy, WithoutCopy};
    proptest::sample::select(vec![
        Ok,
        Recent,
        WithCopy,
        WithoutCopy,
        LongHostOk,
        LongHostDown,
    ])
}

#[test]
fn too_little_evidence_makes_the_score_inconclusive() {
    let few = urls([0; 5], 4, 0, None);
    let found = crawlability(&few, &files(RobotsState::Ok, &[]));
    assert_eq!(
        found.score,
        Score::Inconclusive {
            first_attempts: 4,
            needed: 5
        }
    );
    assert!(found.band().is_none() && found.deductions().is_empty());
    let enough = urls([0; 5], 5, 0, None);
    assert!(
        crawlability(&enough, &files(RobotsState::Ok, &[]))
            .score
            .known()
            .is_some()
    );
}

#[test]
fn a_failing_robots_txt_is_a_result_without_any_other_attempt() {
    let found = crawlability(&Aggregate::default(), &files(RobotsState::Recent, &[]));
    assert_eq!(found.score.known(), Some(Interval::exact(0.0)));
    assert_eq!(found.band(), Some(Band::Critical));
    let rows = found.deductions();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].rule, "crawlability.robots_txt");
    assert_eq!(rows[0].urls, ["https://h/robots.txt"]);
}

#[test]
fn robots_txt_costs_the_points_that_fixing_it_would_win() {
    let found = crawlability(
        &urls([0, 0, 0, 5, 0], 500, 0, None),
        &files(RobotsState::Recent, &[]),
    );
    let rows: Vec<_> = found
        .deductions()
        .iter()
        .map(|row| (row.rule, row.points))
        .collect();
    assert_eq!(
        rows,
        [
            ("crawlability.server_errors", 2.97),
            ("crawlability.robots_txt", 97.03)
        ]
    );
}

#[test]
fn failures_at_speed_cost_nothing() {
    let found = crawlability(&urls([0; 5], 100, 40, None), &files(RobotsState::Ok, &[]));
    assert!(
        found
            .score
            .known()
            .is_some_and(|score| (score.value - 100.0).abs() < 1e-9)
    );
}

#[test]
fn a_site_is_the_mean_of_its_hosts() {
    let bad = crawlability(&Aggregate::default(), &files(RobotsState::Recent, &[]));
    let fine = crawlability(&urls([0; 5], 50, 0, None), &files(RobotsState::Ok, &[]));
    let few = crawlability(&urls([0; 5], 2, 0, None), &files(RobotsState::Ok, &[]));
    let found = site_crawlability(vec![(30, fine), (10, bad), (1000, few.clone())]);
    assert!(
        found
            .score
            .known()
            .is_some_and(|score| (score.value - 75.0).abs() < 1e-9)
    );
    assert!((found.deductions()[0].points - 25.0).abs() < 1e-9);
    let none = site_crawlability(vec![(3, few.clone()), (3, few)]);
    assert_eq!(
        none.score,
        Score::Inconclusive {
            first_attempts: 4,
            needed: 5
        }
    );
}

proptest! {
    #[test]
    fn deductions_add_up_to_what_was_lost(
        kinds in proptest::array::uniform5(0_u64..20), good in 5_u64..200, at_speed in 0_u64..9,
        ttfb in proptest::option::of(1_u64..5000), failing in 0_usize..5, robots in states(),
    ) {
        let failing: Vec<String> = (0..failing).map(|n| format!("https://h/{n}.xml")).collect();
        let of = kinds.iter().sum::<u64>() + at_speed + good;
        let found = crawlability(&urls(kinds, of, at_speed, ttfb), &files(robots, &failing));
        let score = found.score.known().expect("enough evidence");
        prop_assert!(0.0 <= score.low && score.low <= score.value);
        prop_assert!(score.value <= score.high && score.high <= 100.0);
        let lost = 100.0 - score.value;
        let exact: f64 = found.losses.iter().map(|row| row.points).sum();
        prop_assert!((exact - lost).abs() < 1e-9, "{exact} {lost}");
        let shown: f64 = found.deductions().iter().map(|row| (row.points * 100.0).round()).sum();
        prop_assert!((shown - lost * 100.0).abs() <= 0.5 + 1e-6);
        for row in found.deductions() {
            prop_assert!(row.urls.len() <= 5 && row.points > 0.0 && !row.evidence.is_empty());
        }
    }

    #[test]
    fn another_failure_never_makes_it_easier(k in 0_u64..50, more in 0_u64..50) {
        let of = |k: u64, n: u64| Obstacles {
            error_rate: Interval::wilson(k as f64, n as f64),
            ..Obstacles::default()
        }
        .obstruction();
        let (was, is) = (of(k, k + more), of(k + 1, k + more + 1));
        prop_assert!(is.value >= was.value && is.low >= was.low && is.high >= was.high - 1e-9);
    }
}
