//! The risk that a search index drops a URL because it fails, and bands for people.
//!
//! Google documents the direction of every effect, the pivot of about 48 h for 503 and 429, that network
//! errors count like 5xx, and that an error page with status 200 gets no grace. The functional forms and
//! all other numbers are ours.

use std::time::Duration;

use serde::Serialize;

use super::identity::ScoreModel;
use crate::assess::statistics::rate::Interval;
use crate::assess::verdict::kind::{FailureKind, TOLERATED};

/// A risk of 0..100 with its bounds; higher is worse.
pub type Risk = Interval;

/// Hours of failing, and how close they bring a URL to being dropped (0..1). The pivot at 48 h is
/// Google's "about two days" and 168 h its "multiple days" (documented, roughly); the heights are ours.
const ANCHORS: [(f64, f64); 5] = [
    (0.0, 0.10),
    (6.0, 0.20),
    (24.0, 0.40),
    (48.0, 0.70),
    (168.0, 1.00),
];

/// Minimum severity of an error page with status 200: it is excluded at once (documented; the height is
/// ours).
const SOFT_SEVERITY: f64 = 0.70;

/// Share of the exposure that grows with the rate itself: a page that fails now and then is refreshed
/// later (ours).
const STALENESS: f64 = 0.2;

/// Attempts of a search engine within two days, all of which must fail (ours; the true number is not
/// documented).
const ATTEMPTS: i32 = 3;

/// Returns how harmful a failing rate of 0..1 is, 0..1: all of a few attempts fail, or the page becomes
/// stale.
pub fn exposure(rate: f64) -> f64 {
    STALENESS * rate + (1.0 - STALENESS) * rate.powi(ATTEMPTS)
}

/// Returns how close this time of failing brings a URL to being dropped, 0.1..1.
pub fn severity(lasting: Duration) -> f64 {
    let hours = lasting.as_secs_f64() / 3600.0;
    for pair in ANCHORS.windows(2) {
        let [(from, low), (to, high)] = pair else {
            continue;
        };
        if hours <= *to {
            return low + (high - low) * ((hours - from) / (to - from)).max(0.0);
        }
    }
    1.0
}

/// How long a URL fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailingTime {
    /// The time for which it was seen failing.
    pub seen: Duration,
    /// The time for which the risk is computed, at least that one.
    pub assumed: Duration,
}

impl FailingTime {
    /// Returns the time seen, without an assumption about what follows.
    pub const fn seen(seen: Duration) -> FailingTime {
        FailingTime {
            seen,
            assumed: seen,
        }
    }

    /// Returns the time if the failures continue for at least as long as search engines tolerate them.
    pub fn continued(seen: Duration) -> FailingTime {
        FailingTime {
            seen,
            assumed: seen.max(TOLERATED),
        }
    }
}

/// Returns the indexing risk (0..100) of a URL that fails at this rate (0..1), for this time, with this
/// kind. A URL that never failed has none. Failures that a server announced or that limit a rate count
/// less until they were seen for as long as search engines tolerate them.
pub fn url_risk(rate: Interval, time: FailingTime, kind: FailureKind) -> Risk {
    if rate.value <= 0.0 {
        return Risk::default();
    }
    let severity = match kind {
        FailureKind::Soft => severity(time.assumed).max(SOFT_SEVERITY),
        _ => severity(time.assumed),
    };
    rate.map(|rate| 100.0 * kind.patience(time.seen) * severity * exposure(rate))
}

/// A score in a word. The limits of the bands are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// Nothing.
    None,
    /// Above nothing.
    Low,
    /// Worth checking.
    Medium,
    /// Fix soon.
    High,
    /// Fix now.
    Critical,
}

impl Band {
    /// Every band, the mildest first.
    pub const ALL: [Band; 5] = [
        Band::None,
        Band::Low,
        Band::Medium,
        Band::High,
        Band::Critical,
    ];

    /// Returns the band of this name.
    pub fn from_name(name: &str) -> Option<Band> {
        Band::ALL.into_iter().find(|band| band.name() == name)
    }

    /// Returns the band of a URL's risk (0..100): medium from 5, high from 20, critical from 50.
    pub fn of_url(risk: f64) -> Band {
        Band::of(risk, [5.0, 20.0, 50.0])
    }

    /// Returns the band of the risk (0..100) of a site or section.
    pub fn of_site(risk: f64) -> Band {
        Band::of(risk, ScoreModel::OURS.site_edges())
    }

    /// Returns the band of a host's obstruction (H, 0..100). Crawlability is 100 - H.
    pub fn of_obstruction(obstruction: f64) -> Band {
        Band::of(obstruction, ScoreModel::OURS.obstruction_edges())
    }

    /// Returns the name in exports.
    pub const fn name(self) -> &'static str {
        match self {
            Band::None => "none",
            Band::Low => "low",
            Band::Medium => "medium",
            Band::High => "high",
            Band::Critical => "critical",
        }
    }

    fn of(score: f64, [medium, high, critical]: [f64; 3]) -> Band {
        // Rounding must not put a score on an edge below it.
        const ON_EDGE: f64 = 1e-9;
        match score + ON_EDGE {
            s if s >= critical => Band::Critical,
            s if s >= high => Band::High,
            s if s >= medium => Band::Medium,
            _ if score > 0.0 => Band::Low,
            _ => Band::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bands_begin_at_their_edges() {
        let cases = [
            (0.0, Band::None),
            (0.01, Band::Low),
            (4.99, Band::Low),
            (5.0, Band::Medium),
            (20.0, Band::High),
            (50.0, Band::Critical),
        ];
        for (risk, band) in cases {
            assert_eq!(Band::of_url(risk), band, "{risk}");
        }
    }

    fn kinds() -> impl Strategy<Value = FailureKind> {
        proptest::sample::select(FailureKind::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn the_value_lies_within(
            k in 0_u32..50, more in 0_u32..50, hours in 0_u64..400, kind in kinds(),
        ) {
            let rate = Interval::clustered(k, k + more, k + more);
            let risk = url_risk(rate, FailingTime::seen(Duration::from_hours(hours)), kind);
            prop_assert!(0.0 <= risk.low && risk.low <= risk.value);
            prop_assert!(risk.value <= risk.high && risk.high <= 100.0 + 1e-9);
        }

        #[test]
        fn more_failures_and_more_time_never_lower_it(
            k in 0_u32..50, more in 0_u32..50, hours in 0_u64..400, kind in kinds(),
        ) {
            let of = |k: u32, n: u32, hours: u64| {
                let rate = Interval::clustered(k, n, n);
                url_risk(rate, FailingTime::seen(Duration::from_hours(hours)), kind)
            };
            let n = k + more;
            let was = of(k, n, hours);
            for is in [of(k + 1, n + 1, hours), of(k, n, hours + 1)] {
                prop_assert!(is.value >= was.value && is.low >= was.low && is.high >= was.high);
            }
        }
    }
}
