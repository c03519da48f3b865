//! The range of a metric: its value if pages with too little evidence turn out fine, and if they turn
//! out failing.

use super::unit::Unit;
use crate::assess::Interval;
use crate::assess::score::obstacles::{errors_leave, errors_that_leave};
use crate::assess::score::weight::MOST_WEIGHT;

/// Pages that a metric may or may not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Unknown {
    /// Failing pages without enough evidence for a verdict.
    pub(super) unconfirmed: u64,
    /// Known pages that the run should have requested but did not.
    pub(super) not_requested: u64,
    /// Failing pages that the baseline knew but did not request.
    pub(super) not_compared: u64,
}

/// A metric's value, and the range that unknown pages allow. Each end is an interval of its own, because
/// noise and missing pages are separate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Possible {
    /// The measured value.
    pub(super) measured: Interval,
    /// The value if all unknown pages are fine.
    pub(super) best: Interval,
    /// The value if all unknown pages fail in the way that the metric counts.
    pub(super) worst: Interval,
    pub(super) unknown: Unknown,
}

impl Possible {
    /// Returns a value that does not depend on unknown pages.
    pub(super) fn certain(value: Interval) -> Possible {
        Possible {
            measured: value,
            best: value,
            worst: value,
            unknown: Unknown::default(),
        }
    }

    /// Returns a number of pages: at least `least`, at most with all unknown pages.
    pub(super) fn count(least: u64, unknown: Unknown) -> Possible {
        let most = least + unknown.unconfirmed + unknown.not_requested + unknown.not_compared;
        Possible {
            worst: Interval::exact(most as f64),
            unknown,
            ..Possible::certain(Interval::exact(least as f64))
        }
    }

    /// Returns a share of the requested pages.
    pub(super) fn rate(measured: Interval, missing: Missing) -> Possible {
        Possible::part(measured, 1.0, missing.share(), missing)
    }

    /// Returns a risk of the requested pages. It is a mean weighted by page, and each missing page may
    /// have the maximum weight.
    pub(super) fn risk(measured: Interval, missing: Missing) -> Possible {
        let heaviest = MOST_WEIGHT * missing.not_requested as f64;
        let share = heaviest / (heaviest + missing.requested as f64).max(1.0);
        Possible::part(measured, 100.0, share, missing)
    }

    /// Returns the range of a value up to `whole`, of which this share is missing.
    fn part(measured: Interval, whole: f64, share: f64, missing: Missing) -> Possible {
        Possible {
            measured,
            best: measured.map(|rate| rate * (1.0 - share)),
            worst: measured.map(|rate| rate * (1.0 - share) + whole * share),
            unknown: missing.unknown(),
        }
    }

    /// Returns the range of Crawlability, which is (1 - e)^3 at the error rate e, times what other obstacles leave. A
    /// share s of the pages is missing. If all of these fail, 1 - e shrinks by the factor 1 - s. If all are fine, e
    /// shrinks by that factor. In that case the cost of other obstacles counts as errors, which can only widen the
    /// range.
    pub(super) fn crawlability(measured: Interval, missing: Missing) -> Possible {
        let share = missing.share();
        if share <= 0.0 {
            return Possible::certain(measured);
        }
        Possible {
            measured,
            best: measured.map(|score| {
                let errors = errors_that_leave(score / 100.0);
                100.0 * errors_leave(errors * (1.0 - share))
            }),
            worst: measured.map(|score| score * errors_leave(share)),
            unknown: missing.unknown(),
        }
    }

    /// Returns the whole range, noise included.
    pub(super) fn span(&self) -> Interval {
        Interval {
            low: self.best.low.min(self.worst.low),
            value: self.measured.value,
            high: self.best.high.max(self.worst.high),
        }
    }

    /// Returns whether the value depends on unknown pages.
    pub(super) fn is_open(&self) -> bool {
        self.best != self.worst
    }

    /// Formats the range that unknown pages allow, the lower end first: `0 to 3`.
    pub(super) fn shown(&self, unit: Unit) -> String {
        let span = self.span();
        format!("{} to {}", unit.show(span.low), unit.show(span.high))
    }
}

/// Numbers of requested pages, and of known pages that should have been requested but were not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Missing {
    pub(super) requested: u64,
    pub(super) not_requested: u64,
}

impl Missing {
    /// Returns the share of these pages that was not requested, 0..1.
    fn share(self) -> f64 {
        let all = self.requested + self.not_requested;
        self.not_requested as f64 / all.max(1) as f64
    }

    fn unknown(self) -> Unknown {
        Unknown {
            not_requested: self.not_requested,
            ..Unknown::default()
        }
    }
}

/// `3 pages are unconfirmed, 1 known page was not requested`.
impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts = Vec::new();
        match self.unconfirmed {
            0 => {}
            1 => parts.push("1 page is unconfirmed".to_owned()),
            many => parts.push(format!("{many} pages are unconfirmed")),
        }
        match self.not_requested {
            0 => {}
            1 => parts.push("1 known page was not requested".to_owned()),
            many => parts.push(format!("{many} known pages were not requested")),
        }
        match self.not_compared {
            0 => {}
            1 => parts.push("1 failing page cannot be compared with the baseline".to_owned()),
            many => parts.push(format!(
                "{many} failing pages cannot be compared with the baseline"
            )),
        }
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(requested: u64, not_requested: u64) -> Missing {
        Missing {
            requested,
            not_requested,
        }
    }

    #[test]
    fn pages_that_were_not_requested_widen_a_rate_on_both_sides() {
        let rate = Interval::exact(0.2);
        let found = Possible::rate(rate, missing(90, 10)).span();
        assert!((found.low - 0.18).abs() < 1e-9, "{found:?}");
        assert!((found.high - 0.28).abs() < 1e-9, "{found:?}");
        let all = Possible::rate(rate, missing(90, 0));
        assert!(!all.is_open() && all.span() == rate);
    }

    #[test]
    fn a_few_missing_pages_move_crawlability_by_its_own_curve() {
        let found = Possible::crawlability(Interval::exact(80.0), missing(990, 10)).span();
        assert!(
            (found.low - 80.0 * 0.99_f64.powi(3)).abs() < 1e-9,
            "{found:?}"
        );
        assert!(found.high > 80.0 && found.high < 80.3, "{found:?}");
        let none = Possible::crawlability(Interval::exact(80.0), missing(0, 10)).span();
        assert!(none.low < 0.01 && none.high > 99.99, "{none:?}");
    }
}
