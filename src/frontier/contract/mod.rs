//! The contract of [`Frontier`] as functions that run against any implementation. `suite!` turns
//! them into the tests of one. Moments are given, so nothing waits.

mod interleaving;
mod shelf;

use std::collections::HashMap;
use std::time::Duration;

use super::{Discovery, Frontier, Lease, Next, Pace, Settlement, Ticket};
use crate::model::{CrawlUrl, HostKey, Moment, Role};
use crate::policy::{Families, Family};

pub(super) use interleaving::any_interleaving_keeps_the_contract;
pub(super) use shelf::{
    TestShelf, a_shelf_changes_neither_the_order_nor_the_leases,
    a_url_missing_on_the_shelf_is_leased_once_it_is_there,
};

/// The lease time of tests that are not about it.
const LONG: Duration = Duration::from_hours(1);

/// Makes a frontier from the default pace and the lease time.
pub(super) trait Make: Fn(Pace, Duration) -> <Self as Make>::Made {
    /// The implementation.
    type Made: Frontier;
}

impl<F: Frontier, M: Fn(Pace, Duration) -> F> Make for M {
    type Made = F;
}

/// Turns every function of the contract into a test of one implementation. The implementation is
/// given as a function from the default pace and the lease time to a frontier.
macro_rules! suite {
    ($make:expr) => {
        $crate::frontier::contract::suite! { $make =>
            a_url_offered_twice_is_leased_once
            a_discovery_is_leased_unchanged
            the_gate_comes_first_and_alone
            the_gate_stays_shut_while_it_waits_for_a_retry
            bands_keep_their_order
            a_retry_waits_for_its_moment_and_then_comes_first
            requests_of_a_host_are_exactly_an_interval_apart
            fractions_of_a_millisecond_add_up
            a_slow_lane_has_every_fourth_turn_and_all_turns_when_alone
            slow_lanes_take_turns_and_hold_half_of_the_open_requests
            slow_lanes_use_all_open_requests_when_alone
            an_open_lease_that_is_moved_aside_takes_a_place_of_the_slow_lanes
            a_released_family_is_queued_before_the_others
            retries_and_expired_leases_stay_in_their_slow_lane
            setting_aside_does_not_charge_the_pace
            a_new_pace_counts_from_the_last_request
            a_pace_set_back_and_forth_forgets_no_request
            a_request_beside_a_lease_counts_for_the_pace
            no_more_are_open_than_the_pace_allows
            an_answered_request_is_closed_but_still_leased
            a_host_that_hangs_delays_no_other
            a_parked_host_waits
            the_queue_is_clear_when_its_slowest_host_is
            a_discarded_request_is_leased_again_without_counting
            an_unused_lease_returns_its_charge
            an_unused_lease_returns_nothing_after_another_request
            an_expired_lease_is_leased_again_first
            settling_an_expired_lease_changes_nothing
            drained_only_when_nothing_is_left
            hosts_without_a_limit_take_turns
            an_offer_does_not_cost_a_host_its_turn
            a_thousand_hosts_keep_their_rate
            a_shelf_changes_neither_the_order_nor_the_leases
            a_url_missing_on_the_shelf_is_leased_once_it_is_there
        }

        #[test]
        fn any_interleaving_keeps_the_contract() {
            $crate::frontier::contract::any_interleaving_keeps_the_contract($make);
        }
    };
    ($make:expr => $($name:ident)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                $crate::frontier::contract::$name($make).await;
            }
        )+
    };
}
pub(super) use suite;

pub(super) async fn a_url_offered_twice_is_leased_once(make: impl Make) {
    let f = make(pace(0, 10), LONG);
    let a = page("http://h/a");
    let again = offered_as(Role::Resource, "http://h/a#part");
    assert_eq!(f.offer(&[a.clone(), again, a.clone()]).await.unwrap(), 1);
    assert_eq!(f.pending().await.unwrap(), 1);
    let lease = visit(&f, 0).await;
    assert_eq!(f.offer(std::slice::from_ref(&a)).await.unwrap(), 0);
    assert_eq!(wait(&f, 0).await, LONG.as_millis() as i64);
    done(&f, &lease).await;
    assert_eq!(f.offer(&[a]).await.unwrap(), 0);
    assert_drained(&f, 0).await;
    // A sitemap may turn out to be a page.
    for role in [Role::Sitemap, Role::Page] {
        let found = offered_as(role, "http://h/map");
        assert_eq!(f.offer(&[found.clone(), found]).await.unwrap(), 1);
        let lease = visit(&f, 0).await;
        assert_eq!(lease.found.role, role);
        done(&f, &lease).await;
    }
}

