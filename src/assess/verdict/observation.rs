//! One attempt as evidence.

use std::time::Duration;

use crate::model::{Layer, Moment, Outcome, Pressure};

use super::kind::FailureKind;

/// One attempt as evidence. Probes are experiments and no evidence: they are not fed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// What happened.
    pub outcome: Outcome,
    /// The status code, if there was one.
    pub status: Option<u16>,
    /// When it began.
    pub started: Moment,
    /// The pass it belongs to.
    pub pass: u32,
    /// Whether it went over a connection that was open already.
    pub reused: bool,
    /// The pace at which the host was being asked.
    pub pressure: Pressure,
    /// Until when it announced to fail (`Retry-After`), if it did.
    pub announced: Option<Moment>,
    /// Time to the first byte of the answer.
    pub ttfb: Option<Duration>,
    /// The number of the host's outage it lies in, if any ([`crate::assess::HostEpisodes::number_at`]).
    pub host_episode: Option<u32>,
}

/// Fastest pace that cannot have caused an overload: one request at a time and one a second
/// (ours; the pace of confirmation passes).
pub(in crate::assess) const POLITE: Pressure = Pressure {
    in_flight: 1,
    rate: Some(1.0),
};

/// Whether a pace cannot have caused an overload.
pub(in crate::assess) fn is_polite(pace: Pressure) -> bool {
    pace.in_flight <= POLITE.in_flight && pace.rate.is_some() && pace.rate <= POLITE.rate
}

impl Observation {
    /// Whether it says something about the URL. An answer that never began, on a connection that
    /// had been idle, says that the server closed it meanwhile; a refused stream was not looked at.
    pub fn is_evidence(self) -> bool {
        let nothing_received = matches!(
            self.outcome,
            Outcome::EmptyReply | Outcome::ResetBeforeHeaders | Outcome::WriteFailed
        );
        let stale = self.reused && nothing_received;
        !stale && self.outcome != Outcome::StreamRefused
    }

    /// Whether anything was asked: what our own policy kept from being sent is no attempt.
    pub fn is_attempt(self) -> bool {
        self.outcome.layer() != Layer::Policy
    }

    /// Whether it was made at a pace that cannot have caused an overload.
    pub fn is_polite(self) -> bool {
        is_polite(self.pressure)
    }

    /// Whether it failed and load may be the reason: names, certificates and refused connections
    /// do not get better by asking more slowly, nor do 501 and 505.
    pub(super) fn may_be_load(self) -> bool {
        use Outcome::{ConnectRefused, ConnectUnreachable, Server501, Server505};
        let other = [ConnectRefused, ConnectUnreachable, Server501, Server505];
        self.outcome.is_failure()
            && !matches!(self.outcome.layer(), Layer::Dns | Layer::Tls)
            && !other.contains(&self.outcome)
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
