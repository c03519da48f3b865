//! Tests of pages in two runs and of the reported changes.

use proptest::prelude::*;

use crate::assess::{Interval, Verdict};

use super::*;

fn state(verdict: Verdict, failed: u32, attempts: u32, passes: u32) -> PageState {
    PageState {
        assumed: false,
        verdict,
        status: if verdict.is_failing() { 502 } else { 200 },
        attempts,
        failed,
        passes,
        error_rate: Interval::clustered(failed, attempts, passes),
        priority: 1.0,
    }
}

fn fine() -> PageState {
    state(Verdict::Ok, 0, 1, 1)
}

fn broken() -> PageState {
    state(Verdict::Persistent, 5, 5, 3)
}

fn pair(old: Sight, new: Sight) -> Pair<'static> {
    Pair {
        address: "https://a.example/",
        old_address: "https://a.example/",
        old,
        new,
        unlinked: false,
        target: None,
        marks: None,
        states: &[],
    }
}

fn seen(old: PageState, new: PageState) -> Pair<'static> {
    pair(Sight::Seen(old), Sight::Seen(new))
}

/// A quiet site: every difference of rates counts.
const QUIET: Yardstick = Yardstick {
    background: 0.001,
    chance: 0.01,
};

fn change(pair: &Pair<'_>) -> Option<Change> {
    QUIET.judge(pair).map(|judged| judged.change)
}

#[test]
fn what_a_list_does_not_name_is_neither_gone_nor_moved() {
    let unlisted = || Sight::Seen(PageState::unlisted());
    let missing = PageState {
        status: 404,
        ..fine()
    };
    assert_eq!(change(&pair(unlisted(), Sight::Seen(missing))), None);
    assert_eq!(change(&pair(unlisted(), Sight::Seen(fine()))), None);
    assert_eq!(
        change(&pair(unlisted(), Sight::Seen(broken()))),
        Some(Change::New)
    );
}

#[test]
fn changes_depend_on_rates() {
    let once = state(Verdict::Unconfirmed, 1, 1, 1);
    let recovered = state(Verdict::Transient, 1, 3, 3);
    let sometimes = state(Verdict::Intermittent, 3, 10, 10);
    let mostly = state(Verdict::Intermittent, 9, 10, 10);
    let not_there = PageState {
        status: 404,
        ..fine()
    };
    let cases = [
        (fine(), fine(), None),
        (fine(), broken(), Some(Change::New)),
        (broken(), fine(), Some(Change::Fixed)),
        (fine(), once, Some(Change::Unclear)),
        (once, fine(), Some(Change::Unclear)),
        (once, broken(), None),
        (fine(), recovered, None),
        (recovered, broken(), Some(Change::Unclear)),
        (sometimes, mostly, Some(Change::Worse)),
        (mostly, sometimes, Some(Change::Better)),
        (broken(), broken(), None),
        (fine(), not_there, Some(Change::Gone)),
        (broken(), not_there, Some(Change::Gone)),
        (not_there, fine(), Some(Change::Back)),
        (not_there, not_there, None),
        (not_there, broken(), Some(Change::New)),
    ];
    for (old, new, expected) in cases {
        assert_eq!(change(&seen(old, new)), expected, "{old:?} to {new:?}");
    }
}

#[test]
fn a_page_that_one_run_did_not_request_is_unclear_only_if_it_fails() {
    let robots = || Sight::NotSeen("robots".to_owned());
    let elsewhere = || Sight::OutOfScope("matches --exclude /shop".to_owned());
    let not_there = PageState {
        status: 404,
        ..fine()
    };
    let cases = [
        (Sight::Absent, Sight::Seen(fine()), Some(Change::Appeared)),
        (Sight::Seen(fine()), Sight::Absent, Some(Change::Unclear)),
        (Sight::Seen(not_there), Sight::Absent, None),
        (Sight::Seen(fine()), elsewhere(), Some(Change::Gone)),
        (Sight::Seen(broken()), elsewhere(), Some(Change::Gone)),
        (Sight::Seen(not_there), elsewhere(), None),
        (robots(), elsewhere(), None),
        (Sight::Seen(fine()), robots(), None),
        (Sight::Seen(broken()), robots(), Some(Change::Unclear)),
        (robots(), Sight::Seen(broken()), Some(Change::Unclear)),
        (robots(), Sight::Absent, None),
        (robots(), robots(), None),
    ];
    for (old, new, expected) in cases {
        let pair = pair(old, new);
        assert_eq!(change(&pair), expected, "{pair:?}");
    }
}

