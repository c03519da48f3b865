//! The evidence around a cluster of failures: the host, control URLs, load, experiments, logs.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::assess::statistics::chance::hits_or_more;
use crate::assess::statistics::rate::Interval;
use crate::model::Experiment;

/// A count out of a total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Ratio {
    /// The part.
    pub part: u64,
    /// The whole.
    pub of: u64,
}

impl Ratio {
    /// Creates a ratio from a part and its whole.
    pub const fn new(part: u64, of: u64) -> Ratio {
        Ratio { part, of }
    }

    /// Counts one more, in the part if `belongs` is true.
    pub fn count(&mut self, belongs: bool) {
        self.of += 1;
        self.part += u64::from(belongs);
    }

    /// Returns the share, from 0 to 1; without a whole it is 0.
    pub fn share(self) -> f64 {
        if self.of == 0 {
            return 0.0;
        }
        self.part as f64 / self.of as f64
    }

    /// Returns the 95 % interval of the share: 0 to 1 without a whole.
    pub fn interval(self) -> Interval {
        Interval::wilson(self.part as f64, self.of as f64)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.part, self.of)
    }
}

impl Serialize for Ratio {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("part", self.part), ("of", self.of)])
    }
}

/// An experiment with failing URLs and its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExperimentResult {
    /// The experiment: the difference from the crawl's own requests.
    pub experiment: Experiment,
    /// Requests at failing URLs that succeeded in this way, out of all; for [`Experiment::Address`], IP addresses that
    /// succeeded.
    pub fine: Ratio,
    /// Requests at the same URLs in the crawl's own way, next to the experiment, because a URL that recovers
    /// meanwhile proves nothing.
    pub crawler_fine: Ratio,
    /// The crawl's own requests for URLs of the cluster that were fine, after the first failure of each: a URL that
    /// alternates may have been fine in the experiment by chance.
    pub crawl_fine: Ratio,
}

/// Minimum gain over the crawl's own way, as a share. A URL that recovers between two requests in the
/// crawl's own way succeeds in one of them: a gain of a half, which must not suffice.
const GAIN: f64 = 0.6;

/// Maximum probability by chance of a difference that counts. Ours.
const BY_CHANCE: f64 = 0.05;

/// Maximum probability by chance of a difference from all requests of the crawl. Ours.
const BY_CHANCE_IN_CRAWL: f64 = 0.01;

/// Maximum probability that other spellings are fine by chance, for a hash of the URL to be the reason. Ours.
const UNLIKELY_SPELLINGS: f64 = 0.001;

/// Minimum other spellings that fail at URLs with one that is fine, for a hash to be the reason. Ours.
const FAILED_SPELLINGS: u64 = 2;

impl ExperimentResult {
    /// Returns whether this way of requesting helps: it mostly succeeds, and the crawl's own way failed
    /// next to it. If either way succeeds only sometimes, chance must hardly explain the difference:
    /// backends that take turns answer both ways alike.
    pub fn helps(&self) -> bool {
        let (fine, own) = (self.fine, self.crawler_fine);
        // One request either way says little of a URL that fails at times.
        let is_repeated = own.of.min(fine.of) >= 2;
        let parts = own.part == 0 && fine.part == fine.of && is_repeated;
        // Only the crawl itself requests at speed: there is nothing to compare with.
        let is_sure =
            parts || self.experiment == Experiment::Alone || self.by_chance(own) <= BY_CHANCE;
        // A URL that was never fine in the crawl is not fine in the experiment by luck.
        let was_lucky =
            self.crawl_fine.part > 0 && self.by_chance(self.crawl_fine) > BY_CHANCE_IN_CRAWL;
        let is_lucky = was_lucky && self.experiment != Experiment::Alone;
        let gain = fine.share() - own.share();
        let may_help = self.experiment != Experiment::Respelled;
        may_help && fine.share() > 0.5 && own.of > 0 && gain >= GAIN && is_sure && !is_lucky
    }

    /// Returns the probability of this or a greater difference between the experiment and the crawl's own requests if
    /// both succeed equally often (Fisher's exact test).
    fn by_chance(&self, own: Ratio) -> f64 {
        let fine = self.fine;
        hits_or_more(fine.part, fine.of, fine.part + own.part, fine.of + own.of)
    }

