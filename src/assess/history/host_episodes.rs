//! The episodes of a host, found in the first attempts at its URLs in time order. Of bounded size.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::Moment;

use super::episode::{Episode, FEWEST, FirstLook};
use crate::assess::verdict::kind::FailureKind;

/// Length of the window in which the share of failures is measured (ours).
const WINDOW: Duration = Duration::from_mins(1);

/// Maximum first attempts kept of a window. At higher speed the window is shorter.
const MOST_LOOKS: usize = 1024;

/// Maximum episodes kept of a host. A host with more is flapping, and the first ones show it.
const MOST_EPISODES: usize = 256;

/// The episodes of one host.
#[derive(Clone, Debug, Default)]
pub struct HostEpisodes {
    window: VecDeque<FirstLook>,
    /// Failures in the window by kind.
    counts: [usize; 5],
    episodes: Vec<Episode>,
    /// Episodes beyond the bound.
    unkept: u32,
    current: Option<Episode>,
}

impl HostEpisodes {
    /// Adds the next first attempt, in time order.
    pub fn add(&mut self, look: FirstLook) {
        while self.window.len() >= MOST_LOOKS || self.oldest_is_too_old(look.started) {
            let gone = self.window.pop_front();
            if let Some(kind) = gone.and_then(|gone| FailureKind::of(gone.outcome)) {
                self.counts[kind as usize] -= 1;
            }
        }
        if let Some(kind) = FailureKind::of(look.outcome) {
            self.counts[kind as usize] += 1;
        }
        self.window.push_back(look);
        if !look.outcome.is_failure() {
            let known = self.episodes.iter_mut().chain(&mut self.current);
            known.for_each(|episode| episode.went_well(look));
        }
        match self.current {
            Some(episode) => self.continue_episode(episode, look),
            None => self.begin(),
        }
    }

    /// Returns the episodes in time order, the current one last.
    pub fn episodes(&self) -> impl Iterator<Item = &Episode> {
        self.episodes.iter().chain(&self.current)
    }

    /// Returns the number of episodes that were seen but not kept.
    pub const fn unkept(&self) -> u32 {
        self.unkept
    }

    /// Returns the number of the outage that this moment belongs to. An outage lasts from its first
    /// failure until the host answers again, retries in between included. See [`Episode::is_outage`].
    pub fn number_at(&self, moment: Moment) -> Option<u32> {
        let before = |episode: &Episode| episode.answered.is_some_and(|again| again <= moment);
        let number = self.episodes.partition_point(before);
        let episode = self.episodes.get(number)?;
        (episode.start <= moment && episode.is_outage()).then_some(number as u32)
    }

    fn oldest_is_too_old(&self, now: Moment) -> bool {
        let oldest = self.window.front();
        oldest.is_some_and(|oldest| now.since(oldest.started) > WINDOW)
    }

    fn begin(&mut self) {
        if self.window.len() < FEWEST {
            return;
        }
        let Some((kind, _)) = self.most_frequent().filter(|(_, n)| self.is_half(*n)) else {
            return;
        };
        // Failures of an earlier episode are not counted again.
        let taken = self.episodes.last().map(|last| last.end);
        let failures = (self.window.iter())
            .filter(|look| FailureKind::of(look.outcome) == Some(kind))
            .filter(|look| taken.is_none_or(|taken| look.started > taken));
        let mut episode: Option<Episode> = None;
        for look in failures {
            episode = Some(Episode::with(episode, kind, *look));
        }
        if let Some(episode) = &mut episode {
            let mut since = self.window.iter().map(|look| look.started);
            episode.answered = since.find(|started| *started > episode.end);
        }
        self.current = episode;
    }

    fn continue_episode(&mut self, mut episode: Episode, look: FirstLook) {
        if FailureKind::of(look.outcome) == Some(episode.kind) {
            self.current = Some(Episode::with(Some(episode), episode.kind, look));
            return;
        }
        episode.answered = episode.answered.or(Some(look.started));
        if self.is_half(self.count(episode.kind)) {
            self.current = Some(episode);
            return;
        }
        episode.over = true;
        self.current = None;
        if self.episodes.len() < MOST_EPISODES {
            self.episodes.push(episode);
        } else {
            self.unkept += 1;
        }
    }

    fn is_half(&self, count: usize) -> bool {
        2 * count >= self.window.len()
    }

    fn count(&self, kind: FailureKind) -> usize {
        self.counts[kind as usize]
    }

    fn most_frequent(&self) -> Option<(FailureKind, usize)> {
        let hard = FailureKind::ALL.into_iter();
        hard.filter(|kind| *kind != FailureKind::Soft)
            .map(|kind| (kind, self.count(kind)))
            .max_by_key(|(kind, count)| (*count, *kind))
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Outcome;

    use super::*;

    /// One attempt per second: `F` fails, `f` fails with another kind, `.` succeeds at the same load,
    /// `,` succeeds at a lower one.
    fn host(course: &str) -> HostEpisodes {
        let mut host = HostEpisodes::default();
        for (second, mark) in (0..).zip(course.chars()) {
            host.add(FirstLook {
                started: Moment::from_millis(second * 1000),
                outcome: match mark {
                    'F' => Outcome::Server502,
                    'f' => Outcome::TtfbTimeout,
                    _ => Outcome::OkHtml,
                },
                in_flight: if mark == ',' { 1 } else { 8 },
            });
        }
        host
    }

    fn at(second: i64) -> Moment {
        Moment::from_millis(second * 1000)
    }

    #[test]
    fn half_of_five_failing_begins_an_episode() {
        let cases = [
            ("FF..", 0),
            ("FF...", 0),
            ("FFF..", 1),
            ("FFff.", 0),
            ("..FFF", 1),
        ];
        for (course, expected) in cases {
            assert_eq!(host(course).episodes().count(), expected, "{course}");
        }
    }

    #[test]
    fn an_episode_is_over_when_most_of_the_window_succeeds() {
        let host = host("..FFFFFF...........");
        let episode = *host.episodes().next().expect("an episode");
        assert!(episode.over && episode.is_outage());
        assert_eq!(
            (episode.start, episode.end, episode.failed),
            (at(2), at(7), 6)
        );
        assert_eq!(host.number_at(at(1)), None);
        assert_eq!(host.number_at(at(2)), Some(0));
        let retry = Moment::from_millis(7999);
        assert_eq!(host.number_at(retry), Some(0));
        assert_eq!(host.number_at(at(8)), None);
    }

    #[test]
    fn an_open_episode_or_one_the_crawl_may_have_caused_excuses_no_page() {
        assert_eq!(host("..FFFFFF").number_at(at(3)), None);
        let slower = host("..FFFFFF,,,,,,,,,,");
        assert!(
            slower
                .episodes()
                .all(|episode| episode.over && !episode.is_outage())
        );
        assert_eq!(slower.number_at(at(3)), None);
        let as_hard_later = host("..FFFFFF,,,,,,,,,,.....");
        assert_eq!(as_hard_later.number_at(at(3)), Some(0));
    }

    #[test]
    fn memory_has_a_bound() {
        let mut host = HostEpisodes::default();
        for n in 0..200_000_i64 {
            let failing = (n / 100) % 2 == 0;
            host.add(FirstLook {
                started: Moment::from_millis(n * 1000),
                outcome: if failing {
                    Outcome::Server502
                } else {
                    Outcome::OkHtml
                },
                in_flight: 2,
            });
        }
        assert!(host.episodes().count() <= MOST_EPISODES + 1 && host.window.len() <= MOST_LOOKS);
        assert!(host.unkept() > 0);
    }
}
