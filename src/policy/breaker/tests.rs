use proptest::prelude::*;

use super::*;

const PATIENCE: Duration = Duration::from_mins(10);

fn at(seconds: i64) -> Moment {
    Moment::from_millis(seconds * 1_000)
}

fn seen(failed: bool, started: Moment) -> BreakerSignal {
    BreakerSignal {
        failed,
        host_level: false,
        is_page: true,
        status: Some(200),
        started,
        control: None,
        announced: None,
    }
}

/// Records attempts of no duration, a second apart, without controls. Returns the last change.
fn feed(breaker: &mut Breaker, from: i64, fails: &[bool]) -> Option<BreakerChange> {
    let mut last = None;
    for (second, failed) in (from..).zip(fails) {
        last = breaker.on_attempt(seen(*failed, at(second)), at(second), 0.5);
    }
    last
}

/// Returns a breaker that suspects its host from second 9 on.
fn suspicious() -> Breaker {
    let mut breaker = Breaker::new(PATIENCE);
    assert_eq!(feed(&mut breaker, 1, &[false]), None);
    assert_eq!(feed(&mut breaker, 2, &[true; 7]), None);
    let eighth = feed(&mut breaker, 9, &[true]);
    assert_eq!(eighth, Some(BreakerChange::Suspected));
    breaker
}

#[test]
fn a_host_is_suspected_after_five_host_failures_or_eight_of_any_kind_in_a_row() {
    // Three failures without an answer are enough if no page of the host was ever fine.
    let cases = [
        (true, true, false, 5),
        (false, true, true, 5),
        (false, true, false, 3),
        (false, false, false, 3),
        (false, false, true, 8),
    ];
    for (is_page, host_level, is_answered, needed) in cases {
        let mut breaker = Breaker::new(PATIENCE);
        let fine = BreakerSignal {
            is_page,
            ..seen(false, at(0))
        };
        assert_eq!(breaker.on_attempt(fine, at(0), 0.5), None);
        for second in 1..=needed {
            let refused = BreakerSignal {
                host_level,
                status: is_answered.then_some(502),
                ..seen(true, at(second))
            };
            let change = breaker.on_attempt(refused, at(second), 0.5);
            let expected = (second == needed).then_some(BreakerChange::Suspected);
            assert_eq!(
                change, expected,
                "{is_page} {host_level} {is_answered}, {second}"
            );
        }
    }
    assert!(!suspicious().is_closed());
    // One answer among many failures shows that the host is up.
    let mut breaker = Breaker::new(PATIENCE);
    let most: Vec<bool> = (0..200).map(|n| n % 8 != 0).collect();
    assert_eq!(feed(&mut breaker, 0, &most), None);
    assert!(breaker.is_closed());
}

#[test]
fn the_breaker_opens_if_the_control_fails_and_clears_the_host_if_it_is_fine() {
    for fine in [true, false] {
        let mut breaker = suspicious();
        // An attempt that was already under way decides nothing.
        let early = seen(true, at(9));
        assert_eq!(breaker.on_attempt(early, at(10), 0.5), None);
        let checked = BreakerSignal {
            control: Some(fine),
            ..seen(true, at(11))
        };
        let change = breaker.on_attempt(checked, at(11), 0.5);
        let expected = if fine {
            BreakerChange::Cleared
        } else {
            BreakerChange::Opened(at(26))
        };
        assert_eq!(change, Some(expected));
    }
}

