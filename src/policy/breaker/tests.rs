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
        started,
        control: None,
    }
}

/// Attempts of no duration, a second apart; returns what changed last.
fn feed(breaker: &mut Breaker, from: i64, fails: &[bool]) -> Option<BreakerChange> {
    let mut last = None;
    for (second, failed) in (from..).zip(fails) {
        last = breaker.on_attempt(seen(*failed, at(second)), false, at(second), 0.5);
    }
    last
}

#[test]
fn it_opens_after_five_host_failures_or_ten_or_half_of_twenty() {
    let mut breaker = Breaker::new(PATIENCE);
    for second in 0..5 {
        let refused = BreakerSignal {
            host_level: true,
            ..seen(true, at(second))
        };
        let change = breaker.on_attempt(refused, false, at(second), 0.5);
        let expected = (second == 4).then_some(BreakerChange::Opened(at(64)));
        assert_eq!(change, expected);
    }
    let mut breaker = Breaker::new(PATIENCE);
    assert_eq!(feed(&mut breaker, 0, &[true; 9]), None);
    let tenth = feed(&mut breaker, 9, &[true]);
    assert_eq!(tenth, Some(BreakerChange::Opened(at(69))));
    let mut breaker = Breaker::new(PATIENCE);
    let half: Vec<bool> = (0..20).map(|n| n % 2 == 1).collect();
    assert_eq!(feed(&mut breaker, 0, &half[..19]), None);
    let twentieth = feed(&mut breaker, 19, &[true]);
    assert_eq!(twentieth, Some(BreakerChange::Opened(at(79))));
}

#[test]
fn three_probes_close_it_and_one_failure_opens_it_for_twice_as_long() {
    let mut breaker = Breaker::new(PATIENCE);
    feed(&mut breaker, 0, &[true; 10]);
    let early = seen(true, at(68));
    assert_eq!(breaker.on_attempt(early, false, at(70), 0.5), None);
    let again = feed(&mut breaker, 70, &[false, false, true]);
    assert_eq!(again, Some(BreakerChange::Opened(at(72 + 120))));
    let fine = feed(&mut breaker, 192, &[false, false, false]);
    assert_eq!(fine, Some(BreakerChange::Closed));
    assert!(breaker.is_closed());
    assert_eq!(breaker.held(), Duration::from_mins(3));
}

#[test]
fn broken_pages_are_no_outage_if_the_control_is_fine() {
    let mut breaker = Breaker::new(PATIENCE);
    let mut doubts = 0;
    for second in 0..400 {
        let probing = !breaker.is_closed();
        let broken = BreakerSignal {
            control: probing.then_some(true),
            ..seen(true, at(second))
        };
        match breaker.on_attempt(broken, true, at(second), 0.5) {
            None | Some(BreakerChange::Closed) => {}
            Some(BreakerChange::Doubted) => doubts += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((doubts, breaker.held()), (5, Duration::ZERO));
    let mut breaker = Breaker::new(PATIENCE);
    for second in 0..10 {
        breaker.on_attempt(seen(true, at(second)), true, at(second), 0.5);
    }
    let down = BreakerSignal {
        control: Some(false),
        ..seen(false, at(10))
    };
    let change = breaker.on_attempt(down, true, at(10), 0.5);
    assert_eq!(change, Some(BreakerChange::Opened(at(70))));
}

#[test]
fn it_gives_up_when_patience_is_used_up() {
    let mut breaker = Breaker::new(PATIENCE);
    let mut change = feed(&mut breaker, 0, &[true; 10]);
    let mut probes = 0;
    while let Some(BreakerChange::Opened(until)) = change {
        probes += 1;
        change = breaker.on_attempt(seen(true, until), false, until, 0.5);
    }
    assert_eq!(change, Some(BreakerChange::GaveUp));
    assert_eq!(probes, 4, "after 60, 120, 240 and the last 180 seconds");
    assert_eq!(breaker.held(), PATIENCE);
    assert!(breaker.is_down());
}

#[test]
fn announced_pauses_use_up_patience_once() {
    let mut breaker = Breaker::new(PATIENCE);
    assert_eq!(breaker.hold(at(100), at(0)), None);
    assert_eq!(breaker.hold(at(150), at(50)), None);
    assert_eq!(breaker.held(), Duration::from_secs(150));
    assert_eq!(breaker.hold(at(650), at(190)), Some(BreakerChange::GaveUp));
}

proptest! {
    #[test]
    fn it_never_holds_a_run_longer_than_patience(
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
            if let Some(BreakerChange::Opened(until)) =
                breaker.on_attempt(signal, false, at(now), roll)
            {
                let length = until.since(at(now));
                prop_assert!(length <= LONGEST_OPEN.mul_f64(1.2));
            }
            prop_assert!(breaker.held() <= patience.min(MOST_PATIENCE));
            prop_assert!(!down || breaker.is_down(), "down is for good");
            down = breaker.is_down();
        }
    }
}