pub(super) async fn a_discovery_is_leased_unchanged(make: impl Make) {
    let p = pace(250, 3);
    let f = make(p, LONG);
    let found = Discovery {
        url: url("https://b\u{fc}cher.example:8443/%7Ea/%C3%A4//b?q=%20&r"),
        role: Role::External,
        depth: 7,
        hops: 2,
        pass: 1,
        tries: 3,
        not_before: None,
    };
    f.offer(std::slice::from_ref(&found)).await.unwrap();
    let lease = visit(&f, 0).await;
    assert_eq!(lease.found, found);
    assert_eq!((lease.in_flight, lease.pace), (1, p));
}

pub(super) async fn the_gate_comes_first_and_alone(make: impl Make) {
    let f = make(pace(0, 10), LONG);
    let found = [
        page("http://h/a"),
        offered_as(Role::Robots, "http://h/robots.txt"),
        offered_as(Role::Robots, "http://h/moved-robots.txt"),
        page("http://other/"),
    ];
    f.offer(&found).await.unwrap();
    let gate = visit(&f, 0).await;
    assert_eq!(gate.found.role, Role::Robots);
    assert_eq!(path(&visit(&f, 0).await), "http://other/");
    wait(&f, 0).await;
    done(&f, &gate).await;
    let second = visit(&f, 0).await;
    assert_eq!(path(&second), "http://h/moved-robots.txt");
    wait(&f, 0).await;
    f.settle(second.ticket, Settlement::Unused).await.unwrap();
    assert_eq!(path(&visit(&f, 0).await), "http://h/a");
}

pub(super) async fn the_gate_stays_shut_while_it_waits_for_a_retry(make: impl Make) {
    let f = make(pace(0, 10), LONG);
    let robots = offered_as(Role::Robots, "http://h/robots.txt");
    f.offer(&[page("http://h/a"), robots]).await.unwrap();
    let gate = visit(&f, 0).await;
    let again = Settlement::Again(at(5_000));
    f.settle(gate.ticket, again).await.unwrap();
    assert_eq!(wait(&f, 10).await, 5_000);
    let gate = visit(&f, 5_000).await;
    assert_eq!((gate.found.role, gate.found.tries), (Role::Robots, 1));
    done(&f, &gate).await;
    assert_eq!(path(&visit(&f, 5_000).await), "http://h/a");
}

pub(super) async fn a_discarded_request_is_leased_again_without_counting(make: impl Make) {
    let f = make(pace(0, 10), LONG);
    f.offer(&[page("http://h/a")]).await.unwrap();
    let lease = visit(&f, 0).await;
    let again = Settlement::Again(at(1_000));
    f.settle(lease.ticket, again).await.unwrap();
    let lease = visit(&f, 1_000).await;
    let discarded = Settlement::Discarded(at(5_000));
    f.settle(lease.ticket, discarded).await.unwrap();
    assert_eq!(f.pending().await.unwrap(), 1);
    assert_eq!(wait(&f, 1_000).await, 5_000);
    let lease = visit(&f, 5_000).await;
    assert_eq!((path(&lease), lease.found.tries), ("http://h/a", 1));
    done(&f, &lease).await;
    assert_drained(&f, 5_000).await;
}

pub(super) async fn bands_keep_their_order(make: impl Make) {
    let f = make(pace(0, 10), LONG);
    let found = [
        offered_as(Role::External, "http://h/external"),
        offered_as(Role::Resource, "http://h/resource"),
        page("http://h/page1"),
        page("http://h/page2"),
        offered_as(Role::Sitemap, "http://h/sitemap"),
    ];
    f.offer(&found).await.unwrap();
    for name in ["sitemap", "page1", "page2", "external", "resource"] {
        assert_eq!(path(&visit(&f, 0).await), format!("http://h/{name}"));
    }
}

