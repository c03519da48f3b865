//! All test vectors of the scoring model.

use std::time::Duration;

use serde_json::Value;

use crate::model::{Moment, Outcome, Pressure};

use super::score::identity::ScoreModel;
use super::score::mean::WeightedRisk;
use super::score::obstacles::Obstacles;
use super::score::risk::{Band, FailingTime, Risk, exposure, severity, url_risk};
use super::score::robots_ladder::RobotsState;
use super::score::weight::{Importance, weight};
use super::statistics::rate::{Interval, Z};
use super::verdict::kind::FailureKind;
use super::verdict::observation::Observation;
use super::verdict::rules::Rules;
use super::verdict::tally::Tally;

fn vectors() -> Value {
    let text = include_str!("../../fixtures/domain/scoring-vectors.json");
    serde_json::from_str(text).expect("valid JSON")
}

fn rows(key: &str) -> Vec<Value> {
    let all = vectors();
    let rows = all[key].as_array().expect("a list");
    assert!(!rows.is_empty(), "{key}");
    rows.clone()
}

fn number(row: &Value, key: &str) -> f64 {
    row[key]
        .as_f64()
        .unwrap_or_else(|| panic!("{key} in {row}"))
}

/// Asserts equality to half a unit of the last digit shown, and never looser than the stated tolerance.
fn same(found: f64, row: &Value, key: &str, digits: i32) {
    let expected = number(row, key);
    let tolerance = 0.501 * 10_f64.powi(-digits);
    assert!(tolerance <= number(&vectors(), "tolerance"));
    assert!(
        (found - expected).abs() <= tolerance,
        "{key}: {found} in {row}"
    );
}

fn rate(row: &Value, hits: &str, of: &str) -> Interval {
    Interval::wilson(number(row, hits), number(row, of))
}

fn hours(row: &Value) -> Duration {
    Duration::from_secs_f64(number(row, "T_hours") * 3600.0)
}

#[test]
fn every_key_is_tested_here_or_where_it_belongs() {
    const HERE: [&str; 13] = [
        "model",
        "continued",
        "home",
        "wilson",
        "duration",
        "url",
        "crawlability",
        "weights",
        "frequency_table",
        "site",
        "bands",
        "classification",
        "section",
    ];
    const ELSEWHERE: [&str; 5] = [
        "z",
        "tolerance",
        "_comment",
        "backoff_upper_seconds",
        "retry_after",
    ];
    let all = vectors();
    for key in all.as_object().expect("an object").keys() {
        let known = HERE.contains(&key.as_str()) || ELSEWHERE.contains(&key.as_str());
        assert!(known, "{key}");
    }
    assert!((number(&all, "z") - Z).abs() < 1e-15);
    assert_eq!(all["model"], ScoreModel::OURS.to_string());
}

#[test]
fn wilson() {
    for row in rows("wilson") {
        let found = rate(&row, "k", "n");
        same(found.value, &row, "p", 4);
        same(found.low, &row, "lo", 4);
        same(found.high, &row, "hi", 4);
        let (k, n) = (number(&row, "k") as u32, number(&row, "n") as u32);
        let counted = Interval::clustered(k, n, n);
        assert!((counted.low - found.low).abs() < 1e-12, "{row}");
    }
}

#[test]
fn duration() {
    for row in rows("duration") {
        same(severity(hours(&row)), &row, "D", 4);
    }
}

fn kind(row: &Value) -> FailureKind {
    let name = row["kind"].as_str().expect("a name");
    let kind = FailureKind::ALL
        .into_iter()
        .find(|kind| kind.name() == name);
    kind.expect("a kind of failure")
}

fn check_risk(found: Risk, row: &Value) {
    same(found.value, row, "risk", 2);
    same(found.low, row, "risk_lo", 2);
    same(found.high, row, "risk_hi", 2);
}

#[test]
fn urls() {
    for row in rows("url") {
        let rate = rate(&row, "k", "n");
        same(rate.low, &row, "lo", 4);
        same(rate.high, &row, "hi", 4);
        let found = url_risk(rate, FailingTime::seen(hours(&row)), kind(&row));
        check_risk(found, &row);
        assert_eq!(Band::of_url(found.value).name(), row["band"], "{row}");
        if row["C"].is_number() {
            same(kind(&row).patience(hours(&row)), &row, "C", 4);
        }
    }
}

#[test]
fn failures_that_continue() {
    for row in rows("continued") {
        let time = FailingTime::continued(hours(&row));
        let found = url_risk(rate(&row, "k", "n"), time, kind(&row));
        check_risk(found, &row);
    }
}

#[test]
fn frequencies() {
    for row in rows("frequency_table") {
        let rate = Interval::exact(number(&row, "freq_502"));
        same(exposure(rate.value), &row, "q", 4);
        for hours in [0, 24, 48, 168] {
            let time = FailingTime::seen(Duration::from_hours(hours));
            let found = url_risk(rate, time, FailureKind::Server);
            same(found.value, &row, &format!("risk_T{hours}h"), 2);
        }
    }
}

fn robots(row: &Value) -> RobotsState {
    use RobotsState::{LongHostDown, LongHostOk, Ok, Recent, WithCopy, WithoutCopy};
    let name = row["robots"].as_str().unwrap_or("ok");
    let all = [Ok, Recent, WithCopy, WithoutCopy, LongHostOk, LongHostDown];
    let state = all.into_iter().find(|state| state.name() == name);
    state.expect("a state of robots.txt")
}

