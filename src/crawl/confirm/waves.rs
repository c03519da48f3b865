//! Waves: failing URLs that were found together. The delays of the plan are counted for each wave from when it was
//! found, so that a page that is found during the passes gets as many as one that was found before them.

use std::time::Duration;

use crate::model::Moment;

/// The waves of a crawl, the first of which is that of the crawl itself.
#[derive(Debug)]
pub(super) struct Waves(Vec<Wave>);

/// Maximum waves that begin only with pages that were fine before. On a site where parts or pages fail by turns, each
/// pass finds other ones: their requests are evidence about the whole site, and further passes would continue until
/// the time is over. Ours.
const MOST_OF_FINE: usize = 2;

/// URLs whose first failure came between two readings of the failed URLs.
#[derive(Debug)]
struct Wave {
    /// The time by which they failed; URLs of earlier waves failed before them.
    found_by: Moment,
    /// The moment from which its delays are counted.
    from: Moment,
    /// When its passes begin after that.
    delays: Vec<Duration>,
    /// Number of its passes that began.
    begun: usize,
    /// Whether passes would teach more about any of its URLs.
    is_open: bool,
    /// Whether the pass that begins, or is under way, is for it.
    has_turn: bool,
    /// Whether all of its URLs were fine before they failed.
    is_of_fine: bool,
}

/// When the next pass begins, and whose URLs it requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// When it begins.
    pub(super) starts: Moment,
    /// The part of the wait that counts as time of the passes. Only the wait for late waves counts. Otherwise pages
    /// that lead to each other could prolong the passes without end.
    pub(super) counted: Duration,
    /// Whether it is for late waves alone.
    pub(super) is_late: bool,
    /// Number of passes that its wave has left, this one included.
    pub(super) left: usize,
    /// When the next pass begins.
    pub(super) next: Option<Moment>,
}

impl Waves {
    /// Returns the first wave, with `begun` passes made: URLs that failed before the passes or, of a resumed run, all
    /// that failed so far.
    pub(super) fn first(
        found_by: Moment,
        from: Moment,
        delays: &[Duration],
        begun: usize,
    ) -> Waves {
        Waves(vec![Wave {
            found_by,
            from,
            delays: delays.to_vec(),
            begun: begun.min(delays.len()),
            is_open: false,
            has_turn: false,
            is_of_fine: false,
        }])
    }

    /// Takes the times of the first failures of URLs whose verdict is open, and whether they were fine before. URLs
    /// that failed after the last wave was found are a new wave. A delay of zero stands for a pass that is over: a
    /// new wave has none.
    pub(super) fn see(
        &mut self,
        open: impl Iterator<Item = (Moment, bool)>,
        delays: &[Duration],
        now: Moment,
    ) {
        for wave in &mut self.0 {
            wave.is_open = false;
        }
        let (mut late, mut is_of_fine): (Option<Moment>, bool) = (None, true);
        for (failed, was_fine) in open {
            match self.0.iter_mut().find(|wave| failed <= wave.found_by) {
                Some(wave) => wave.is_open = true,
                None => {
                    late = late.max(Some(failed));
                    is_of_fine &= was_fine;
                }
            }
        }
        let of_fine = self.0.iter().filter(|wave| wave.is_of_fine).count();
        if let Some(from) = late.filter(|_| !is_of_fine || of_fine < MOST_OF_FINE) {
            let delays = delays.iter().copied().filter(|delay| !delay.is_zero());
            self.0.push(Wave {
                found_by: now,
                from,
                delays: delays.collect(),
                begun: 0,
                is_open: true,
                has_turn: false,
                is_of_fine,
            });
        }
    }

    /// Begins the next pass: that of the first wave that has one left. Later waves join if their own delay is over by
    /// then. A late wave gets no pass if the wait for it, counted from `idle`, is as long as `left`, the time that
    /// the passes may still take. No pass ran since `idle`.
    pub(super) fn begin(&mut self, now: Moment, idle: Moment, left: Duration) -> Option<Turn> {
        let turns = self.0.iter().enumerate().filter_map(|(at, wave)| {
            let starts = wave.due()?.max(now);
            let is_late = at > 0;
            let counted = if is_late {
                starts.since(idle.max(wave.from))
            } else {
                Duration::ZERO
            };
            (counted.is_zero() || counted < left).then(|| Turn {
                starts,
                counted,
                is_late,
                left: wave.left(),
                next: wave
                    .delays
                    .get(wave.begun + 1)
                    .map(|delay| wave.from + *delay),
            })
        });
        let turn = { turns }.next()?;
        for wave in &mut self.0 {
            wave.has_turn = wave.due().is_some_and(|due| due <= turn.starts);
            wave.begun += usize::from(wave.has_turn);
        }
        Some(turn)
    }