#[test]
fn a_page_without_links_is_unlinked_unless_it_has_a_worse_change() {
    let redirect = PageState {
        status: 301,
        ..fine()
    };
    let not_there = PageState {
        status: 410,
        ..fine()
    };
    let cases = [
        (fine(), fine(), Some(Change::Unlinked)),
        (fine(), broken(), Some(Change::New)),
        (broken(), fine(), Some(Change::Fixed)),
        (fine(), not_there, Some(Change::Gone)),
        (fine(), redirect, None),
        (broken(), broken(), None),
    ];
    for (old, new, expected) in cases {
        let pair = Pair {
            unlinked: true,
            ..seen(old, new)
        };
        let judged = QUIET.judge(&pair);
        assert_eq!(judged.as_ref().map(|judged| judged.change), expected);
        if expected == Some(Change::Unlinked) {
            assert_eq!(
                judged.expect("a change").evidence,
                "answers 200, but no link from the start pages and no sitemap leads to it any more"
            );
        }
    }
}

#[test]
fn evidence_has_figures() {
    let blocked = Sight::NotSeen("max_pages".to_owned());
    let cases = [
        (
            seen(fine(), broken()),
            "failed 5 of 5 in 3 passes, was fine 1 of 1; error rate +100 points (95 %: +3 to +100)",
        ),
        (
            seen(broken(), fine()),
            "fine 1 of 1, had failed 5 of 5 in 3 passes; error rate -100 points (95 %: -100 to -3)",
        ),
        (
            pair(Sight::Seen(broken()), blocked),
            "was not looked at now: max pages; had failed 5 of 5 in 3 passes",
        ),
        (
            pair(Sight::Absent, Sight::Seen(fine())),
            "fine 1 of 1, was not known",
        ),
        (
            pair(Sight::Seen(fine()), Sight::Absent),
            "was not requested now: no link or sitemap leads to it; was fine 1 of 1",
        ),
        (
            pair(
                Sight::Seen(fine()),
                Sight::OutOfScope("matches no --include".to_owned()),
            ),
            "is out of scope now: matches no --include; was fine 1 of 1",
        ),
    ];
    for (pair, expected) in cases {
        assert_eq!(QUIET.judge(&pair).expect("a change").evidence, expected);
    }
}

#[test]
fn flapping_needs_three_changes() {
    let cases: [(&[bool], Option<Change>); 3] = [
        (&[false, true, false, true, true], Some(Change::Flapping)),
        (&[false, true, false, false, false], None),
        (&[true, false, true, false], Some(Change::Flapping)),
    ];
    for (states, expected) in cases {
        let pair = Pair {
            states,
            ..seen(fine(), fine())
        };
        assert_eq!(change(&pair), expected, "{states:?}");
    }
    let pair = Pair {
        states: &[false, true, false, true, true],
        ..seen(broken(), broken())
    };
    assert_eq!(
        QUIET.judge(&pair).expect("flapping").evidence,
        "changed 3 times over the last 5 runs that looked at it: fine, fails, fine, fails, fails"
    );
}

