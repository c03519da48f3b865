//! The effect of a failing robots.txt on bots, by how long it has been failing.

use std::time::Duration;

use serde::Serialize;

/// Time up to which Google stops crawling the site (documented: 12 hours).
const STOPPED: Duration = Duration::from_hours(12);

/// Time up to which Google uses the last good copy (documented: 30 days).
const COPY_KEPT: Duration = Duration::from_hours(30 * 24);

/// Share of failing first attempts from which the whole site counts as failing (ours).
pub(in crate::assess) const SITE_FAILING: f64 = 0.5;

/// Minimum indexing risk of a site whose robots.txt keeps bots out: pages that are not fetched are not
/// refreshed (ours).
const LEAST_RISK: f64 = 25.0;

/// The state of a host's robots.txt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RobotsState {
    /// Fetched, or answered with 4xx other than 429.
    #[default]
    Ok,
    /// 5xx, 429 or a network error, for at most 12 h or for an unknown time.
    #[serde(rename = "failing_le_12h")]
    Recent,
    /// 5xx, 429 or a network error for longer than 12 h, with a known good copy from before.
    #[serde(rename = "failing_gt_12h_with_copy")]
    WithCopy,
    /// 5xx, 429 or a network error for longer than 12 h, without a known good copy.
    #[serde(rename = "failing_gt_12h_no_copy")]
    WithoutCopy,
    /// For more than 30 days, while the rest of the site is fine.
    #[serde(rename = "failing_gt_30d_host_ok")]
    LongHostOk,
    /// For more than 30 days, while the site fails too.
    #[serde(rename = "failing_gt_30d_host_down")]
    LongHostDown,
}

impl RobotsState {
    /// Returns the state of a failing robots.txt; `lasting` is `None` if unknown.
    pub fn failing(lasting: Option<Duration>, copy_known: bool, error_rate: f64) -> RobotsState {
        match lasting {
            None => RobotsState::Recent,
            Some(lasting) if lasting <= STOPPED => RobotsState::Recent,
            Some(lasting) if lasting > COPY_KEPT && error_rate > SITE_FAILING => {
                RobotsState::LongHostDown
            }
            Some(lasting) if lasting > COPY_KEPT => RobotsState::LongHostOk,
            Some(_) if copy_known => RobotsState::WithCopy,
            Some(_) => RobotsState::WithoutCopy,
        }
    }

    /// Returns the minimum obstruction (H), 0..100. Google documents that crawling stops; the heights
    /// below 100 are ours.
    pub const fn floor(self) -> f64 {
        match self {
            RobotsState::Ok => 0.0,
            RobotsState::Recent | RobotsState::LongHostDown => 100.0,
            RobotsState::WithCopy => 60.0,
            RobotsState::WithoutCopy => 40.0,
            RobotsState::LongHostOk => 30.0,
        }
    }

    /// Returns whether it fails.
    pub fn is_failing(self) -> bool {
        self != RobotsState::Ok
    }

    /// Returns the name in exports.
    pub const fn name(self) -> &'static str {
        match self {
            RobotsState::Ok => "ok",
            RobotsState::Recent => "failing_le_12h",
            RobotsState::WithCopy => "failing_gt_12h_with_copy",
            RobotsState::WithoutCopy => "failing_gt_12h_no_copy",
            RobotsState::LongHostOk => "failing_gt_30d_host_ok",
            RobotsState::LongHostDown => "failing_gt_30d_host_down",
        }
    }

    /// Returns the minimum indexing risk of a host: 25 while crawling is stopped. Pages are not dropped for that alone.
    pub fn least_risk(self) -> f64 {
        match self {
            RobotsState::Recent => LEAST_RISK,
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_depends_on_the_time_of_failing() {
        const HOUR: Duration = Duration::from_hours(1);
        let cases = [
            (None, true, 0.0, RobotsState::Recent),
            (Some(HOUR * 12), true, 0.0, RobotsState::Recent),
            (Some(HOUR * 13), true, 0.0, RobotsState::WithCopy),
            (Some(HOUR * 13), false, 0.9, RobotsState::WithoutCopy),
            (Some(HOUR * 24 * 30), false, 0.9, RobotsState::WithoutCopy),
            (Some(HOUR * 24 * 31), true, 0.5, RobotsState::LongHostOk),
            (Some(HOUR * 24 * 31), true, 0.51, RobotsState::LongHostDown),
        ];
        for (lasting, copy, rate, state) in cases {
            assert_eq!(
                RobotsState::failing(lasting, copy, rate),
                state,
                "{lasting:?}"
            );
        }
    }

    #[test]
    fn a_stopped_crawl_raises_the_risk() {
        assert!((RobotsState::Recent.least_risk() - 25.0).abs() < 1e-9);
        assert!(RobotsState::WithCopy.least_risk().abs() < 1e-9);
    }
}
