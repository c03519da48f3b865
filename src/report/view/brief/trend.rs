//! The last runs in a row of blocks, for texts and pages alike.

use serde::{Deserialize, Serialize};

use crate::model::Moment;
use crate::report::words::number;
use crate::store::RunOverview;

/// Blocks of rising height.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A number over the last runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trend {
    /// What is measured, and over how many runs.
    pub name: String,
    /// A block for each run, the oldest first; blank where the number is not known.
    pub blocks: String,
    /// The first and the last number, and the scale.
    pub text: String,
}

/// The trends, if there are at least two runs. `runs` begins with the oldest.
pub(super) fn trends(runs: &[(Moment, RunOverview)]) -> Vec<Trend> {
    if runs.len() < 2 {
        return Vec::new();
    }
    let score = |read: fn(&RunOverview) -> Option<crate::assess::Interval>| -> Vec<Option<f64>> {
        (runs.iter())
            .map(|(_, run)| read(run).map(|score| score.value))
            .collect()
    };
    let failing = runs.iter().map(|(_, run)| Some(run.failing as f64));
    let failing: Vec<Option<f64>> = failing.collect();
    let most = failing.iter().flatten().copied().fold(1.0, f64::max);
    let whole = |value: f64| number(value as u64);
    let points = |value: f64| format!("{value:.1}");
    let of = |name: &str, values: &[Option<f64>], top: f64, show: &dyn Fn(f64) -> String, scale| {
        let mut known = values.iter().flatten();
        let first = *known.next()?;
        let last = known.next_back().copied().unwrap_or(first);
        Some(Trend {
            name: format!("{name}, last {} runs", values.len()),
            blocks: values.iter().map(|value| block(*value, top)).collect(),
            text: format!("{} to {} ({scale})", show(first), show(last)),
        })
    };
    let crawlability = score(|run| run.crawlability);
    let risk = score(|run| run.indexing_risk);
    [
        of(
            "Crawlability",
            &crawlability,
            100.0,
            &points,
            "0 to 100, 100 is best".to_owned(),
        ),
        of(
            "Indexing risk",
            &risk,
            100.0,
            &points,
            "0 to 100, 0 is best".to_owned(),
        ),
        of(
            "Failing pages",
            &failing,
            most,
            &whole,
            format!("at most {}", whole(most)),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The block of a number on a scale from 0.
fn block(value: Option<f64>, top: f64) -> char {
    match value {
        None => ' ',
        Some(value) if value <= 0.0 => BLOCKS[0],
        // More than nothing is seen.
        Some(value) => BLOCKS[((value / top * 7.0).round() as usize).clamp(1, 7)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::Interval;

    #[test]
    fn scores_stand_on_an_absolute_scale_and_failing_pages_on_their_own() {
        let run = |score: Option<f64>, failing| {
            let found = RunOverview {
                crawlability: score.map(Interval::exact),
                failing,
                ..RunOverview::default()
            };
            (Moment::default(), found)
        };
        let runs = [
            run(Some(98.0), 0),
            run(None, 41),
            run(Some(50.0), 2),
            run(Some(90.0), 1),
        ];
        let found = trends(&runs);
        let lines: Vec<(&str, &str, &str)> = (found.iter())
            .map(|trend| {
                (
                    trend.name.as_str(),
                    trend.blocks.as_str(),
                    trend.text.as_str(),
                )
            })
            .collect();
        assert_eq!(
            lines,
            [
                (
                    "Crawlability, last 4 runs",
                    "█ ▅▇",
                    "98.0 to 90.0 (0 to 100, 100 is best)"
                ),
                ("Failing pages, last 4 runs", "▁█▂▂", "0 to 1 (at most 41)"),
            ]
        );
        assert_eq!(trends(&runs[..1]), []);
    }
}
