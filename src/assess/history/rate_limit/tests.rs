use super::bucket::STEP;
use super::*;

fn request(url: i64, at: i64, open: u32, refused_with: Option<u16>) -> Limited {
    Limited {
        url,
        started: Moment::from_millis(at),
        open,
        refused_with,
        ever_fine: true,
    }
}

/// Requests to a server with a token bucket, with these pauses in milliseconds.
fn requests_to(rate: f64, burst: u32, pauses: impl IntoIterator<Item = i64>) -> LimitedRequests {
    let (mut at, mut tokens) = (0_i64, f64::from(burst));
    let mut requests = LimitedRequests::default();
    for pause in pauses {
        at += pause;
        tokens = (tokens + pause as f64 / 1000.0 * rate).min(f64::from(burst));
        let refused = tokens < 1.0;
        if !refused {
            tokens -= 1.0;
        }
        requests.add(request(at, at, 1, refused.then_some(429)), false);
    }
    requests
}

/// Pauses like those of a crawl that slows down after refusals.
fn pauses() -> impl Iterator<Item = i64> {
    (0..200).map(|n| [100, 230, 210, 205, 260, 400, 220, 150][n % 8])
}

#[test]
fn pages_that_fail_at_their_first_request_show_no_limit() {
    let mut requests = LimitedRequests::default();
    for page in 1..50 {
        let at = page * 200;
        requests.add(request(page, at, 1, Some(503)), false);
        // A control.
        requests.add(request(0, at + 100, 1, None), false);
    }
    assert!(requests.by_bucket(0.0).is_some_and(|it| it.wrong <= 2));
    assert_eq!(requests.limit(), None);
}

/// The first requests of a crawl to nginx with `rate=5r/s` and `burst=5`, and which of them were refused.
#[test]
fn a_refusal_by_a_hair_is_explained() {
    let pauses = [
        0, 103, 100, 99, 282, 102, 100, 100, 98, 101, 99, 100, 101, 30002, 232, 233, 188, 184, 186,
        150, 148, 149, 133, 133, 135, 136, 135, 137, 136, 134, 133, 135, 162, 148, 133, 1001, 278,
        281, 224, 222, 220, 177, 178, 178, 158, 158, 160, 160, 159, 161, 162, 166, 162, 166, 164,
        164, 161, 158, 161, 163, 165, 164, 160, 158, 187, 161, 162, 158, 161, 1001, 329, 325, 262,
        262, 266, 210, 238, 211, 194, 190,
    ];
    let mut requests = LimitedRequests::default();
    let mut at = 0;
    for (n, pause) in pauses.into_iter().enumerate() {
        at += pause;
        let refused = [12, 34, 68].contains(&n).then_some(429);
        requests.add(request(at, at, 1, refused), false);
    }
    let limit = requests.limit().expect("a limit");
    assert!((4.0..6.0).contains(&limit.rate()), "{limit:?}");
}

#[test]
fn a_limit_is_found_from_its_refusals() {
    let limit = requests_to(5.0, 1, pauses()).limit().expect("a limit");
    assert!(limit.low <= 5.0 * STEP && 5.0 <= limit.high, "{limit:?}");
    assert!(limit.is_known() && limit.burst == 1, "{limit:?}");
    let fast = (0..400).map(|n| 9 + n * 7_919 % 23);
    let limit = requests_to(10.0, 21, fast).limit().expect("a limit");
    assert!((8.5..11.5).contains(&limit.rate()), "{limit:?}");
    assert_eq!(limit.burst, 21);
}

#[test]
fn a_limit_has_the_status_of_most_of_its_refusals() {
    let limited = |first: usize| {
        let mut requests = requests_to(5.0, 1, pauses());
        let refused = requests.requests.iter_mut().filter(|it| it.is_refused());
        let mut count = 0;
        for request in refused {
            count += 1;
            request.refused_with = Some(if count <= first { 503 } else { 429 });
        }
        (count, requests.limit().expect("a limit").status)
    };
    let (refused, status) = limited(0);
    assert_eq!(status, 429);
    assert_eq!(limited(refused / 2).1, 429);
    assert_eq!(limited(refused / 2 + 1).1, 503);
}

