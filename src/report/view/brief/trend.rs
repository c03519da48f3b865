//! The last runs in a row of blocks, for texts and pages alike.

use serde::{Deserialize, Serialize};

use crate::assess::Interval;
use crate::report::words::{bars, count, number};
use crate::store::RunOverview;

/// A number over the last runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trend {
    /// The name of the number, and of how many runs.
    pub name: String,
    /// A block for each run, the oldest first; blank where the number is not known.
    pub blocks: String,
    /// The first and the last number, and the scale.
    pub text: String,
}

/// Returns the trends, if there are at least two runs. `runs` begins with the oldest. Scores that follow another model
/// than those of the last run are left blank.
pub(super) fn trends(runs: &[RunOverview]) -> Vec<Trend> {
    let Some(model) = runs.last().map(|run| run.score_model) else {
        return Vec::new();
    };
    if runs.len() < 2 {
        return Vec::new();
    }
    let others = runs.iter().filter(|run| run.score_model != model).count();
    let of = |name: &str, scale: Scale, read: &dyn Fn(&RunOverview) -> Option<f64>| {
        let values: Vec<Option<f64>> = runs.iter().map(read).collect();
        let mut known = values.iter().flatten().copied();
        let first = known.next()?;
        let last = known.next_back();
        let most = values.iter().flatten().copied().fold(0.0, f64::max);
        let (top, says) = match scale {
            Scale::Points(best) if others > 0 => {
                let says = format!(
                    "0 to 100, {best} is best; {} of another model are left out",
                    count(others as u64, "run")
                );
                (100.0, says)
            }
            Scale::Points(best) => (100.0, format!("0 to 100, {best} is best")),
            Scale::Percent => (100.0, "of the known pages".to_owned()),
            Scale::Pages | Scale::Millis => {
                (most.max(1.0), format!("highest: {}", scale.show(most)))
            }
        };
        Some(Trend {
            name: format!("{name}, last {} runs", values.len()),
            blocks: bars(&values, top),
            text: match last {
                Some(last) => format!(
                    "was {}, now {} ({says})",
                    scale.show(first),
                    scale.show(last)
                ),
                None => format!("{} ({says})", scale.show(first)),
            },
        })
    };
    let of_verdict = |name, pages: fn(&RunOverview) -> u64| {
        // A verdict that no run has is not a trend.
        let any = runs.iter().any(|run| pages(run) > 0);
        any.then(|| of(name, Scale::Pages, &|run| Some(pages(run) as f64)))
            .flatten()
    };
    let value = |score: Option<Interval>| score.map(|score| score.value);
    let comparable = |run: &&RunOverview| run.score_model == model;
    [
        of("Crawlability", Scale::Points("100"), &|run| {
            value(Some(run).filter(comparable)?.crawlability)
        }),
        of("Indexing risk", Scale::Points("0"), &|run| {
            value(Some(run).filter(comparable)?.indexing_risk)
        }),
        of("Failing pages", Scale::Pages, &|run| {
            Some(run.failing as f64)
        }),
        of_verdict("Always failing pages", |run| run.persistent),
        of_verdict("Pages failing at times", |run| run.intermittent),
        of("Pages", Scale::Pages, &|run| Some(run.pages as f64)),
        of("Coverage", Scale::Percent, &|run| {
            run.coverage.map(|share| share * 100.0)
        }),
        of("Time to first byte", Scale::Millis, &|run| {
            value(run.first_byte_ms)
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The unit of a number, and where it ends.
#[derive(Clone, Copy)]
enum Scale {
    /// Points, and which of them is best.
    Points(&'static str),
    Percent,
    Pages,
    /// Milliseconds; the median of a run.
    Millis,
}

impl Scale {
    fn show(self, value: f64) -> String {
        match self {
            Scale::Points(_) => format!("{value:.1}"),
            Scale::Percent => format!("{value:.1} %"),
            Scale::Pages => number(value as u64),
            Scale::Millis => format!("{value:.0} ms"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::ScoreModel;

    #[test]
    fn scores_stand_on_an_absolute_scale_and_failing_pages_on_their_own() {
        let run = |score: Option<f64>, failing| RunOverview {
            crawlability: score.map(Interval::exact),
            failing,
            persistent: failing,
            pages: 300,
            coverage: score.map(|_| 0.995),
            first_byte_ms: score.map(Interval::exact),
            ..RunOverview::default()
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
                    "was 98.0, now 90.0 (0 to 100, 100 is best)"
                ),
                (
                    "Failing pages, last 4 runs",
                    "▁█▂▂",
                    "was 0, now 1 (highest: 41)"
                ),
                (
                    "Always failing pages, last 4 runs",
                    "▁█▂▂",
                    "was 0, now 1 (highest: 41)"
                ),
                (
                    "Pages, last 4 runs",
                    "████",
                    "was 300, now 300 (highest: 300)"
                ),
                (
                    "Coverage, last 4 runs",
                    "█ ██",
                    "was 99.5 %, now 99.5 % (of the known pages)"
                ),
                (
                    "Time to first byte, last 4 runs",
                    "█ ▅▇",
                    "was 98 ms, now 90 ms (highest: 98 ms)"
                ),
            ]
        );
        assert_eq!(trends(&runs[..1]), []);
    }

    #[test]
    fn scores_of_another_model_are_no_trend() {
        let run = |value, score_model| RunOverview {
            crawlability: Some(Interval::exact(value)),
            score_model,
            pages: 300,
            ..RunOverview::default()
        };
        let first = run(24.7, ScoreModel::FIRST);
        let mut runs = vec![first.clone(), first, run(63.6, ScoreModel::OURS)];
        let of = |runs: &[RunOverview]| {
            let first = trends(runs).swap_remove(0);
            (first.blocks, first.text)
        };
        let left = "0 to 100, 100 is best; 2 runs of another model are left out";
        assert_eq!(of(&runs), ("  ▅".to_owned(), format!("63.6 ({left})")));
        runs.push(run(70.0, ScoreModel::OURS));
        let text = format!("was 63.6, now 70.0 ({left})");
        assert_eq!(of(&runs), ("  ▅▆".to_owned(), text));
    }
}