#[test]
fn broken_pages_raise_fewer_and_fewer_suspicions() {
    let mut breaker = Breaker::new(PATIENCE);
    let mut suspected = 0;
    for second in 0..400 {
        let checking = !breaker.is_closed();
        let broken = BreakerSignal {
            control: checking.then_some(true),
            ..seen(true, at(second))
        };
        match breaker.on_attempt(broken, at(second), 0.5) {
            None | Some(BreakerChange::Cleared) => {}
            Some(BreakerChange::Suspected) => suspected += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((suspected, breaker.waited().held), (6, Duration::ZERO));
    // A site that serves pages again is watched as closely as at first.
    feed(&mut breaker, 400, &[false; 20]);
    assert_eq!(
        feed(&mut breaker, 420, &[true; 8]),
        Some(BreakerChange::Suspected)
    );
}

#[test]
fn three_fine_requests_close_the_breaker_and_one_failure_doubles_the_pause() {
    let mut breaker = suspicious();
    let opened = feed(&mut breaker, 10, &[true]);
    assert_eq!(opened, Some(BreakerChange::Opened(at(25))));
    let early = seen(true, at(24));
    assert_eq!(breaker.on_attempt(early, at(26), 0.5), None);
    let again = feed(&mut breaker, 26, &[false, false, true]);
    assert_eq!(again, Some(BreakerChange::Opened(at(28 + 30))));
    let fine = feed(&mut breaker, 58, &[false, false, false]);
    assert_eq!(fine, Some(BreakerChange::Closed));
    assert!(breaker.is_closed());
    // From the first opening to the end of the second pause.
    assert_eq!(breaker.waited().held, Duration::from_secs(48));
}

#[test]
fn the_breaker_gives_up_after_the_patience_and_reports_the_wait() {
    let mut breaker = suspicious();
    let mut change = feed(&mut breaker, 10, &[true]);
    while let Some(BreakerChange::Opened(until)) = change {
        change = breaker.on_attempt(seen(true, until), until, 0.5);
    }
    assert_eq!(change, Some(BreakerChange::GaveUp));
    assert!(breaker.is_down());
    let expected = Waited {
        since: Some(at(2)),
        held: PATIENCE,
        // At the suspicion, after 15, 30, 60, 120, 240 and the last 135 seconds.
        checks: 7,
        announced: None,
    };
    assert_eq!(breaker.waited(), expected);
}

#[test]
fn a_host_that_was_up_is_checked_long_before_the_end_that_it_announces() {
    for (seconds, wait) in [(30, 30), (240, 60), (3_600, 60)] {
        let mut breaker = suspicious();
        let closed = BreakerSignal {
            control: Some(false),
            announced: Some(Duration::from_secs(seconds)),
            ..seen(true, at(10))
        };
        let change = breaker.on_attempt(closed, at(10), 0.5);
        assert_eq!(change, Some(BreakerChange::Opened(at(10 + wait))));
        let end = (seconds > 60).then(|| at(10 + seconds as i64));
        assert_eq!(breaker.waited().announced, end);
    }
}

#[test]
fn a_host_that_never_served_a_page_is_given_up_if_it_announces_more_than_patience() {
    for (minutes, is_given_up) in [(4, false), (60, true)] {
        let mut breaker = suspicious();
        let failed = BreakerSignal {
            announced: Some(Duration::from_mins(minutes)),
            ..seen(true, at(10))
        };
        let change = breaker.on_attempt(failed, at(10), 0.5);
        assert_eq!(change == Some(BreakerChange::GaveUp), is_given_up);
    }
}

/// Opens a closed breaker with eight failures and a failing check, at this second.
fn go_down(breaker: &mut Breaker, from: i64) -> Option<BreakerChange> {
    feed(breaker, from, &[true; 8]);
    feed(breaker, from + 9, &[true])
}

#[test]
fn a_fine_url_shows_that_the_host_is_up_even_if_the_control_fails() {
    let fine = |second| BreakerSignal {
        control: Some(false),
        ..seen(false, at(second))
    };
    let mut breaker = suspicious();
    let change = breaker.on_attempt(fine(10), at(10), 0.5);
    assert_eq!(change, Some(BreakerChange::Cleared));
    let mut breaker = suspicious();
    feed(&mut breaker, 10, &[true]);
    let changes = [26, 27, 28].map(|second| breaker.on_attempt(fine(second), at(second), 0.5));
    assert_eq!(changes, [None, None, Some(BreakerChange::Closed)]);
}

#[test]
fn a_host_that_restarts_now_and_then_is_not_given_up_because_of_the_sum() {
    let mut breaker = Breaker::new(PATIENCE);
    feed(&mut breaker, 0, &[false]);
    for hour in 0..200 {
        let second = hour * 3_600 + 1;
        let opened = go_down(&mut breaker, second);
        assert!(matches!(opened, Some(BreakerChange::Opened(_))), "{hour}");
        let closed = feed(&mut breaker, second + 30, &[false; 3]);
        assert_eq!(closed, Some(BreakerChange::Closed), "{hour}");
    }
    // A host that is down as often as it is up is given up.
    let mut breaker = Breaker::new(PATIENCE);
    let gave_up = (0..200).any(|minute| {
        let change = go_down(&mut breaker, minute * 60);
        feed(&mut breaker, minute * 60 + 40, &[false; 3]);
        change == Some(BreakerChange::GaveUp)
    });
    assert!(gave_up);
}

#[test]
fn the_report_on_a_host_that_is_down_covers_one_outage() {
    let mut breaker = suspicious();
    feed(&mut breaker, 10, &[true]);
    feed(&mut breaker, 30, &[false; 3]);
    let waited = breaker.waited();
    assert_eq!((waited.since, waited.checks), (None, 0));
    go_down(&mut breaker, 1_000);
    let waited = breaker.waited();
    assert_eq!((waited.since, waited.checks), (Some(at(1_000)), 1));
}

#[test]
fn time_without_a_network_does_not_count_as_the_hosts() {
    let mut breaker = suspicious();
    feed(&mut breaker, 10, &[true]);
    breaker.extend(Duration::from_mins(30));
    let again = feed(&mut breaker, 1_830, &[true]);
    assert!(matches!(again, Some(BreakerChange::Opened(_))), "{again:?}");
}

proptest! {
    #[test]
    fn the_breaker_never_holds_a_run_longer_than_the_patience(
        minutes in 0_u64..200,
        steps in prop::collection::vec((0_i64..200, any::<bool>(), any::<bool>(), 0.0..1.0_f64), 1..300),
    ) {
        let patience = Duration::from_mins(minutes);
        let mut breaker = Breaker::new(patience);
        let mut now = 0;
        let mut down = false;
        for (pause, failed, host_level, roll) in steps {
            now += pause;
            let signal = BreakerSignal { host_level, ..seen(failed, at(now)) };
            if let Some(BreakerChange::Opened(until)) = breaker.on_attempt(signal, at(now), roll) {
                let length = until.since(at(now));
                prop_assert!(length <= LONGEST_OPEN.mul_f64(1.2));
            }
            prop_assert!(breaker.waited().held <= patience.min(MOST_PATIENCE));
            prop_assert!(!down || breaker.is_down(), "down is for good");
            down = breaker.is_down();
        }
    }
}
