//! Whether speed is the reason for a host's failures: its URLs fail at speed and succeed at a polite
//! pace, where hardly any fails.

use super::flapping::Flapping;
use crate::assess::diagnose::Ratio;
use crate::assess::verdict::observation::POLITE;
use crate::model::Pressure;

/// Minimum failures at a polite pace to rule out chance (ours).
const FEWEST: u64 = 3;

/// Share of the failure rate at speed from which the rate at a polite pace counts as equal (ours).
const ALIKE: f64 = 0.5;

/// Failed attempts out of all at URLs of a host that succeeded at least once. Dead URLs fail at any pace
/// and are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpeedEffect {
    /// At a pace that cannot cause an overload.
    pub politely: Ratio,
    /// At any faster pace.
    pub at_speed: Ratio,
    /// URLs that failed only at speed and succeeded at a polite pace.
    pub healed: u64,
    /// URLs that succeeded at least once.
    pub urls: u64,
    /// URLs that succeeded and failed, with their failures.
    pub flapping: Flapping,
}

impl SpeedEffect {
    /// The maximum polite pace.
    pub const POLITE: Pressure = POLITE;

    /// Adds the attempts at other URLs of the host.
    pub fn add(&mut self, more: &SpeedEffect) {
        let sum = |one: Ratio, other: Ratio| Ratio::new(one.part + other.part, one.of + other.of);
        self.politely = sum(self.politely, more.politely);
        self.at_speed = sum(self.at_speed, more.at_speed);
        self.healed += more.healed;
        self.urls += more.urls;
        self.flapping.add(&more.flapping);
    }

    /// Returns whether failures stop at a polite pace, as they do if load is the reason.
    pub fn is_a_reason(&self) -> bool {
        let alike = self.politely.share() >= ALIKE * self.at_speed.share();
        self.healed > 0 && !(alike && self.politely.part >= FEWEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_failure_rates_at_both_paces_exclude_speed() {
        let cases = [
            ((30, 90), (33, 100), 20, false),
            ((0, 90), (33, 100), 20, true),
            ((2, 4), (33, 100), 20, true),
            ((3, 90), (50, 100), 20, true),
            ((5, 10), (0, 0), 0, false),
            ((0, 4), (2, 2), 2, true),
            ((0, 4), (2, 2), 0, false),
        ];
        for (politely, at_speed, healed, expected) in cases {
            let effect = SpeedEffect {
                politely: Ratio::new(politely.0, politely.1),
                at_speed: Ratio::new(at_speed.0, at_speed.1),
                healed,
                urls: 90,
                ..SpeedEffect::default()
            };
            assert_eq!(effect.is_a_reason(), expected, "{effect:?}");
        }
    }
}
