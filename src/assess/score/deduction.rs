//! The points that a score lost for each reason, as rows that add up.

use serde::Serialize;

/// Maximum URLs named as examples.
const MOST_URLS: usize = 5;

/// Points that one rule took from a score, or added to a risk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deduction {
    /// Name of the rule, such as `crawlability.server_errors`.
    pub rule: &'static str,
    /// Points of the score, 0..100.
    pub points: f64,
    /// The figures behind it.
    pub evidence: Vec<Fact>,
    /// URLs that show it: at most five, the highest weight first.
    pub urls: Vec<String>,
}

/// One figure, or one word of a closed list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// The name with its unit: `median_ttfb_ms`.
    pub name: &'static str,
    /// The figure in decimal notation, or the word.
    pub value: String,
}

impl Fact {
    /// Returns a counted figure.
    pub fn count(name: &'static str, value: u64) -> Fact {
        Fact::word(name, value.to_string())
    }

    /// Returns a measured figure, rounded to this many decimals.
    pub fn measure(name: &'static str, value: f64, decimals: usize) -> Fact {
        Fact::word(name, format!("{value:.decimals$}"))
    }

    /// Returns a word of a closed list, or a URL.
    pub fn word(name: &'static str, value: impl Into<String>) -> Fact {
        Fact {
            name,
            value: value.into(),
        }
    }
}

/// Rounds the points to hundredths so that they add up to the rounded total exactly. Every row is
/// rounded down, and the remaining hundredths go to the rows that lost most by that. Rows without points
/// are removed.
pub fn apportion(mut rows: Vec<Deduction>) -> Vec<Deduction> {
    let hundredths: Vec<f64> = rows.iter().map(|row| row.points.max(0.0) * 100.0).collect();
    let total = hundredths.iter().sum::<f64>().round() as u64;
    let mut given: Vec<u64> = hundredths
        .iter()
        .map(|exact| exact.floor() as u64)
        .collect();
    let lost = |index: &usize| hundredths[*index].fract();
    let mut by_loss: Vec<usize> = (0..rows.len()).collect();
    by_loss.sort_by(|one, other| lost(other).total_cmp(&lost(one)));
    let left = total.saturating_sub(given.iter().sum()) as usize;
    for index in by_loss.into_iter().take(left) {
        given[index] += 1;
    }
    for (row, given) in rows.iter_mut().zip(given) {
        row.points = given as f64 / 100.0;
    }
    rows.retain(|row| row.points > 0.0);
    rows
}

/// The URLs with the highest weight, at most five, in any order of input.
#[derive(Clone, Debug, Default)]
pub(in crate::assess) struct Examples(Vec<(f64, String)>);

impl Examples {
    pub(in crate::assess) fn add(&mut self, weight: f64, address: &str) {
        let before = |(w, a): &(f64, String)| {
            *w > weight || (*w - weight).abs() < f64::EPSILON && a.as_str() < address
        };
        let place = self.0.partition_point(before);
        if place < MOST_URLS {
            self.0.truncate(MOST_URLS - 1);
            self.0.insert(place, (weight, address.to_owned()));
        }
    }

    pub(in crate::assess) fn addresses(&self) -> Vec<String> {
        self.0.iter().map(|(_, address)| address.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(points: f64) -> Deduction {
        Deduction {
            rule: "rule",
            points,
            evidence: Vec::new(),
            urls: Vec::new(),
        }
    }

    #[test]
    fn the_weightiest_come_first_in_any_order() {
        let seen = [
            (1.0, "d"),
            (7.0, "b"),
            (2.0, "c"),
            (7.0, "a"),
            (1.0, "e"),
            (0.5, "f"),
        ];
        let (mut one, mut other) = (Examples::default(), Examples::default());
        for (weight, address) in seen {
            one.add(weight, address);
        }
        for (weight, address) in seen.into_iter().rev() {
            other.add(weight, address);
        }
        assert_eq!(one.addresses(), ["a", "b", "c", "d", "e"]);
        assert_eq!(one.addresses(), other.addresses());
    }

    proptest! {
        #[test]
        fn the_rows_add_up(points in proptest::collection::vec(0.0_f64..30.0, 0..9)) {
            let total = (points.iter().sum::<f64>() * 100.0).round() as u64;
            let rows = apportion(points.into_iter().map(row).collect());
            let sum: u64 = rows.iter().map(|row| (row.points * 100.0).round() as u64).sum();
            prop_assert_eq!(sum, total);
        }
    }
}
