//! The scores in the summary, with the deductions that cost the most points.

use std::fmt::Write as _;

use crate::assess::{Band, Interval, Score};
use crate::report::words::{deduction, hindrance, risk, too_few};
use crate::store::{RunScores, StoredDeduction, StoredScore};
use crate::terminal::paint::{GREEN, PLAIN, RED, YELLOW, paint};
use crate::terminal::text::tame;

/// Maximum deductions shown.
const MOST: usize = 5;

/// Deductions of fewer points are not shown.
const LITTLE: f64 = 0.5;

/// Renders the scores, one line each.
pub(super) fn scores(scores: &RunScores, color: bool) -> String {
    let mut out = String::new();
    let both = [
        (
            "Crawlability ",
            line(
                scores.crawlability.as_ref(),
                hindrance,
                "100 is best",
                color,
            ),
        ),
        (
            "Indexing risk",
            line(scores.indexing_risk.as_ref(), risk, "0 is best", color),
        ),
    ];
    for (name, line) in both {
        if let Some(line) = line {
            let _ = writeln!(out, "  {name}  {line}");
        }
    }
    out
}

/// Renders the deductions, the largest first.
pub(super) fn lost(scores: &RunScores) -> String {
    let rows = scores
        .deductions
        .iter()
        .filter(|row| row.score == "crawlability" && row.points >= LITTLE);
    let rows: Vec<&StoredDeduction> = rows.take(MOST).collect();
    if rows.is_empty() {
        return String::new();
    }
    let mut out = "\n  What crawlability lost\n".to_owned();
    for row in rows {
        let _ = writeln!(out, "    {:>6.1}  {}", -row.points, words(row));
    }
    let _ = writeln!(
        out,
        "    ({}, not a metric of Google; summary.json has every point)",
        scores.model
    );
    out
}

fn line(
    score: Option<&StoredScore>,
    word: fn(Band) -> &'static str,
    best: &str,
    color: bool,
) -> Option<String> {
    let score = score?;
    Some(match score.score {
        Score::Known(value) => {
            let (band, style) = score
                .band
                .map_or(("", PLAIN), |band| (word(band), style(band)));
            format!(
                "{} {} ({}; {best})",
                number(value.value),
                paint(band, style, color),
                bounds(value)
            )
        }
        Score::Inconclusive {
            first_attempts,
            needed,
        } => format!("inconclusive: {}", too_few(first_attempts, needed)),
    })
}

fn number(value: f64) -> String {
    format!("{value:>5.1}")
}

fn bounds(value: Interval) -> String {
    format!("95 %: {:.1} to {:.1}", value.low, value.high)
}

const fn style(band: Band) -> &'static str {
    match band {
        Band::None => GREEN,
        Band::Low => PLAIN,
        Band::Medium => YELLOW,
        Band::High | Band::Critical => RED,
    }
}

/// Renders a deduction with one URL.
fn words(row: &StoredDeduction) -> String {
    let what = deduction(row);
    match row.urls.first() {
        Some(url) => format!("{what}, such as {}", tame(url)),
        None => what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn too_little_evidence_is_never_shown_as_a_score() {
        let found = StoredScore {
            score: Score::Inconclusive {
                first_attempts: 3,
                needed: 5,
            },
            band: None,
        };
        assert_eq!(
            line(Some(&found), hindrance, "100 is best", false).as_deref(),
            Some("inconclusive: 3 pages; a score needs at least 5")
        );
        let known = StoredScore {
            score: Score::Known(Interval {
                low: 3.4,
                value: 11.73,
                high: 28.07,
            }),
            band: Some(Band::Critical),
        };
        assert_eq!(
            line(Some(&known), hindrance, "100 is best", false).as_deref(),
            Some(" 11.7 all but blocked (95 %: 3.4 to 28.1; 100 is best)")
        );
    }

    #[test]
    fn lost_points_are_shown_with_their_numbers() {
        let fact = |name: &str, value: &str| json!({"name": name, "value": value});
        let row = |rule: &str, points, evidence| StoredDeduction {
            score: "crawlability".to_owned(),
            rule: format!("crawlability.{rule}"),
            points,
            evidence,
            urls: vec!["https://a/b".to_owned()],
        };
        let found = RunScores {
            deductions: vec![
                row(
                    "server_errors",
                    66.2,
                    json!([fact("failed", "9"), fact("first_attempts", "56")]),
                ),
                row("slow_answers", 0.2, json!([])),
            ],
            ..RunScores::default()
        };
        let text = lost(&found);
        assert!(
            text.contains("-66.2  server errors: 9 of 56 first attempts, such as https://a/b\n"),
            "{text}"
        );
        assert!(!text.contains("slow"), "{text}");
    }
}
