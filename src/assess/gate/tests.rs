use proptest::prelude::*;

use super::*;
use crate::assess::{FEWEST_LOOKS, Interval, Score};

fn gate(text: &str) -> Gate {
    Gate::parse(text).unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

fn between(low: f64, value: f64, high: f64) -> Interval {
    Interval { low, value, high }
}

/// A run with 12 failing pages among many.
fn measured() -> Measured {
    Measured {
        server_errors: 12,
        status_502: 9,
        status_503: 2,
        status_504: 1,
        persistent: 5,
        intermittent: 3,
        transient: 4,
        unreachable: 1,
        server_error_rate: Some(between(0.008, 0.02, 0.05)),
        rate_502: Some(Interval::wilson(0.0, 30.0)),
        crawlability: Some(Score::Known(between(60.0, 75.0, 85.0))),
        indexing_risk: Some(Score::Inconclusive {
            first_attempts: 2,
            needed: FEWEST_LOOKS,
        }),
        new_server_errors: None,
        coverage: Some(0.93),
        requested: 100,
        ..Measured::default()
    }
}

#[test]
fn the_table_is_in_the_order_of_declaration() {
    for info in &METRICS {
        assert_eq!(info.metric.name(), info.name);
        assert_eq!(Metric::from_name(info.name), Some(info.metric));
        assert!(!info.doc.is_empty());
    }
}

#[test]
fn expressions_are_read_as_people_write_them() {
    let cases = [
        ("5xx > 0", Metric::ServerErrors, Op::Above, 0.0),
        ("5xx-rate>1%", Metric::ServerErrorRate, Op::Above, 0.01),
        (" 502-rate >= 0.5 % ", Metric::Rate502, Op::AtLeast, 0.005),
        ("5xx_rate > 0.02", Metric::ServerErrorRate, Op::Above, 0.02),
        ("crawlability<80", Metric::Crawlability, Op::Below, 80.0),
        (
            "Crawlability <= 80%",
            Metric::Crawlability,
            Op::AtMost,
            80.0,
        ),
        ("coverage < 95%", Metric::Coverage, Op::Below, 0.95),
        ("coverage < 1", Metric::Coverage, Op::Below, 1.0),
        ("new-5xx==3", Metric::NewServerErrors, Op::Equal, 3.0),
    ];
    for (text, metric, op, limit) in cases {
        let read = gate(text);
        assert_eq!((read.metric, read.op), (metric, op), "{text}");
        assert!((read.limit - limit).abs() < 1e-12, "{text}");
        assert_eq!(read.to_string(), text.trim());
    }
}

#[test]
fn a_gate_may_be_about_a_segment() {
    let cases = [
        ("5xx-rate{segment=checkout} > 1%", "checkout", 0.01),
        ("persistent{ segment = \"two words\" }>=1", "two words", 1.0),
        ("coverage {segment=/shop/} < 95%", "/shop/", 0.95),
    ];
    for (text, segment, limit) in cases {
        let read = gate(text);
        assert_eq!(read.segment(), Some(segment), "{text}");
        assert!((read.limit - limit).abs() < 1e-12, "{text}");
        assert_eq!(read.to_string(), text);
    }
    assert_eq!(gate("5xx > 0").segment(), None);
    for text in [
        "5xx{checkout} > 1",
        "5xx{segment=} > 1",
        "5xx{segment=a > 1",
        "5xx > 1 {segment=a}",
    ] {
        let fault = Gate::parse(text).expect_err(text);
        assert_eq!(fault, GateFault::Braces(text.to_owned()));
    }
    let fault = Gate::parse("new-5xx{segment=a} > 0").expect_err("the whole site only");
    assert_eq!(
        fault.to_string(),
        "new-5xx is known for the whole site only; leave {segment=...} out"
    );
}

#[test]
fn errors_suggest_the_nearest_name() {
    let form = |text: &str| {
        format!("{text:?} is not a gate; write METRIC OP VALUE, such as \"5xx-rate > 1%\"")
    };
    let cases = [
        ("", form("")),
        ("5xx", form("5xx")),
        ("> 5", form("> 5")),
        ("5xx >", form("5xx >")),
        ("5xx = 5", form("5xx = 5")),
        (
            "5xx-rat > 1%",
            "no metric \"5xx-rat\"; did you mean \"5xx-rate\"?".to_owned(),
        ),
        (
            "persistant > 1",
            "no metric \"persistant\"; did you mean \"persistent\"?".to_owned(),
        ),
        (
            "qq > 1",
            "no metric \"qq\"; known are 5xx, 502, 503, 504, 5xx-rate, 502-rate, persistent, \
             intermittent, transient, unreachable, crawlability, indexing-risk, new-5xx, coverage, \
             googlebot-5xx, clicks-at-risk"
                .to_owned(),
        ),
        (
            "5xx > many",
            "\"many\" is not a number such as 5, 0.5 or 1%".to_owned(),
        ),
        (
            "5xx > -1",
            "\"-1\" is not a number such as 5, 0.5 or 1%".to_owned(),
        ),
        (
            "5xx > inf",
            "\"inf\" is not a number such as 5, 0.5 or 1%".to_owned(),
        ),
        (
            "5xx > 1%",
            "5xx is a number of pages, so \"1%\" does not fit".to_owned(),
        ),
        (
            "502 > 1.5",
            "502 is a whole number of pages, so \"1.5\" does not fit".to_owned(),
        ),
        (
            "5xx-rate > 5",
            "5xx-rate is a share of 0 to 1 or 0% to 100%, so \"5\" does not fit".to_owned(),
        ),
        (
            "crawlability < 101",
            "crawlability is a score of 0 to 100, so \"101\" does not fit".to_owned(),
        ),
        (
            "5xx-rate > 1",
            "\"5xx-rate > 1\" is never true, so it says nothing".to_owned(),
        ),
        (
            "5xx < 0",
            "\"5xx < 0\" is never true, so it says nothing".to_owned(),
        ),
        (
            "persistent >= 0",
            "\"persistent >= 0\" is always true, so it says nothing".to_owned(),
        ),
    ];
    for (text, expected) in cases {
        let fault = Gate::parse(text).expect_err(text);
        assert_eq!(fault.to_string(), expected);
    }
}

#[test]
fn counts_are_exact_and_estimates_are_judged_by_the_end_of_their_interval() {
    use GateStatus::{Failed, Held, Undecided};
    let cases = [
        ("5xx > 11", Failed, "5xx is 12, > 11"),
        ("5xx > 12", Held, "5xx is 12, not > 12"),
        ("502 >= 9", Failed, "502 is 9, >= 9"),
        ("503 < 3", Failed, "503 is 2, < 3"),
        ("504 == 1", Failed, "504 is 1, == 1"),
        ("persistent <= 4", Held, "persistent is 5, not <= 4"),
        ("unreachable > 0", Failed, "unreachable is 1, > 0"),
        (
            "5xx-rate > 0.5%",
            Failed,
            "5xx-rate is 2 %; the lower end of its 95 % interval, 0.8 %, is > 0.5 %",
        ),
        (
            "5xx-rate > 1%",
            Held,
            "5xx-rate is 2 %; the lower end of its 95 % interval, 0.8 %, is not > 1 %",
        ),
        (
            "5xx-rate < 10%",
            Failed,
            "5xx-rate is 2 %; the upper end of its 95 % interval, 5 %, is < 10 %",
        ),
        (
            "502-rate == 0%",
            Held,
            "502-rate is 0 %; its 95 % interval, 0 % to 11.35 %, is not == 0 %",
        ),
        (
            "crawlability < 80",
            Held,
            "crawlability is 75; the upper end of its 95 % interval, 85, is not < 80",
        ),
        ("coverage < 95%", Failed, "coverage is 93 %, < 95 %"),
        ("coverage >= 93%", Failed, "coverage is 93 %, >= 93 %"),
        (
            "indexing-risk > 10",
            Undecided,
            "too little evidence: 2 first attempts, and 5 are needed",
        ),
        (
            "new-5xx > 0",
            Undecided,
            "there is no earlier run with this scope and these limits to compare with: the next run is judged; for this one \
             name a baseline with --baseline, or gate on 5xx",
        ),
    ];
    for (text, status, reason) in cases {
        let result = gate(text).judge(&measured());
        assert_eq!(
            (result.result, result.reason.as_str()),
            (status, reason),
            "{text}"
        );
        assert_eq!(result.value.is_none(), status == Undecided);
        assert_eq!(result.judged.is_none(), status == Undecided);
    }
    let nothing = Measured::default();
    for text in [
        "5xx-rate > 1%",
        "502-rate < 1%",
        "crawlability < 80",
        "coverage < 95%",
    ] {
        assert_eq!(gate(text).judge(&nothing).result, Undecided, "{text}");
    }
}

/// Judges expressions against a run and compares the reasons.
fn check(measured: &Measured, cases: &[(&str, GateStatus, &str)]) {
    for (text, status, reason) in cases {
        let result = gate(text).judge(measured);
        assert_eq!(
            (result.result, result.reason.as_str()),
            (*status, *reason),
            "{text}"
        );
        assert_eq!(result.judged.is_none(), *status == GateStatus::Undecided);
    }
}

#[test]
fn unconfirmed_pages_may_have_any_failing_verdict() {
    use GateStatus::{Failed, Held, Undecided};
    let some = Measured {
        unconfirmed: 3,
        persistent: 0,
        intermittent: 1,
        ..measured()
    };
    check(
        &some,
        &[
            (
                "persistent > 0",
                Undecided,
                "persistent is 0 to 3: 3 pages are unconfirmed",
            ),
            (
                "persistent > 3",
                Held,
                "persistent is 0 to 3 (3 pages are unconfirmed), not > 3",
            ),
            (
                "intermittent > 0",
                Failed,
                "intermittent is 1 to 4 (3 pages are unconfirmed), > 0",
            ),
            (
                "transient >= 7",
                Undecided,
                "transient is 4 to 7: 3 pages are unconfirmed",
            ),
            (
                "persistent < 3",
                Undecided,
                "persistent is 0 to 3: 3 pages are unconfirmed",
            ),
            (
                "persistent == 2",
                Undecided,
                "persistent is 0 to 3: 3 pages are unconfirmed",
            ),
            (
                "persistent == 4",
                Held,
                "persistent is 0 to 3 (3 pages are unconfirmed), not == 4",
            ),
            // The answers are known, even if the verdicts are not.
            ("5xx > 11", Failed, "5xx is 12, > 11"),
            ("5xx > 12", Held, "5xx is 12, not > 12"),
        ],
    );
    let one = Measured {
        unconfirmed: 1,
        persistent: 0,
        ..measured()
    };
    let result = gate("persistent > 0").judge(&one);
    assert_eq!(result.reason, "persistent is 0 to 1: 1 page is unconfirmed");
    assert_eq!(
        (result.value, result.low, result.high),
        (Some(0.0), Some(0.0), Some(1.0))
    );
}

#[test]
fn pages_that_were_not_requested_may_have_failed() {
    use GateStatus::{Failed, Held, Undecided};
    let some = Measured {
        unconfirmed: 1,
        persistent: 0,
        new_server_errors: Some(0),
        not_requested: 25,
        ..measured()
    };
    check(
        &some,
        &[
            (
                "5xx > 12",
                Undecided,
                "5xx is 12 to 37: 25 known pages were not requested",
            ),
            (
                "5xx > 11",
                Failed,
                "5xx is 12 to 37 (25 known pages were not requested), > 11",
            ),
            (
                "unreachable > 26",
                Held,
                "unreachable is 1 to 26 (25 known pages were not requested), not > 26",
            ),
            (
                "persistent > 25",
                Undecided,
                "persistent is 0 to 26: 1 page is unconfirmed, 25 known pages were not requested",
            ),
            (
                "new-5xx > 0",
                Undecided,
                "new-5xx is 0 to 25: 25 known pages were not requested",
            ),
            ("coverage < 95%", Failed, "coverage is 93 %, < 95 %"),
            // 100 of 125 pages were requested; 0.8 % of them failed at least.
            (
                "5xx-rate > 0.5%",
                Failed,
                "5xx-rate is 2 %; the lower end of its 95 % interval, 0.8 %, is > 0.5 %, \
                 whether the unknown pages fail or not: 25 known pages were not requested",
            ),
            (
                "5xx-rate > 1%",
                Undecided,
                "5xx-rate is 2 % of what was requested, but 0.64 % to 24 % is possible: \
                 25 known pages were not requested",
            ),
            (
                "crawlability < 50",
                Undecided,
                "crawlability is 75 of what was requested, but 30.72 to 87.87 is possible: \
                 25 known pages were not requested",
            ),
        ],
    );
}

#[test]
fn no_gate_passes_on_an_interrupted_run() {
    use GateStatus::{Failed, Undecided};
    let interrupted = Measured {
        doubt: Some(Doubt::Interrupted),
        ..measured()
    };
    check(
        &interrupted,
        &[
            (
                "5xx > 12",
                Undecided,
                "5xx is 12, not > 12, but the run was interrupted",
            ),
            ("5xx > 11", Failed, "5xx is 12, > 11"),
        ],
    );
    let wall = Measured {
        doubt: Some(Doubt::NotAudited),
        ..measured()
    };
    let reason = "5xx is 12, not > 12, but the site could not be audited";
    check(&wall, &[("5xx > 12", Undecided, reason)]);
    let nothing = Measured {
        doubt: Some(Doubt::NothingFetched),
        ..measured()
    };
    check(
        &nothing,
        &[
            ("5xx > 11", Undecided, "no page was fetched"),
            ("5xx > 12", Undecided, "no page was fetched"),
        ],
    );
}

#[test]
fn results_serialize_as_documented() {
    let result = gate("5xx-rate > 1%").judge(&measured());
    let text = serde_json::to_string(&result).expect("JSON");
    assert_eq!(
        text,
        "{\"expression\":\"5xx-rate > 1%\",\"metric\":\"5xx-rate\",\"value\":0.02,\"low\":0.008,\
         \"high\":0.05,\"result\":\"held\",\"reason\":\"5xx-rate is 2 %; the lower end of its 95 % \
         interval, 0.8 %, is not > 1 %\"}"
    );
}

#[test]
fn a_failed_gate_outranks_an_undecided_one() {
    let judged = |texts: &[&str]| {
        let results: Vec<_> = texts
            .iter()
            .map(|text| gate(text).judge(&measured()))
            .collect();
        GateStatus::of_all(&results)
    };
    assert_eq!(judged(&[]), GateStatus::Held);
    assert_eq!(judged(&["5xx > 99"]), GateStatus::Held);
    assert_eq!(judged(&["5xx > 99", "new-5xx > 0"]), GateStatus::Undecided);
    assert_eq!(
        judged(&["new-5xx > 0", "5xx > 0", "5xx > 99"]),
        GateStatus::Failed
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,40}") {
        let _ = Gate::parse(&text);
    }

    #[test]
    fn a_gate_prints_as_it_was_written(metric in 0_usize..14, op in 0_usize..5, value in 1_u32..100) {
        let info = &METRICS[metric];
        let sign = if info.unit == Unit::Share { "%" } else { "" };
        let text = format!("{} {} {value}{sign}", info.name, Op::ALL[op].sign());
        let read = gate(&text);
        prop_assert_eq!(read.metric(), info.metric);
        prop_assert_eq!(Gate::parse(&read.to_string()), Ok(read));
    }

    /// More failures never turn a failed `>` gate into a passed one, and a gate on a rate never fails
    /// while the estimate itself is within the limit.
    #[test]
    fn noise_fails_no_gate(hits in 0_u32..100, more in 0_u32..100, limit in 1_u32..99) {
        let of = 200;
        let judged = |hits: u32| {
            let run = Measured {
                server_error_rate: Some(Interval::clustered(hits, of, of)),
                ..Measured::default()
            };
            gate(&format!("5xx-rate > {limit}%")).judge(&run)
        };
        let (few, many) = (judged(hits), judged(hits + more));
        prop_assert!(few.result == GateStatus::Held || many.result == GateStatus::Failed);
        if few.result == GateStatus::Failed {
            prop_assert!(f64::from(hits) / f64::from(of) > f64::from(limit) / 100.0);
        }
    }
}

