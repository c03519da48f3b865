//! The usual time to a host's first byte, and whether it takes longer now.

use std::time::Duration;

/// Samples over which the usual time is averaged, as the long window of Netflix's `Gradient2Limit`.
const SAMPLES: f64 = 600.0;

/// Samples for a first estimate of the usual time. Ours.
const FIRST: f64 = 10.0;

/// Samples for any estimate. Ours.
const FEWEST: f64 = 3.0;

/// Factor of the usual time above which the host is slow.
const SLOW: f64 = 2.0;

/// Factor of the usual time up to which the host is calm.
const CALM: f64 = 1.5;

/// A first byte that is later by less than this is never a reason to slow down, in seconds. On a
/// quick host the crawl's own processor time alone makes a multiple of the usual.
const NEGLIGIBLE: f64 = 0.1;

/// Maximum first bytes kept of one window; more would not move its median much.
const MAX_KEPT: usize = 256;

/// An exponential mean of times to the first byte.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Baseline {
    /// The mean time in seconds.
    mean: f64,
    samples: f64,
}

impl Baseline {
    /// Records a success. The first samples count equally, so that the very first does not dominate
    /// for minutes. Slow samples count little, so that a host that suffers from the start does not
    /// pass for a slow one.
    pub(super) fn learn(&mut self, first_byte: Duration) {
        let weight = if self.samples >= FIRST && self.is_slow(first_byte) {
            SAMPLES
        } else {
            self.samples = (self.samples + 1.0).min(SAMPLES);
            self.samples
        };
        self.mean += (first_byte.as_secs_f64() - self.mean) / weight;
    }

    /// Makes this the usual time from now on.
    pub(super) fn accept(&mut self, first_byte: Duration) {
        self.mean = first_byte.as_secs_f64();
    }

    /// Returns the usual time, if some are known.
    pub(super) fn usual(&self) -> Option<Duration> {
        (self.samples >= FEWEST).then(|| Duration::from_secs_f64(self.mean))
    }

    pub(super) fn is_slow(&self, first_byte: Duration) -> bool {
        self.exceeds(first_byte, SLOW)
    }

    pub(super) fn is_calm(&self, first_byte: Duration) -> bool {
        !self.exceeds(first_byte, CALM)
    }

    fn exceeds(&self, first_byte: Duration, factor: f64) -> bool {
        let now = first_byte.as_secs_f64();
        self.samples > 0.0 && now > self.mean * factor && now > self.mean + NEGLIGIBLE
    }
}

/// The first bytes of one window.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FirstBytes(Vec<Duration>);

impl FirstBytes {
    pub(super) fn push(&mut self, first_byte: Duration) {
        if self.0.len() < MAX_KEPT {
            self.0.push(first_byte);
        }
    }

    /// Returns the median, if there are enough samples for one.
    pub(super) fn median(&mut self) -> Option<Duration> {
        const ENOUGH: usize = 5;
        let middle = self.0.len() / 2;
        (self.0.len() >= ENOUGH).then(|| *self.0.select_nth_unstable(middle).1)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_multiple_of_the_usual_time_is_slow_only_above_a_tenth_of_a_second() {
        let mut baseline = Baseline::default();
        assert!(!baseline.is_slow(millis(9_000)), "nothing to compare with");
        baseline.learn(millis(100));
        baseline.learn(millis(300));
        let cases = [
            (290, true, false),
            (320, false, false),
            (400, false, false),
            (401, false, true),
        ];
        for (now, calm, slow) in cases {
            assert_eq!(baseline.is_calm(millis(now)), calm, "{now}");
            assert_eq!(baseline.is_slow(millis(now)), slow, "{now}");
        }
        let mut quick = Baseline::default();
        quick.learn(millis(1));
        assert!(!quick.is_slow(millis(60)));
    }

    #[test]
    fn a_median_needs_five() {
        let mut times = FirstBytes::default();
        for (n, expected) in [(9, None), (1, None), (5, None), (7, None), (3, Some(5))] {
            times.push(millis(n));
            assert_eq!(times.median(), expected.map(millis));
        }
    }
}
