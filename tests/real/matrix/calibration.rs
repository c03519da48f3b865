//! Whether causes are right as often as they say.

use super::rating::{Rating, rate_cause};
use super::trial::Trial;

/// Lower ends of the bands of confidence.
const BANDS: [f64; 6] = [0.0, 0.5, 0.6, 0.7, 0.8, 0.9];

/// How often causes of a band of confidence were right.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Band {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) causes: usize,
    pub(super) right: usize,
    pub(super) partly: usize,
    /// The mean of what they say.
    pub(super) said: f64,
}

/// Whether one cause is named, or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Alone,
    Two,
}

/// The bands of the main causes of cells that are named so. Empty bands are left out.
pub(super) fn bands(trials: &[&Trial], named: Named) -> Vec<Band> {
    let mut bands = Vec::new();
    for (n, &from) in BANDS.iter().enumerate() {
        let to = BANDS.get(n + 1).copied().unwrap_or(1.01);
        let mut band = Band {
            from,
            to: to.min(1.0),
            ..Band::default()
        };
        for trial in trials {
            let (cause, Some(confidence)) = trial.said.main_cause() else {
                continue;
            };
            let how = if cause.contains(" or ") {
                Named::Two
            } else {
                Named::Alone
            };
            if how != named || cause.is_empty() || !(from..to).contains(&confidence) {
                continue;
            }
            band.causes += 1;
            band.said += confidence;
            match rate_cause(cause, &trial.cell) {
                Rating::Right => band.right += 1,
                Rating::Partly => band.partly += 1,
                Rating::Wrong => {}
            }
        }
        if band.causes > 0 {
            band.said /= band.causes as f64;
            bands.push(band);
        }
    }
    bands
}
