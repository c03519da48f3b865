//! Gates of `--fail-on`: what a run measured, what is said of it, and the exit code.

use std::ops::RangeInclusive;

use crate::assess::{Gate, GateResult, Measured, Ruling, Score};
use crate::store::{RunSummary, StoredScore};

use super::exit::Exit;
use super::paint::{GREEN, RED, YELLOW, paint};
use super::streams::People;

/// Judges a run, in the order in which the gates were given.
pub(super) fn judge(gates: &[Gate], summary: &RunSummary) -> Vec<GateResult> {
    let measured = measured(summary);
    let results = gates.iter().map(|gate| gate.judge(&measured));
    if summary.pages.fetched > 0 {
        return results.collect();
    }
    // Nothing of nothing fails is no evidence.
    let undecided = |result: GateResult| GateResult {
        result: Ruling::Undecided,
        reason: "no page was fetched".to_owned(),
        ..result
    };
    results.map(undecided).collect()
}

/// Says what became of each gate; with `--quiet` only of those that did not hold.
pub(super) fn tell(results: &[GateResult], people: &People) {
    for result in results {
        let line = line(result, people.color);
        match result.result {
            Ruling::Held => people.mention(line),
            Ruling::Failed | Ruling::Undecided => people.say(line),
        }
    }
}

/// The exit code of an audit that was made: one that was not has its own, whatever the gates say.
pub(super) fn exit_of(results: &[GateResult]) -> Exit {
    match Ruling::of_all(results) {
        Ruling::Held => Exit::Done,
        Ruling::Failed => Exit::GateFailed,
        Ruling::Undecided => Exit::GateUndecided,
    }
}

fn line(result: &GateResult, color: bool) -> String {
    let style = match result.result {
        Ruling::Held => GREEN,
        Ruling::Failed => RED,
        Ruling::Undecided => YELLOW,
    };
    let ruling = paint(result.result.name(), style, color);
    format!(
        "  Gate           {ruling}: {} ({})",
        result.expression, result.reason
    )
}

/// The numbers that a summary has.
fn measured(summary: &RunSummary) -> Measured {
    let pages = &summary.pages;
    let status = |wanted: RangeInclusive<u16>| pages.by_status.range(wanted).map(|(_, n)| n).sum();
    let verdict = |name| pages.by_verdict.get(name).copied().unwrap_or(0);
    let share = pages.fetched as f64 / pages.known as f64;
    Measured {
        server_errors: status(500..=599),
        status_502: status(502..=502),
        status_503: status(503..=503),
        status_504: status(504..=504),
        persistent: verdict("persistent"),
        intermittent: verdict("intermittent"),
        transient: verdict("transient"),
        unreachable: status(0..=0),
        server_error_rate: summary.scores.rate_5xx,
        rate_502: summary.scores.rate_502,
        crawlability: score(summary.scores.crawlability.as_ref()),
        indexing_risk: score(summary.scores.indexing_risk.as_ref()),
        new_server_errors: pages.new_server_errors,
        coverage: (pages.known > 0).then_some(share),
    }
}

fn score(stored: Option<&StoredScore>) -> Option<Score> {
    stored.map(|stored| stored.score)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::PageCounts;

    fn summary() -> RunSummary {
        RunSummary {
            pages: PageCounts {
                known: 100,
                fetched: 90,
                by_status: [(0, 1), (502, 2), (503, 1)].into(),
                by_verdict: [("persistent".to_owned(), 2)].into(),
                new_server_errors: None,
            },
            ..RunSummary::default()
        }
    }

    #[test]
    fn the_worst_gate_decides_the_exit_code() {
        let cases: [(&[&str], Exit); 5] = [
            (&[], Exit::Done),
            (&["5xx > 3", "coverage < 90%"], Exit::Done),
            (&["new-5xx > 0", "5xx > 3"], Exit::GateUndecided),
            (&["new-5xx > 0", "502 >= 2"], Exit::GateFailed),
            (&["persistent > 1", "unreachable > 0"], Exit::GateFailed),
        ];
        for (texts, expected) in cases {
            let gates: Vec<Gate> = texts
                .iter()
                .map(|text| text.parse().expect("a gate"))
                .collect();
            assert_eq!(exit_of(&judge(&gates, &summary())), expected, "{texts:?}");
        }
    }

    #[test]
    fn a_gate_is_told_with_its_reason() {
        let gate: Gate = "502 > 1".parse().expect("a gate");
        let results = judge(&[gate], &summary());
        assert_eq!(
            line(&results[0], false),
            "  Gate           failed: 502 > 1 (502 is 2, > 1)"
        );
    }
}