pub(super) async fn a_retry_waits_for_its_moment_and_then_comes_first(make: impl Make) {
    let f = make(pace(0, 10), LONG);
    let resumed = Discovery {
        not_before: Some(at(700)),
        tries: 4,
        ..page("http://h/resumed")
    };
    f.offer(&[resumed, page("http://h/a")]).await.unwrap();
    let a = visit(&f, 0).await;
    assert_eq!(path(&a), "http://h/a");
    assert_eq!(wait(&f, 0).await, 700);
    let again = Settlement::Again(at(300));
    f.settle(a.ticket, again).await.unwrap();
    assert_eq!(wait(&f, 0).await, 300);
    let sitemap = offered_as(Role::Sitemap, "http://h/sitemap");
    let found = [sitemap, page("http://h/b")];
    f.offer(&found).await.unwrap();
    assert_eq!(path(&visit(&f, 299).await), "http://h/sitemap");
    let a = visit(&f, 300).await;
    assert_eq!((path(&a), a.found.tries), ("http://h/a", 1));
    let resumed = visit(&f, 700).await;
    assert_eq!(resumed.found.tries, 4);
    assert_eq!(resumed.found.not_before, None);
    assert_eq!(path(&visit(&f, 700).await), "http://h/b");
}

pub(super) async fn requests_of_a_host_are_exactly_an_interval_apart(make: impl Make) {
    let f = make(pace(1_000, 100), LONG);
    f.offer(&pages("h", 20)).await.unwrap();
    visit(&f, 17).await;
    for n in 1..10 {
        let due = 17 + 1_000 * n;
        assert_eq!(wait(&f, due - 1_000).await, due);
        assert_eq!(wait(&f, due - 1).await, due);
        visit(&f, due).await;
    }
    // A pause is not saved up for a burst.
    visit(&f, 60_000).await;
    assert_eq!(wait(&f, 60_000).await, 61_000);
}

pub(super) async fn fractions_of_a_millisecond_add_up(make: impl Make) {
    let interval = Duration::from_micros(2_500);
    let f = make(Pace { interval, open: 9 }, LONG);
    f.offer(&pages("h", 9)).await.unwrap();
    let mut due = Vec::new();
    let mut now = 0;
    for _ in 0..5 {
        visit(&f, now).await;
        due.push(now);
        now = wait(&f, now).await;
    }
    assert_eq!(due, [0, 3, 5, 8, 10]);
    let interval = Duration::from_micros(500);
    f.slow(&host("http://h/"), Pace { interval, open: 9 })
        .await
        .unwrap();
    assert_eq!(wait(&f, 10).await, 11);
    visit(&f, 11).await;
    visit(&f, 11).await;
    assert_eq!(wait(&f, 11).await, 12);
}

pub(super) async fn a_slow_lane_has_every_fourth_turn_and_all_turns_when_alone(make: impl Make) {
    let f = make(pace(0, 10), LONG);
    f.offer(&pages("h", 10)).await.unwrap();
    for _ in 0..4 {
        let lease = visit(&f, 0).await;
        assert!(!lease.slow);
        set_aside(&f, &lease, 1).await;
    }
    let mut leased = Vec::new();
    for _ in 0..10 {
        let lease = visit(&f, 0).await;
        leased.push((lease.found.url.path_and_query().to_owned(), lease.slow));
        done(&f, &lease).await;
    }
    let expected = [
        ("/p4", false),
        ("/p5", false),
        ("/p6", false),
        ("/p0", true),
        ("/p7", false),
        ("/p8", false),
        ("/p9", false),
        ("/p1", true),
        ("/p2", true),
        ("/p3", true),
    ];
    let expected = expected.map(|(path, slow)| (path.to_owned(), slow));
    assert_eq!(leased, expected);
    assert_drained(&f, 0).await;
}