/// Tests the score as the model defines it (H) and as it is shown (100 - H).
#[test]
fn crawlability() {
    for row in rows("crawlability") {
        let obstacles = Obstacles {
            error_rate: rate(&row, "K", "N"),
            median_ttfb_ms: row["ttfb_ms"].as_f64(),
            sitemaps: row["sm"].as_f64().unwrap_or(0.0),
            robots: robots(&row),
        };
        same(obstacles.error_rate.value, &row, "e", 4);
        same(obstacles.error_rate.low, &row, "lo", 4);
        same(obstacles.error_rate.high, &row, "hi", 4);
        let found = obstacles.obstruction();
        same(found.value, &row, "score", 2);
        same(found.low, &row, "score_lo", 2);
        same(found.high, &row, "score_hi", 2);
        let shown = found.left_of(100.0);
        same(100.0 - shown.value, &row, "score", 2);
        same(100.0 - shown.high, &row, "score_lo", 2);
        same(100.0 - shown.low, &row, "score_hi", 2);
        assert_eq!(
            Band::of_obstruction(found.value).name(),
            row["band"],
            "{row}"
        );
    }
}

#[test]
fn weights() {
    for row in rows("weights") {
        let holds = |key: &str| number(&row, key) > 0.0;
        let found = weight(Importance {
            inlinks: number(&row, "inlinks") as u32,
            max_inlinks: number(&row, "inlinks_max") as u32,
            in_sitemap: holds("in_sitemap"),
            canonical: holds("canonical_self"),
            home: holds("home"),
        });
        same(found, &row, "weight", 4);
    }
}

fn mean(row: &Value, bounds: impl Fn(f64) -> Risk) -> WeightedRisk {
    let mut mean = WeightedRisk::default();
    for item in row["items"].as_array().expect("a list") {
        let [risk, weight] = [0, 1].map(|at| item[at].as_f64().expect("a number"));
        mean.add(bounds(risk), weight);
    }
    mean
}

#[test]
fn sites() {
    // The two failing URLs of the example: 6 of 6 and 5 of 10, for 48 h.
    let two_days = FailingTime::seen(Duration::from_hours(48));
    let of = |k, n| url_risk(Interval::clustered(k, n, n), two_days, FailureKind::Server);
    let bounds = |risk: f64| match risk {
        r if r > 60.0 => of(6, 6),
        r if r > 0.0 => of(5, 10),
        _ => Risk::default(),
    };
    for row in rows("site") {
        let mean = mean(&row, bounds);
        let sampled = mean.sampled();
        same(sampled.value, &row, "score", 2);
        same(sampled.low, &row, "lo", 2);
        same(sampled.high, &row, "hi", 2);
        same(mean.effective_size(), &row, "n_eff", 3);
        if row["propagated_lo"].is_number() {
            same(mean.full().low, &row, "propagated_lo", 2);
            same(mean.full().high, &row, "propagated_hi", 2);
        }
        assert_eq!(Band::of_site(sampled.value).name(), row["band"], "{row}");
    }
}

#[test]
fn home_pages() {
    let pair = |item: &Value| [0, 1].map(|at| item[at].as_f64().expect("a number"));
    for row in rows("home") {
        let mut mean = WeightedRisk::default();
        let [risk, weight] = pair(&row["home"]);
        mean.add_home(Risk::exact(risk), weight);
        for item in row["others"].as_array().expect("a list") {
            let [risk, weight] = pair(item);
            for _ in 0..item[2].as_u64().expect("a number of pages") {
                mean.add(Risk::exact(risk), weight);
            }
        }
        let found = mean.full();
        same(found.value, &row, "score", 2);
        same(mean.effective_size(), &row, "n_eff", 3);
        assert_eq!(Band::of_site(found.value).name(), row["band"], "{row}");
    }
}

#[test]
fn sections() {
    for row in rows("section") {
        let found = mean(&row, Risk::exact).full();
        same(found.value, &row, "score", 2);
        assert_eq!(Band::of_site(found.value).name(), row["band"], "{row}");
    }
}

type Scale = fn(f64) -> Band;

#[test]
fn bands() {
    let all = vectors();
    let scales: [(&str, Scale); 3] = [
        ("url", Band::of_url),
        ("site_and_section", Band::of_site),
        ("crawlability", Band::of_obstruction),
    ];
    for (name, band) in scales {
        for (word, edge) in all["bands"][name].as_object().expect("an object") {
            let edge = edge.as_str().expect("a text");
            let (from, below) = match edge.strip_prefix(">=") {
                Some(from) => (from.parse().expect("a number"), 0.01),
                None => (0.001, 0.001),
            };
            assert_eq!(band(from).name(), word, "{name} {edge}");
            assert_ne!(band(from - below).name(), word, "{name} below {edge}");
        }
    }
}

fn course(row: &Value) -> Tally {
    let mut tally = Tally::default();
    for (number_of, pass) in (1..).zip(row["passes"].as_array().expect("a list")) {
        for mark in pass["attempts"].as_str().expect("a text").chars() {
            let failed = mark == 'F';
            tally.add(Observation {
                outcome: if failed {
                    Outcome::Server502
                } else {
                    Outcome::OkHtml
                },
                status: Some(if failed { 502 } else { 200 }),
                started: Moment::from_millis(number(pass, "t_min") as i64 * 60_000),
                pass: number_of,
                reused: false,
                pressure: Pressure {
                    in_flight: 1,
                    rate: Some(1.0),
                },
                announced: None,
                ttfb: None,
                host_episode: None,
            });
        }
    }
    tally
}

/// Uses the model's 15 minutes and the 60 seconds of an audit: no case depends on the choice.
#[test]
fn classification() {
    for row in rows("classification") {
        for rules in [Rules::SCHEDULED, Rules::ONE_SHOT] {
            let found = course(&row).judge(&rules);
            assert_eq!(found.verdict.name(), row["class"], "{row}");
            let minutes = found.lasting.as_secs_f64() / 60.0;
            same(minutes, &row, "T_minutes", 2);
        }
    }
}
