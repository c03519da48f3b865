//! Histories of groups whose attempts are written as marks.

use super::super::timed_attempt::Nth;
use super::*;

/// One attempt per second, at one page after the other. `F` fails and `.` succeeds; `f` and `,` are
/// the same at a page of another part; `r` is a failing retry of the page before.
fn history(marks: &str) -> GroupHistory {
    let mut history = GroupHistory::default();
    let mut url = 0;
    for (second, mark) in (0..).zip(marks.chars()) {
        url += i64::from(mark != 'r');
        history.add(TimedAttempt {
            url,
            part: u32::from(matches!(mark, 'f' | ',')),
            family: 0,
            started: Moment::from_millis(second * 1000),
            failed: matches!(mark, 'F' | 'f' | 'r'),
            ever_fine: true,
            open: 1,
            nth: Nth::Other,
        });
    }
    history
}

/// The same as [`history`], where `f` and `,` are pages of another family too, and `X` and `O` are attempts at a
/// file that fails or is fine.
fn of_families(marks: &str) -> GroupHistory {
    let mut history = GroupHistory::default();
    let mut url = 0;
    for (second, mark) in (0..).zip(marks.chars()) {
        url += i64::from(!matches!(mark, 'r' | 'X' | 'O'));
        let is_file = matches!(mark, 'X' | 'O');
        let other = u32::from(matches!(mark, 'f' | ','));
        let seen = TimedAttempt {
            url: if is_file { 0 } else { url },
            part: if is_file { 9 } else { other },
            family: if is_file { 9 } else { other },
            started: Moment::from_millis(second * 1000),
            failed: matches!(mark, 'F' | 'f' | 'r' | 'X'),
            ever_fine: true,
            open: 1,
            nth: Nth::Other,
        };
        if is_file {
            history.add_file(seen);
        } else {
            history.add(seen);
        }
    }
    history
}

#[test]
fn two_families_that_fail_at_one_moment_are_an_outage() {
    let fine = ".,".repeat(20);
    let down = |marks: &str| of_families(&format!("{fine}{marks}{fine}")).outages();
    let found = down("Frrfr");
    assert_eq!(found.count(), 1, "two pages, five requests");
    assert_eq!((found.times[0].pages, found.times[0].failed), (2, 5));
    for (marks, why) in [
        ("FrrFr", "one family"),
        ("Frfr", "too few requests"),
        ("Frr.frr", "something fine between"),
    ] {
        assert_eq!(down(marks).count(), 0, "{why}");
    }
}

#[test]
fn an_outage_at_the_start_that_only_files_met_is_known() {
    let fine = ".,".repeat(20);
    let found = of_families(&format!("XXXO{fine}")).outage_at_start();
    let found = found.expect("an outage");
    assert_eq!((found.pages, found.failed), (0, 3));
    assert_eq!(found.after, Some(Moment::from_millis(3_000)));
    for (marks, why) in [
        (format!("XO{fine}"), "a single request"),
        (format!("OXXO{fine}"), "a file was fine before"),
        (format!("XX.O{fine}"), "a page was fine meanwhile"),
        (format!("{fine}XXO{fine}"), "later"),
    ] {
        assert_eq!(of_families(&marks).outage_at_start(), None, "{why}");
    }
    let with_page = of_families(&format!("OXFXrXr{fine}")).outages();
    let first = with_page.times.first().expect("an outage");
    assert_eq!(
        (first.pages, first.failed),
        (1, 6),
        "a page and the sitemap"
    );
}

fn count(marks: &str) -> u64 {
    history(marks).outages().count()
}

#[test]
fn pages_that_fail_and_recover_together_are_an_outage() {
    let fine = ".".repeat(20);
    let once = format!("{fine}FFFFFF{fine}");
    let found = history(&once).outages();
    assert_eq!(found.count(), 1);
    let outage = found.times[0];
    assert_eq!(
        (outage.failed, outage.pages, outage.is_over()),
        (6, 6, true)
    );
    assert_eq!(outage.until.since(outage.from), Duration::from_secs(5));
    let often = format!("{fine}FFFFFFF").repeat(4);
    assert_eq!(count(&often), 4);
}

#[test]
fn a_page_that_failed_with_others_fails_for_the_same_reason_alone() {
    let (before, between) = (".".repeat(20), ".".repeat(10));
    let mut found = history(&format!("{before}FFFFFFF{between}"));
    for (second, url) in [(100, 22), (110, 999)] {
        for (later, failed) in [(0, true), (1, true), (2, false)] {
            found.add(TimedAttempt {
                url,
                part: 0,
                family: 0,
                started: Moment::from_millis((second + later) * 1000),
                failed,
                ever_fine: true,
                open: 1,
                nth: Nth::Other,
            });
        }
    }
    let found = found.outages();
    assert_eq!(found.count(), 2);
    assert_eq!(found.times[1].from, Moment::from_millis(100_000));
}

