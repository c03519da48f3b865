use super::*;
use crate::model::Silence;

fn at(seconds: i64) -> Moment {
    Moment::from_millis(seconds * 1_000)
}

fn down() -> Network {
    Network::Down(Silence::default())
}

/// Returns the watch of a crawl that got an answer ten seconds after its beginning.
fn answered() -> OutageWatch {
    let mut watch = OutageWatch::new(at(0));
    assert_eq!(watch.on_answer(at(10)), OutageChange::Same);
    watch
}

fn falls_silent(watch: &mut OutageWatch, times: u32, now: i64) -> Vec<SilenceEffect> {
    let each = (0..times).map(|_| watch.on_silence(at(now), Doubt::Strong, at(now)));
    each.collect()
}

#[test]
fn several_silent_attempts_in_a_row_raise_the_suspicion_at_once() {
    let mut watch = answered();
    assert_eq!(falls_silent(&mut watch, 4, 12), [SilenceEffect::Waits; 4]);
    assert!(!watch.holds_up());
    assert_eq!(watch.check_at(true), Some(at(13)));
    falls_silent(&mut watch, 1, 12);
    assert!(watch.holds_up());
    assert_eq!(watch.check_at(true), Some(at(12)));
    watch.on_check(at(12));
    assert_eq!(watch.check_at(true), None, "one check at a time");
}

#[test]
fn any_answer_ends_the_suspicion_and_waiting_attempts_count() {
    let mut watch = answered();
    falls_silent(&mut watch, 5, 12);
    assert_eq!(watch.on_answer(at(12)), OutageChange::SiteFault);
    assert!(!watch.holds_up());
    assert_eq!(falls_silent(&mut watch, 1, 13), [SilenceEffect::Waits]);
}

#[test]
fn a_witness_that_answers_shows_that_the_site_is_at_fault() {
    for network in [Network::Up, Network::Unknown] {
        let mut watch = answered();
        falls_silent(&mut watch, 5, 12);
        watch.on_check(at(12));
        assert_eq!(watch.on_network(&network, at(13)), OutageChange::SiteFault);
        assert_eq!(falls_silent(&mut watch, 2, 14), [SilenceEffect::Counts; 2]);
        // The answer is valid for a while, not for ever.
        assert_eq!(falls_silent(&mut watch, 1, 15), [SilenceEffect::Waits]);
    }
}

#[test]
fn witnesses_are_checked_less_and_less_for_a_site_that_stays_dead() {
    let mut watch = answered();
    let (mut now, mut pauses) = (12, Vec::new());
    for _ in 0..7 {
        falls_silent(&mut watch, 5, now);
        watch.on_check(at(now));
        watch.on_network(&Network::Up, at(now));
        let before = now;
        while falls_silent(&mut watch, 1, now) == [SilenceEffect::Counts] {
            now += 1;
        }
        pauses.push(now - before);
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60]);
}

#[test]
fn the_trust_in_witnesses_starts_short_when_a_dead_site_answers_again() {
    let mut watch = answered();
    let mut now = 12;
    for _ in 0..6 {
        falls_silent(&mut watch, 5, now);
        watch.on_check(at(now));
        watch.on_network(&Network::Up, at(now));
        while falls_silent(&mut watch, 1, now) == [SilenceEffect::Counts] {
            now += 1;
        }
    }
    falls_silent(&mut watch, 5, now);
    watch.on_check(at(now));
    watch.on_network(&Network::Up, at(now));
    // The site is back, and five seconds later our own network is gone.
    assert_eq!(watch.on_answer(at(now + 1)), OutageChange::Same);
    assert_eq!(falls_silent(&mut watch, 1, now + 6), [SilenceEffect::Waits]);
}

#[test]
fn when_no_witness_answers_nothing_counts_until_something_does() {
    let mut watch = answered();
    falls_silent(&mut watch, 5, 12);
    watch.on_check(at(12));
    assert_eq!(
        watch.on_network(&down(), at(15)),
        OutageChange::Began(at(10))
    );
    assert!(watch.holds_up());
    assert_eq!(falls_silent(&mut watch, 1, 16), [SilenceEffect::Discarded]);
    let mut checks = Vec::new();
    for _ in 0..6 {
        let next = watch.check_at(false).expect("a check");
        watch.on_check(next);
        assert_eq!(watch.on_network(&down(), next), OutageChange::Same);
        checks.push(next.since(at(15)).as_secs());
    }
    assert_eq!(checks, [1, 3, 7, 15, 23, 31]);
    watch.on_check(at(60));
    assert_eq!(
        watch.on_network(&Network::Up, at(60)),
        OutageChange::Ended(at(10))
    );
    assert!(!watch.holds_up());
    // Requests that were open meanwhile do not count either, whenever they end.
    let open = |watch: &mut OutageWatch, from| watch.on_silence(at(from), Doubt::Strong, at(75));
    assert_eq!(open(&mut watch, 9), SilenceEffect::Discarded);
    assert_eq!(open(&mut watch, 60), SilenceEffect::Discarded);
    assert_eq!(open(&mut watch, 61), SilenceEffect::Waits);
    assert!(watch.covers(at(5), at(10)) && !watch.covers(at(5), at(9)));
}

