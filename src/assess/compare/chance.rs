//! The probability that a page looks changed only by chance.

use super::newcombe::difference;
use super::sight::PageState;

/// Low bits of a probability that are dropped, so that memory is bounded for any number of pages. Eight
/// bits of mantissa remain, rounded up.
const DROPPED_BITS: u32 = 44;

/// Returns whether the rates differ by more than their own looks explain.
pub(super) fn is_apart(old: &PageState, new: &PageState) -> bool {
    let between = difference(old.error_rate, new.error_rate);
    between.low > 0.0 || between.high < 0.0
}

/// Returns the probability that the worse of two runs fails as often as it did if nothing changed. The
/// assumed rate is the better run's, or the site's if that is higher.
pub(super) fn by_chance(old: &PageState, new: &PageState, background: f64) -> f64 {
    let (better, worse) = by_rate(old, new);
    let rate = f64::from_bits(blurred(better.error_rate.value)).max(background);
    tail(worse.failed_passes(), worse.passes, rate)
}

/// Returns the states of the better and the worse run.
pub(super) fn by_rate<'a>(
    old: &'a PageState,
    new: &'a PageState,
) -> (&'a PageState, &'a PageState) {
    if new.error_rate.value < old.error_rate.value {
        (new, old)
    } else {
        (old, new)
    }
}

/// Returns a rate as bits, rounded up. The bits of positive numbers are in the order of the numbers.
pub(super) fn blurred(rate: f64) -> u64 {
    if rate <= 0.0 {
        return 0;
    }
    let up = (rate.to_bits() >> DROPPED_BITS) + 1;
    f64::from_bits(up << DROPPED_BITS).min(1.0).to_bits()
}

/// Returns the probability of `k` or more failures in `n` independent looks that each fail at `rate`:
/// the upper tail of the binomial distribution, summed exactly.
pub(super) fn tail(k: u32, n: u32, rate: f64) -> f64 {
    if k == 0 || rate >= 1.0 {
        return 1.0;
    }
    if rate <= 0.0 || k > n {
        return 0.0;
    }
    // Logarithms, because powers of a small rate may be too small for a float.
    let (hit, miss) = (rate.ln(), (1.0 - rate).ln());
    let mut choose = 0.0;
    let mut sum = 0.0;
    for i in 0..=n {
        if i > 0 {
            choose += f64::from(n - i + 1).ln() - f64::from(i).ln();
        }
        if i >= k {
            sum += (choose + f64::from(i) * hit + f64::from(n - i) * miss).exp();
        }
    }
    sum.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_match_the_binomial_distribution() {
        let cases = [
            (3, 3, 0.2, 0.008),
            (2, 3, 0.2, 0.104),
            (0, 3, 0.2, 1.0),
            (1, 10, 0.5, 1.0 - 1.0 / 1024.0),
            (1, 1, 0.0, 0.0),
            (5, 3, 0.5, 0.0),
            (3, 3, 1.0, 1.0),
        ];
        for (k, n, rate, expected) in cases {
            assert!(
                (tail(k, n, rate) - expected).abs() < 1e-12,
                "{k} of {n} at {rate}"
            );
        }
    }

    #[test]
    fn rates_are_rounded_up_and_only_slightly() {
        for rate in [1e-9, 0.1, 1.0 / 3.0, 0.9999, 1.0] {
            let found = f64::from_bits(blurred(rate));
            assert!(found >= rate && found <= rate * 1.01, "{rate}: {found}");
        }
        assert_eq!(blurred(0.0), 0);
    }
}
