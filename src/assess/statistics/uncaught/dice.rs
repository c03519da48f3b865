//! Random numbers for the sampler.

/// Returns the number of successes out of `of` with this probability each. Exact if few are expected,
/// otherwise by the normal approximation.
pub(super) fn binomial(of: u64, chance: f64, dice: &mut fastrand::Rng) -> u64 {
    const MANY: f64 = 50.0;
    if of == 0 || chance <= 0.0 {
        return 0;
    }
    if chance >= 1.0 {
        return of;
    }
    if chance > 0.5 {
        return of - binomial(of, 1.0 - chance, dice);
    }
    let mean = of as f64 * chance;
    if mean > MANY {
        let drawn = mean + (mean * (1.0 - chance)).sqrt() * normal(dice);
        return drawn.round().clamp(0.0, of as f64) as u64;
    }
    // The number of trials until the next success has a geometric distribution.
    let miss = (-chance).ln_1p();
    let (mut at, mut hits) = (0.0, 0);
    loop {
        at += (open(dice).ln() / miss).floor() + 1.0;
        if at > of as f64 {
            return hits;
        }
        hits += 1;
    }
}

/// Returns a gamma variate of this shape and the scale 1 (G. Marsaglia and W. Tsang 2000).
pub(super) fn gamma(shape: f64, dice: &mut fastrand::Rng) -> f64 {
    if shape < 1.0 {
        return gamma(shape + 1.0, dice) * open(dice).powf(1.0 / shape);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(dice);
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && open(dice).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

/// Returns a standard normal variate (G. Box and M. Muller 1958).
fn normal(dice: &mut fastrand::Rng) -> f64 {
    let angle = std::f64::consts::TAU * dice.f64();
    (-2.0 * open(dice).ln()).sqrt() * angle.cos()
}

/// Returns a number above 0 and at most 1.
fn open(dice: &mut fastrand::Rng) -> f64 {
    1.0 - dice.f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_and_variance(mut draw: impl FnMut() -> f64) -> (f64, f64) {
        const DRAWS: u32 = 20_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..DRAWS {
            let drawn = draw();
            sum += drawn;
            squares += drawn * drawn;
        }
        let mean = sum / f64::from(DRAWS);
        (mean, squares / f64::from(DRAWS) - mean * mean)
    }

    #[test]
    fn variates_have_the_mean_and_the_variance_of_their_distribution() {
        let mut dice = fastrand::Rng::with_seed(11);
        for (of, chance) in [(10, 0.3), (1_000_000, 0.000_01), (5_000, 0.4), (90, 0.9)] {
            let found = mean_and_variance(|| binomial(of, chance, &mut dice) as f64);
            let mean = of as f64 * chance;
            let variance = mean * (1.0 - chance);
            assert!(
                (found.0 - mean).abs() < 0.05 * mean,
                "{of} {chance} {found:?}"
            );
            assert!(
                (found.1 - variance).abs() < 0.1 * variance,
                "{of} {chance} {found:?}"
            );
        }
        for shape in [0.2, 1.0, 7.5] {
            let found = mean_and_variance(|| gamma(shape, &mut dice));
            assert!((found.0 - shape).abs() < 0.05 * shape, "{shape} {found:?}");
            assert!((found.1 - shape).abs() < 0.1 * shape, "{shape} {found:?}");
        }
    }
}
