//! What one attempt says about the load on its host.

use std::time::Duration;

use crate::model::{Moment, Outcome};

/// One attempt, as far as the pace of its host depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaceSignal {
    /// How it ended.
    pub outcome: Outcome,
    /// From its start to the first byte of the answer, if there was one.
    pub first_byte: Option<Duration>,
    /// When it began.
    pub started: Moment,
    /// Requests open on the host when it began, this one included.
    pub in_flight: u32,
    /// Whether the URL was requested before in this pass.
    pub retry: bool,
    /// How long its answer wants it not to be requested, so that its retry comes no sooner.
    pub announced: Option<Duration>,
    /// Whether its family is in trouble: that it fails is no news.
    pub suspect: bool,
}

/// What an attempt says of the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tells {
    /// The host is doing well.
    Well,
    /// The host may be asked too hard: 429, 502, 503, 504, 52x, timeouts and resets.
    Trouble,
    /// The host says itself that it is asked too hard, whatever the URL.
    TooHard,
    /// Nothing: a broken page, a bad name or a bad certificate is the same at any pace.
    Nothing,
}

/// A retry that comes later than this comes too late to tell whether the load was at fault. Ours: twice
/// the longest wait before a first retry.
const LATE_RETRY: Duration = Duration::from_secs(4);

impl PaceSignal {
    /// Whether it says of the load what there is to say soon: by itself, or by the retry of the URL, which
    /// tells whether that is broken.
    pub(super) fn tells_soon(&self) -> bool {
        let is_late = self.announced.is_some_and(|wait| wait > LATE_RETRY);
        !is_late || self.tells() == Tells::TooHard
    }

    pub(super) fn tells(&self) -> Tells {
        use Outcome as O;
        match self.outcome {
            outcome if self.suspect && outcome.is_failure() => Tells::Nothing,
            O::Client429 | O::Server509 | O::Server529 => Tells::TooHard,
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
            | O::Server599 => Tells::Trouble,
            outcome if outcome.is_failure() => Tells::Nothing,
            _ => Tells::Well,
        }
    }

    /// The time to the first byte of a page that was served, the only one that is worth comparing:
    /// errors and redirects come faster than pages.
    pub(super) fn latency(&self) -> Option<Duration> {
        let served = matches!(self.outcome, Outcome::OkHtml | Outcome::OkNonHtml);
        self.first_byte.filter(|_| served)
    }
}
