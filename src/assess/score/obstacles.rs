//! The obstacles for a bot on a host, their total (H), and the share of each.
//!
//! Google documents that errors and slow answers lower the crawl rate of the whole host, and that a
//! failing robots.txt stops it. The curve, all factors and the floors below 100 are ours.

use super::robots_ladder::RobotsState;
use crate::assess::statistics::rate::Interval;

/// Requests in a row that must all be fine for a bot to get through. The score is the chance that they are: 100 for a
/// site without a fault, 0 for one that always fails. Ours: the number of attempts of a search engine in the indexing
/// risk.
const IN_A_ROW: i32 = 3;
/// Median time to the first byte, in milliseconds, from which slowness costs points (ours).
pub(super) const SLOW_FROM: f64 = 500.0;
/// Milliseconds over which the cost of slowness grows to its maximum (ours).
const SLOW_OVER: f64 = 1500.0;
/// Maximum share of the score that slowness costs (ours).
const SLOW_TAKES: f64 = 0.25;
/// Maximum share of the score that failing sitemaps cost (ours).
const SITEMAPS_TAKE: f64 = 0.15;

/// The obstacles for a bot on a host.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Obstacles {
    /// Share of first attempts that fail (e), 0..1.
    pub error_rate: Interval,
    /// Median time to the first byte in milliseconds, if measured.
    pub median_ttfb_ms: Option<f64>,
    /// Failing share of the sitemap files, 0..1.
    pub sitemaps: f64,
    /// The state of robots.txt.
    pub robots: RobotsState,
}

impl Obstacles {
    /// Returns the obstruction of a bot (H), 0..100.
    pub fn obstruction(&self) -> Interval {
        let rest = self.slowness_leaves() * self.sitemaps_leave();
        self.error_rate.map(|rate| {
            let open = errors_leave(rate) * rest;
            (100.0 * (1.0 - open)).max(self.robots.floor())
        })
    }

    fn slowness_leaves(&self) -> f64 {
        let slow = self
            .median_ttfb_ms
            .map_or(0.0, |ms| (ms - SLOW_FROM) / SLOW_OVER);
        1.0 - SLOW_TAKES * slow.clamp(0.0, 1.0)
    }

    fn sitemaps_leave(&self) -> f64 {
        1.0 - SITEMAPS_TAKE * self.sitemaps.clamp(0.0, 1.0)
    }

    /// Returns the points of H for errors, slowness, sitemaps and robots.txt. The first three multiply,
    /// and each gets its Shapley value: the mean of its cost over all orders. robots.txt gets the points
    /// that its floor adds to them, which fixing it alone would win.
    pub(super) fn losses(&self) -> [f64; 4] {
        let left = [
            errors_leave(self.error_rate.value),
            self.slowness_leaves(),
            self.sitemaps_leave(),
        ];
        let share = |own: f64, one: f64, other: f64| {
            100.0 * (1.0 - own) * (2.0 + one + other + 2.0 * one * other) / 6.0
        };
        let [errors, slowness, sitemaps] = left;
        let together = 100.0 * (1.0 - errors * slowness * sitemaps);
        [
            share(errors, slowness, sitemaps),
            share(slowness, errors, sitemaps),
            share(sitemaps, errors, slowness),
            (self.robots.floor() - together).max(0.0),
        ]
    }
}

/// Returns the part of the score that remains at this share of failing first attempts, 0..1.
pub(in crate::assess) fn errors_leave(rate: f64) -> f64 {
    (1.0 - rate.clamp(0.0, 1.0)).powi(IN_A_ROW)
}

/// Returns the share of failing first attempts at which this part of the score remains, 0..1.
pub(in crate::assess) fn errors_that_leave(part: f64) -> f64 {
    1.0 - part.clamp(0.0, 1.0).powf(f64::from(IN_A_ROW).recip())
}
