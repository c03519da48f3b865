//! Pages of a host that fail and work by turns. Where there are many, a page that failed at every look
//! may be one of them: chance decides how many failed looks show that it is dead.

use std::collections::BTreeMap;

use crate::assess::diagnose::Ratio;
use crate::model::Outcome;

/// So many URLs that fail and work by turns make a host on which a URL may look broken by chance; a few
/// such pages may be themselves the reason (ours).
const MANY: u64 = 5;

/// URLs that chance may be expected to make look broken: one site in twenty has one (ours).
const EXPECTED: f64 = 0.05;

/// Looks beyond which nobody looks at a URL in one audit.
const MOST_LOOKS: u32 = 12;

/// The URLs of a host that failed and were fine, by how they failed: pages behind a backend that flaps
/// say nothing of a page that hangs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flapping {
    kinds: BTreeMap<Outcome, Kind>,
    /// First attempts of the crawl at URLs that were fine at least once.
    first: u64,
}

/// URLs that failed in one way and were fine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Kind {
    urls: u64,
    /// First attempts of the crawl that failed in this way.
    first: u64,
    /// Attempts of confirmation passes that failed in this way, of all at these URLs.
    again: Ratio,
}

/// How one URL failed in one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failing {
    /// First attempts of the crawl that failed so.
    pub first: u64,
    /// Attempts of confirmation passes that failed so.
    pub confirmed: u64,
}

impl Flapping {
    /// Counts first attempts of the crawl at a URL that was fine at least once.
    pub fn looked_at(&mut self, first: u64) {
        self.first += first;
    }

    /// Counts a URL that failed in this way and was fine at least once, and that confirmation passes
    /// requested so often.
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

    /// Failed looks that chance does not explain at a URL that was never fine and failed last in this
    /// way; 0 if few URLs of the host fail so and work by turns. Where a dead backend fails a third of
    /// all requests, one page of twenty-seven fails at three looks and is not broken.
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

    /// So many URLs that failed with 502 and were fine.
    fn flapping(first: (u64, u64), again: (u64, u64), urls: u64) -> Flapping {
        let mut found = Flapping::default();
        found.looked_at(first.1);
        for n in 0..urls {
            // All that is counted stands with the first of them.
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
            // A few pages that come and go beside one that is broken.
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
    fn urls_of_a_host_add_up_whatever_they_were_counted_under() {
        let mut one = flapping((7, 20), (7, 15), 7);
        one.add(&flapping((8, 25), (0, 15), 8));
        let needed = one.looks_needed(Outcome::Server502);
        assert_eq!(
            needed,
            flapping((15, 45), (7, 30), 15).looks_needed(Outcome::Server502)
        );
    }
}
