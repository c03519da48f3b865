use proptest::prelude::*;

use crate::model::Pressure;

use super::*;

const FAST: Pressure = Pressure {
    in_flight: 8,
    rate: Some(10.0),
};
const SLOW: Pressure = Pressure {
    in_flight: 1,
    rate: Some(1.0),
};

fn seen(outcome: Outcome, seconds: i64, pass: u32, pressure: Pressure) -> Observation {
    Observation {
        outcome,
        status: match outcome {
            Outcome::Server502 => Some(502),
            Outcome::OkHtml | Outcome::SoftError200 => Some(200),
            _ => None,
        },
        started: Moment::from_millis(seconds * 1000),
        pass,
        reused: false,
        pressure,
        announced: None,
        ttfb: None,
        host_episode: None,
    }
}

fn judge(attempts: &[Observation]) -> Judgement {
    let mut tally = Tally::default();
    for attempt in attempts {
        tally.add(*attempt);
    }
    tally.judge(&Rules::ONE_SHOT)
}

#[test]
fn failures_are_counted_with_their_times() {
    let found = judge(&[
        seen(Outcome::Server502, 0, 1, FAST),
        seen(Outcome::TtfbTimeout, 1, 1, FAST),
        seen(Outcome::OkHtml, 2, 1, FAST),
    ]);
    assert_eq!((found.attempts, found.failed, found.status_502), (3, 2, 1));
    assert_eq!(found.first_failed, Some(Moment::from_millis(0)));
    assert_eq!(found.last_failed, Some(Moment::from_millis(1000)));
    assert_eq!(found.last_ok, Some(Moment::from_millis(2000)));
    assert_eq!(found.verdict, Verdict::Transient);
    assert!((found.error_rate.value - 2.0 / 3.0).abs() < 1e-12);
}

#[test]
fn failures_that_say_nothing_about_the_page_do_not_count_against_it() {
    let stale = Observation {
        reused: true,
        ..seen(Outcome::EmptyReply, 0, 1, FAST)
    };
    let cases = [
        (seen(Outcome::AddressRefused, 0, 1, FAST), 0),
        (seen(Outcome::BreakerOpen, 0, 1, FAST), 0),
        (seen(Outcome::StreamRefused, 0, 1, FAST), 1),
        (stale, 1),
    ];
    for (seen, attempts) in cases {
        let found = judge(&[seen]);
        let counts = (found.attempts, found.failed, found.verdict);
        assert_eq!(counts, (attempts, 0, Verdict::Ok), "{seen:?}");
    }
}

#[test]
fn attempts_counts_only_attempts_with_evidence() {
    let stale = Observation {
        reused: true,
        ..seen(Outcome::ResetBeforeHeaders, 0, 1, FAST)
    };
    let failing = [1, 16, 76].map(|at| seen(Outcome::Server502, at, 1 + u32::from(at > 1), SLOW));
    let found = judge(&[&[stale][..], &failing].concat());
    assert_eq!((found.attempts, found.failed), (3, 3));
    assert_eq!(found.verdict, Verdict::Persistent);
}

#[test]
fn a_pass_without_a_request_is_not_counted() {
    let found = judge(&[
        seen(Outcome::Server502, 0, 1, FAST),
        seen(Outcome::Server502, 1, 1, FAST),
        seen(Outcome::OkHtml, 100, 4, SLOW),
    ]);
    assert_eq!(found.passes, 2);
}

#[test]
fn sixty_seconds_make_a_failure_persistent_in_an_audit() {
    let failing = |last: i64| {
        judge(&[
            seen(Outcome::Server502, 0, 1, FAST),
            seen(Outcome::Server502, 15, 2, SLOW),
            seen(Outcome::Server502, last, 3, SLOW),
        ])
    };
    assert_eq!(failing(59).verdict, Verdict::Unconfirmed);
    let found = failing(60);
    assert_eq!(found.verdict, Verdict::Persistent);
    assert_eq!(found.span, Duration::from_mins(1));
}

