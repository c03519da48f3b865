//! Pages of a host that fail and succeed alternately. On a host with many of them, a page that failed in
//! every look may be one as well. The number of failed looks that prove a dead page depends on chance.

use std::collections::BTreeMap;

use crate::assess::diagnose::Ratio;
use crate::model::Outcome;

/// Number of alternating URLs from which a URL of the host may look dead by chance. A few such pages may
/// have reasons of their own (ours).
const MANY: u64 = 5;

/// Expected number of URLs that look dead by chance: one site in twenty has one (ours).
const EXPECTED: f64 = 0.05;

/// Maximum looks at a URL in one audit.
const MOST_LOOKS: u32 = 12;

/// The URLs of a host that both failed and succeeded, by their outcome: pages behind an alternating backend are not
/// evidence about a page that hangs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flapping {
    kinds: BTreeMap<Outcome, Kind>,
    /// First attempts of the crawl at URLs that succeeded at least once.
    first: u64,
}

/// URLs that failed with one outcome and succeeded at other times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Kind {
    urls: u64,
    /// First attempts of the crawl that failed with it.
    first: u64,
    /// Attempts of confirmation passes that failed with it, out of all at these URLs.
    again: Ratio,
}

/// The failures of one URL with one outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failing {
    /// First attempts of the crawl that failed with it.
    pub first: u64,
    /// Attempts of confirmation passes that failed with it.
    pub confirmed: u64,
}

impl Flapping {
    /// Counts first attempts of the crawl at a URL that succeeded at least once.
    pub fn looked_at(&mut self, first: u64) {
        self.first += first;
    }

    /// Counts a URL that failed with this outcome and succeeded at least once. `confirmed` is the number
    /// of its attempts in confirmation passes.
    pub fn failed(&mut self, outcome: Outcome, failing: Failing, confirmed: u64) {
        let kind = self.kinds.entry(outcome).or_default();
        kind.urls += 1;
        kind.first += failing.first;
        kind.again = sum(kind.again, Ratio::new(failing.confirmed, confirmed));
    }

    /// Adds other URLs of the host.
    pub fn add(&mut self, more: &Flapping) {
        self.first += more.first;
        for (outcome, other) in &more.kinds {
            let kind = self.kinds.entry(*outcome).or_default();
            kind.urls += other.urls;
            kind.first += other.first;
            kind.again = sum(kind.again, other.again);
        }
    }

    /// Returns the number of failed looks that chance does not explain, for a URL that never succeeded
    /// and last failed with this outcome. It is 0 if few URLs of the host alternate with this outcome.
    /// If a dead backend fails a third of all requests, one page out of twenty-seven fails in three
    /// looks without being dead.
    pub fn looks_needed(&self, outcome: Outcome) -> u32 {
        let Some(kind) = self.kinds.get(&outcome).filter(|kind| kind.urls >= MANY) else {
            return 0;
        };
        let again = if kind.again.of > 0 {
            kind.again.share()
        } else {
            Ratio::new(kind.first, self.first).share()
        };
        let mut expected = kind.first as f64;
        let mut looks = 1;
        while expected >= EXPECTED && looks < MOST_LOOKS {
            expected *= again;
            looks += 1;
        }
        looks
    }
}

fn sum(one: Ratio, other: Ratio) -> Ratio {
    Ratio::new(one.part + other.part, one.of + other.of)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This many URLs that failed with 502 and succeeded.
    fn flapping(first: (u64, u64), again: (u64, u64), urls: u64) -> Flapping {
        let mut found = Flapping::default();
        found.looked_at(first.1);
        for n in 0..urls {
            // The first URL has all counts.
            let failing = Failing {
                first: first.0,
                confirmed: again.0,
            };
            let (failing, confirmed) = match n {
                0 => (failing, again.1),
                _ => (Failing::default(), 0),
            };
            found.failed(Outcome::Server502, failing, confirmed);
        }
        found
    }

    #[test]
    fn chance_explains_no_failures_on_a_host_that_hardly_fails() {
        let cases = [
            ((0, 100), (0, 0), 0, 0),
            // A few intermittent pages beside a dead one.
            ((2, 9), (5, 10), 4, 0),
            ((1, 300), (0, 90), 5, 2),
            ((60, 200), (0, 90), 60, 2),
            ((15, 45), (7, 30), 15, 5),
            ((60, 100), (30, 60), 60, 12),
            ((60, 100), (60, 60), 60, MOST_LOOKS),
            // Nothing was confirmed so far.
            ((118, 356), (0, 0), 118, 9),
        ];
        for (first, again, urls, expected) in cases {
            let found = flapping(first, again, urls);
            let needed = found.looks_needed(Outcome::Server502);
            assert_eq!(needed, expected, "{found:?}");
            assert_eq!(found.looks_needed(Outcome::TtfbTimeout), 0, "{found:?}");
        }
    }

    #[test]
    fn counts_of_a_host_add_up_over_its_urls() {
        let mut one = flapping((7, 20), (7, 15), 7);
        one.add(&flapping((8, 25), (0, 15), 8));
        let needed = one.looks_needed(Outcome::Server502);
        assert_eq!(
            needed,
            flapping((15, 45), (7, 30), 15).looks_needed(Outcome::Server502)
        );
    }
}
