//! The history of a URL over the passes: which failed in the end, and in how many episodes.

use std::time::Duration;

use crate::model::Moment;

/// A pass that is complete, or the newest pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::assess) struct Pass {
    number: u32,
    started: Moment,
    /// Whether its latest attempt failed.
    failed: bool,
    first_failure: Option<Moment>,
    last_failure: Option<Moment>,
}

/// The history of a URL over all passes so far. Of constant size.
///
/// A pass failed if its last attempt failed. An episode is a run of failures without a success in
/// between. In the crawl's own pass, with its quick retries, a failure after a recovery still belongs to
/// the same episode. In later passes a successful retry ends the episode, as a successful pass does: a
/// page that fails first and succeeds on a retry, pass after pass, is intermittent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::assess) struct PassHistory {
    /// Passes with evidence.
    pub(in crate::assess) passes: u32,
    /// Episodes, the current one included.
    pub(in crate::assess) episodes: u32,
    /// Failed passes since the last successful one.
    pub(super) trailing: u32,
    first_pass: Option<Moment>,
    last_pass: Option<Moment>,
    first_failed_pass: Option<Moment>,
    last_failed_pass: Option<Moment>,
    run_pass: Moment,
    run_first: Moment,
    run_last: Moment,
    /// The pass of the last failure, and whether an attempt succeeded since.
    last_failure: Option<(u32, bool)>,
    open: Option<Pass>,
}

impl PassHistory {
    /// Adds one attempt, which failed or succeeded.
    pub(in crate::assess) fn add(&mut self, pass: u32, started: Moment, failed: bool) {
        if self.open.is_some_and(|open| open.number != pass) {
            self.close();
        }
        let open = self.open.get_or_insert(Pass {
            number: pass,
            started,
            failed,
            first_failure: None,
            last_failure: None,
        });
        open.failed = failed;
        if failed {
            open.first_failure = open.first_failure.or(Some(started));
            open.last_failure = Some(started);
            let retries = pass <= 1;
            let is_same_episode =
                |(known, recovered): (u32, bool)| !recovered || (retries && known == pass);
            self.episodes += u32::from(!self.last_failure.is_some_and(is_same_episode));
            self.last_failure = Some((pass, false));
        } else if let Some((_, recovered)) = &mut self.last_failure {
            *recovered = true;
        }
    }

    /// Returns the history with its newest pass as complete.
    pub(in crate::assess) fn closed(mut self) -> PassHistory {
        self.close();
        self
    }

    fn close(&mut self) {
        let Some(pass) = self.open.take() else { return };
        self.passes += 1;
        self.first_pass = self.first_pass.or(Some(pass.started));
        self.last_pass = Some(pass.started);
        if pass.first_failure.is_some() {
            self.first_failed_pass = self.first_failed_pass.or(Some(pass.started));
            self.last_failed_pass = Some(pass.started);
        }
        if pass.failed {
            self.failed(pass);
        } else {
            self.trailing = 0;
        }
    }

    fn failed(&mut self, pass: Pass) {
        if self.trailing == 0 {
            self.run_pass = pass.started;
            self.run_first = pass.first_failure.unwrap_or(pass.started);
        }
        self.trailing += 1;
        self.run_last = pass.last_failure.unwrap_or(pass.started);
    }

    /// Returns the time from the start of the first pass to that of the last.
    pub(in crate::assess) fn span(&self) -> Duration {
        between(self.first_pass, self.last_pass)
    }

    /// Returns the time from the first failed pass to the last, successes in between included.
    pub(super) fn failed_span(&self) -> Duration {
        between(self.first_failed_pass, self.last_failed_pass)
    }

    /// Returns the time from the first failed pass of the current episode to the last pass.
    pub(super) fn trailing_span(&self) -> Duration {
        match self.trailing {
            0 => Duration::ZERO,
            _ => between(Some(self.run_pass), self.last_pass),
        }
    }

    /// Returns the time from the first failure of the current episode to its last: a lower bound of the
    /// outage.
    pub(in crate::assess) fn run(&self) -> Duration {
        match self.trailing {
            0 => Duration::ZERO,
            _ => self.run_last.since(self.run_first),
        }
    }
}

fn between(first: Option<Moment>, last: Option<Moment>) -> Duration {
    match (first, last) {
        (Some(first), Some(last)) => last.since(first),
        _ => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_episode_ends_with_the_first_successful_pass() {
        let mut course = PassHistory::default();
        let passes = [
            (1, 0, true),
            (1, 5, true),
            (2, 60, true),
            (3, 90, false),
            (4, 120, true),
        ];
        for (pass, at, failed) in passes {
            course.add(pass, Moment::from_millis(at), failed);
        }
        let course = course.closed();
        assert_eq!((course.passes, course.episodes, course.trailing), (4, 2, 1));
        assert_eq!(course.run(), Duration::ZERO);
        assert_eq!(course.failed_span(), Duration::from_millis(120));
    }

    #[test]
    fn a_pass_that_recovers_ends_an_episode_too() {
        // One word for each pass: `F` fails, `.` succeeds.
        let cases = [
            ("F.", 1),
            ("FF. .", 1),
            ("F. F", 2),
            ("F. F.", 2),
            (". F. F. F.", 3),
            ("FFF F .", 1),
            ("F F.", 1),
            ("F.F .", 1),
            ("F F.F", 2),
        ];
        for (passes, expected) in cases {
            let mut course = PassHistory::default();
            for (number, pass) in (1..).zip(passes.split(' ')) {
                for mark in pass.chars() {
                    course.add(number, Moment::default(), mark == 'F');
                }
            }
            assert_eq!(course.closed().episodes, expected, "{passes}");
        }
    }
}
