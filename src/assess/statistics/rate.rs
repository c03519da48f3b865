//! The frequency of an event, with the interval that the number of observations allows.

use serde::{Deserialize, Serialize};

/// Quantile of the normal distribution for a two-sided interval of 95 % (mathematics).
pub const Z: f64 = 1.959_963_984_540_054;

/// An estimate with its bounds; `low <= value <= high`. The unit is the field's: a rate is 0..1, a
/// score or a risk 0..100.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower bound.
    pub low: f64,
    /// Best estimate.
    pub value: f64,
    /// Upper bound.
    pub high: f64,
}

impl Interval {
    /// Returns the Wilson score interval (95 %) of `hits` out of `of`, as rates of 0..1.
    ///
    /// The scoring model uses it (ours) because it is closed form and behaves well at 0 and at `of`.
    /// Fractions are allowed: correlated observations count less than one each. Without observations the
    /// interval is 0..1 around 0.
    pub fn wilson(hits: f64, of: f64) -> Interval {
        if of <= 0.0 {
            return Interval {
                low: 0.0,
                value: 0.0,
                high: 1.0,
            };
        }
        let p = (hits / of).clamp(0.0, 1.0);
        let z2 = Z * Z;
        let shrink = 1.0 + z2 / of;
        let centre = (p + z2 / (2.0 * of)) / shrink;
        let half = Z / shrink * (p * (1.0 - p) / of + z2 / (4.0 * of * of)).sqrt();
        Interval {
            low: if p <= 0.0 {
                0.0
            } else {
                (centre - half).clamp(0.0, p)
            },
            value: p,
            high: if p >= 1.0 {
                1.0
            } else {
                (centre + half).clamp(p, 1.0)
            },
        }
    }

    /// Returns the rate `hits / of` with the interval of `units` independent observations. Attempts in
    /// quick succession share their fate and must not make the estimate look more certain.
    pub fn clustered(hits: u32, of: u32, units: u32) -> Interval {
        if of == 0 {
            return Interval::wilson(0.0, 0.0);
        }
        let units = f64::from(units.min(of));
        let rate = f64::from(hits) / f64::from(of);
        Interval {
            value: rate.min(1.0),
            ..Interval::wilson(rate * units, units)
        }
        .ordered()
    }

    /// Returns an exact value as an interval.
    pub const fn exact(value: f64) -> Interval {
        Interval {
            low: value,
            value,
            high: value,
        }
    }

    /// Applies a function that never falls to the bounds and the value.
    #[must_use]
    pub fn map(self, rising: impl Fn(f64) -> f64) -> Interval {
        Interval {
            low: rising(self.low),
            value: rising(self.value),
            high: rising(self.high),
        }
        .ordered()
    }

    /// Returns `whole` minus the interval; the bounds change places.
    #[must_use]
    pub fn left_of(self, whole: f64) -> Interval {
        Interval {
            low: whole - self.high,
            value: whole - self.value,
            high: whole - self.low,
        }
    }

    /// Moves bounds that rounding pushed past the value back to it.
    fn ordered(self) -> Interval {
        Interval {
            low: self.low.min(self.value),
            value: self.value,
            high: self.high.max(self.value),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quick_retries_do_not_narrow_the_interval() {
        let retried = Interval::clustered(3, 3, 1);
        assert_eq!(retried, Interval::clustered(1, 1, 1));
        assert!(retried.low < Interval::clustered(3, 3, 3).low);
        let shared = Interval::clustered(3, 4, 2);
        assert!((shared.value - 0.75).abs() < 1e-12);
    }

    #[test]
    fn without_observations_any_rate_is_possible() {
        let nothing = Interval::clustered(0, 0, 0);
        assert_eq!((nothing.low, nothing.value, nothing.high), (0.0, 0.0, 1.0));
    }

    proptest! {
        #[test]
        fn the_value_lies_within(k in 0_u32..200, more in 0_u32..200, units in 1_u32..400) {
            let rate = Interval::clustered(k, k + more, units);
            prop_assert!(0.0 <= rate.low && rate.low <= rate.value);
            prop_assert!(rate.value <= rate.high && rate.high <= 1.0);
        }

        #[test]
        fn another_failure_never_lowers_the_rate(k in 0_u32..200, more in 0_u32..200) {
            let n = k + more;
            let (was, is) = (Interval::clustered(k, n, n), Interval::clustered(k + 1, n + 1, n + 1));
            prop_assert!(is.value >= was.value && is.low >= was.low && is.high >= was.high);
        }
    }
}
