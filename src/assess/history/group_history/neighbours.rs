//! Whether parts of a group fail one right after the other.

/// How often two parts must fail one right after the other to count as down together (ours), in standard deviations
/// above chance, which exceeds this once in twenty times.
const TOGETHER: f64 = 1.64;

/// Attempts at two parts, one right after the other: by whether the first failed, and the second.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Neighbours(pub(super) [[u64; 2]; 2]);

impl Neighbours {
    /// Returns whether one part fails while the others answer well. Then both parts fail one right after the other no
    /// more often than by chance, and chance predicts at least one such pair.
    pub(super) fn fail_apart(self) -> bool {
        let [[neither, second], [first, both]] = self.0.map(|row| row.map(|count| count as f64));
        let all = neither + second + first + both;
        let (before, after) = (first + both, second + both);
        let expected = before * after / all.max(1.0);
        let variance = expected * (all - before) * (all - after) / (all * (all - 1.0)).max(1.0);
        expected >= 1.0 && both <= expected + TOGETHER * variance.sqrt()
    }
}
