//! Gates of `--fail-on`: what a run measured, what is said of it, and the exit code.

use std::ops::RangeInclusive;

use crate::assess::{Doubt, Gate, GateResult, Measured, Ruling, Score, Verdict};
use crate::store::{RunState, RunSummary, StoredScore};

use super::exit::Exit;
use super::paint::{GREEN, RED, YELLOW, paint};
use super::streams::People;

/// Judges a run, in the order in which the gates were given. `unaudited` says that the site could
/// not be audited.
pub(super) fn judge(
    gates: &[Gate],
    state: RunState,
    summary: &RunSummary,
    unaudited: bool,
) -> Vec<GateResult> {
    let measured = Measured {
        doubt: doubt(state, summary, unaudited),
        ..measured(summary)
    };
    gates.iter().map(|gate| gate.judge(&measured)).collect()
}

/// Why the run cannot vouch for the site; none if it can.
fn doubt(state: RunState, summary: &RunSummary, unaudited: bool) -> Option<Doubt> {
    match state {
        _ if summary.pages.fetched == 0 => Some(Doubt::NothingFetched),
        RunState::Running | RunState::Interrupted => Some(Doubt::Interrupted),
        RunState::Finished | RunState::Incomplete => unaudited.then_some(Doubt::NotAudited),
    }
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
    let verdict = |verdict| pages.by_verdict.get(&verdict).copied().unwrap_or(0);
    let share = pages.fetched as f64 / pages.known as f64;
    Measured {
        server_errors: status(500..=599),
        status_502: status(502..=502),
        status_503: status(503..=503),
        status_504: status(504..=504),
        persistent: verdict(Verdict::Persistent),
        intermittent: verdict(Verdict::Intermittent),
        transient: verdict(Verdict::Transient),
        unconfirmed: verdict(Verdict::Unconfirmed),
        unreachable: status(0..=0),
        server_error_rate: summary.scores.rate_5xx,
        rate_502: summary.scores.rate_502,
        crawlability: score(summary.scores.crawlability.as_ref()),
        indexing_risk: score(summary.scores.indexing_risk.as_ref()),
        new_server_errors: pages.new_server_errors,
        maybe_new_server_errors: pages.maybe_new_server_errors,
        coverage: (pages.known > 0).then_some(share),
        requested: pages.requested,
        not_requested: pages.not_requested,
        doubt: None,
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
                requested: 90,
                by_status: [(0, 1), (502, 2), (503, 1)].into(),
                by_verdict: [(Verdict::Persistent, 2)].into(),
                ..PageCounts::default()
            },
            ..RunSummary::default()
        }
    }

    fn judged(texts: &[&str], state: RunState, summary: &RunSummary, unaudited: bool) -> Exit {
        let gates = texts.iter().map(|text| text.parse().expect("a gate"));
        let gates: Vec<Gate> = gates.collect();
        exit_of(&judge(&gates, state, summary, unaudited))
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
            let exit = judged(texts, RunState::Finished, &summary(), false);
            assert_eq!(exit, expected, "{texts:?}");
        }
    }

    #[test]
    fn no_gate_holds_on_a_run_that_cannot_vouch_for_the_site() {
        let held: &[&str] = &["5xx > 3"];
        let cases = [
            (RunState::Finished, false, Exit::Done),
            (RunState::Incomplete, false, Exit::Done),
            (RunState::Finished, true, Exit::GateUndecided),
            (RunState::Interrupted, false, Exit::GateUndecided),
            (RunState::Running, false, Exit::GateUndecided),
        ];
        for (state, unaudited, expected) in cases {
            let exit = judged(held, state, &summary(), unaudited);
            assert_eq!(exit, expected, "{state:?} {unaudited}");
        }
        // What failed has failed, unless nothing was fetched at all.
        let exit =
            |summary: &RunSummary| judged(&["5xx > 0"], RunState::Interrupted, summary, true);
        assert_eq!(exit(&summary()), Exit::GateFailed);
        assert_eq!(exit(&RunSummary::default()), Exit::GateUndecided);
    }

    #[test]
    fn pages_of_a_host_that_was_given_up_may_all_have_failed() {
        let mut some = summary();
        some.pages.not_requested = 10;
        let exit = |text| judged(&[text], RunState::Incomplete, &some, false);
        assert_eq!(exit("5xx > 3"), Exit::GateUndecided);
        assert_eq!(exit("5xx > 13"), Exit::Done);
        assert_eq!(exit("5xx > 2"), Exit::GateFailed);
        assert_eq!(exit("coverage < 95%"), Exit::GateFailed);
    }

    #[test]
    fn a_gate_is_told_with_its_reason() {
        let gate: Gate = "502 > 1".parse().expect("a gate");
        let results = judge(&[gate], RunState::Finished, &summary(), false);
        assert_eq!(
            line(&results[0], false),
            "  Gate           failed: 502 > 1 (502 is 2, > 1)"
        );
    }
}
