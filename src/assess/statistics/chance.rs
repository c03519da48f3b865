//! Exact probabilities for small counts, where the normal distribution is a poor approximation.

/// Returns the probability of `hits` or more marked items among `drawn` of `all`, if `marked` of all are
/// marked and the draw does not depend on it. This is the upper tail of the hypergeometric distribution
/// (R. A. Fisher, "The Design of Experiments", 1935).
pub(in crate::assess) fn hits_or_more(hits: u64, drawn: u64, marked: u64, all: u64) -> f64 {
    let others = all - marked;
    let least = hits.max(drawn.saturating_sub(others));
    let term = |hits: u64| ways(marked, hits) + ways(others, drawn - hits) - ways(all, drawn);
    let sum: f64 = (least..=marked.min(drawn))
        .map(|hits| term(hits).exp())
        .sum();
    sum.min(1.0)
}

/// Returns the probability that `one` items of one kind and `other` items of another, in random order,
/// form `runs` runs or fewer (A. Wald and J. Wolfowitz, "On a test whether two samples are from the same
/// population", Annals of Mathematical Statistics 11, 1940).
pub(in crate::assess) fn runs_or_fewer(runs: u64, one: u64, other: u64) -> f64 {
    if one == 0 || other == 0 {
        return 1.0;
    }
    let into = |count: u64, runs: u64| {
        (1..=count)
            .contains(&runs)
            .then(|| ways(count - 1, runs - 1))
    };
    let both = |ones: u64, others: u64| {
        let arrangements = into(one, ones)
            .zip(into(other, others))
            .map(|(one, other)| one + other);
        arrangements.map_or(0.0, |arrangements| {
            (arrangements - ways(one + other, one)).exp()
        })
    };
    let term = |runs: u64| match runs / 2 {
        half if runs.is_multiple_of(2) => 2.0 * both(half, half),
        half => both(half + 1, half) + both(half, half + 1),
    };
    let sum: f64 = (2..=runs).map(term).sum();
    sum.min(1.0)
}

/// Returns the logarithm of the number of ways to choose `chosen` items out of `of`.
fn ways(of: u64, chosen: u64) -> f64 {
    ln_factorial(of) - ln_factorial(chosen) - ln_factorial(of - chosen)
}

/// Returns the logarithm of n! by Stirling's series; its error is below 3e-5 from 2 on.
fn ln_factorial(n: u64) -> f64 {
    if n < 2 {
        return 0.0;
    }
    let n = n as f64;
    let series = 1.0 / (12.0 * n) - 1.0 / (360.0 * n.powi(3));
    n * n.ln() - n + 0.5 * (std::f64::consts::TAU * n).ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lady_tasting_tea() {
        assert!((hits_or_more(4, 4, 4, 8) - 1.0 / 70.0).abs() < 1e-4);
        assert!((hits_or_more(3, 4, 4, 8) - 17.0 / 70.0).abs() < 1e-3);
        assert!((hits_or_more(0, 4, 4, 8) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn runs_are_as_rare_as_counting_says() {
        // Of the six orders of AABB two have two runs, two have three, two have four.
        for (runs, expected) in [(1, 0.0), (2, 1.0 / 3.0), (3, 2.0 / 3.0), (4, 1.0)] {
            assert!(
                (runs_or_fewer(runs, 2, 2) - expected).abs() < 1e-3,
                "{runs}"
            );
        }
        // Of the 1,771 orders of three failures and twenty good answers two have two runs, 21 have three.
        let three = runs_or_fewer(3, 3, 20);
        assert!((three - 23.0 / 1_771.0).abs() < 1e-4, "{three}");
    }
}
