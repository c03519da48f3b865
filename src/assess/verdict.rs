//! What the attempts at one URL amount to.

use crate::model::{Moment, Outcome};

/// What the attempts at a URL amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It never failed.
    Ok,
    /// It failed, then recovered.
    Transient,
    /// It fails, and there is not enough evidence to say how often.
    Unconfirmed,
}

impl Verdict {
    /// The name in the `Verdict` column.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Transient => "transient",
            Verdict::Unconfirmed => "unconfirmed",
        }
    }
}

/// One attempt as evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

impl Observation {
    /// Whether it says something about the URL. An answer that never began, on a connection that
    /// had been idle, says that the server closed it meanwhile.
    pub fn is_evidence(self) -> bool {
        let nothing_received = matches!(
            self.outcome,
            Outcome::EmptyReply | Outcome::ResetBeforeHeaders | Outcome::WriteFailed
        );
        !(self.reused && nothing_received)
    }
}

/// The attempts at one URL, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All attempts.
    pub attempts: u32,
    /// Attempts that failed as search engines see it.
    pub failed: u32,
    /// Attempts with a status of 500-599.
    pub status_5xx: u32,
    /// Attempts with status 502.
    pub status_502: u32,
    /// Passes.
    pub passes: u32,
    /// Start of the first attempt that failed.
    pub first_failed: Option<Moment>,
    /// Start of the last attempt that failed.
    pub last_failed: Option<Moment>,
    /// Start of the last attempt that did not fail.
    pub last_ok: Option<Moment>,
    /// What happened last.
    pub last: Option<Outcome>,
    last_is_failure: bool,
}

impl Tally {
    /// Counts one more attempt; attempts come in the order in which they were made.
    pub fn add(&mut self, seen: Observation) {
        self.attempts += 1;
        self.passes = self.passes.max(seen.pass);
        self.last = Some(seen.outcome);
        if !seen.is_evidence() {
            return;
        }
        self.last_is_failure = seen.outcome.is_failure();
        if self.last_is_failure {
            self.failed += 1;
            self.first_failed = self.first_failed.or(Some(seen.started));
            self.last_failed = Some(seen.started);
        } else {
            self.last_ok = Some(seen.started);
        }
        if let Some(500..=599) = seen.status {
            self.status_5xx += 1;
        }
        if seen.status == Some(502) {
            self.status_502 += 1;
        }
    }

    /// What they amount to.
    pub fn verdict(&self) -> Verdict {
        match (self.failed, self.last_is_failure) {
            (0, _) => Verdict::Ok,
            (_, false) => Verdict::Transient,
            (_, true) => Verdict::Unconfirmed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(outcomes: &[Outcome]) -> Tally {
        let mut tally = Tally::default();
        for (n, outcome) in (0..).zip(outcomes) {
            tally.add(Observation {
                outcome: *outcome,
                status: (*outcome == Outcome::Server502).then_some(502),
                started: Moment::from_millis(n),
                pass: 1,
                reused: false,
            });
        }
        tally
    }

    #[test]
    fn the_last_attempt_decides_between_recovered_and_failing() {
        use Outcome::{Client404, OkHtml, Server502};
        let cases: [(&[Outcome], Verdict); 4] = [
            (&[OkHtml], Verdict::Ok),
            (&[Client404], Verdict::Ok),
            (&[Server502, OkHtml], Verdict::Transient),
            (&[Server502, Server502, Server502], Verdict::Unconfirmed),
        ];
        for (outcomes, expected) in cases {
            assert_eq!(tally(outcomes).verdict(), expected, "{outcomes:?}");
        }
    }

    #[test]
    fn failures_are_counted_with_their_times() {
        let tally = tally(&[Outcome::Server502, Outcome::TtfbTimeout, Outcome::OkHtml]);
        assert_eq!((tally.attempts, tally.failed, tally.status_502), (3, 2, 1));
        assert_eq!(tally.first_failed, Some(Moment::from_millis(0)));
        assert_eq!(tally.last_failed, Some(Moment::from_millis(1)));
        assert_eq!(tally.last_ok, Some(Moment::from_millis(2)));
    }

    #[test]
    fn a_stale_connection_is_counted_and_not_held_against_the_page() {
        let mut tally = tally(&[]);
        let seen = Observation {
            outcome: Outcome::EmptyReply,
            status: None,
            started: Moment::default(),
            pass: 1,
            reused: true,
        };
        tally.add(seen);
        assert_eq!((tally.attempts, tally.failed), (1, 0));
        assert_eq!(tally.verdict(), Verdict::Ok);
    }
}
