//! The kinds of failure that search engines treat differently.

use std::time::Duration;

use serde::Serialize;

use crate::model::Outcome;

/// Time for which Google retries a 503 or 429 before it drops the URL: about two days (documented).
pub const TOLERATED: Duration = Duration::from_hours(48);

/// The kind of a failure, for the risk. The order is that of [`FailureKind::ALL`]: on equal counts the
/// later kind stands for the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum FailureKind {
    /// 503 with a usable `Retry-After`: the polite form.
    #[serde(rename = "503_retry_after")]
    Announced,
    /// 429.
    #[serde(rename = "429")]
    RateLimited,
    /// DNS, TCP, TLS, timeouts and broken answers.
    #[serde(rename = "network")]
    Network,
    /// Any other 5xx.
    #[serde(rename = "5xx")]
    Server,
    /// An error page sent with 200.
    #[serde(rename = "soft_error_200")]
    Soft,
}

impl FailureKind {
    /// Every kind, the mildest first.
    pub const ALL: [FailureKind; 5] = [
        FailureKind::Announced,
        FailureKind::RateLimited,
        FailureKind::Network,
        FailureKind::Server,
        FailureKind::Soft,
    ];

    /// Returns the kind of an outcome, or `None` if it is not a failure.
    pub fn of(outcome: Outcome) -> Option<FailureKind> {
        match outcome {
            _ if !outcome.is_failure() => None,
            Outcome::SoftError200 => Some(FailureKind::Soft),
            Outcome::Server503RetryAfter => Some(FailureKind::Announced),
            Outcome::Client429 => Some(FailureKind::RateLimited),
            Outcome::RedirectTo5xx => Some(FailureKind::Server),
            _ if outcome.is_server_status() => Some(FailureKind::Server),
            _ => Some(FailureKind::Network),
        }
    }

    /// Returns the name in exports.
    pub const fn name(self) -> &'static str {
        match self {
            FailureKind::Announced => "503_retry_after",
            FailureKind::RateLimited => "429",
            FailureKind::Network => "network",
            FailureKind::Server => "5xx",
            FailureKind::Soft => "soft_error_200",
        }
    }

    /// Returns the factor (0..1) for failures that search engines tolerate longer: 0.6 and 0.7 within
    /// the two days of their retries (ours), 1 otherwise.
    pub fn patience(self, lasting: Duration) -> f64 {
        match self {
            FailureKind::Announced if lasting < TOLERATED => 0.6,
            FailureKind::RateLimited if lasting < TOLERATED => 0.7,
            _ => 1.0,
        }
    }

    /// Returns the most frequent kind; on a tie the graver one.
    pub(in crate::assess) fn most_frequent(counts: [u32; 5]) -> Option<FailureKind> {
        let counted = FailureKind::ALL.into_iter().zip(counts);
        let (kind, count) = counted.max_by_key(|(kind, count)| (*count, *kind))?;
        (count > 0).then_some(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_a_kind() {
        for outcome in Outcome::ALL {
            let fails = outcome.is_failure();
            assert_eq!(FailureKind::of(*outcome).is_some(), fails, "{outcome}");
        }
        let cases = [
            (Outcome::Server502, FailureKind::Server),
            (Outcome::Cf520, FailureKind::Server),
            (Outcome::Server503RetryAfter, FailureKind::Announced),
            (Outcome::TtfbTimeout, FailureKind::Network),
            (Outcome::TlsExpired, FailureKind::Network),
            (Outcome::SoftError200, FailureKind::Soft),
        ];
        for (outcome, kind) in cases {
            assert_eq!(FailureKind::of(outcome), Some(kind), "{outcome}");
        }
    }

    #[test]
    fn a_tie_goes_to_the_graver_kind() {
        assert_eq!(
            FailureKind::most_frequent([2, 0, 0, 2, 0]),
            Some(FailureKind::Server)
        );
        assert_eq!(
            FailureKind::most_frequent([3, 0, 0, 2, 0]),
            Some(FailureKind::Announced)
        );
        assert_eq!(FailureKind::most_frequent([0; 5]), None);
    }
}
