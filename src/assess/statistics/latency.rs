//! The response time of a host, in histograms of constant size.

use std::time::Duration;

/// Buckets per doubling. A bucket is 4.4 % wide, which limits the precision of the median.
const PER_DOUBLING: f64 = 16.0;

/// Number of buckets: from 1 ms to 65 s; longer times are in the last.
const BUCKETS: usize = 256;

/// Maximum requests open on a host, this one included, at which the crawl does not slow it down (ours): while one
/// request ends, the next begins.
const ALONE: u32 = 2;

/// Minimum answers at that load that show the time of the host itself (ours).
const FEWEST_ALONE: u64 = 5;

/// Factor by which answers are slower under the load of the crawl if that load is the reason (ours).
const SLOWED: f64 = 2.0;

/// The times to the first byte of a host's pages, each at its first request: a later one may come from a cache.
#[derive(Clone, Debug, Default)]
pub struct Latency {
    all: Histogram,
    /// Of these, the answers to requests that were alone or nearly so.
    alone: Histogram,
}

impl Latency {
    /// Counts one answer, with the requests open on the host, this one included.
    pub fn add(&mut self, waited: Duration, open: u32) {
        self.all.add(waited);
        if open <= ALONE {
            self.alone.add(waited);
        }
    }

    /// Adds the counts of another.
    pub fn merge(&mut self, other: &Latency) {
        self.all.merge(&other.all);
        self.alone.merge(&other.alone);
    }

    /// Returns the number of answers that the median is of.
    pub fn answers(&self) -> u64 {
        self.told().total
    }

    /// Returns the median in milliseconds, within 2.2 %, or `None` if nothing was measured. If the crawl's own requests
    /// slowed the host down, it is that of the answers to requests that were alone.
    pub fn median_ms(&self) -> Option<f64> {
        self.told().median_ms()
    }

    fn told(&self) -> &Histogram {
        let medians = self.all.median_ms().zip(self.alone.median_ms());
        let is_slowed = medians.is_some_and(|(all, alone)| all >= SLOWED * alone);
        if is_slowed && self.alone.total >= FEWEST_ALONE {
            &self.alone
        } else {
            &self.all
        }
    }
}

/// A histogram of times.
#[derive(Clone, Debug)]
struct Histogram {
    counts: Box<[u32; BUCKETS]>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram {
            counts: Box::new([0; BUCKETS]),
            total: 0,
        }
    }
}

impl Histogram {
    fn add(&mut self, waited: Duration) {
        let millis = (waited.as_secs_f64() * 1000.0).max(1.0);
        let bucket = ((millis.log2() * PER_DOUBLING) as usize).min(BUCKETS - 1);
        self.counts[bucket] = self.counts[bucket].saturating_add(1);
        self.total += 1;
    }

    fn merge(&mut self, other: &Histogram) {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts.iter()) {
            *mine = mine.saturating_add(*theirs);
        }
        self.total += other.total;
    }

    fn median_ms(&self) -> Option<f64> {
        let mut below = 0_u64;
        for (bucket, count) in self.counts.iter().enumerate() {
            below += u64::from(*count);
            if 2 * below >= self.total.max(1) {
                return Some(((bucket as f64 + 0.5) / PER_DOUBLING).exp2());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_within_its_bucket() {
        assert_eq!(Latency::default().median_ms(), None);
        for millis in [1_u64, 37, 499, 1250, 2500, 59_000] {
            let mut seen = Latency::default();
            for waited in [1, millis, 60_000] {
                seen.add(Duration::from_millis(waited), 8);
            }
            let median = seen.median_ms().expect("measured");
            let off = (median / millis as f64 - 1.0).abs();
            assert!(off < 0.023, "{millis} {median}");
        }
    }

    #[test]
    fn a_host_that_the_crawl_slows_down_has_the_time_of_requests_that_are_alone() {
        let median = |alone_ms: u64, times: u32, crowded_ms: u64| {
            let mut seen = Latency::default();
            for _ in 0..times {
                seen.add(Duration::from_millis(alone_ms), 1);
            }
            for _ in 0..100 {
                seen.add(Duration::from_millis(crowded_ms), 8);
            }
            (seen.median_ms().expect("measured").round(), seen.answers())
        };
        assert!(matches!(median(200, 6, 919), (190.0..210.0, 6)));
        assert!(matches!(median(200, 4, 919), (880.0..960.0, 104)), "few");
        // Slow at any load.
        assert!(matches!(median(1_900, 6, 2_200), (2_100.0..2_300.0, 106)));
    }

    #[test]
    fn merging_equals_counting_together() {
        let (mut one, mut other) = (Latency::default(), Latency::default());
        one.add(Duration::from_millis(10), 8);
        other.add(Duration::from_secs(1), 8);
        other.add(Duration::from_secs(1), 8);
        one.merge(&other);
        assert_eq!(one.answers(), 3);
        assert!(one.median_ms().is_some_and(|median| median > 900.0));
    }
}
