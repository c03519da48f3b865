use std::time::Duration;

use proptest::prelude::*;

use crate::assess::{Observation, Rules, Tally, apportion};
use crate::model::{Moment, Outcome, Pressure};

use super::*;

fn judged(course: &str) -> Judgement {
    let mut tally = Tally::default();
    for (pass, mark) in (1..).zip(course.chars()) {
        let (outcome, status) = match mark {
            'F' => (Outcome::Server502, 502),
            'R' => (Outcome::Client429, 429),
            'T' => (Outcome::Server504, 504),
            'E' => (Outcome::SoftError200, 200),
            _ => (Outcome::OkHtml, 200),
        };
        tally.add(Observation {
            outcome,
            status: Some(status),
            started: Moment::from_millis(i64::from(pass) * 60_000),
            pass,
            reused: false,
            pressure: Pressure {
                in_flight: 1,
                rate: Some(1.0),
            },
            announced: None,
            ttfb: Some(Duration::from_millis(100)),
            host_episode: None,
        });
    }
    tally.judge(&Rules::ONE_SHOT)
}

fn site(urls: &[(u8, Judgement, f64)]) -> SiteTally {
    let mut site = SiteTally::default();
    for (section, judgement, weight) in urls {
        site.add(&Scored {
            address: &format!("https://h/{section}/{weight}"),
            host: "https://h",
            section: &format!("/{section}/"),
            judgement,
            weight: *weight,
            home: false,
        });
    }
    site
}

#[test]
fn a_lost_point_counts_the_urls_that_lost_it() {
    let counted = site(&[
        (0, judged("E"), 1.0),
        (0, judged("."), 1.0),
        (0, judged("."), 2.0),
    ]);
    let rows = counted.site.risk_shares();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(
        rows[0].evidence.contains(&Fact::count("urls", 1)),
        "{rows:?}"
    );
}

#[test]
fn urls_are_counted_by_verdict_section_and_host() {
    let urls = [
        (1, judged("S"), 1.0),
        (1, judged("FFF"), 2.0),
        (2, judged("FSFS"), 1.0),
        (2, judged("TS"), 1.0),
        (2, judged("E"), 1.0),
    ];
    let site = site(&urls);
    assert_eq!((site.site.urls, site.site.failing()), (5, 4));
    assert_eq!(site.site.count(Verdict::Persistent), 1);
    assert_eq!(site.site.count(Verdict::Intermittent), 1);
    let shop = site.sections.get("/1/").expect("a section");
    assert_eq!((shop.urls, shop.looks.failed, shop.looks.of), (2, 1, 2));
    let looks = &site.site.looks;
    assert_eq!((looks.status_5xx, looks.status_502), (3, 2));
    assert!((looks.error_rate().value - 0.8).abs() < 1e-12);
    assert_eq!(site.hosts.iter().count(), 1);
    let rules: Vec<_> = site.site.risk_shares().iter().map(|row| row.rule).collect();
    assert_eq!(
        rules,
        [
            "indexing_risk.transient",
            "indexing_risk.intermittent",
            "indexing_risk.persistent",
            "indexing_risk.unconfirmed"
        ]
    );
}

#[test]
fn failures_that_a_limit_or_a_section_explains_are_no_page_that_fails_by_itself() {
    let fine: Vec<(u8, Judgement, f64)> = (0..40).map(|_| (1, judged("."), 1.0)).collect();
    let estimate = |marks: &str, section: u8| {
        let more = (0..25).map(|_| (section, judged(marks), 1.0));
        let urls: Vec<_> = fine.iter().copied().chain(more).collect();
        site(&urls).own_looks().uncaught().expect("an estimate")
    };
    let [refused, down, own] = [("R.", 1), ("F", 2), ("F.F.", 2)].map(|it| estimate(it.0, it.1));
    assert_eq!((refused.never_failed, refused.any_failed), (40, false));
    assert_eq!((down.never_failed, down.any_failed), (40, false));
    assert!(
        own.any_failed && own.pages.value > down.pages.value,
        "{own:?}"
    );
}

#[test]
fn the_number_of_sections_has_a_bound() {
    let judgement = judged("F");
    let mut groups = Groups::at_most(3);
    for n in 0..100 {
        let section = format!("/{n}/");
        groups.add(
            &section,
            &Scored {
                address: "https://h/",
                host: "h",
                section: &section,
                judgement: &judgement,
                weight: 1.0,
                home: false,
            },
            false,
        );
    }
    assert_eq!(groups.iter().count(), 4);
    assert_eq!(groups.get(OTHER).map(|other| other.urls), Some(97));
}

proptest! {
    #[test]
    fn the_order_of_urls_does_not_matter_and_shares_add_up(
        urls in proptest::collection::vec((0_u8..4, "[FSTE]{1,4}", 1.0_f64..7.0), 1..20),
    ) {
        let urls: Vec<_> = urls.iter().map(|(s, course, w)| (*s, judged(course), *w)).collect();
        let backwards: Vec<_> = urls.iter().rev().copied().collect();
        let (one, other) = (site(&urls), site(&backwards));
        let both = [&one, &other].map(|tally| tally.site.risk);
        for [one, other] in [both.map(|risk| risk.full()), both.map(|risk| risk.sampled())] {
            prop_assert!((one.value - other.value).abs() < 1e-9);
            prop_assert!((one.low - other.low).abs() < 1e-9);
            prop_assert!((one.high - other.high).abs() < 1e-9);
            prop_assert!(one.low <= one.value && one.value <= one.high);
        }
        let risk = one.site.risk.full().value;
        let shares = one.site.risk_shares();
        prop_assert!((shares.iter().map(|row| row.points).sum::<f64>() - risk).abs() < 1e-9);
        let shown: f64 = apportion(shares).iter().map(|row| (row.points * 100.0).round()).sum();
        prop_assert!((shown - risk * 100.0).abs() <= 0.5 + 1e-6);
    }
}
