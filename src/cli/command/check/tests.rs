use std::sync::Arc;
use std::time::Duration;

use super::clients;
use crate::assess::diagnose::{
    Announced, AnswerFacts, Cluster, ClusterFacts, Context, Maker, diagnose,
};
use crate::check::{Checked, Seen, checked};
use crate::model::{
    Attempt, CrawlUrl, Moment, Outcome, Pressure, Purpose, Timings, Trace, Version,
};
use crate::report::Curl;

fn url(text: &str) -> CrawlUrl {
    CrawlUrl::parse(text).expect("a URL")
}

fn attempt(outcome: Outcome, status: u16, ttfb: u64) -> Attempt {
    let millis = Duration::from_millis;
    Attempt {
        pass: 1,
        purpose: Purpose::Crawl,
        started: Moment::from_millis(1_795_345_200_007),
        outcome,
        status: (status > 0).then_some(status),
        status_text: "Bad\r\n Gateway".to_owned(),
        timings: Timings {
            dns: Some(millis(12)),
            connect: Some(millis(21)),
            tls: Some(millis(40)),
            first_byte: (status > 0).then(|| millis(ttfb)),
            total: millis(ttfb + 1),
        },
        waited: None,
        wire_bytes: 157,
        remote: "203.0.113.7".parse().ok(),
        version: Some(Version::Http11),
        reused: false,
        user_agent: Arc::from("gatecrawl"),
        pressure: Pressure::default(),
        trace: Trace {
            server: Some("nginx/1.22.1".to_owned()),
            ..Trace::default()
        },
        body_fingerprint: None,
        redirect: None,
        announced: None,
        error_page: None,
    }
}

fn seen(client: &str, attempts: Vec<Attempt>, page: Option<&str>) -> Seen {
    let failing: Vec<_> = attempts
        .iter()
        .filter(|a| a.status.is_none_or(|status| status >= 400))
        .collect();
    let diagnosis = failing.first().map(|first| {
        let mut facts = ClusterFacts::new(Cluster {
            host: "https://www.shop.example".to_owned(),
            section: "/shop/".to_owned(),
            outcome: first.outcome,
            fingerprint: page.map(str::to_owned),
        });
        for attempt in &failing {
            let seen = AnswerFacts::of(attempt, page, Announced::Nothing);
            facts.add(&seen, attempt.started);
        }
        diagnose(&facts, &Context::default())
    });
    Seen {
        name: client.to_owned(),
        hops: Vec::new(),
        attempts,
        diagnosis,
        maker: page.map(|_| Maker::ReverseProxy),
    }
}

fn result(clients: &[Seen]) -> Checked {
    let url = url("https://www.shop.example/shop/cart");
    let curl = Curl {
        url: &url,
        user_agent: None,
        http1: false,
        resolve: &[],
        login: false,
    };
    checked(&url, clients, curl.line())
}

#[test]
fn a_failing_url_is_shown_with_chain_times_cause_and_fix() {
    let bad = || attempt(Outcome::Server502, 502, 77);
    let mut one = seen("gatecrawl", vec![bad(), bad()], Some("nginx-502"));
    let moved = Attempt {
        redirect: Some("https://www.shop.example/shop/cart".to_owned()),
        ..attempt(Outcome::Redirect, 301, 80)
    };
    one.hops = vec![(url("http://shop.example/shop/cart"), moved)];
    let result = result(&[one]);
    assert_eq!(result.compared, "");
    insta::assert_snapshot!("one_client", clients::render(&result, 80, false));
    let json = serde_json::to_string_pretty(&result).expect("JSON");
    insta::assert_snapshot!("one_client_json", json);
}

#[test]
fn clients_are_shown_side_by_side() {
    let bad = || attempt(Outcome::Client403, 403, 77);
    let fine = || attempt(Outcome::OkHtml, 200, 95);
    let two = result(&[
        seen("gatecrawl", vec![bad(), bad()], None),
        seen("chrome", vec![fine(), fine()], None),
    ]);
    assert!(
        two.compared.contains("(gatecrawl 403, chrome 200)"),
        "{}",
        two.compared
    );
    insta::assert_snapshot!("two_clients", clients::render(&two, 80, false));
}

#[test]
fn a_difference_counts_only_if_each_client_gets_one_answer() {
    let bad = || attempt(Outcome::Server502, 502, 77);
    let none = || attempt(Outcome::ConnectRefused, 0, 1);
    let fine = || attempt(Outcome::OkHtml, 200, 95);
    let compared = |a: Vec<Attempt>, b: Vec<Attempt>| {
        result(&[seen("a", a, None), seen("b", b, None)]).compared
    };
    let cases = [
        (
            compared(vec![bad()], vec![bad()]),
            "All clients get the same",
        ),
        (
            compared(vec![bad(), bad()], vec![none(), none()]),
            "The answers differ by client (a 502, b connect_refused)",
        ),
        (
            compared(vec![bad()], vec![none()]),
            "The answers differ by client, but each client made one request",
        ),
        (
            compared(vec![bad(), fine()], vec![fine()]),
            "The answers to one client vary",
        ),
        (
            compared(vec![bad(), fine()], vec![bad(), fine()]),
            "The answers to one client vary",
        ),
    ];
    for (text, expected) in cases {
        assert!(text.starts_with(expected), "{text}");
    }
}