pub(super) async fn slow_lanes_take_turns_and_hold_half_of_the_open_requests(make: impl Make) {
    let f = make(pace(0, 4), LONG);
    f.offer(&pages("h", 12)).await.unwrap();
    for lane in [1, 1, 2, 2] {
        let lease = visit(&f, 0).await;
        set_aside(&f, &lease, lane).await;
    }
    let mut slow = Vec::new();
    for _ in 0..10 {
        let lease = visit(&f, 0).await;
        if lease.slow {
            slow.push(path(&lease).to_owned());
        } else {
            done(&f, &lease).await;
        }
    }
    // Two of four are open, of two lanes, while six others went by.
    slow.sort();
    assert_eq!(slow, ["http://h/p0", "http://h/p2"]);
}

pub(super) async fn slow_lanes_use_all_open_requests_when_alone(make: impl Make) {
    let f = make(pace(0, 4), LONG);
    f.offer(&pages("h", 6)).await.unwrap();
    for _ in 0..6 {
        let lease = visit(&f, 0).await;
        set_aside(&f, &lease, 1).await;
    }
    for _ in 0..4 {
        assert!(visit(&f, 0).await.slow);
    }
    wait(&f, 0).await;
}

pub(super) async fn an_open_lease_that_is_moved_aside_takes_a_place_of_the_slow_lanes(
    make: impl Make,
) {
    let f = make(pace(0, 4), LONG);
    f.offer(&pages("h", 12)).await.unwrap();
    let (first, second) = (visit(&f, 0).await, visit(&f, 0).await);
    let aside = visit(&f, 0).await;
    set_aside(&f, &aside, 1).await;
    for lease in [&first, &second] {
        f.move_aside(lease.ticket, family(1)).await.unwrap();
        f.move_aside(lease.ticket, family(1)).await.unwrap();
    }
    for _ in 0..8 {
        let lease = visit(&f, 0).await;
        assert!(!lease.slow, "both places of the slow lanes are taken");
        done(&f, &lease).await;
    }
    done(&f, &first).await;
    let slow = visit(&f, 0).await;
    assert!(slow.slow);
    // A retry of a lease that was moved waits in the slow lane too.
    f.settle(second.ticket, Settlement::Again(at(5)))
        .await
        .unwrap();
    let other = visit(&f, 5).await;
    assert!(!other.slow, "it has its turn first");
    done(&f, &other).await;
    assert!(visit(&f, 5).await.slow);
}

pub(super) async fn a_released_family_is_queued_before_the_others(make: impl Make) {
    let f = make(pace(0, 10), LONG);
    f.offer(&pages("h", 6)).await.unwrap();
    for lane in [1, 1, 2] {
        let lease = visit(&f, 0).await;
        set_aside(&f, &lease, lane).await;
    }
    let first = visit(&f, 0).await;
    let waits = Settlement::Aside(family(1), Some(at(500)));
    f.settle(first.ticket, waits).await.unwrap();
    f.rejoin(&host("http://h/"), family(1)).await.unwrap();
    f.rejoin(&host("http://h/"), family(3)).await.unwrap();
    assert_eq!(f.pending().await.unwrap(), 6);
    let mut leased = Vec::new();
    for now in [0, 0, 0, 0, 0, 500] {
        let lease = visit(&f, now).await;
        leased.push((lease.found.url.path_and_query().to_owned(), lease.slow));
        done(&f, &lease).await;
    }
    let expected = [
        ("/p0", false),
        ("/p1", false),
        ("/p4", false),
        ("/p2", true),
        ("/p5", false),
        ("/p3", false),
    ];
    assert_eq!(leased, expected.map(|(path, slow)| (path.to_owned(), slow)));
    assert_drained(&f, 500).await;
}

pub(super) async fn retries_and_expired_leases_stay_in_their_slow_lane(make: impl Make) {
    let f = make(pace(0, 10), Duration::from_secs(30));
    f.offer(&[page("http://h/a")]).await.unwrap();
    let lease = visit(&f, 0).await;
    set_aside(&f, &lease, 1).await;
    let lease = visit(&f, 0).await;
    let again = Settlement::Again(at(500));
    f.settle(lease.ticket, again).await.unwrap();
    assert_eq!(wait(&f, 0).await, 500);
    let lease = visit(&f, 500).await;
    assert_eq!((lease.slow, lease.found.tries), (true, 1));
    let expired = visit(&f, 30_500).await;
    assert!(expired.slow);
    done(&f, &expired).await;
    assert_drained(&f, 30_500).await;
}

