//! The evidence of one attempt about the load on its host.

use std::time::Duration;

use crate::model::{Moment, Outcome};
use crate::policy::retry::LONGEST_FIRST_WAIT;

/// The part of an attempt that its host's pace depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaceSignal {
    /// How it ended.
    pub outcome: Outcome,
    /// From its start to the first byte of the answer, if there was one.
    pub first_byte: Option<Duration>,
    /// When it began.
    pub started: Moment,
    /// Requests open on the host when it began, including this one.
    pub in_flight: u32,
    /// Whether the URL was requested before in this pass.
    pub retry: bool,
    /// The pause that its answer announced, so that its retry comes no sooner.
    pub announced: Option<Duration>,
    /// Whether its family is in trouble: its failure is then no news.
    pub suspect: bool,
}

/// The evidence of an attempt about the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoadSign {
    /// The host is doing well.
    Well,
    /// The load on the host may be too high: 429, 502, 503, 504, 52x, timeouts and resets.
    Trouble,
    /// The host itself reports that its load is too high, whatever the URL.
    Overload,
    /// Nothing: a broken page, a bad name or a bad certificate is the same at any pace.
    Nothing,
}

/// Wait after which a retry comes too late to show whether the load was at fault. Ours: twice the
/// longest wait before a first retry.
const LATE_RETRY: Duration = LONGEST_FIRST_WAIT.saturating_mul(2);

impl PaceSignal {
    /// Returns whether it soon shows whether the load was at fault: by itself, or by the URL's
    /// retry, which shows whether the URL is broken.
    pub(super) fn is_clear_soon(&self) -> bool {
        let is_late = self.announced.is_some_and(|wait| wait > LATE_RETRY);
        !is_late || self.load_sign() == LoadSign::Overload
    }

    pub(super) fn load_sign(&self) -> LoadSign {
        use Outcome as O;
        match self.outcome {
            outcome if self.suspect && outcome.is_failure() => LoadSign::Nothing,
            O::Client429 | O::Server509 | O::Server529 => LoadSign::Overload,
            O::ConnectRefused
            | O::ConnectTimeout
            | O::ConnectReset
            | O::WriteFailed
            | O::EmptyReply
            | O::ResetBeforeHeaders
            | O::TtfbTimeout
            | O::BodyTimeout
            | O::TotalTimeout
            | O::BodyTruncated
            | O::BodyReset
            | O::Http2StreamError
            | O::Server502
            | O::Server503
            | O::Server503RetryAfter
            | O::Server504
            | O::Server507
            | O::Cf520
            | O::Cf521
            | O::Cf522
            | O::Cf523
            | O::Cf524
            | O::Server598
            | O::Server599 => LoadSign::Trouble,
            outcome if outcome.is_failure() => LoadSign::Nothing,
            _ => LoadSign::Well,
        }
    }

    /// Returns the time to the first byte of a served page. Only pages are comparable: errors and
    /// redirects come faster.
    pub(super) fn latency(&self) -> Option<Duration> {
        let served = matches!(self.outcome, Outcome::OkHtml | Outcome::OkNonHtml);
        self.first_byte.filter(|_| served)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Layer;

    /// Server errors and failures of the connection that are the same at any pace.
    const AT_ANY_PACE: [Outcome; 25] = [
        Outcome::DnsNxdomain,
        Outcome::DnsNodata,
        Outcome::DnsServfail,
        Outcome::DnsRefused,
        Outcome::DnsTimeout,
        Outcome::ConnectUnreachable,
        Outcome::BadStatusLine,
        Outcome::BadHeader,
        Outcome::HeaderTooLarge,
        Outcome::BadEncoding,
        Outcome::StatusInvalid,
        Outcome::StatusUnrequested,
        Outcome::RedirectTo5xx,
        Outcome::SoftError200,
        Outcome::Server500,
        Outcome::Server501,
        Outcome::Server505,
        Outcome::Server508,
        Outcome::Cf525,
        Outcome::Cf526,
        Outcome::Cf527,
        Outcome::Cf530,
        Outcome::Server540,
        Outcome::Server561,
        Outcome::ServerOther,
    ];

    #[test]
    fn each_failure_is_evidence_about_the_load_or_known_to_be_none() {
        for outcome in Outcome::ALL {
            let signal = PaceSignal {
                outcome: *outcome,
                first_byte: None,
                started: Moment::default(),
                in_flight: 1,
                retry: false,
                announced: None,
                suspect: false,
            };
            let is_none = outcome.layer() == Layer::Tls
                || outcome.layer() == Layer::Policy
                || AT_ANY_PACE.contains(outcome);
            let expected_none = outcome.is_failure() && is_none;
            assert_eq!(
                signal.load_sign() == LoadSign::Nothing,
                expected_none,
                "{outcome}"
            );
            let well = signal.load_sign() == LoadSign::Well;
            assert_eq!(well, !outcome.is_failure(), "{outcome}");
        }
    }
}
