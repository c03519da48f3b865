//! One attempt as evidence.

use std::time::Duration;

use crate::model::{Layer, Moment, Outcome, Pressure};

use super::kind::FailureKind;

/// One attempt as evidence. Experiments are not evidence and are not added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// The outcome.
    pub outcome: Outcome,
    /// The status code, if there was one.
    pub status: Option<u16>,
    /// When it began.
    pub started: Moment,
    /// The pass it belongs to.
    pub pass: u32,
    /// Whether it used a connection that was already open.
    pub reused: bool,
    /// The pace at which the host was requested.
    pub pressure: Pressure,
    /// Until when it announced failures (`Retry-After`), if it did.
    pub announced: Option<Moment>,
    /// Time to the first byte of the answer.
    pub ttfb: Option<Duration>,
    /// The number of the host outage that it belongs to, if any
    /// ([`crate::assess::HostEpisodes::number_at`]).
    pub host_episode: Option<u32>,
}

/// Maximum pace that cannot cause an overload: one request at a time and one per second (ours; the pace
/// of confirmation passes).
pub(in crate::assess) const POLITE: Pressure = Pressure {
    in_flight: 1,
    rate: Some(1.0),
};

/// Returns whether a pace cannot have caused an overload.
pub(in crate::assess) fn is_polite(pace: Pressure) -> bool {
    pace.in_flight <= POLITE.in_flight && pace.rate.is_some() && pace.rate <= POLITE.rate
}

/// Returns whether an outcome says something about the URL. If no answer began on an idle connection, the server only
/// closed the connection meanwhile; a refused stream was never processed.
pub fn is_telling(outcome: Outcome, reused: bool) -> bool {
    let nothing_received = matches!(
        outcome,
        Outcome::EmptyReply | Outcome::ResetBeforeHeaders | Outcome::WriteFailed
    );
    let stale = reused && nothing_received;
    !stale && outcome != Outcome::StreamRefused
}

/// Returns whether load may be the reason of a failure. Failures of names, certificates and refused connections do not
/// improve at a slower pace, nor do 501 and 505.
pub(in crate::assess) fn may_be_load(outcome: Outcome) -> bool {
    use Outcome::{ConnectRefused, ConnectUnreachable, Server501, Server505};
    let other = [ConnectRefused, ConnectUnreachable, Server501, Server505];
    outcome.is_failure()
        && !matches!(outcome.layer(), Layer::Dns | Layer::Tls)
        && !other.contains(&outcome)
}

impl Observation {
    /// Returns whether it is evidence about the URL.
    pub fn is_evidence(self) -> bool {
        is_telling(self.outcome, self.reused)
    }

    /// Returns whether a request was made. Our own policy may have prevented it.
    pub fn is_attempt(self) -> bool {
        self.outcome.layer() != Layer::Policy
    }

    /// Returns whether it was made at a pace that cannot cause an overload.
    pub fn is_polite(self) -> bool {
        is_polite(self.pressure)
    }

    /// Returns whether it failed and load may be the reason.
    pub(super) fn may_be_load(self) -> bool {
        may_be_load(self.outcome)
    }

    pub(in crate::assess) fn kind(self) -> Option<FailureKind> {
        FailureKind::of(self.outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_without_a_ceiling_is_not_polite() {
        let cases = [
            (1, Some(1.0), true),
            (1, Some(0.5), true),
            (1, Some(2.0), false),
            (2, Some(1.0), false),
            (1, None, false),
        ];
        for (in_flight, rate, polite) in cases {
            let seen = Observation {
                outcome: Outcome::OkHtml,
                status: Some(200),
                started: Moment::default(),
                pass: 1,
                reused: false,
                pressure: Pressure { in_flight, rate },
                announced: None,
                ttfb: None,
                host_episode: None,
            };
            assert_eq!(seen.is_polite(), polite, "{in_flight} {rate:?}");
        }
    }
}