pub(super) async fn setting_aside_does_not_charge_the_pace(make: impl Make) {
    let f = make(pace(1_000, 10), LONG);
    f.offer(&pages("h", 3)).await.unwrap();
    visit(&f, 0).await;
    let lease = visit(&f, 1_000).await;
    set_aside(&f, &lease, 1).await;
    assert_eq!(f.pending().await.unwrap(), 3);
    let other = visit(&f, 1_000).await;
    assert_eq!((path(&other), other.slow), ("http://h/p2", false));
    assert_eq!(wait(&f, 1_000).await, 2_000);
}

pub(super) async fn a_new_pace_counts_from_the_last_request(make: impl Make) {
    let f = make(pace(1_000, 100), LONG);
    f.offer(&pages("h", 9)).await.unwrap();
    let h = host("http://h/");
    visit(&f, 0).await;
    f.slow(&h, pace(5_000, 100)).await.unwrap();
    assert_eq!(wait(&f, 1_000).await, 5_000);
    let lease = visit(&f, 5_000).await;
    assert_eq!(lease.pace, pace(5_000, 100));
    f.slow(&h, pace(200, 100)).await.unwrap();
    assert_eq!(wait(&f, 5_000).await, 5_200);
    visit(&f, 5_200).await;
    f.slow(&h, pace(0, 100)).await.unwrap();
    visit(&f, 5_200).await;
    visit(&f, 5_200).await;
    f.slow(&h, pace(1_000, 100)).await.unwrap();
    assert_eq!(wait(&f, 5_200).await, 6_200);
}

pub(super) async fn a_pace_set_back_and_forth_forgets_no_request(make: impl Make) {
    let f = make(pace(10_000, 100), LONG);
    // Another host keeps the slow pace.
    let other = page("http://other/");
    f.offer(&pages("h", 9)).await.unwrap();
    f.offer(&[other]).await.unwrap();
    let h = host("http://h/");
    visit(&f, 0).await;
    visit(&f, 0).await;
    f.slow(&h, pace(1_000, 100)).await.unwrap();
    visit(&f, 1_000).await;
    f.slow(&h, pace(10_000, 100)).await.unwrap();
    assert_eq!(wait(&f, 1_000).await, 11_000);
    visit(&f, 11_000).await;
}

pub(super) async fn a_request_beside_a_lease_counts_for_the_pace(make: impl Make) {
    let f = make(pace(1_000, 8), LONG);
    f.offer(&pages("h", 3)).await.unwrap();
    let h = host("http://h/");
    assert_eq!(f.charge(&h, at(0)).await.unwrap(), at(0));
    assert_eq!(wait(&f, 0).await, 1_000);
    visit(&f, 1_000).await;
    // Each of several has a turn of its own.
    assert_eq!(f.charge(&h, at(1_200)).await.unwrap(), at(2_000));
    assert_eq!(f.charge(&h, at(1_200)).await.unwrap(), at(3_000));
    assert_eq!(wait(&f, 1_200).await, 4_000);
    visit(&f, 4_000).await;
}

pub(super) async fn no_more_are_open_than_the_pace_allows(make: impl Make) {
    let f = make(pace(0, 2), LONG);
    f.offer(&pages("h", 9)).await.unwrap();
    let first = visit(&f, 0).await;
    let second = visit(&f, 0).await;
    assert_eq!((first.in_flight, second.in_flight), (1, 2));
    wait(&f, 0).await;
    done(&f, &first).await;
    let third = visit(&f, 0).await;
    assert_eq!(third.in_flight, 2);
    f.slow(&host("http://h/"), pace(0, 3)).await.unwrap();
    assert_eq!(visit(&f, 0).await.in_flight, 3);
    f.slow(&host("http://h/"), pace(0, 1)).await.unwrap();
    done(&f, &second).await;
    done(&f, &third).await;
    wait(&f, 0).await;
}