/// The table in the docs must match the program's.
#[test]
fn the_metrics_match_the_docs() {
    let document = include_str!("../../../docs/flags.md");
    for info in &METRICS {
        let row = format!("| `{}` | ", info.name);
        let line = document.lines().find(|line| line.starts_with(&row));
        let said = line.map(|line| line.to_lowercase().contains(&info.doc.to_lowercase()));
        assert_eq!(said, Some(true), "{}", info.name);
    }
}

proptest! {
    /// A decided gate stays as decided, however unknown pages turn out.
    #[test]
    fn a_decided_gate_holds_for_any_unknown_pages(
        (least, unconfirmed, missing) in (0_u64..20, 0_u64..5, 0_u64..5),
        limit in 0_u64..30,
        op in 0_usize..5,
    ) {
        let text = format!("persistent {} {limit}", Op::ALL[op].sign());
        prop_assume!(Gate::parse(&text).is_ok());
        let gate = gate(&text);
        let run = Measured {
            persistent: least,
            unconfirmed,
            not_requested: missing,
            requested: 100,
            ..Measured::default()
        };
        let decided = gate.judge(&run).result;
        let truths = (least..=least + unconfirmed + missing).map(|persistent| {
            let known = Measured { persistent, requested: 100, ..Measured::default() };
            gate.judge(&known).result
        });
        let truths: Vec<GateStatus> = truths.collect();
        let is_sure = truths.iter().all(|truth| *truth == truths[0]);
        prop_assert_eq!(decided, if is_sure { truths[0] } else { GateStatus::Undecided });
    }
}