fn compare(pairs: &[Pair<'_>]) -> Comparison {
    let mut noise = Noise::default();
    for pair in pairs {
        noise.add(pair);
    }
    let mut comparing = Comparing::new(&noise);
    for pair in pairs {
        comparing.add(pair);
    }
    comparing.finish()
}

/// Simulates an audit of a page that fails at this rate: one look, and two more if it failed.
fn looks(rate: f64, dice: &mut fastrand::Rng) -> PageState {
    let fails = [(); 3].map(|()| dice.f64() < rate);
    if !fails[0] {
        return fine();
    }
    let failed = fails.iter().filter(|fails| **fails).count() as u32;
    let verdict = match fails {
        [_, true, true] => Verdict::Persistent,
        [_, _, false] => Verdict::Transient,
        [_, false, true] => Verdict::Intermittent,
    };
    state(verdict, failed, 3, 3)
}

/// Simulates a page that fails at random, with confirmation: if the first look fails, six in each of two
/// passes.
fn confirmed(rate: f64, dice: &mut fastrand::Rng) -> PageState {
    if dice.f64() >= rate {
        return fine();
    }
    let failed = 1 + (0..12).filter(|_| dice.f64() < rate).count() as u32;
    let verdict = match failed {
        1 => Verdict::Transient,
        13 => Verdict::Persistent,
        _ => Verdict::Intermittent,
    };
    state(verdict, failed, 13, 3)
}

#[test]
fn a_site_that_fails_at_random_has_hardly_any_changes() {
    for seed in 0..20 {
        let mut dice = fastrand::Rng::with_seed(seed);
        let pairs: Vec<_> = (0..2_000)
            .map(|_| seen(looks(0.2, &mut dice), looks(0.2, &mut dice)))
            .collect();
        let counts = compare(&pairs).counts;
        let changed = counts.new + counts.fixed + counts.worse + counts.better;
        assert_eq!(changed, 0, "seed {seed}: {counts:?}");
        assert!(counts.unclear < 300, "seed {seed}: {counts:?}");
    }
}

#[test]
fn intermittent_pages_are_no_change_and_no_new_5xx() {
    let runs = 400;
    let (mut false_alarms, mut false_news) = (0, 0);
    for seed in 0..runs {
        let mut dice = fastrand::Rng::with_seed(seed);
        let mut pairs: Vec<_> = (0..23)
            .map(|_| seen(confirmed(0.15, &mut dice), confirmed(0.15, &mut dice)))
            .collect();
        pairs.extend((0..277).map(|_| seen(fine(), fine())));
        let found = compare(&pairs);
        let counts = found.counts;
        false_alarms += u64::from(found.new_5xx > 0);
        false_news += u64::from(counts.new + counts.fixed + counts.worse + counts.better > 0);
    }
    assert!(false_alarms * 40 <= runs, "{false_alarms} of {runs}");
    assert!(false_news * 40 <= runs, "{false_news} of {runs}");
}

#[test]
fn a_page_that_fails_with_too_few_looks_may_be_a_new_5xx() {
    let once = state(Verdict::Unconfirmed, 1, 1, 1);
    let found = compare(&[seen(fine(), once), seen(fine(), fine())]);
    assert_eq!((found.new_5xx, found.maybe_new_5xx), (0, 1));
    let comes_and_goes = state(Verdict::Intermittent, 2, 4, 3);
    let found = compare(&[seen(fine(), comes_and_goes), seen(fine(), fine())]);
    assert_eq!((found.new_5xx, found.maybe_new_5xx), (0, 0));
}

#[test]
fn a_page_that_breaks_on_a_quiet_site_is_found() {
    let mut dice = fastrand::Rng::with_seed(7);
    let mut pairs: Vec<_> = (0..1_000)
        .map(|_| seen(looks(0.01, &mut dice), looks(0.01, &mut dice)))
        .collect();
    pairs.extend((0..20).map(|_| seen(fine(), broken())));
    pairs.extend((0..5).map(|_| seen(broken(), fine())));
    let found = compare(&pairs);
    assert_eq!((found.counts.new, found.counts.fixed), (20, 5));
    assert_eq!((found.compared, found.new_5xx), (1_025, 20));
}

#[test]
fn even_a_site_of_one_page_can_change() {
    assert_eq!(compare(&[seen(fine(), broken())]).counts.new, 1);
}

#[test]
fn the_worst_changes_are_kept_and_all_are_counted() {
    let mut pairs = vec![seen(fine(), broken()); 3 * Comparison::MOST_CHANGES];
    let worst = PageState {
        priority: 9.0,
        ..broken()
    };
    pairs.push(seen(fine(), worst));
    pairs.push(pair(Sight::Seen(fine()), Sight::Absent));
    pairs.push(pair(Sight::Absent, Sight::Seen(broken())));
    let found = compare(&pairs);
    let broken = 3 * Comparison::MOST_CHANGES as u64 + 2;
    assert_eq!((found.failures.broken, found.appeared_fine()), (broken, 0));
    assert_eq!(found.counts.new, 3 * Comparison::MOST_CHANGES as u64 + 1);
    assert_eq!(found.changes.len(), Comparison::MOST_CHANGES);
    assert_eq!(found.changes[0].new, Some(worst));
    assert_eq!(found.more_changes, 2 * Comparison::MOST_CHANGES as u64 + 3);
}

#[test]
fn sections_change_when_their_intervals_do_not_touch() {
    let of = |failing, urls| SectionState {
        urls: u64::from(urls),
        failing: u64::from(failing),
        error_rate: Interval::clustered(failing, urls, urls),
        crawlability: None,
    };
    let cases = [
        (of(0, 100), of(50, 100), Some(Change::Worse)),
        (of(50, 100), of(0, 100), Some(Change::Better)),
        (of(0, 3), of(2, 3), None),
    ];
    for (old, new, expected) in cases {
        let found = SectionChange::new("/a/".to_owned(), Some(old), Some(new));
        assert_eq!(found.change, expected);
    }
}

fn any_state() -> impl Strategy<Value = PageState> {
    (1_u32..12, 0_u32..=100, 0..Verdict::ALL.len()).prop_map(|(passes, percent, verdict)| {
        let failed = passes * percent / 100;
        // A verdict depends on the rate at least in whether anything failed.
        let verdict = if failed == 0 {
            Verdict::Ok
        } else {
            Verdict::ALL[verdict.max(1)]
        };
        PageState {
            status: 200,
            ..state(verdict, failed, passes, passes)
        }
    })
}

fn times(state: PageState, more: u32) -> PageState {
    let (failed, attempts) = (state.failed * more, state.attempts * more);
    PageState {
        failed,
        attempts,
        passes: state.passes * more,
        error_rate: Interval::clustered(failed, attempts, state.passes * more),
        ..state
    }
}

proptest! {
    #[test]
    fn a_new_failure_is_fixed_in_the_opposite_direction(old in any_state(), new in any_state()) {
        let there = change(&seen(old, new));
        let back = change(&seen(new, old));
        let mirrored = there.map(|change| match change {
            Change::New => Change::Fixed,
            Change::Fixed => Change::New,
            Change::Worse => Change::Better,
            Change::Better => Change::Worse,
            other => other,
        });
        prop_assert_eq!(back, mirrored);
    }

    #[test]
    fn more_of_the_same_evidence_revokes_no_change(
        old in any_state(), new in any_state(), more in 2_u32..5,
    ) {
        let before = change(&seen(old, new));
        let after = change(&seen(times(old, more), times(new, more)));
        if before.is_some_and(|change| change != Change::Unclear) {
            prop_assert_eq!(after, before);
        }
    }

    #[test]
    fn the_difference_lies_within_its_interval(old in any_state(), new in any_state()) {
        let between = difference(old.error_rate, new.error_rate);
        prop_assert!(-1.0 <= between.low && between.low <= between.value);
        prop_assert!(between.value <= between.high && between.high <= 1.0);
    }
}