pub(super) async fn an_answered_request_is_closed_but_still_leased(make: impl Make) {
    let f = make(pace(0, 3), LONG);
    f.offer(&pages("h", 4)).await.unwrap();
    let first = visit(&f, 0).await;
    for _ in 0..2 {
        f.answered(first.ticket).await.unwrap();
    }
    let second = visit(&f, 0).await;
    assert_eq!((second.in_flight, second.unsettled), (1, 2));
    let third = visit(&f, 0).await;
    assert_eq!((third.in_flight, third.unsettled), (2, 3));
    f.answered(third.ticket).await.unwrap();
    wait(&f, 0).await;
    done(&f, &first).await;
    let fourth = visit(&f, 0).await;
    assert_eq!((fourth.in_flight, fourth.unsettled), (2, 3));
    f.answered(first.ticket).await.unwrap();
    for lease in [&second, &third, &fourth] {
        done(&f, lease).await;
    }
    assert!(matches!(f.lease(at(0)).await.unwrap(), Next::Drained));
}

pub(super) async fn a_host_that_hangs_delays_no_other(make: impl Make) {
    let f = make(pace(1_000, 2), LONG);
    f.offer(&pages("dead", 9)).await.unwrap();
    f.offer(&pages("alive", 9)).await.unwrap();
    let mut requested = 0;
    for second in 0..9 {
        while let Next::Visit(lease) = f.lease(at(second * 1_000)).await.unwrap() {
            if lease.found.url.host_key() == host("http://alive/") {
                requested += 1;
                done(&f, &lease).await;
            }
        }
        assert_eq!(requested, second + 1);
    }
}

pub(super) async fn a_parked_host_waits(make: impl Make) {
    let f = make(pace(0, 10), LONG);
    let h = host("http://h/");
    f.park(&h, at(4_000)).await.unwrap();
    f.offer(&pages("h", 3)).await.unwrap();
    assert_eq!(wait(&f, 0).await, 4_000);
    visit(&f, 4_000).await;
    f.park(&h, at(9_000)).await.unwrap();
    f.park(&h, at(6_000)).await.unwrap();
    assert_eq!(wait(&f, 6_000).await, 9_000, "the later moment holds");
    visit(&f, 9_000).await;
}

pub(super) async fn the_queue_is_clear_when_its_slowest_host_is(make: impl Make) {
    let f = make(pace(100, 10), LONG);
    assert_eq!(f.clear_by(at(0)).await.unwrap(), None);
    f.offer(&pages("fast", 11)).await.unwrap();
    assert_eq!(f.clear_by(at(0)).await.unwrap(), Some(at(1_000)));
    f.offer(&pages("slow", 3)).await.unwrap();
    f.slow(&host("http://slow/"), pace(2_000, 1)).await.unwrap();
    assert_eq!(f.clear_by(at(0)).await.unwrap(), Some(at(4_000)));
    f.park(&host("http://fast/"), at(5_000)).await.unwrap();
    assert_eq!(f.clear_by(at(0)).await.unwrap(), Some(at(6_000)));
    let lease = visit(&f, 0).await;
    assert_eq!(lease.found.url.host_key(), host("http://slow/"));
    // What is leased is not queued; what waits is.
    f.settle(lease.ticket, Settlement::Again(at(9_000)))
        .await
        .unwrap();
    assert_eq!(f.clear_by(at(0)).await.unwrap(), Some(at(9_000)));
}

pub(super) async fn an_unused_lease_returns_its_charge(make: impl Make) {
    let f = make(pace(1_000, 10), LONG);
    f.offer(&pages("h", 6)).await.unwrap();
    visit(&f, 0).await;
    for _ in 0..2 {
        let unused = visit(&f, 1_000).await;
        wait(&f, 1_000).await;
        f.settle(unused.ticket, Settlement::Unused).await.unwrap();
    }
    visit(&f, 1_900).await;
    assert_eq!(f.pending().await.unwrap(), 4);
    // The spacing counts from the request that was made, not from the one that was not.
    assert_eq!(wait(&f, 1_900).await, 2_900);
    let unused = visit(&f, 2_900).await;
    f.settle(unused.ticket, Settlement::Unused).await.unwrap();
    f.slow(&host("http://h/"), pace(3_000, 10)).await.unwrap();
    assert_eq!(wait(&f, 2_900).await, 4_900);
}

