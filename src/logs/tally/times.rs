//! Request times of a URL, in buckets that grow by an eighth.

use serde::{Deserialize, Serialize};

/// Buckets for a doubling, which bounds the error of a percentile to 4.5 %.
const PER_DOUBLING: f64 = 8.0;

/// Request times: the buckets that have any, in their order. Most URLs have a few.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::logs) struct Times(Vec<(u8, u32)>);

impl Times {
    pub(in crate::logs) fn add(&mut self, millis: u32) {
        let bucket = (f64::from(millis.max(1)).log2() * PER_DOUBLING) as u8;
        self.add_to(bucket, 1);
    }

    fn add_to(&mut self, bucket: u8, more: u32) {
        match self.0.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(at) => self.0[at].1 = self.0[at].1.saturating_add(more),
            Err(at) => {
                // One by one: each of a million URLs may have its own.
                self.0.reserve_exact(1);
                self.0.insert(at, (bucket, more));
            }
        }
    }

    pub(in crate::logs) fn merge(&mut self, other: &Times) {
        for (bucket, count) in &other.0 {
            self.add_to(*bucket, *count);
        }
    }

    /// Returns the buckets with their counts, packed into five bytes each.
    pub(in crate::logs) fn packed(&self) -> Vec<u8> {
        let pairs = self.0.iter();
        pairs
            .flat_map(|(bucket, count)| [*bucket].into_iter().chain(count.to_le_bytes()))
            .collect()
    }

    /// Reads what [`Times::packed`] returned.
    pub(in crate::logs) fn unpacked(bytes: &[u8]) -> Times {
        let pairs = bytes.chunks_exact(5);
        Times(
            pairs
                .map(|pair| {
                    (
                        pair[0],
                        u32::from_le_bytes([pair[1], pair[2], pair[3], pair[4]]),
                    )
                })
                .collect(),
        )
    }

    /// Returns a percentile of 0..1 in milliseconds.
    pub(in crate::logs) fn percentile(&self, share: f64) -> Option<f64> {
        let total: u64 = self.0.iter().map(|(_, count)| u64::from(*count)).sum();
        let rank = (share * total as f64).ceil().max(1.0) as u64;
        let mut below = 0;
        self.0.iter().find_map(|(bucket, count)| {
            below += u64::from(*count);
            (below >= rank).then(|| ((f64::from(*bucket) + 0.5) / PER_DOUBLING).exp2())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_within_their_buckets() {
        let mut times = Times::default();
        assert_eq!(times.percentile(0.5), None);
        for millis in 1..=1000 {
            times.add(millis);
        }
        for (share, expected) in [(0.5, 500.0), (0.95, 950.0), (1.0, 1000.0)] {
            let found = times.percentile(share).expect("measured");
            assert!(
                (found / expected - 1.0_f64).abs() < 0.05,
                "{share}: {found}"
            );
        }
        let mut twice = times.clone();
        twice.merge(&times);
        assert_eq!(twice.percentile(0.5), times.percentile(0.5));
    }
}