#[test]
fn a_late_answer_ends_an_outage() {
    let mut watch = answered();
    falls_silent(&mut watch, 5, 12);
    watch.on_check(at(12));
    watch.on_network(&down(), at(15));
    assert_eq!(watch.on_answer(at(20)), OutageChange::Ended(at(10)));
}

#[test]
fn an_answer_during_a_check_outweighs_silent_witnesses() {
    let mut watch = answered();
    falls_silent(&mut watch, 5, 12);
    watch.on_check(at(12));
    watch.on_answer(at(14));
    assert_eq!(watch.on_network(&down(), at(15)), OutageChange::Same);
    assert!(!watch.holds_up());
}

#[test]
fn a_check_of_an_earlier_silence_does_not_decide_the_next() {
    let mut watch = answered();
    falls_silent(&mut watch, 5, 12);
    watch.on_check(at(12));
    assert_eq!(watch.on_answer(at(13)), OutageChange::SiteFault);
    falls_silent(&mut watch, 5, 14);
    assert_eq!(watch.on_network(&down(), at(15)), OutageChange::Same);
    assert!(watch.holds_up(), "what waits still waits");
    watch.on_check(at(15));
    assert_eq!(
        watch.on_network(&down(), at(16)),
        OutageChange::Began(at(13))
    );
}

#[test]
fn open_requests_that_all_hang_are_suspicious() {
    let mut watch = answered();
    assert_eq!(watch.check_at(false), None, "nothing is open");
    assert_eq!(watch.check_at(true), Some(at(20)));
    watch.on_check(at(20));
    assert_eq!(watch.on_network(&Network::Up, at(20)), OutageChange::Same);
    assert_eq!(watch.check_at(true), Some(at(30)));
    watch.on_check(at(30));
    assert_eq!(
        watch.on_network(&down(), at(33)),
        OutageChange::Began(at(10))
    );
}

#[test]
fn a_host_that_never_answered_waits_for_others_and_is_not_counted() {
    let mut watch = answered();
    let silent = |watch: &mut OutageWatch, doubt| watch.on_silence(at(12), doubt, at(12));
    assert_eq!(silent(&mut watch, Doubt::None), SilenceEffect::Counts);
    for _ in 0..9 {
        assert_eq!(silent(&mut watch, Doubt::Weak), SilenceEffect::Waits);
    }
    assert!(!watch.holds_up());
    assert_eq!(watch.check_at(true), Some(at(13)));
    // During a suspicion all wait.
    assert_eq!(silent(&mut watch, Doubt::None), SilenceEffect::Waits);
}

#[test]
fn the_wait_for_the_end_of_an_outage_is_limited() {
    let mut watch = answered();
    falls_silent(&mut watch, 5, 12);
    watch.on_check(at(12));
    watch.on_network(&down(), at(15));
    assert!(!watch.is_hopeless(at(614)));
    assert!(watch.is_hopeless(at(615)));
}

#[test]
fn a_network_that_comes_and_goes_without_an_answer_is_not_waited_for_longer() {
    let mut watch = answered();
    let gone_and_back = |watch: &mut OutageWatch, from: i64| {
        falls_silent(watch, 5, from);
        watch.on_check(at(from));
        watch.on_network(&down(), at(from));
        assert!(watch.holds_up());
        let hopeless = watch.is_hopeless(at(from));
        watch.on_check(at(from + 1));
        watch.on_network(&Network::Up, at(from + 1));
        hopeless
    };
    let times: Vec<bool> = (0..8)
        .map(|n| gone_and_back(&mut watch, 12 + n * 100))
        .collect();
    assert_eq!(times.iter().position(|hopeless| *hopeless), Some(6));
    watch.on_answer(at(1_000));
    assert!(!gone_and_back(&mut watch, 1_001));
}

#[test]
fn a_crawl_that_begins_without_a_network_does_not_wait() {
    let mut watch = OutageWatch::new(at(0));
    assert_eq!(falls_silent(&mut watch, 1, 5), [SilenceEffect::Waits]);
    assert_eq!(watch.check_at(false), Some(at(5)));
    watch.on_check(at(5));
    assert_eq!(watch.on_network(&down(), at(8)), OutageChange::Began(at(0)));
    assert!(watch.is_hopeless(at(8)));
}
