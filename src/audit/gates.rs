//! Gates (`--fail-on`): the measured values of a run, and the result of each gate.

use std::ops::RangeInclusive;

use crate::assess::{Doubt, Gate, GateResult, Interval, Measured, Score, Verdict};
use crate::store::{RunState, RunSummary, StoredPart, StoredScore, UrlCounts, VisitSource};

/// What gates need to know of a run beside its summary.
#[derive(Clone, Copy)]
pub(super) struct Beside {
    /// Whether the site could not be audited.
    pub(super) unaudited: bool,
    /// Requests of Googlebot that failed in the server logs; `None` without logs.
    pub(super) googlebot: Option<u64>,
}

/// Judges the gates of a run, in their order. `section` returns the counts of a section.
pub(super) fn judge<E>(
    gates: &[Gate],
    state: RunState,
    summary: &RunSummary,
    beside: Beside,
    section: &dyn Fn(&str) -> Result<UrlCounts, E>,
) -> Result<Vec<GateResult>, E> {
    let doubt = doubt(state, summary, beside.unaudited);
    let judge = |gate: &Gate| {
        let Some(name) = gate.segment() else {
            return Ok(gate.judge(&Measured {
                googlebot_server_errors: beside.googlebot,
                ..measured(summary, doubt)
            }));
        };
        let part = summary.scores.sections.iter().find(|it| it.name == name);
        let pages = section(name)?;
        if pages.known == 0 {
            return Ok(gate.undecided(format!("no page is in the segment {name:?}")));
        }
        Ok(gate.judge(&of_section(&pages, part, doubt)))
    };
    gates.iter().map(judge).collect()
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
        // An index page that was never fine may lead to further pages too, but it counts as failing itself.
        RunState::Finished | RunState::Incomplete => {
            match summary.unseen - summary.unread_indexes {
                0 => None,
                unseen => Some(Doubt::LeftOut(unseen)),
            }
        }
    }
}

/// Returns the measured values of a summary.
fn measured(summary: &RunSummary, doubt: Option<Doubt>) -> Measured {
    // Requests in server logs are no clicks.
    let clicks = summary.traffic.as_ref();
    let clicks = clicks.filter(|traffic| traffic.source == VisitSource::Files);
    Measured {
        server_error_rate: summary.scores.rate_5xx,
        rate_502: summary.scores.rate_502,
        crawlability: score(summary.scores.crawlability.as_ref()),
        indexing_risk: score(summary.scores.indexing_risk.as_ref()),
        new_server_errors: summary.new_server_errors,
        maybe_new_server_errors: summary.maybe_new_server_errors,
        clicks_at_risk: clicks.map(|traffic| traffic.at_risk),
        doubt,
        ..counted(&summary.pages)
    }
}

/// Returns the measured values of a section, from the counts of its pages and its rates and scores.
fn of_section(pages: &UrlCounts, part: Option<&StoredPart>, doubt: Option<Doubt>) -> Measured {
    let known = |score: Option<Interval>| score.map(Score::Known);
    Measured {
        server_error_rate: part.and_then(|part| part.rate_5xx),
        rate_502: part.map(|part| part.rate_502),
        crawlability: known(part.and_then(|part| part.crawlability)),
        indexing_risk: known(part.and_then(|part| part.indexing_risk)),
        clicks_at_risk: part.and_then(|part| part.clicks_at_risk),
        doubt,
        ..counted(pages)
    }
}

/// Returns the measured values that are counts of pages.
fn counted(pages: &UrlCounts) -> Measured {
    let status = |wanted: RangeInclusive<u16>| pages.by_status.range(wanted).map(|(_, n)| n).sum();
    let verdict = |verdict| pages.with_verdict(verdict);
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
        coverage: pages.coverage(),
        requested: pages.requested,
        not_requested: pages.not_requested,
        ..Measured::default()
    }
}

fn score(stored: Option<&StoredScore>) -> Option<Score> {
    stored.map(|stored| stored.score)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    use crate::assess::GateStatus;
    use crate::store::RunTraffic;

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
        GateStatus::of_all(&results(texts, state, summary, unaudited))
    }

    fn results(
        texts: &[&str],
        state: RunState,
        summary: &RunSummary,
        unaudited: bool,
    ) -> Vec<GateResult> {
        let gates = texts.iter().map(|text| text.parse().expect("a gate"));
        let gates: Vec<Gate> = gates.collect();
        let section = |name: &str| {
            let known = if name == "checkout" { 10 } else { 0 };
            Ok::<_, Infallible>(UrlCounts {
                known,
                fetched: known,
                requested: known,
                by_status: [(502, 1)].into(),
                by_verdict: [(Verdict::Persistent, 1)].into(),
                ..UrlCounts::default()
            })
        };
        let beside = Beside {
            unaudited,
            googlebot: None,
        };
        let Ok(results) = judge(&gates, state, summary, beside, &section);
        results
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
    fn a_gate_on_a_segment_sees_its_pages_alone() {
        let cases = [
            ("502{segment=checkout} > 1", GateStatus::Held),
            ("502{segment=checkout} > 0", GateStatus::Failed),
            ("persistent{segment=checkout} >= 1", GateStatus::Failed),
            ("coverage{segment=checkout} < 100%", GateStatus::Held),
            ("5xx-rate{segment=checkout} > 1%", GateStatus::Undecided),
            ("502{segment=nothing} > 0", GateStatus::Undecided),
        ];
        for (text, expected) in cases {
            let status = judged(&[text], RunState::Finished, &summary(), false);
            assert_eq!(status, expected, "{text}");
        }
    }

    #[test]
    fn clicks_at_risk_are_judged_by_their_interval() {
        let mut some = summary();
        let judged =
            |summary: &RunSummary, text| judged(&[text], RunState::Finished, summary, false);
        assert_eq!(judged(&some, "clicks-at-risk > 5"), GateStatus::Undecided);
        let (low, value, high) = (6.0, 10.0, 14.0);
        some.traffic = Some(RunTraffic {
            at_risk: Interval { low, value, high },
            ..RunTraffic::default()
        });
        assert_eq!(judged(&some, "clicks-at-risk > 5"), GateStatus::Failed);
        assert_eq!(judged(&some, "clicks-at-risk > 8"), GateStatus::Held);
    }

    #[test]
    fn clicks_at_risk_of_a_segment_are_its_own() {
        let (low, value, high) = (12.0, 20.0, 28.0);
        let mut some = summary();
        some.scores.sections = vec![StoredPart {
            name: "checkout".to_owned(),
            clicks_at_risk: Some(Interval { low, value, high }),
            ..StoredPart::default()
        }];
        let cases = [
            ("clicks-at-risk{segment=checkout} > 10", GateStatus::Failed),
            ("clicks-at-risk{segment=checkout} > 15", GateStatus::Held),
            // The site has no visits here.
            ("clicks-at-risk > 10", GateStatus::Undecided),
        ];
        for (text, expected) in cases {
            let status = judged(&[text], RunState::Finished, &some, false);
            assert_eq!(status, expected, "{text}");
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
        let judged = results(&["coverage < 90%"], RunState::Finished, &some, false);
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
