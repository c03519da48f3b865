use proptest::prelude::*;

use super::*;

const ENOUGH: Enough = Enough {
    passes: 2,
    attempts: 3,
    span: Duration::from_mins(1),
};

const PACE: ConfirmPace = ConfirmPace {
    starts: Moment::from_millis(60_000),
    budget: Duration::from_mins(10),
    interval: Duration::from_millis(200),
};

fn failing() -> Candidate {
    Candidate {
        host: 1,
        section: 1,
        failure: Outcome::Server502,
        attempts: 3,
        passes: 1,
        looks: Looks::default(),
        needed: 0,
        role: Role::Page,
        last_failed: false,
        ever_ok: false,
        is_explained: false,
        ok_in_a_row: 0,
        span: Duration::from_secs(3),
        announced: None,
    }
}

/// Returns the looks of the crawl and of one pass after it; `F` fails, `.` is fine.
fn looks(course: &str) -> Looks {
    let mut looks = Looks::default();
    for (at, mark) in (0..).zip(course.chars()) {
        let pass = if at == 0 { 1 } else { 2 };
        looks.add(pass, Moment::from_millis(at * 10_000), mark == 'F');
    }
    looks
}

#[test]
fn settled_candidates_are_not_requested() {
    let proven = Candidate {
        passes: 2,
        attempts: 4,
        span: Duration::from_secs(61),
        ..failing()
    };
    let chance = Candidate {
        needed: 9,
        looks: looks("FFF"),
        ..proven
    };
    let flaky = |course| Candidate {
        ever_ok: true,
        looks: looks(course),
        ..failing()
    };
    let recovered = flaky("F..........");
    let doubtful = flaky("F.........");
    let flapping = flaky("F.FF");
    let outage = Candidate {
        is_explained: true,
        ..flaky("F.")
    };
    let all = [
        failing(),
        proven,
        chance,
        recovered,
        doubtful,
        flapping,
        outage,
    ];
    let mut selection = select(&all, ENOUGH, PACE, &mut |_| 0);
    selection.chosen.sort_unstable();
    assert_eq!(selection.chosen, [0, 2, 4, 5]);
}

#[test]
fn a_pass_waits_for_a_short_announced_end_and_not_for_a_long_one() {
    let until = |millis| Candidate {
        announced: Some(Moment::from_millis(millis)),
        ..failing()
    };
    let all = [until(120_000), until(120_001)];
    let selection = select(&all, ENOUGH, PACE, &mut |_| 0);
    assert_eq!((selection.chosen, selection.announced), (vec![0], vec![1]));
}

#[test]
fn unclear_cases_take_more_looks_and_clear_ones_do_not() {
    let seen = |course, needed| Candidate {
        ever_ok: true,
        looks: looks(course),
        needed,
        ..failing()
    };
    let dead = |course, needed| Candidate {
        ever_ok: false,
        ..seen(course, needed)
    };
    let cases = [
        (seen("F.", 0), 1, true, true),
        (seen("F.", 0), 6, false, false),
        (seen("F.FF", 0), 3, true, false),
        (seen("F..........", 0), 9, true, false),
        (dead("FF", 0), 1, true, false),
        (dead("FF", 7), 1, true, true),
        (dead("FFFFFFFFFFFF", 7), 11, true, true),
        (dead("FFFFFFFFFFFFF", 7), 12, true, false),
    ];
    for (candidate, made, is_last, expected) in cases {
        let more = candidate.wants_more(made, is_last);
        assert_eq!(more, expected, "{candidate:?} after {made}");
    }
}

#[test]
fn beyond_the_budget_every_section_and_kind_is_sampled() {
    let mut all = vec![failing(); 50_000];
    all[7].section = 2;
    all[9].failure = Outcome::TtfbTimeout;
    let selection = select(&all, ENOUGH, PACE, &mut |below| below / 2);
    // Ten careful ones, then five per second for the rest of ten minutes.
    assert_eq!(selection.chosen.len(), 10 + 590 * 5);
    assert!(selection.chosen.contains(&7) && selection.chosen.contains(&9));
    assert_eq!(selection.chosen.len() + selection.left_out.len(), all.len());
}

#[test]
fn slow_and_fast_requests_show_whether_load_is_the_reason() {
    // Answers in their order, and whether the next request may be fast.
    let cases = [
        ("FF.F", false),
        ("FF...", true),
        ("F....", false),
        ("F...FF", true),
        (".........", false),
        ("..........", true),
        ("..........FF", true),
        ("..........FFF", false),
        ("..........FFF....", false),
        ("FF...FFFFFF", true),
        (
            "...........................F..............F............F",
            true,
        ),
    ];
    for (answers, expected) in cases {
        let mut trial = LoadTrial::default();
        for mark in answers.chars() {
            trial.answered(mark == 'F', Duration::from_millis(80));
        }
        assert_eq!(trial.may_be_fast(), expected, "{answers}");
    }
}

#[test]
fn a_careful_request_that_hangs_or_two_slow_ones_exclude_load() {
    let mut trial = LoadTrial::default();
    trial.answered(true, Duration::from_secs(8));
    assert!(!trial.may_be_fast());
    trial.answered(true, Duration::from_secs(8));
    assert!(trial.is_excluded());
    let mut trial = LoadTrial::default();
    trial.answered(true, Duration::from_secs(70));
    assert!(trial.is_excluded());
}

/// A backend that needs 1.2 s for a page, behind a proxy that waits three, with this much work left.
#[test]
fn work_that_earlier_requests_left_behind_is_waited_for() {
    let (work, limit) = (Duration::from_millis(1_200), Duration::from_secs(3));
    for left in 0..35 {
        let mut trial = LoadTrial::default();
        let mut left = Duration::from_secs(left);
        while !trial.may_be_fast() {
            let took = (left + work).min(limit);
            trial.answered(left + work > limit, took);
            left = (left + work).saturating_sub(trial.interval().max(took));
        }
        assert!(!trial.is_excluded());
    }
}

#[test]
fn careful_requests_leave_more_time_after_each_that_hangs() {
    let mut trial = LoadTrial::default();
    let intervals = [true, true, true, false].map(|failed| {
        trial.answered(failed, Duration::from_secs(3));
        trial.interval().as_secs()
    });
    assert_eq!(intervals, [6, 9, 13, 1]);
}

proptest! {
    #[test]
    fn each_unsettled_candidate_is_chosen_or_left_out_once(
        hosts in proptest::collection::vec((0..4_u32, 0..3_u32), 0..200),
        seconds in 0..60_u64,
        seed in any::<u64>(),
    ) {
        let all: Vec<Candidate> = hosts
            .iter()
            .map(|(host, section)| Candidate { host: *host, section: *section, ..failing() })
            .collect();
        let pace = ConfirmPace { budget: Duration::from_secs(seconds), ..PACE };
        let mut dice = fastrand::Rng::with_seed(seed);
        let selection = select(&all, ENOUGH, pace, &mut |below| dice.usize(..below));
        let mut places = [selection.chosen, selection.left_out].concat();
        places.sort_unstable();
        prop_assert_eq!(places, (0..all.len()).collect::<Vec<_>>());
    }
}
