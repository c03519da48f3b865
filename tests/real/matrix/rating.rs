//! How far what an audit says is true.

use std::collections::BTreeMap;

use super::cell::Cell;
use crate::crawler::{Row, number};

/// How far something is true. The better comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rating {
    Right,
    Partly,
    Wrong,
}

impl Rating {
    pub(super) const ALL: [Rating; 3] = [Rating::Right, Rating::Partly, Rating::Wrong];

    pub(super) fn id(self) -> &'static str {
        match self {
            Rating::Right => "right",
            Rating::Partly => "partly",
            Rating::Wrong => "wrong",
        }
    }

    fn of(said: &str, right: &[String], partly: &[String]) -> Rating {
        if right.iter().any(|one| one == said) {
            Rating::Right
        } else if partly.iter().any(|one| one == said) {
            Rating::Partly
        } else {
            Rating::Wrong
        }
    }
}

/// What an audit says of the pages of a cell that fail.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// How many pages count.
    pub(super) pages: usize,
    /// How often each verdict, cause with its confidence, and source was named.
    pub(super) verdicts: BTreeMap<String, usize>,
    pub(super) causes: BTreeMap<(String, String), usize>,
    pub(super) products: BTreeMap<String, usize>,
    /// Healthy pages, and those of them that are said to fail.
    pub(super) healthy: usize,
    pub(super) blamed: usize,
    /// The rules of the findings.
    pub(super) findings: Vec<String>,
}

impl Said {
    /// What the exports say.
    pub(super) fn of(truth: &Cell, pages: &[Row], findings: &[Row]) -> Said {
        let mut said = Said {
            findings: findings.iter().map(|row| row["Rule"].clone()).collect(),
            ..Said::default()
        };
        let requested = pages
            .iter()
            .filter(|row| !matches!(row["Attempts"].as_str(), "" | "0"));
        for row in requested {
            let verdict = row["Verdict"].as_str();
            let path = path_of(&row["Address"]);
            let fails = truth.fails.iter().any(|begin| path.starts_with(begin));
            let failed = number(&row["Failed Attempts"]) > 0.0;
            if !fails {
                said.healthy += 1;
                let blames = matches!(verdict, "persistent" | "intermittent" | "unconfirmed");
                said.blamed += usize::from(blames);
            } else if failed || !truth.some {
                said.pages += 1;
                *said.verdicts.entry(verdict.to_owned()).or_default() += 1;
                let cause = (
                    row["Probable Cause"].clone(),
                    row["Cause Confidence"].clone(),
                );
                *said.causes.entry(cause).or_default() += 1;
                let source = &row["Error Source"];
                let product = source
                    .split_once(": ")
                    .map_or(source.as_str(), |(_, name)| name);
                *said.products.entry(product.to_owned()).or_default() += 1;
            }
        }
        if said.pages == 0 {
            said.add_findings(truth, findings);
        } else if said.causes.keys().all(|(cause, _)| cause.is_empty()) {
            said.take_cause_of_finding(truth, findings);
        }
        said
    }

    /// Where pages are fine and something else is wanted to be found, its cause counts.
    fn take_cause_of_finding(&mut self, truth: &Cell, findings: &[Row]) {
        let mut wanted = findings
            .iter()
            .filter(|row| truth.finding.contains(&row["Rule"]));
        if let Some(row) = wanted.next() {
            let cause = (row["Cause"].clone(), row["Confidence"].clone());
            self.causes = BTreeMap::from([(cause, self.pages)]);
        }
    }

    /// Where no page could be requested, what is said of the site as a whole counts.
    fn add_findings(&mut self, truth: &Cell, findings: &[Row]) {
        let fails = |row: &&Row| {
            let path = path_of(&row["Subject"]);
            truth.fails.iter().any(|begin| path.starts_with(begin))
        };
        let caused = findings.iter().filter(|row| !row["Cause"].is_empty());
        for row in caused.filter(fails) {
            self.pages += 1;
            let cause = (row["Cause"].clone(), row["Confidence"].clone());
            *self.causes.entry(cause).or_default() += 1;
            *self.verdicts.entry("not_audited".to_owned()).or_default() += 1;
            *self.products.entry(String::new()).or_default() += 1;
        }
    }

