use super::*;
use crate::model::Silence;

fn at(seconds: i64) -> Moment {
    Moment::from_millis(seconds * 1_000)
}

fn down() -> Network {
    Network::Down(Silence::default())
}

/// A crawl that was answered ten seconds after its beginning.
fn heard() -> OutageWatch {
    let mut watch = OutageWatch::new(at(0));
    assert_eq!(watch.on_answer(at(10)), OutageChange::Same);
    watch
}

fn falls_silent(watch: &mut OutageWatch, times: u32, now: i64) -> Vec<Silent> {
    let each = (0..times).map(|_| watch.on_silence(at(now), Doubt::Strong, at(now)));
    each.collect()
}

#[test]
fn several_silent_attempts_in_a_row_raise_the_suspicion_at_once() {
    let mut watch = heard();
    assert_eq!(falls_silent(&mut watch, 4, 12), [Silent::Waits; 4]);
    assert!(!watch.holds_up());
    assert_eq!(watch.ask_at(true), Some(at(13)));
    falls_silent(&mut watch, 1, 12);
    assert!(watch.holds_up());
    assert_eq!(watch.ask_at(true), Some(at(12)));
    watch.on_asking(at(12));
    assert_eq!(watch.ask_at(true), None, "one question at a time");
}

#[test]
fn an_answer_of_anybody_ends_the_suspicion_and_what_waited_counts() {
    let mut watch = heard();
    falls_silent(&mut watch, 5, 12);
    assert_eq!(watch.on_answer(at(12)), OutageChange::Theirs);
    assert!(!watch.holds_up());
    assert_eq!(falls_silent(&mut watch, 1, 13), [Silent::Waits]);
}

#[test]
fn a_witness_that_answers_puts_the_blame_on_the_site() {
    for network in [Network::Up, Network::Unknown] {
        let mut watch = heard();
        falls_silent(&mut watch, 5, 12);
        watch.on_asking(at(12));
        assert_eq!(watch.on_network(&network, at(13)), OutageChange::Theirs);
        assert_eq!(falls_silent(&mut watch, 2, 14), [Silent::Counts; 2]);
        // Believed for a while, not for ever.
        assert_eq!(falls_silent(&mut watch, 1, 15), [Silent::Waits]);
    }
}

#[test]
fn witnesses_are_asked_ever_less_about_a_site_that_stays_dead() {
    let mut watch = heard();
    let (mut now, mut pauses) = (12, Vec::new());
    for _ in 0..7 {
        falls_silent(&mut watch, 5, now);
        watch.on_asking(at(now));
        watch.on_network(&Network::Up, at(now));
        let before = now;
        while falls_silent(&mut watch, 1, now) == [Silent::Counts] {
            now += 1;
        }
        pauses.push(now - before);
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60]);
}

#[test]
fn what_a_dead_site_was_believed_is_not_believed_of_one_that_answers_again() {
    let mut watch = heard();
    let mut now = 12;
    for _ in 0..6 {
        falls_silent(&mut watch, 5, now);
        watch.on_asking(at(now));
        watch.on_network(&Network::Up, at(now));
        while falls_silent(&mut watch, 1, now) == [Silent::Counts] {
            now += 1;
        }
    }
    falls_silent(&mut watch, 5, now);
    watch.on_asking(at(now));
    watch.on_network(&Network::Up, at(now));
    // It is back, and five seconds later our own network is gone.
    assert_eq!(watch.on_answer(at(now + 1)), OutageChange::Same);
    assert_eq!(falls_silent(&mut watch, 1, now + 6), [Silent::Waits]);
}

#[test]
fn when_no_witness_answers_nothing_counts_until_something_does() {
    let mut watch = heard();
    falls_silent(&mut watch, 5, 12);
    watch.on_asking(at(12));
    assert_eq!(
        watch.on_network(&down(), at(15)),
        OutageChange::Began(at(10))
    );
    assert!(watch.holds_up());
    assert_eq!(falls_silent(&mut watch, 1, 16), [Silent::Lost]);
    let mut asked = Vec::new();
    for _ in 0..6 {
        let next = watch.ask_at(false).expect("a question");
        watch.on_asking(next);
        assert_eq!(watch.on_network(&down(), next), OutageChange::Same);
        asked.push(next.since(at(15)).as_secs());
    }
    assert_eq!(asked, [1, 3, 7, 15, 23, 31]);
    watch.on_asking(at(60));
    assert_eq!(
        watch.on_network(&Network::Up, at(60)),
        OutageChange::Ended(at(10))
    );
    assert!(!watch.holds_up());
    // What was open meanwhile is lost too, whenever it ends.
    let open = |watch: &mut OutageWatch, from| watch.on_silence(at(from), Doubt::Strong, at(75));
    assert_eq!(open(&mut watch, 9), Silent::Lost);
    assert_eq!(open(&mut watch, 60), Silent::Lost);
    assert_eq!(open(&mut watch, 61), Silent::Waits);
    assert!(watch.covers(at(5), at(10)) && !watch.covers(at(5), at(9)));
}

