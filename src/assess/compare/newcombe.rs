//! The difference of two rates, with its interval.

use crate::assess::Interval;

/// Returns `new - old`, -1..1, with its 95 % interval from those of the two rates.
///
/// This is Newcombe's hybrid score interval: R. G. Newcombe, "Interval estimation for the difference
/// between independent proportions: comparison of eleven methods", Statistics in Medicine 17 (1998),
/// 873-890, method 10. It squares and adds the distances of the rates from the facing ends of their
/// Wilson intervals. It keeps its coverage for a few observations and for rates of 0 and 1, where the
/// usual interval has no width.
pub fn difference(old: Interval, new: Interval) -> Interval {
    let value = new.value - old.value;
    let reach = |one: f64, other: f64| one.hypot(other);
    let low = value - reach(new.value - new.low, old.high - old.value);
    let high = value + reach(new.high - new.value, old.value - old.low);
    Interval {
        low: low.clamp(-1.0, value),
        value,
        high: high.clamp(value, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of table II of the paper, column of method 10.
    #[test]
    fn it_matches_the_examples_of_the_paper() {
        let cases = [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((6, 7), (2, 7), 0.0582, 0.8062),
            ((5, 56), (0, 29), -0.0381, 0.1926),
            ((0, 10), (0, 20), -0.1611, 0.2775),
            ((10, 10), (0, 20), 0.6791, 1.0),
            ((10, 10), (0, 10), 0.6075, 1.0),
        ];
        for ((k, n), (was, of), low, high) in cases {
            let new = Interval::clustered(k, n, n);
            let old = Interval::clustered(was, of, of);
            let found = difference(old, new);
            assert!(
                (found.low - low).abs() < 6e-5 && (found.high - high).abs() < 6e-5,
                "{k}/{n} - {was}/{of}: {found:?}"
            );
        }
    }
}