#[test]
fn a_page_that_fails_only_at_speed_is_load_induced() {
    use Outcome::{ConnectRefused, OkHtml, Server502, Server503};
    let cases: [(&str, &[Observation], Verdict); 7] = [
        (
            "fails at speed, fine when polite",
            &[seen(Server503, 0, 1, FAST), seen(OkHtml, 20, 2, SLOW)],
            Verdict::LoadInduced,
        ),
        (
            "recovers at speed within the pass",
            &[seen(Server503, 0, 1, FAST), seen(OkHtml, 2, 1, FAST)],
            Verdict::Transient,
        ),
        (
            "recovers at speed before the polite pass",
            &[
                seen(Server503, 0, 1, FAST),
                seen(OkHtml, 20, 2, FAST),
                seen(OkHtml, 60, 3, SLOW),
            ],
            Verdict::Transient,
        ),
        (
            "fails when polite, too",
            &[
                seen(Server503, 0, 1, FAST),
                seen(Server503, 20, 2, SLOW),
                seen(OkHtml, 60, 3, SLOW),
            ],
            Verdict::Transient,
        ),
        (
            "fails later when polite",
            &[
                seen(Server503, 0, 1, FAST),
                seen(OkHtml, 20, 2, SLOW),
                seen(Server503, 60, 3, SLOW),
            ],
            Verdict::Intermittent,
        ),
        (
            "nobody listened: speed does not explain that",
            &[seen(ConnectRefused, 0, 1, FAST), seen(OkHtml, 20, 2, SLOW)],
            Verdict::Transient,
        ),
        (
            "one request at a time, but without a ceiling",
            &[
                seen(
                    Server502,
                    0,
                    1,
                    Pressure {
                        in_flight: 1,
                        rate: None,
                    },
                ),
                seen(OkHtml, 20, 2, SLOW),
            ],
            Verdict::LoadInduced,
        ),
    ];
    for (name, attempts, expected) in cases {
        assert_eq!(judge(attempts).verdict, expected, "{name}");
    }
    let found = judge(cases[0].1);
    assert_eq!(
        (found.failed, found.indexing_risk()),
        (1, Interval::default())
    );
}

#[test]
fn a_host_episode_does_not_count_against_the_page() {
    let in_episode = |attempt: Observation, number| Observation {
        host_episode: Some(number),
        ..attempt
    };
    let refused = in_episode(seen(Outcome::ConnectRefused, 0, 1, FAST), 0);
    assert_eq!(judge(&[refused]).verdict, Verdict::Transient);
    let other = in_episode(seen(Outcome::ConnectRefused, 90, 2, SLOW), 1);
    assert_eq!(judge(&[refused, other]).verdict, Verdict::Unconfirmed);
    let error = in_episode(seen(Outcome::Server502, 0, 1, FAST), 0);
    assert_eq!(judge(&[error]).verdict, Verdict::Unconfirmed);
    let fine = seen(Outcome::OkHtml, 90, 2, SLOW);
    assert_eq!(judge(&[error, fine]).verdict, Verdict::Transient);
}

#[test]
fn an_error_page_with_200_is_a_failure_like_any_other() {
    let soft = |at, pass| seen(Outcome::SoftError200, at, pass, SLOW);
    let found = judge(&[soft(0, 1), soft(60, 2), soft(120, 3)]);
    assert_eq!((found.verdict, found.failed), (Verdict::Persistent, 3));
    assert_eq!((found.status_5xx, found.last_ok), (0, None));
    assert!((found.risk_now().value - 70.0).abs() < 1e-9);
    let found = judge(&[seen(Outcome::Server502, 0, 1, FAST), soft(60, 2)]);
    assert_eq!(found.verdict, Verdict::Unconfirmed);
}

#[test]
fn the_indexing_risk_assumes_two_days_and_risk_now_the_observed_time() {
    let at = |minute: i64, pass| seen(Outcome::Server502, minute * 60, pass, SLOW);
    let found = judge(&[at(0, 1), at(10, 2), at(30, 3)]);
    assert_eq!(found.verdict, Verdict::Persistent);
    assert!((found.risk_now().value - 10.83).abs() < 0.01);
    assert!((found.indexing_risk().value - 70.0).abs() < 1e-9);
    let longer = judge(&[at(0, 1), at(36 * 60, 2), at(72 * 60, 3)]);
    assert_eq!(longer.indexing_risk(), longer.risk_now());
    assert!((longer.risk_now().value - 76.0).abs() < 1e-9);
}

#[test]
fn retries_count_as_attempts_and_not_as_looks() {
    let retried = judge(&[
        seen(Outcome::Server502, 0, 1, FAST),
        seen(Outcome::Server502, 2, 1, FAST),
        seen(Outcome::Server502, 6, 1, FAST),
    ]);
    assert_eq!(retried.error_rate, Interval::wilson(1.0, 1.0));
    let spaced = judge(&[
        seen(Outcome::Server502, 0, 1, FAST),
        seen(Outcome::Server502, 60, 1, FAST),
        seen(Outcome::Server502, 120, 1, FAST),
    ]);
    assert_eq!(spaced.error_rate, Interval::wilson(3.0, 3.0));
}

proptest! {
    /// Uses polite looks a minute apart, within the two days that the indexing risk assumes.
    #[test]
    fn another_failure_never_lowers_the_indexing_risk(course in "[FS]{0,12}") {
        let mut attempts: Vec<Observation> = Vec::new();
        for (n, mark) in (0..).zip(course.chars()) {
            let outcome = if mark == 'F' { Outcome::Server502 } else { Outcome::OkHtml };
            attempts.push(seen(outcome, i64::from(n) * 60, n + 1, SLOW));
        }
        let was = judge(&attempts).indexing_risk();
        let n = attempts.len() as u32;
        attempts.push(seen(Outcome::Server502, i64::from(n) * 60, n + 1, SLOW));
        let is = judge(&attempts).indexing_risk();
        prop_assert!(is.value >= was.value && is.low >= was.low);
        prop_assert!(is.low <= is.value && is.value <= is.high);
    }
}
