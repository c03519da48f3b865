use std::time::Duration;

use super::*;
use crate::assess::diagnose::answer::{Announced, AnswerFacts};
use crate::assess::diagnose::cluster::Cluster;
use crate::assess::diagnose::context::{ExperimentResult, Ratio};
use crate::model::Moment;

/// Ten failures of one kind, waited for so many milliseconds.
fn cluster(outcome: Outcome, page: &str, millis: u64, retry_after: Announced) -> ClusterFacts {
    let mut facts = ClusterFacts::new(Cluster {
        host: "https://www.shop.test".to_owned(),
        section: "/shop/".to_owned(),
        outcome,
        fingerprint: Some(page.to_owned()).filter(|page| !page.is_empty()),
    });
    for n in 0..10 {
        let seen = AnswerFacts {
            outcome,
            status: None,
            fingerprint: None,
            server: Some("nginx"),
            waited: (millis > 0).then(|| Duration::from_millis(millis)),
            round_trip: None,
            retry_after,
            cached: false,
            reused: true,
            address: None,
            in_flight: 1,
            rate: None,
        };
        facts.add(&seen, Moment::from_millis(n * 60_000));
    }
    facts
}

fn experiment(experiment: Experiment, fine: (u64, u64)) -> Context {
    Context {
        experiments: vec![ExperimentResult {
            experiment,
            fine: Ratio::new(fine.0, fine.1),
            crawler_fine: Ratio::new(0, fine.1),
            crawl_fine: Ratio::default(),
        }],
        ..Context::default()
    }
}

fn check(facts: &ClusterFacts, around: &Context, expected: &str) {
    let diagnosis = diagnose(facts, around);
    let sum: f64 = diagnosis.causes.iter().map(|(_, share)| share).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    assert_eq!(diagnosis.to_string(), expected, "{diagnosis:#?}");
}

#[test]
fn time_tells_what_a_page_does_not() {
    use Announced::Nothing;
    let none = Context::default();
    let apache = |millis| {
        cluster(
            Outcome::Server502,
            "apache-proxy-error-read",
            millis,
            Nothing,
        )
    };
    check(&apache(60_002), &none, Cause::UpstreamTimeout.title());
    check(&apache(2), &none, Cause::UpstreamDown.title());
    let cdn = cluster(Outcome::Cf522, "cloudflare-522", 19_300, Nothing);
    check(&cdn, &none, "network trouble or a backend that is down");
}

#[test]
fn a_short_retry_after_is_no_maintenance() {
    let none = Context::default();
    let varnish = |seconds| {
        let announced = Announced::Delay(Duration::from_secs(seconds));
        cluster(Outcome::Server503RetryAfter, "", 300, announced)
    };
    check(&varnish(3600), &none, "maintenance");
    check(
        &varnish(5),
        &none,
        "server overload or a backend that is down",
    );
}

#[test]
fn experiments_decide() {
    let nginx = cluster(Outcome::Server502, "nginx-502", 300, Announced::Nothing);
    let cases = [
        (Experiment::Browser, Cause::Firewall, None),
        (Experiment::Alone, Cause::Overload, None),
        (
            Experiment::FreshConnection,
            Cause::InvalidUpstreamResponse,
            Some(Special::KeepAliveRace),
        ),
        (
            Experiment::Http1,
            Cause::InvalidUpstreamResponse,
            Some(Special::Protocol),
        ),
    ];
    for (what, cause, special) in cases {
        let diagnosis = diagnose(&nginx, &experiment(what, (5, 5)));
        assert_eq!(
            diagnosis.named().len(),
            1,
            "{what:?} {:?}",
            diagnosis.causes
        );
        assert_eq!(
            (diagnosis.cause(), diagnosis.special),
            (Some(cause), special),
            "{what:?}"
        );
    }
    let addresses = diagnose(&nginx, &experiment(Experiment::Address, (2, 3)));
    assert_eq!(addresses.cause(), Some(Cause::UpstreamDown));
    assert_eq!(addresses.advice(), "address_down");
}

#[test]
fn a_trial_beside_which_the_crawler_succeeds_too_proves_nothing() {
    let nginx = cluster(Outcome::Server502, "nginx-502", 300, Announced::Nothing);
    let mut around = experiment(Experiment::Browser, (5, 5));
    around.experiments[0].crawler_fine = Ratio::new(5, 5);
    assert_eq!(
        diagnose(&nginx, &around),
        diagnose(&nginx, &Context::default())
    );
}