#[test]
fn an_answer_that_comes_after_all_ends_an_outage() {
    let mut watch = heard();
    falls_silent(&mut watch, 5, 12);
    watch.on_asking(at(12));
    watch.on_network(&down(), at(15));
    assert_eq!(watch.on_answer(at(20)), OutageChange::Ended(at(10)));
}

#[test]
fn an_answer_while_the_witnesses_are_asked_says_more_than_their_silence() {
    let mut watch = heard();
    falls_silent(&mut watch, 5, 12);
    watch.on_asking(at(12));
    watch.on_answer(at(14));
    assert_eq!(watch.on_network(&down(), at(15)), OutageChange::Same);
    assert!(!watch.holds_up());
}

#[test]
fn what_is_told_of_an_earlier_silence_decides_nothing_of_the_next() {
    let mut watch = heard();
    falls_silent(&mut watch, 5, 12);
    watch.on_asking(at(12));
    assert_eq!(watch.on_answer(at(13)), OutageChange::Theirs);
    falls_silent(&mut watch, 5, 14);
    assert_eq!(watch.on_network(&down(), at(15)), OutageChange::Same);
    assert!(watch.holds_up(), "what waits still waits");
    watch.on_asking(at(15));
    assert_eq!(
        watch.on_network(&down(), at(16)),
        OutageChange::Began(at(13))
    );
}

#[test]
fn requests_that_all_hang_are_suspicious_though_none_has_ended() {
    let mut watch = heard();
    assert_eq!(watch.ask_at(false), None, "nothing is open");
    assert_eq!(watch.ask_at(true), Some(at(20)));
    watch.on_asking(at(20));
    assert_eq!(watch.on_network(&Network::Up, at(20)), OutageChange::Same);
    assert_eq!(watch.ask_at(true), Some(at(30)));
    watch.on_asking(at(30));
    assert_eq!(
        watch.on_network(&down(), at(33)),
        OutageChange::Began(at(10))
    );
}

#[test]
fn a_host_that_never_answered_waits_for_company_and_counts_for_none() {
    let mut watch = heard();
    let silent = |watch: &mut OutageWatch, doubt| watch.on_silence(at(12), doubt, at(12));
    assert_eq!(silent(&mut watch, Doubt::None), Silent::Counts);
    for _ in 0..9 {
        assert_eq!(silent(&mut watch, Doubt::Weak), Silent::Waits);
    }
    assert!(!watch.holds_up());
    assert_eq!(watch.ask_at(true), Some(at(13)));
    // Beside a suspicion all wait.
    assert_eq!(silent(&mut watch, Doubt::None), Silent::Waits);
}

#[test]
fn an_outage_is_waited_for_within_reason() {
    let mut watch = heard();
    falls_silent(&mut watch, 5, 12);
    watch.on_asking(at(12));
    watch.on_network(&down(), at(15));
    assert!(!watch.is_hopeless(at(614)));
    assert!(watch.is_hopeless(at(615)));
}

#[test]
fn a_network_that_comes_and_goes_without_an_answer_is_not_waited_for_longer() {
    let mut watch = heard();
    let gone_and_back = |watch: &mut OutageWatch, from: i64| {
        falls_silent(watch, 5, from);
        watch.on_asking(at(from));
        watch.on_network(&down(), at(from));
        assert!(watch.holds_up());
        let hopeless = watch.is_hopeless(at(from));
        watch.on_asking(at(from + 1));
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
    assert_eq!(falls_silent(&mut watch, 1, 5), [Silent::Waits]);
    assert_eq!(watch.ask_at(false), Some(at(5)));
    watch.on_asking(at(5));
    assert_eq!(watch.on_network(&down(), at(8)), OutageChange::Began(at(0)));
    assert!(watch.is_hopeless(at(8)));
}
