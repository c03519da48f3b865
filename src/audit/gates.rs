//! Gates (`--fail-on`): the measured values of a run, and the result of each gate.

use std::ops::RangeInclusive;

use crate::assess::{Doubt, Gate, GateResult, Measured, Score, Verdict};
use crate::store::{RunState, RunSummary, StoredScore};

/// Judges the gates of a run, in their order. `unaudited` says that the site could not be audited.
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

/// Returns why the run says too little about the site; `None` if it says enough.
fn doubt(state: RunState, summary: &RunSummary, unaudited: bool) -> Option<Doubt> {
    match state {
        _ if summary.pages.fetched == 0 => Some(Doubt::NothingFetched),
        RunState::Running | RunState::Interrupted => Some(Doubt::Interrupted),
        RunState::Finished | RunState::Incomplete if unaudited => Some(Doubt::NotAudited),
        RunState::Finished | RunState::Incomplete if summary.unread_sitemaps > 0 => {
            Some(Doubt::Unread(summary.unread_sitemaps))
        }
        RunState::Finished | RunState::Incomplete => match summary.unseen {
            0 => None,
            unseen => Some(Doubt::LeftOut(unseen)),
        },
    }
}

/// Returns the measured values of a summary.
fn measured(summary: &RunSummary) -> Measured {
    let pages = &summary.pages;
    let status = |wanted: RangeInclusive<u16>| pages.by_status.range(wanted).map(|(_, n)| n).sum();
    let verdict = |verdict| pages.with_verdict(verdict);
    Measured {
        googlebot_server_errors: None,
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
        new_server_errors: summary.new_server_errors,
        maybe_new_server_errors: summary.maybe_new_server_errors,
        coverage: pages.coverage(),
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
    use crate::assess::GateStatus;
    use crate::store::UrlCounts;

    fn summary() -> RunSummary {
        RunSummary {
            pages: UrlCounts {
                known: 100,
                fetched: 90,
                requested: 90,
                by_status: [(0, 1), (502, 2), (503, 1)].into(),
                by_verdict: [(Verdict::Persistent, 2)].into(),
                ..UrlCounts::default()
            },
            ..RunSummary::default()
        }
    }

    fn judged(
        texts: &[&str],
        state: RunState,
        summary: &RunSummary,
        unaudited: bool,
    ) -> GateStatus {
        let gates = texts.iter().map(|text| text.parse().expect("a gate"));
        let gates: Vec<Gate> = gates.collect();
        GateStatus::of_all(&judge(&gates, state, summary, unaudited))
    }

    #[test]
    fn the_worst_gate_decides() {
        let cases: [(&[&str], GateStatus); 5] = [
            (&[], GateStatus::Held),
            (&["5xx > 3", "coverage < 90%"], GateStatus::Held),
            (&["new-5xx > 0", "5xx > 3"], GateStatus::Undecided),
            (&["new-5xx > 0", "502 >= 2"], GateStatus::Failed),
            (&["persistent > 1", "unreachable > 0"], GateStatus::Failed),
        ];
        for (texts, expected) in cases {
            let status = judged(texts, RunState::Finished, &summary(), false);
            assert_eq!(status, expected, "{texts:?}");
        }
    }

    #[test]
    fn no_gate_holds_on_a_run_that_says_too_little_about_the_site() {
        let held: &[&str] = &["5xx > 3"];
        let cases = [
            (RunState::Finished, false, GateStatus::Held),
            (RunState::Incomplete, false, GateStatus::Held),
            (RunState::Finished, true, GateStatus::Undecided),
            (RunState::Interrupted, false, GateStatus::Undecided),
            (RunState::Running, false, GateStatus::Undecided),
        ];
        for (state, unaudited, expected) in cases {
            let status = judged(held, state, &summary(), unaudited);
            assert_eq!(status, expected, "{state:?} {unaudited}");
        }
        // A failed gate has failed, unless nothing was fetched at all.
        let status =
            |summary: &RunSummary| judged(&["5xx > 0"], RunState::Interrupted, summary, true);
        assert_eq!(status(&summary()), GateStatus::Failed);
        assert_eq!(status(&RunSummary::default()), GateStatus::Undecided);
    }

    #[test]
    fn no_gate_holds_where_a_sitemap_could_not_be_read() {
        let mut some = summary();
        (some.unseen, some.unread_sitemaps) = (1, 1);
        let gate: Gate = "coverage < 90%".parse().expect("a gate");
        let judged = judge(&[gate], RunState::Finished, &some, false);
        assert_eq!(judged[0].result, GateStatus::Undecided);
        let reason = &judged[0].reason;
        assert!(
            reason.ends_with("but 1 sitemap that may list unknown pages could not be read"),
            "{reason}"
        );
    }

    #[test]
    fn no_gate_holds_where_links_or_sitemap_entries_were_left_out() {
        let mut some = summary();
        some.unseen = 50;
        let status = |text| judged(&[text], RunState::Finished, &some, false);
        assert_eq!(status("5xx > 3"), GateStatus::Undecided);
        assert_eq!(status("coverage < 90%"), GateStatus::Undecided);
        assert_eq!(status("5xx > 2"), GateStatus::Failed);
        assert_eq!(status("coverage < 95%"), GateStatus::Failed);
    }

    #[test]
    fn pages_of_a_host_that_was_given_up_may_all_have_failed() {
        let mut some = summary();
        some.pages.not_requested = 10;
        let status = |text| judged(&[text], RunState::Incomplete, &some, false);
        assert_eq!(status("5xx > 3"), GateStatus::Undecided);
        assert_eq!(status("5xx > 13"), GateStatus::Held);
        assert_eq!(status("5xx > 2"), GateStatus::Failed);
        assert_eq!(status("coverage < 95%"), GateStatus::Failed);
    }
}