#[test]
fn the_surroundings_shift_the_shares() {
    let nginx = cluster(Outcome::Server503, "nginx-503", 300, Announced::Nothing);
    let share = |around: &Context, cause| {
        let diagnosis = diagnose(&nginx, around);
        let found = diagnosis.causes.iter().find(|(known, _)| *known == cause);
        found.map_or(0.0, |(_, share)| *share)
    };
    let none = Context::default();
    let whole = Context {
        host: Ratio::new(99, 100),
        ..Context::default()
    };
    let few = Context {
        host: Ratio::new(2, 100),
        ..Context::default()
    };
    let controls = Context {
        controls: Ratio::new(2, 2),
        ..Context::default()
    };
    let load = Context {
        load_induced: true,
        ..Context::default()
    };
    assert!(share(&whole, Cause::Maintenance) > share(&none, Cause::Maintenance));
    assert!(share(&few, Cause::Maintenance) < share(&none, Cause::Maintenance) / 3.0);
    assert!(share(&controls, Cause::Maintenance) < share(&none, Cause::Maintenance));
    assert!(share(&load, Cause::Overload) > 0.8);
}

#[test]
fn a_line_of_the_log_overrules() {
    let nginx = cluster(Outcome::Server502, "nginx-502", 1, Announced::Nothing);
    let lines = |causes: &[Cause]| {
        let mut facts = nginx.clone();
        facts.failures = 10;
        for (at, cause) in causes.iter().enumerate() {
            facts.logged.add(*cause, &format!("line {at} of error.log"));
        }
        diagnose(&facts, &Context::default())
    };
    let diagnosis = lines(&[Cause::InvalidUpstreamResponse; 4]);
    assert_eq!(
        diagnosis.named(),
        [(Cause::InvalidUpstreamResponse, 0.9)],
        "{diagnosis:?}"
    );
    let said = "an invalid answer of the backend for 4 of 10 failures, see line 0 of error.log";
    assert!(
        diagnosis
            .evidence
            .iter()
            .any(|it| it.to_string().contains(said)),
        "{:?}",
        diagnosis.evidence
    );
    // Several causes share what the lines prove.
    let diagnosis = lines(&[Cause::UpstreamDown, Cause::UpstreamDown, Cause::Overload]);
    let (cause, share) = diagnosis.causes[0];
    assert_eq!(cause, Cause::UpstreamDown);
    assert!((share - 0.6).abs() < 1e-9);
    // A single line says little of ten failures.
    let without = diagnose(&nginx, &Context::default()).confidence;
    let diagnosis = lines(&[Cause::Tls]);
    assert!((diagnosis.confidence - without).abs() < 1e-9);
    assert_ne!(diagnosis.cause(), Some(Cause::Tls));
}

#[test]
fn a_cached_error_is_said() {
    let mut facts = cluster(Outcome::Server502, "nginx-502", 1, Announced::Nothing);
    facts.cached = 9;
    let diagnosis = diagnose(&facts, &Context::default());
    assert_eq!(diagnosis.special, Some(Special::CachedError));
    assert!(
        diagnosis
            .evidence
            .iter()
            .any(|e| e.to_string().contains("9 of 10 error answers"))
    );
    // An answer from a cache waits for no backend, whatever the error was.
    let is_instant = |e: &Evidence| matches!(e, Evidence::Instant { .. });
    assert!(!diagnosis.evidence.iter().any(is_instant));
}

#[test]
fn what_is_fine_past_the_caches_does_not_say_why_it_was_not() {
    let nginx = cluster(Outcome::Server502, "nginx-502", 0, Announced::Nothing);
    let mut around = Context {
        nearby: Ratio::new(10, 10),
        ..Context::default()
    };
    let before = diagnose(&nginx, &around);
    around.experiments = experiment(Experiment::CacheBusting, (3, 3)).experiments;
    around.experiments[0].crawler_fine = Ratio::new(0, 6);
    let kept = diagnose(&nginx, &around);
    assert_eq!(kept.special, Some(Special::CachedError));
    assert_eq!(
        (kept.causes, kept.confidence),
        (before.causes, before.confidence)
    );
}

#[test]
fn a_server_that_closes_at_some_pages_only_has_crashed_at_them() {
    let closed = cluster(Outcome::EmptyReply, "", 0, Announced::Nothing);
    let cause = |around: &Context| diagnose(&closed, around).cause();
    assert_eq!(cause(&Context::default()), Some(Cause::UpstreamDown));
    let around = Context {
        controls: Ratio::new(4, 4),
        sections: Ratio::new(1, 4),
        ..Context::default()
    };
    assert_eq!(cause(&around), Some(Cause::ApplicationError));
}