#[test]
fn a_group_of_which_other_pages_are_fine_within_the_second_is_not_down() {
    let ten_a_second = |marks: &str| {
        let mut history = GroupHistory::default();
        for (tenth, mark) in (0..).zip(marks.chars()) {
            history.add(TimedAttempt {
                started: Moment::from_millis(tenth * 100),
                ..at(0, tenth, mark == 'F', true)
            });
        }
        history.outages().count()
    };
    let fine = ".".repeat(200);
    let short = format!("{fine}FFFF").repeat(3);
    assert_eq!(ten_a_second(&format!("{short}{fine}")), 0);
    let long = format!("{fine}{}", "F".repeat(15)).repeat(3);
    assert_eq!(ten_a_second(&format!("{long}{fine}")), 3);
}

#[test]
fn failures_that_chance_explains_are_not_an_outage() {
    let every_third = "..F".repeat(30);
    let random = ".F.FF..FFF.F..F.FF.F...FF.F.FFF..F.F.FF...F.";
    let one_page = format!("{0}Frrrrr{0}", ".".repeat(20));
    for marks in [every_third.as_str(), random, &one_page, "FFFFFF"] {
        assert_eq!(count(marks), 0, "{marks}");
    }
}

fn at(second: i64, url: i64, failed: bool, ever_fine: bool) -> TimedAttempt {
    TimedAttempt {
        url,
        part: 0,
        family: 0,
        started: Moment::from_millis(second * 1000),
        failed,
        ever_fine,
        open: 1,
        nth: Nth::Other,
    }
}

#[test]
fn a_page_that_never_succeeded_is_explained_by_outages_and_explains_none() {
    let run = |dead: &[i64]| {
        let mut history = GroupHistory::default();
        for second in 0..60 {
            let down = (20..28).contains(&second);
            history.add(at(second, second, down, true));
            if dead.contains(&second) {
                history.add(at(second, 999, true, false));
            }
        }
        let found = history.outages();
        found.times.iter().map(|it| it.failed).sum::<u64>()
    };
    assert_eq!((run(&[]), run(&[21, 26]), run(&[21, 40])), (8, 10, 8));
}

#[test]
fn pages_down_from_the_start_and_twice_again_make_a_first_outage() {
    let run = |again: &[i64]| {
        let mut history = GroupHistory::default();
        for second in 0..120 {
            let dead = second < 20 || again.contains(&second);
            for url in (1_000..1_004).filter(|_| dead) {
                history.add(at(second, url, true, false));
            }
            let down = (40..48).contains(&second) || (80..88).contains(&second);
            if second >= 20 {
                history.add(at(second, second, down, true));
            }
        }
        let found = history.outages();
        let failed: Vec<u64> = found.times.iter().map(|it| it.failed).collect();
        failed
    };
    assert_eq!(run(&[42, 84]), [80, 12, 12]);
    assert_eq!(run(&[42]), [8, 8], "once may be chance");
    assert_eq!(run(&[42, 60, 84]), [8, 8], "dead while others are fine");
}

#[test]
fn an_outage_of_a_part_is_not_one_of_the_whole() {
    let fine = ".,".repeat(10);
    assert_eq!(count(&format!("{fine}FFFFFFFF{fine}")), 0);
    assert_eq!(count(&format!("{fine}FfFFfFFf{fine}")), 1);
    assert_eq!(count(&format!("{fine}FFF{fine}fff{fine}")), 2, "in turn");
}

#[test]
fn a_part_that_fails_beside_good_answers_of_the_others_is_down_alone() {
    let fine = ".,".repeat(10);
    let beside = "FFF,FF,F,FFF,F,FF,,F,FFFF,FF,FFF,F,FF,".repeat(2);
    assert_eq!(count(&format!("{fine}{beside}{fine}")), 0);
    let noisy = beside.replacen("FFF,", "FfF,", 2);
    assert_eq!(count(&format!("{fine}{noisy}{fine}")), 0, "and two others");
    let down = format!("{fine}FfFFfFFfF").repeat(4);
    assert_eq!(count(&format!("{down}{fine}")), 4, "all of them");
}

#[test]
fn failures_at_a_load_that_never_succeeded_may_be_caused_by_the_crawl() {
    let at = |second: i64, failed, open| TimedAttempt {
        url: second,
        part: 0,
        family: 0,
        started: Moment::from_millis(second * 1000),
        failed,
        ever_fine: true,
        open,
        nth: Nth::Other,
    };
    let run = |borne| {
        let mut history = GroupHistory::default();
        for second in 0..60 {
            let failed = (20..28).contains(&second);
            let open = if failed { 6 } else { borne };
            history.add(at(second, failed, open));
        }
        history.outages().count()
    };
    assert_eq!((run(4), run(6)), (0, 1));
}

#[test]
fn memory_has_a_bound() {
    let mut history = GroupHistory::default();
    for n in 0..100_000_i64 {
        history.add(TimedAttempt {
            url: n,
            part: 0,
            family: 0,
            started: Moment::from_millis(n * 1000),
            failed: (n / 40) % 2 == 1,
            ever_fine: true,
            open: 1,
            nth: Nth::Other,
        });
    }
    let found = history.outages();
    assert_eq!(found.times.len(), MOST_OUTAGES);
    assert!(found.unkept > 0);
    assert_eq!(found.times[0].pages, Outage::MOST_PAGES);
}
