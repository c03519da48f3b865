//! Tests with simulated sites whose true numbers are known.

use std::time::Duration;

use crate::model::{Frequency, Moment};

use super::*;

/// Pages per hundred thousand, by their failure probability; the rest never fail.
type Site = &'static [(f64, u32)];

/// Simulates first looks, a sample of five in a hundred, and looks at failed pages until the sequential
/// test decides. Returns the counts and the true number of uncaught pages.
fn looked_at(site: Site, pages: u32, dice: &mut fastrand::Rng) -> (LookCounts, u64) {
    let mut chances = Vec::new();
    for (chance, share) in site {
        let count = u64::from(pages) * u64::from(*share) / 100_000;
        chances.extend((0..count).map(|_| *chance));
    }
    chances.resize(pages as usize, 0.0);
    dice.shuffle(&mut chances);
    let sample = (pages / 20).clamp(20, 200) as usize;
    let (mut counts, mut uncaught) = (LookCounts::default(), 0);
    for (at, chance) in chances.into_iter().enumerate() {
        let looks = look(chance, at < sample, dice);
        uncaught += u64::from(looks.failed() == 0 && chance > 0.0);
        counts.add(looks);
    }
    (counts, uncaught)
}

fn look(chance: f64, sampled: bool, dice: &mut fastrand::Rng) -> Looks {
    let mut looks = Looks::default();
    let mut at = Moment::default();
    let mut fine = false;
    for pass in 1..30 {
        let failed = dice.f64() < chance;
        looks.add(pass, at, failed);
        fine |= !failed;
        at = at + Duration::from_secs(10);
        let clean = looks.failed() == 0 && !(sampled && pass == 1);
        let proven = !fine && pass >= 9;
        if clean || proven || looks.frequency().is_some() {
            break;
        }
    }
    looks
}

/// Returns for how many seeds the interval contains the true number.
fn times_covered(site: Site, pages: u32, seeds: u64) -> u64 {
    (0..seeds)
        .filter(|seed| {
            let mut dice = fastrand::Rng::with_seed(*seed);
            let (counts, truth) = looked_at(site, pages, &mut dice);
            let found = counts.uncaught().expect("enough pages").pages;
            assert!(found.low <= found.value && found.value <= found.high);
            found.low <= truth as f64 && truth as f64 <= found.high
        })
        .count() as u64
}

#[test]
fn the_interval_contains_the_true_number_in_nine_of_ten_sites() {
    let sites: [(Site, u32); 6] = [
        (
            &[(0.05, 7_500), (0.5, 7_500), (0.85, 7_500), (1.0, 7_500)],
            400,
        ),
        (&[(0.33, 79_000), (1.0, 11_000)], 401),
        (&[(0.05, 10_000)], 1_000),
        (&[(1.0, 3_000)], 1_150),
        (&[(0.2, 3_000)], 3_000),
        (&[], 400),
    ];
    for (site, pages) in sites {
        let times_covered = times_covered(site, pages, 20);
        assert!(times_covered >= 18, "{times_covered} of 20: {site:?}");
    }
}

#[test]
fn without_failures_only_an_upper_bound_is_known() {
    let mut counts = LookCounts::default();
    let mut looks = Looks::default();
    looks.add(1, Moment::default(), false);
    for _ in 0..19 {
        counts.add(looks);
    }
    assert_eq!(counts.uncaught(), None);
    for _ in 19..3_000 {
        counts.add(looks);
    }
    let found = counts.uncaught().expect("enough pages");
    assert!(!found.any_failed && found.never_failed == 3_000);
    assert!(
        found.pages.low < 1.0 && found.pages.high < 100.0,
        "{found:?}"
    );
    assert_eq!(
        counts.uncaught(),
        Some(found),
        "equal counts have equal estimates"
    );
    assert_eq!(looks.frequency(), None::<Frequency>);
}

#[test]
fn where_every_page_that_failed_is_cleared_none_fails_by_itself() {
    let recovered = |courses: &[&str]| {
        let mut counts = LookCounts::default();
        for course in courses {
            let (mut looks, mut at) = (Looks::default(), Moment::default());
            for (pass, mark) in (1..).zip(course.chars()) {
                looks.add(pass, at, mark == 'F');
                at = at + Duration::from_secs(10);
            }
            counts.add(looks);
        }
        counts.have_recovered()
    };
    let cleared = "F..........";
    assert!(recovered(&[cleared, cleared, ".", "FFF"]));
    assert!(!recovered(&[cleared, "F.F."]), "one fails again");
    assert!(!recovered(&["F."]), "too few looks");
    assert!(!recovered(&["FFF", "."]), "none recovered");
}