#[test]
fn a_backend_without_a_name_is_found_in_the_same_surroundings_as_one_that_is_down() {
    let nginx = cluster(Outcome::Server502, "nginx-502", 1, Announced::Nothing);
    let odds = |around: &Context| {
        let diagnosis = diagnose(&nginx, around);
        let share = |cause| {
            let mut shares = diagnosis.causes.iter();
            shares
                .find(|(known, _)| *known == cause)
                .map_or(0.0, |(_, share)| *share)
        };
        share(Cause::Dns) / share(Cause::UpstreamDown)
    };
    let alone = odds(&Context::default());
    for (host, sections, controls) in [((10, 35), (1, 4), (4, 4)), ((35, 35), (4, 4), (0, 4))] {
        let around = Context {
            host: Ratio::new(host.0, host.1),
            sections: Ratio::new(sections.0, sections.1),
            controls: Ratio::new(controls.0, controls.1),
            ..Context::default()
        };
        assert!((odds(&around) - alone).abs() < 1e-9, "{host:?}");
    }
}

#[test]
fn what_broke_off_after_its_first_byte_was_not_refused_at_once() {
    let said = |outcome| {
        let facts = cluster(outcome, "", 3, Announced::Nothing);
        let evidence = diagnose(&facts, &Context::default()).evidence;
        evidence
            .iter()
            .any(|it| matches!(it, Evidence::Instant { .. }))
    };
    assert!(said(Outcome::Server502) && !said(Outcome::TotalTimeout));
}

#[test]
fn a_default_delay_is_told_as_long_as_defaults_are() {
    let delay = |seconds| Announced::Delay(Duration::from_secs(seconds));
    let mut facts = cluster(Outcome::Server503RetryAfter, "", 3, delay(5));
    facts.merge(&cluster(Outcome::Server503RetryAfter, "", 3, delay(86_400)));
    let evidence = diagnose(&facts, &Context::default()).evidence;
    let longest = evidence.iter().find_map(|it| match it {
        Evidence::DefaultRetryAfter {
            longest_seconds, ..
        } => Some(*longest_seconds),
        _ => None,
    });
    assert_eq!(longest, Some(30));
}

#[test]
fn a_429_is_a_rule_that_refuses_unless_a_browser_is_served() {
    let facts = cluster(Outcome::Client429, "", 2, Announced::Nothing);
    let diagnosis = diagnose(&facts, &Context::default());
    assert_eq!(diagnosis.advice(), "rate_limit");
    let served = Context {
        experiments: vec![ExperimentResult {
            experiment: Experiment::Browser,
            fine: Ratio::new(3, 3),
            crawler_fine: Ratio::new(0, 3),
            crawl_fine: Ratio::new(0, 9),
        }],
        ..Context::default()
    };
    assert_eq!(diagnose(&facts, &served).advice(), "firewall");
}

#[test]
fn an_error_page_about_a_database_leads_to_the_database() {
    for page in [
        "wordpress-db",
        "generic-database-page",
        "application-database",
    ] {
        let mut facts = cluster(Outcome::Server500, "", 2, Announced::Nothing);
        facts.cluster.fingerprint = Some(page.to_owned());
        let diagnosis = diagnose(&facts, &Context::default());
        assert_eq!(diagnosis.advice(), "database", "{page}");
    }
    let other = cluster(Outcome::Server500, "", 2, Announced::Nothing);
    let advice = diagnose(&other, &Context::default()).advice();
    assert_eq!(advice, "application_error");
}

#[test]
fn the_experiment_that_made_a_difference_comes_right_after_what_failed() {
    let around = Context {
        host: Ratio::new(10, 126),
        controls: Ratio::new(5, 5),
        experiments: vec![ExperimentResult {
            experiment: Experiment::WithoutQuery,
            fine: Ratio::new(9, 9),
            crawler_fine: Ratio::new(0, 9),
            crawl_fine: Ratio::default(),
        }],
        ..Context::default()
    };
    let found = diagnose(
        &cluster(Outcome::Server500, "", 2, Announced::Nothing),
        &around,
    );
    let fine = Ratio::new(9, 9);
    assert_eq!(found.evidence[1], Evidence::FineWithoutQuery { fine });
    assert!(found.evidence.len() > 3, "{:?}", found.evidence);
}