    /// The verdicts: nearly all pages must have a right one, and no healthy page be blamed.
    pub(super) fn rate_verdict(&self, truth: &Cell) -> Rating {
        let rate = |verdict: &String| Rating::of(verdict, &truth.verdict, &truth.verdict_partly);
        let rating = overall(self.verdicts.iter().map(|(one, &count)| (rate(one), count)));
        // One of five blamed is a wrong picture of the site; fewer are a flaw.
        let blames = match self.blamed {
            0 => Rating::Right,
            few if few * 5 <= self.healthy => Rating::Partly,
            _ => Rating::Wrong,
        };
        rating.max(blames)
    }

    /// The causes.
    pub(super) fn rate_cause(&self, truth: &Cell) -> Rating {
        let rate = |cause: &str| rate_cause(cause, truth);
        overall(
            self.causes
                .iter()
                .map(|((one, _), &count)| (rate(one), count)),
        )
    }

    /// The product. A server that is not named is not found out, and not taken for another.
    pub(super) fn rate_product(&self, truth: &Cell) -> Rating {
        let kinds = [
            "",
            "edge",
            "load_balancer",
            "reverse_proxy",
            "application",
            "platform",
        ];
        let rate = |product: &String| {
            let rating = Rating::of(product, &truth.product, &truth.product_partly);
            if rating == Rating::Wrong && kinds.contains(&product.as_str()) {
                Rating::Partly
            } else {
                rating
            }
        };
        overall(self.products.iter().map(|(one, &count)| (rate(one), count)))
    }

    /// The findings, where the cell wants one.
    pub(super) fn rate_finding(&self, truth: &Cell) -> Option<Rating> {
        if truth.finding.is_empty() {
            return None;
        }
        let found = truth
            .finding
            .iter()
            .any(|rule| self.findings.contains(rule));
        Some(if found { Rating::Right } else { Rating::Wrong })
    }

    /// The cause that most pages have, and how sure it is said to be.
    pub(super) fn main_cause(&self) -> (&str, Option<f64>) {
        let most = self.causes.iter().max_by_key(|(_, count)| **count);
        most.map_or(("", None), |((cause, confidence), _)| {
            (cause.as_str(), confidence.parse().ok())
        })
    }
}

/// A cause as it is named: one, or `A or B`. Naming two is right if one of them is true and the other
/// cannot be told from it.
pub(super) fn rate_cause(cause: &str, truth: &Cell) -> Rating {
    let rate = |name: &str| Rating::of(name, &truth.cause, &truth.cause_partly);
    match cause.split_once(" or ") {
        None => rate(cause),
        Some((one, other)) => {
            let (one, other) = (rate(one), rate(other));
            match (one.min(other), one.max(other)) {
                (Rating::Right, Rating::Right | Rating::Partly) => Rating::Right,
                (Rating::Partly, Rating::Wrong) | (Rating::Wrong, _) => Rating::Wrong,
                _ => Rating::Partly,
            }
        }
    }
}

/// The rating of a cell whose pages have these: right if nine of ten are, wrong if half are.
fn overall(ratings: impl Iterator<Item = (Rating, usize)>) -> Rating {
    let (mut all, mut right, mut wrong) = (0, 0, 0);
    for (rating, count) in ratings {
        all += count;
        match rating {
            Rating::Right => right += count,
            Rating::Partly => {}
            Rating::Wrong => wrong += count,
        }
    }
    if all == 0 || wrong * 2 >= all {
        Rating::Wrong
    } else if right * 10 >= all * 9 {
        Rating::Right
    } else {
        Rating::Partly
    }
}

/// The path and query of an address.
fn path_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.find('/').map_or("/", |at| &rest[at..])
}

#[test]
fn two_causes_are_right_if_one_is_true_and_the_other_cannot_be_told_from_it() {
    let cell = super::cell::all().remove(0);
    let truth = Cell {
        cause: vec!["upstream_down".to_owned(), "network".to_owned()],
        cause_partly: vec!["overload".to_owned(), "dns".to_owned()],
        ..cell
    };
    let cases = [
        ("upstream_down", Rating::Right),
        ("overload", Rating::Partly),
        ("tls", Rating::Wrong),
        ("", Rating::Wrong),
        ("network or upstream_down", Rating::Right),
        ("overload or upstream_down", Rating::Right),
        ("upstream_down or tls", Rating::Partly),
        ("overload or dns", Rating::Partly),
        ("tls or overload", Rating::Wrong),
        ("tls or firewall", Rating::Wrong),
    ];
    for (said, rating) in cases {
        assert_eq!(rate_cause(said, &truth), rating, "{said}");
    }
}
