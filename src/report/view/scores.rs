//! The two scores with their bands and their parts.

use serde::Serialize;

use crate::assess::{Band, Score, ScoreModel};
use crate::report::words::{self, hindrance, risk};
use crate::store::{RunScores, StoredDeduction};

use super::color::Color;

/// Maximum parts of a score that are named; the rest is in summary.json.
const MOST: usize = 12;

/// Maximum URLs named for a part.
const URLS: usize = 3;

/// Parts with fewer points are not shown.
const LITTLE: f64 = 0.05;

/// A score.
#[derive(Debug, Serialize)]
pub(crate) struct ScoreView {
    pub(crate) name: &'static str,
    /// Its meaning.
    about: &'static str,
    /// The good end of the scale.
    best: &'static str,
    /// 0..100 with its 95 % interval; absent without enough evidence.
    pub(crate) value: Option<f64>,
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    /// The score in a word.
    pub(crate) band: Option<&'static str>,
    /// The bands of the scale, from 0 to 100.
    bands: Vec<BandView>,
    /// Why there is no score; empty if there is one.
    pub(crate) inconclusive: String,
    /// Its colour.
    tone: Color,
    pub(crate) parts: Vec<PartView>,
    /// The sign of its parts.
    sign: &'static str,
}

/// A band of the scale.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct BandView {
    from: f64,
    to: f64,
    word: &'static str,
    /// Whether the score lies in this band.
    here: bool,
}

/// The points that one rule subtracted or added.
#[derive(Debug, Serialize)]
pub(crate) struct PartView {
    pub(crate) points: f64,
    pub(crate) what: String,
    urls: Vec<String>,
}

pub(super) fn scores(scores: &RunScores) -> Vec<ScoreView> {
    let both = [
        (
            "crawlability",
            "Crawlability",
            "how freely a bot gets through the site",
            "100 is best",
            ("−", hindrance as fn(Band) -> &'static str),
        ),
        (
            "indexing_risk",
            "Indexing Risk",
            "the risk that pages drop out of the index if failures continue for 48 h",
            "0 is best",
            ("+", risk),
        ),
    ];
    let found = [&scores.crawlability, &scores.indexing_risk];
    let shown = both.into_iter().zip(found).filter_map(|(words, score)| {
        let (key, name, about, best, (sign, word)) = words;
        let score = score.as_ref()?;
        let (known, inconclusive) = match score.score {
            Score::Known(known) => (Some(known), String::new()),
            Score::Inconclusive {
                first_attempts,
                needed,
            } => (None, words::too_few(first_attempts, needed)),
        };
        Some(ScoreView {
            name,
            about,
            best,
            value: known.map(|known| known.value),
            low: known.map(|known| known.low),
            high: known.map(|known| known.high),
            band: score.band.map(word),
            bands: bands(scores.model, key, score.band, word),
            inconclusive,
            tone: match score.band {
                Some(Band::None | Band::Low) => Color::Fine,
                Some(Band::Medium) => Color::Other,
                Some(Band::High | Band::Critical) => Color::Bad,
                None => Color::Unknown,
            },
            parts: parts(&scores.deductions, key),
            sign,
        })
    });
    shown.collect()
}

/// Returns the bands of a score of this model from 0 to 100. A score without any fault has a word of its own and no
/// band.
fn bands(
    model: ScoreModel,
    key: &str,
    own: Option<Band>,
    word: fn(Band) -> &'static str,
) -> Vec<BandView> {
    let upwards = key == "indexing_risk";
    let edges = if upwards {
        model.site_edges()
    } else {
        model.obstruction_edges()
    };
    let bounds = [0.0, edges[0], edges[1], edges[2], 100.0];
    let bands = [Band::Low, Band::Medium, Band::High, Band::Critical];
    let ranges = bounds.windows(2).zip(bands);
    let mut found: Vec<BandView> = ranges
        .map(|(range, band)| BandView {
            from: if upwards { range[0] } else { 100.0 - range[1] },
            to: if upwards { range[1] } else { 100.0 - range[0] },
            word: word(band),
            here: own == Some(band),
        })
        .collect();
    found.sort_by(|one, other| one.from.total_cmp(&other.from));
    found
}

fn parts(all: &[StoredDeduction], key: &str) -> Vec<PartView> {
    let own = all
        .iter()
        .filter(|row| row.score == key && row.points >= LITTLE);
    own.take(MOST)
        .map(|row| PartView {
            points: row.points,
            what: words::deduction(row),
            urls: row.urls.iter().take(URLS).cloned().collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bands_of_both_scales_lead_from_0_to_100_and_mark_the_score() {
        let of = |model, key, word: fn(Band) -> &'static str| {
            let bands = bands(model, key, Some(Band::High), word);
            let texts = bands.iter().map(|band| {
                let mark = if band.here { "*" } else { "" };
                format!("{}-{} {}{mark}", band.from, band.to, band.word)
            });
            texts.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(
            of(ScoreModel::OURS, "crawlability", hindrance),
            "0-25 all but blocked, 25-70 badly hindered*, 70-90 hindered, 90-100 hardly hindered"
        );
        assert_eq!(
            of(ScoreModel::OURS, "indexing_risk", risk),
            "0-2 low risk, 2-6 medium risk, 6-20 high risk*, 20-100 critical risk"
        );
        assert_eq!(
            of(ScoreModel::FIRST, "crawlability", hindrance),
            "0-40 all but blocked, 40-70 badly hindered*, 70-90 hindered, 90-100 hardly hindered"
        );
    }
}