pub(super) async fn an_unused_lease_returns_nothing_after_another_request(make: impl Make) {
    let f = make(pace(1_000, 10), LONG);
    f.offer(&pages("h", 5)).await.unwrap();
    let unused = visit(&f, 0).await;
    visit(&f, 1_000).await;
    f.settle(unused.ticket, Settlement::Unused).await.unwrap();
    assert_eq!(wait(&f, 1_500).await, 2_000);
}

pub(super) async fn an_expired_lease_is_leased_again_first(make: impl Make) {
    let f = make(pace(0, 2), Duration::from_secs(30));
    let robots = offered_as(Role::Robots, "http://h/robots.txt");
    f.offer(&[robots]).await.unwrap();
    f.offer(&pages("h", 3)).await.unwrap();
    assert_eq!(visit(&f, 0).await.found.role, Role::Robots);
    assert_eq!(wait(&f, 0).await, 30_000);
    let gate = visit(&f, 30_000).await;
    assert_eq!((gate.found.role, gate.found.tries), (Role::Robots, 0));
    done(&f, &gate).await;
    let lost = [visit(&f, 30_000).await, visit(&f, 30_001).await];
    let sitemap = offered_as(Role::Sitemap, "http://h/sitemap");
    f.offer(&[sitemap]).await.unwrap();
    assert_eq!(wait(&f, 30_001).await, 60_000);
    for lost in &lost {
        let again = visit(&f, 60_001).await;
        assert_eq!(again.found, lost.found);
        assert_ne!(again.ticket, lost.ticket);
        assert!(again.in_flight <= 2);
    }
}

pub(super) async fn settling_an_expired_lease_changes_nothing(make: impl Make) {
    let f = make(pace(0, 1), Duration::from_secs(30));
    f.offer(&pages("h", 2)).await.unwrap();
    let old = visit(&f, 0).await;
    let new = visit(&f, 30_000).await;
    assert_eq!(new.found, old.found);
    let ways = [
        Settlement::Done,
        Settlement::Again(at(0)),
        Settlement::Unused,
    ];
    for how in ways {
        f.settle(old.ticket, how).await.unwrap();
        f.settle(Ticket(u64::MAX), how).await.unwrap();
        assert_eq!(f.pending().await.unwrap(), 2);
        assert_eq!(wait(&f, 30_000).await, 60_000);
    }
    done(&f, &new).await;
    done(&f, &new).await;
    assert_eq!(f.pending().await.unwrap(), 1);
}

pub(super) async fn drained_only_when_nothing_is_left(make: impl Make) {
    let f = make(pace(0, 1), Duration::from_secs(30));
    assert_drained(&f, 0).await;
    f.slow(&host("http://h/"), pace(9, 9)).await.unwrap();
    f.park(&host("http://h/"), at(9_000)).await.unwrap();
    assert_drained(&f, 0).await;
    f.offer(&[page("http://h/a")]).await.unwrap();
    assert_eq!(wait(&f, 0).await, 9_000);
    let lease = visit(&f, 9_000).await;
    assert_eq!(wait(&f, 9_000).await, 39_000);
    let again = Settlement::Again(at(90_000));
    f.settle(lease.ticket, again).await.unwrap();
    assert_eq!(wait(&f, 9_000).await, 90_000);
    let lease = visit(&f, 90_000).await;
    done(&f, &lease).await;
    assert_drained(&f, 90_000).await;
}

pub(super) async fn hosts_without_a_limit_take_turns(make: impl Make) {
    let f = make(pace(0, 100), LONG);
    for name in ["a", "b", "c"] {
        f.offer(&pages(name, 4)).await.unwrap();
    }
    for _ in 0..4 {
        for name in ["http://a/", "http://b/", "http://c/"] {
            let lease = visit(&f, 0).await;
            assert_eq!(lease.found.url.host_key(), host(name));
            done(&f, &lease).await;
        }
    }
    assert_drained(&f, 0).await;
}

pub(super) async fn an_offer_does_not_cost_a_host_its_turn(make: impl Make) {
    let f = make(pace(1_000, 100), LONG);
    f.offer(&[page("http://a/1"), page("http://b/1")])
        .await
        .unwrap();
    f.offer(&[page("http://a/2"), offered_as(Role::Sitemap, "http://a/3")])
        .await
        .unwrap();
    assert_eq!(path(&visit(&f, 0).await), "http://a/3");
    assert_eq!(path(&visit(&f, 0).await), "http://b/1");
    f.offer(&[page("http://b/2")]).await.unwrap();
    // Both are due at 1,000, and `a` has waited longer.
    f.offer(&[page("http://a/4")]).await.unwrap();
    assert_eq!(path(&visit(&f, 1_000).await), "http://a/1");
}

