//! The response time of a host, in a histogram of constant size.

use std::time::Duration;

/// Buckets per doubling. A bucket is 4.4 % wide, which limits the precision of the median.
const PER_DOUBLING: f64 = 16.0;

/// Number of buckets: from 1 ms to 65 s; longer times are in the last.
const BUCKETS: usize = 256;

/// A histogram of times to the first byte.
#[derive(Clone, Debug)]
pub struct Latency {
    counts: Box<[u32; BUCKETS]>,
    total: u64,
}

impl Default for Latency {
    fn default() -> Latency {
        Latency {
            counts: Box::new([0; BUCKETS]),
            total: 0,
        }
    }
}

impl Latency {
    /// Counts one answer.
    pub fn add(&mut self, waited: Duration) {
        let millis = (waited.as_secs_f64() * 1000.0).max(1.0);
        let bucket = ((millis.log2() * PER_DOUBLING) as usize).min(BUCKETS - 1);
        self.counts[bucket] = self.counts[bucket].saturating_add(1);
        self.total += 1;
    }

    /// Adds the counts of another histogram.
    pub fn merge(&mut self, other: &Latency) {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts.iter()) {
            *mine = mine.saturating_add(*theirs);
        }
        self.total += other.total;
    }

    /// Returns the number of answers counted.
    pub const fn answers(&self) -> u64 {
        self.total
    }

    /// Returns the median in milliseconds, within 2.2 %, or `None` if nothing was measured.
    pub fn median_ms(&self) -> Option<f64> {
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
                seen.add(Duration::from_millis(waited));
            }
            let median = seen.median_ms().expect("measured");
            let off = (median / millis as f64 - 1.0).abs();
            assert!(off < 0.023, "{millis} {median}");
        }
    }

    #[test]
    fn merging_equals_counting_together() {
        let (mut one, mut other) = (Latency::default(), Latency::default());
        one.add(Duration::from_millis(10));
        other.add(Duration::from_secs(1));
        other.add(Duration::from_secs(1));
        one.merge(&other);
        assert_eq!(one.answers(), 3);
        assert!(one.median_ms().is_some_and(|median| median > 900.0));
    }
}
