//! A population of pages that fail with known chance.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::behaviour::chance;
use super::origin::Origin;
use super::run::{Run, audit};
use super::site::Site;
use super::want::Wants;
use crate::crawler::{Row, number};

/// Chances of failure, and how many pages have each.
type Population = &'static [(f64, usize)];

/// 400 pages, most of them fine.
const MOSTLY_FINE: Population = &[(0.0, 280), (0.05, 20), (0.5, 36), (0.85, 19), (1.0, 45)];

/// 400 pages, most of which fail now and then.
const MOSTLY_FLAKY: Population = &[(0.0, 115), (0.3, 240), (1.0, 45)];

/// Bounds are exported with so many digits.
const ROUNDING: f64 = 0.0005;

/// `GATECRAWL_SICK_SEED` chooses another population.
fn seed(default: u64) -> u64 {
    let seed = std::env::var("GATECRAWL_SICK_SEED").ok();
    seed.and_then(|seed| seed.parse().ok()).unwrap_or(default)
}

/// A site with the population in random order, and the chance of each path.
fn serve(population: Population, seed: u64) -> (Origin, HashMap<String, f64>) {
    let mut shares: Vec<f64> = Vec::new();
    for &(share, count) in population {
        shares.extend(vec![share; count]);
    }
    fastrand::Rng::with_seed(seed).shuffle(&mut shares);
    let mut site = Site::new();
    let mut by_url = HashMap::new();
    for (n, share) in shares.into_iter().enumerate() {
        let path = format!("/department-{}/item-{n}.html", n % 8);
        site = site.page(&path, chance(share, seed));
        by_url.insert(path, share);
    }
    let origin = Origin::serve(site);
    let full = |(path, share): (String, f64)| (origin.url(&path), share);
    let by_url = by_url.into_iter().map(full).collect();
    (origin, by_url)
}

/// An audit of a population, with the chance of each address.
struct Judged {
    run: Run,
    population: Population,
    shares: HashMap<String, f64>,
}

impl Judged {
    fn audit(population: Population, seed: u64) -> Judged {
        let (origin, shares) = serve(population, seed);
        let run = audit(&origin, &[]);
        Judged {
            run,
            population,
            shares,
        }
    }

    /// Pages with their chances.
    fn pages(&self) -> impl Iterator<Item = (f64, &Row)> {
        let rows = self.run.pages.iter();
        rows.filter_map(|row| Some((*self.shares.get(&row["Address"])?, row)))
    }

    /// Pages with this chance.
    fn with(&self, chance: f64) -> impl Iterator<Item = &Row> {
        let alike = self.pages();
        alike
            .filter(move |(share, _)| (share - chance).abs() < 0.001)
            .map(|(_, row)| row)
    }

    /// Pages by chance and verdict.
    fn confusion(&self) -> String {
        let mut lines = Vec::new();
        for &(chance, _) in self.population {
            let mut counts = BTreeMap::<&str, usize>::new();
            for row in self.with(chance) {
                *counts.entry(&row["Verdict"]).or_default() += 1;
            }
            lines.push(format!("chance {chance}: {counts:?}"));
        }
        lines.join(" / ")
    }
}

#[test]
#[ignore = "takes minutes"]
fn pages_that_always_fail_are_confirmed_among_many_that_fail_at_times() {
    let judged = Judged::audit(MOSTLY_FLAKY, seed(7));
    let mut wants = Wants::of("401 pages, 45 always fail", &judged.run);
    wants.every_page_fetched();
    wants.truth();
    let always = judged.with(1.0);
    let persistent = always.filter(|row| row["Verdict"] == "persistent").count();
    wants.that("45 persistent", persistent == 45, judged.confusion());
    wants.end();
}

/// An interval of the estimate of flaky pages that were never caught, wherever the summary has it.
fn estimate(value: &Value, inside: bool) -> Option<(f64, f64)> {
    let named = ["uncaught", "undetected", "unseen", "estimate", "flaky"];
    if inside && let (Some(low), Some(high)) = (value["low"].as_f64(), value["high"].as_f64()) {
        return Some((low, high));
    }
    match value {
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            let here = inside || named.iter().any(|word| name.contains(word));
            estimate(value, here)
        }),
        Value::Array(values) => values.iter().find_map(|value| estimate(value, inside)),
        _ => None,
    }
}

#[test]
#[ignore = "takes minutes"]
fn chances_of_failure_are_measured_and_the_uncaught_are_estimated() {
    let judged = Judged::audit(MOSTLY_FINE, seed(1));
    let mut wants = Wants::of("400 pages with known chances", &judged.run);
    wants.every_page_fetched();
    wants.truth();
    let failed = |row: &&Row| row["Failed Attempts"] != "0";

    let caught = judged.with(0.5).filter(failed);
    let (mut named, mut all) = (0, 0);
    for row in caught {
        all += 1;
        named += usize::from(row["Verdict"] == "intermittent");
    }
    let instead = format!("{named} of {all}: {}", judged.confusion());
    let want = "of those caught with chance 0.5, 90 % intermittent";
    wants.that(want, named * 10 >= all * 9, instead);

    let (mut held, mut all) = (0, 0);
    for (share, row) in judged.pages() {
        let bounds = ["Error Rate Low 95%", "Error Rate High 95%"].map(|name| row[name].as_str());
        if bounds.contains(&"") {
            continue;
        }
        let [low, high] = bounds.map(number);
        all += 1;
        held += usize::from((low - ROUNDING..=high + ROUNDING).contains(&share));
    }
    let instead = format!("{held} of {all}");
    wants.that(
        "truth within the interval, 93 %",
        held * 100 >= all * 93,
        instead,
    );

    let flaky = judged.pages().filter(|(share, _)| *share > 0.0);
    let uncaught = flaky.filter(|(_, row)| !failed(row)).count();
    let interval = estimate(&judged.run.summary, false);
    let holds = interval.is_some_and(|(low, high)| (low..=high).contains(&(uncaught as f64)));
    let instead = format!("{interval:?}, and there are {uncaught}");
    wants.that("an estimate that holds the uncaught", holds, instead);
    wants.end();
}