    /// Returns the number of passes left after the one that begins, for a URL that first failed at this moment;
    /// `None` if it is not part of that pass.
    pub(super) fn left_after_turn(&self, failed: Moment) -> Option<usize> {
        let wave = self.0.iter().find(|wave| failed <= wave.found_by)?;
        wave.has_turn.then(|| wave.left())
    }
}

impl Wave {
    fn left(&self) -> usize {
        self.delays.len() - self.begun
    }

    fn due(&self) -> Option<Moment> {
        let delay = self.delays.get(self.begun).filter(|_| self.is_open)?;
        Some(self.from + *delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAYS: [Duration; 2] = [Duration::from_secs(15), Duration::from_mins(1)];

    fn at(second: u64) -> Moment {
        Moment::default() + Duration::from_secs(second)
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Returns the passes for URLs that fail for ever: when each begins, whether it is late, what is left after it.
    /// Each pass takes two seconds, and the URLs that begin to fail in between are seen after it.
    fn passes(failing: &[u64], delays: &[Duration], left: Duration) -> Vec<(u64, bool)> {
        passes_for(failing, false, delays, left)
    }

    fn passes_for(
        failing: &[u64],
        were_fine: bool,
        delays: &[Duration],
        mut left: Duration,
    ) -> Vec<(u64, bool)> {
        let mut waves = Waves::first(at(10), at(10), delays, 0);
        let (mut now, mut made) = (at(10), Vec::new());
        loop {
            let open = failing.iter().map(|second| at(*second));
            let open = open.filter(|failed| *failed <= now);
            waves.see(open.map(|failed| (failed, were_fine)), delays, now);
            let Some(turn) = waves.begin(now, now, left) else {
                return made;
            };
            let starts = turn.starts.since(Moment::default()).as_secs();
            made.push((starts, turn.is_late));
            left = left.saturating_sub(turn.counted + seconds(2));
            now = turn.starts + seconds(2);
        }
    }

    #[test]
    fn what_is_found_during_the_passes_has_its_passes_counted_from_then() {
        let budget = seconds(600);
        let usual = [(25, false), (70, false)];
        assert_eq!(passes(&[5], &DELAYS, budget), usual);
        let late = [(25, false), (70, false), (86, true)];
        assert_eq!(passes(&[5, 26], &DELAYS, budget), late);
        let last = [(25, false), (70, false), (86, true), (131, true)];
        assert_eq!(passes(&[5, 71], &DELAYS, budget), last);
        assert_eq!(
            passes(&[5, 71], &[Duration::ZERO; 2], budget).len(),
            2,
            "a recheck"
        );
    }

    #[test]
    fn pages_that_were_fine_and_fail_by_turns_have_two_late_waves() {
        let by_turns: Vec<u64> = (0..40).map(|n| 5 + 13 * n).collect();
        let made = passes_for(&by_turns, true, &DELAYS, seconds(600));
        let late = made.iter().filter(|(_, is_late)| *is_late).count();
        assert!((2..=4).contains(&late), "{made:?}");
        assert!(made.last() < Some(&(260, true)), "{made:?}");
    }

    #[test]
    fn late_passes_end_with_the_budget() {
        let chain: Vec<u64> = (0..500).map(|n| 5 + 16 * n).collect();
        let made = passes(&chain, &DELAYS, seconds(600));
        let ended = made.last().expect("a pass").0;
        assert!((400..700).contains(&ended), "{ended}");
        // A wave that would need a longer wait joins the passes of others.
        let hours = [seconds(900), seconds(3_600)];
        let joined = [(910, false), (3_610, false)];
        assert_eq!(passes(&[5, 911], &hours, seconds(600)), joined);
    }
}