#[test]
fn failures_by_chance_or_by_open_requests_are_not_a_rate_limit() {
    let mut chance = LimitedRequests::default();
    let mut open = LimitedRequests::default();
    let mut at = 0;
    for (n, pause) in (0_u32..).zip(pauses()) {
        at += pause;
        let by_chance = (n % 11 == 3).then_some(503);
        chance.add(request(at, at, 1, by_chance), false);
        let by_open = (n % 6 >= 4).then_some(503);
        open.add(request(at, at, 1 + n % 6, by_open), false);
    }
    assert_eq!(chance.limit(), None);
    assert_eq!(open.limit(), None);
    assert_eq!(
        requests_to(50.0, 1, pauses()).limit(),
        None,
        "nothing is refused"
    );
}

#[test]
fn a_single_outage_is_no_limit_and_a_refused_burst_after_one_block_of_refusals_is() {
    let mut requests = LimitedRequests::default();
    for n in 0..63_i64 {
        let refused = (52..56).contains(&n);
        // After an outage the crawl is slow for a while.
        let at = if n < 56 { n * 100 } else { 20_000 + n * 1_000 };
        requests.add(request(at, at, 1, refused.then_some(503)), false);
    }
    assert_eq!(requests.limit(), None);
    let mut limited = requests_to(5.0, 5, [100; 12].into_iter().chain([1_000; 30]));
    let last = limited.requests.last().expect("requests").started;
    let mut tokens = 5.0_f64;
    for n in 1..=12_i64 {
        let at = last.millis() + 5_000 + n * 50;
        let refused = tokens < 1.0;
        tokens += if refused { 0.25 } else { 0.25 - 1.0 };
        limited.add(request(at, at, 1, refused.then_some(503)), true);
    }
    assert!(limited.limit().is_some());
}

#[test]
fn a_count_in_a_fixed_window_is_found() {
    let counted = |status: u16, pause: fn(i64) -> i64| {
        let mut requests = LimitedRequests::default();
        let (mut window, mut through) = (0, 0);
        let mut at = 3_400_i64;
        for n in 0..200 {
            if at / 10_000 != window {
                (window, through) = (at / 10_000, 0);
            }
            let refused = through >= 30;
            through += i32::from(!refused);
            requests.add(request(n, at, 1, refused.then_some(status)), false);
            // As a crawl that waits until the end of the window.
            at = if refused && n % 3 > 0 {
                (window + 1) * 10_000 + 150
            } else {
                at + pause(n)
            };
        }
        requests.limit()
    };
    let unevenly = |n: i64| 60 + (n / 30) * 20 % 110;
    for (status, pause) in [(429, (|_| 110) as fn(i64) -> i64), (503, unevenly)] {
        let limit = counted(status, pause).expect("a limit");
        assert!(
            (limit.rate() - 3.0).abs() < 0.01 && limit.burst == 30,
            "{limit:?}"
        );
        assert!(limit.is_known());
    }
}

#[test]
fn outages_at_the_same_time_of_every_window_are_no_limit() {
    let mut requests = LimitedRequests::default();
    for n in 0..600_i64 {
        let at = n * 103;
        let down = at % 10_000 >= 8_000;
        requests.add(request(n, at, 1, down.then_some(503)), false);
    }
    assert_eq!(requests.limit(), None);
}

#[test]
fn where_pages_are_refused_at_any_rate_a_few_refusals_are_no_limit() {
    let found = |dead: i64| {
        let mut requests = requests_to(5.0, 1, pauses());
        let last = requests.last.expect("requests").millis();
        for n in 1..=dead {
            let refused = request(-n, last + n * 5_000, 1, Some(503));
            let refused = Limited {
                ever_fine: false,
                ..refused
            };
            requests.add(refused, false);
        }
        requests.limit().is_some()
    };
    assert_eq!((found(0), found(2), found(200)), (true, true, false));
}

#[test]
fn a_url_that_is_refused_at_any_rate_is_no_limit() {
    let mut requests = LimitedRequests::default();
    for n in 0..40_i64 {
        let refused = n % 10 == 0 && n < 30;
        let url = if n % 10 == 0 { 7 } else { 100 + n };
        requests.add(request(url, n * 3_000, 1, refused.then_some(503)), false);
    }
    assert_eq!(requests.limit(), None);
}