    /// Returns whether it shows why a URL fails. Success past the caches only shows that the URL no
    /// longer fails.
    pub fn tells_cause(&self) -> bool {
        self.experiment != Experiment::CacheBusting && self.helps()
    }

    /// Returns whether URLs that always fail are fine in other spellings, and chance does not explain it (Fisher's
    /// exact test). Broken pages fail in any spelling.
    pub fn differs_by_spelling(&self) -> bool {
        let own = self.crawler_fine;
        let plain = Ratio::new(own.part + self.crawl_fine.part, own.of + self.crawl_fine.of);
        self.experiment == Experiment::Respelled
            && own.of > 0
            && own.part == 0
            && self.by_chance(plain) <= UNLIKELY_SPELLINGS
    }

    /// Returns whether some of these spellings fail: a hash of the URL chooses one of several backends, of which one
    /// fails.
    pub fn parts_spellings(&self) -> bool {
        self.differs_by_spelling() && self.fine.of - self.fine.part >= FAILED_SPELLINGS
    }

    /// Returns whether no other spelling fails: a cache repeats the error of each URL.
    pub fn fails_as_spelled(&self) -> bool {
        self.differs_by_spelling() && self.fine.part == self.fine.of
    }

    /// Returns whether some IP addresses of the host are fine and others are not.
    pub fn parts_addresses(&self) -> bool {
        self.experiment == Experiment::Address && (1..self.fine.of).contains(&self.fine.part)
    }
}

/// The evidence around a cluster of failures. Every part may be missing.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// URLs of the host that fail.
    pub host: Ratio,
    /// URLs that fail in the sections of the cluster.
    pub nearby: Ratio,
    /// Sections of the host that have failing URLs.
    pub sections: Ratio,
    /// Control URLs that succeeded while the cluster's failed.
    pub controls: Ratio,
    /// Whether the failures stop at a low rate, by the verdicts of the URLs.
    pub load_induced: bool,
    /// Whether they come in short outages of everything that the cluster belongs to.
    pub restart: bool,
    /// Experiments with URLs of the cluster.
    pub experiments: Vec<ExperimentResult>,
}

impl Context {
    /// Returns whether a cache keeps errors that are over: all requests past it succeeded, more often than other URLs
    /// of the same sections do. A balancer that chooses a backend by the URL treats a URL that no cache has seen as
    /// another URL. The share of URLs that succeed is estimated with one more on either side (P. S. Laplace, 1774).
    pub fn keeps_errors(&self) -> bool {
        let made = &self.experiments;
        let is_hashed = made.iter().any(ExperimentResult::parts_spellings);
        let is_kept = |it: &ExperimentResult| it.fails_as_spelled() || self.is_kept(*it);
        !is_hashed && made.iter().any(is_kept)
    }