/// Checks a thousand hosts at one request a second, thirty of which never answer.
pub(super) async fn a_thousand_hosts_keep_their_rate(make: impl Make) {
    const SECONDS: i64 = 20;
    let f = make(pace(1_000, 2), LONG);
    for n in 0..1_000 {
        f.offer(&pages(&format!("h{n}"), SECONDS + 5))
            .await
            .unwrap();
    }
    let dead: Vec<HostKey> = (0..30).map(|n| host(&format!("http://h{n}/"))).collect();
    let mut requested: HashMap<HostKey, i64> = HashMap::new();
    let mut now = 0;
    // An answer takes half a second.
    let mut answers: Vec<(i64, Ticket)> = Vec::new();
    while now < SECONDS * 1_000 {
        for (_, ticket) in answers.extract_if(.., |(due, _)| *due <= now) {
            f.settle(ticket, Settlement::Done).await.unwrap();
        }
        match f.lease(at(now)).await.unwrap() {
            Next::Visit(lease) => {
                let key = lease.found.url.host_key();
                if !dead.contains(&key) {
                    answers.push((now + 500, lease.ticket));
                }
                *requested.entry(key).or_default() += 1;
            }
            Next::NotBefore(next) => {
                let answer = answers.iter().map(|(due, _)| *due).min();
                now = next.millis().min(answer.unwrap_or(i64::MAX));
            }
            Next::Drained => panic!("there is more to do"),
        }
    }
    for n in 0..1_000 {
        let key = host(&format!("http://h{n}/"));
        let expected = if dead.contains(&key) { 2 } else { SECONDS };
        assert_eq!(requested[&key], expected, "{key}");
    }
}

fn at(millis: i64) -> Moment {
    Moment::from_millis(millis)
}

fn pace(millis: u64, open: u32) -> Pace {
    Pace {
        interval: Duration::from_millis(millis),
        open,
    }
}

fn url(text: &str) -> CrawlUrl {
    CrawlUrl::parse(text).expect("a valid URL")
}

fn host(text: &str) -> HostKey {
    url(text).host_key()
}

fn offered_as(role: Role, text: &str) -> Discovery {
    Discovery::new(url(text), role)
}

fn page(text: &str) -> Discovery {
    offered_as(Role::Page, text)
}

/// Returns one of a few families; a frontier does not care which.
fn family(number: u8) -> Family {
    Families::default().of(&url(&format!("http://h/?{number}")))
}

async fn set_aside<F: Frontier>(f: &F, lease: &Lease, lane: u8) {
    let aside = Settlement::Aside(family(lane), None);
    f.settle(lease.ticket, aside).await.unwrap();
}

fn pages(host: &str, count: i64) -> Vec<Discovery> {
    (0..count)
        .map(|n| page(&format!("http://{host}/p{n}")))
        .collect()
}

fn path(lease: &Lease) -> &str {
    lease.found.url.as_str()
}

/// Leases a URL that must be due.
async fn visit<F: Frontier>(f: &F, now: i64) -> Lease {
    match f.lease(at(now)).await.unwrap() {
        Next::Visit(lease) => *lease,
        other => panic!("at {now}: {other:?}"),
    }
}

/// Returns the moment before which nothing is due.
async fn wait<F: Frontier>(f: &F, now: i64) -> i64 {
    match f.lease(at(now)).await.unwrap() {
        Next::NotBefore(next) => next.millis(),
        other => panic!("at {now}: {other:?}"),
    }
}

async fn done<F: Frontier>(f: &F, lease: &Lease) {
    f.settle(lease.ticket, Settlement::Done).await.unwrap();
}

async fn assert_drained<F: Frontier>(f: &F, now: i64) {
    assert_eq!(f.lease(at(now)).await.unwrap(), Next::Drained);
    assert_eq!(f.pending().await.unwrap(), 0);
}