    pub(super) fn is_kept(&self, experiment: ExperimentResult) -> bool {
        let (fine, nearby) = (experiment.fine, self.nearby);
        let good = (nearby.of - nearby.part + 1) as f64 / (nearby.of + 2) as f64;
        let by_chance = good.powf(fine.of as f64);
        experiment.experiment == Experiment::CacheBusting
            && experiment.helps()
            && fine.part == fine.of
            && by_chance <= BY_CHANCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_that_vanish_past_the_caches_are_cached_unless_other_urls_succeed_as_often() {
        let kept = |fine: (u64, u64), own: (u64, u64), nearby: (u64, u64)| {
            let experiment = ExperimentResult {
                experiment: Experiment::CacheBusting,
                fine: Ratio::new(fine.0, fine.1),
                crawler_fine: Ratio::new(own.0, own.1),
                crawl_fine: Ratio::default(),
            };
            let around = Context {
                nearby: Ratio::new(nearby.0, nearby.1),
                experiments: vec![experiment],
                ..Context::default()
            };
            around.keeps_errors()
        };
        assert!(kept((3, 3), (0, 6), (10, 10)));
        assert!(kept((12, 12), (0, 6), (10, 30)));
        // A hash of the URL leads two out of three to another backend.
        assert!(!kept((3, 3), (0, 6), (10, 30)));
        assert!(!kept((1, 1), (0, 2), (1, 1)), "too few");
        assert!(!kept((2, 3), (0, 6), (10, 10)), "it still fails");
        assert!(!kept((3, 3), (3, 6), (10, 10)), "it recovered meanwhile");
    }

    #[test]
    fn a_way_of_requesting_helps_if_the_crawls_own_way_failed_next_to_it() {
        let cases = [
            ((3, 3), (0, 6), true),
            ((4, 4), (1, 6), true),
            // Backends that take turns can cause this.
            ((3, 3), (2, 6), false),
            // One recovery between the two requests in the crawl's own way.
            ((1, 1), (1, 2), false),
            ((4, 4), (3, 4), false),
            ((1, 2), (0, 4), false),
            ((2, 2), (0, 0), false),
        ];
        for (fine, own, expected) in cases {
            let experiment = ExperimentResult {
                experiment: Experiment::Browser,
                fine: Ratio::new(fine.0, fine.1),
                crawler_fine: Ratio::new(own.0, own.1),
                crawl_fine: Ratio::default(),
            };
            assert_eq!(experiment.helps(), expected, "{experiment:?}");
        }
    }

    #[test]
    fn a_way_of_asking_that_was_lucky_does_not_help() {
        let cases = [
            // One of two backends is down, and a browser met the other four times.
            ((4, 4), (0, 4), (60, 130), false),
            ((9, 12), (2, 12), (60, 130), false),
            // Crawlers are refused half of the time, and browsers never.
            ((12, 12), (2, 12), (60, 130), true),
            ((4, 4), (0, 4), (0, 30), true),
            ((3, 3), (0, 4), (0, 3), true),
            // One lucky request.
            ((1, 1), (0, 2), (0, 3), false),
        ];
        for (fine, own, crawl, expected) in cases {
            let experiment = ExperimentResult {
                experiment: Experiment::Browser,
                fine: Ratio::new(fine.0, fine.1),
                crawler_fine: Ratio::new(own.0, own.1),
                crawl_fine: Ratio::new(crawl.0, crawl.1),
            };
            assert_eq!(experiment.helps(), expected, "{experiment:?}");
        }
    }

    #[test]
    fn a_hash_of_the_address_is_told_from_a_broken_page_and_a_cached_error() {
        let cases = [
            // One of three, and one of two with few spellings.
            ((12, 18), (0, 6), (0, 12), true),
            ((7, 15), (0, 6), (0, 30), true),
            ((4, 6), (0, 2), (0, 40), true),
            ((4, 6), (0, 2), (0, 3), false),
            // Pages that are broken.
            ((0, 9), (0, 6), (0, 12), false),
            // A cache that repeats an error of each URL.
            ((18, 18), (0, 6), (0, 12), false),
            // Pages that come and go, for every client and in any spelling.
            ((12, 18), (0, 6), (90, 150), false),
            ((12, 18), (2, 6), (0, 12), false),
        ];
        for (fine, own, crawl, expected) in cases {
            let experiment = ExperimentResult {
                experiment: Experiment::Respelled,
                fine: Ratio::new(fine.0, fine.1),
                crawler_fine: Ratio::new(own.0, own.1),
                crawl_fine: Ratio::new(crawl.0, crawl.1),
            };
            assert_eq!(experiment.parts_spellings(), expected, "{experiment:?}");
            let is_cache = fine == (18, 18);
            assert_eq!(experiment.fails_as_spelled(), is_cache, "{experiment:?}");
            assert!(!experiment.helps() || !expected, "{experiment:?}");
        }
    }

    #[test]
    fn intervals_are_those_of_wilson() {
        let close = |found: Interval, expected: (f64, f64)| {
            (found.low - expected.0).abs() < 5e-5 && (found.high - expected.1).abs() < 5e-5
        };
        assert!(close(Ratio::new(5, 100).interval(), (0.0215, 0.1118)));
        assert!(close(Ratio::new(0, 20).interval(), (0.0, 0.1611)));
        assert!(close(Ratio::new(0, 0).interval(), (0.0, 1.0)));
    }
}
