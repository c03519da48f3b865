//! Whether a host fails because it is asked fast: then URLs of it fail at speed and are fine when asked
//! slowly, and hardly any fails when asked slowly.

use super::flapping::Flapping;
use crate::assess::diagnose::Ratio;
use crate::assess::verdict::observation::POLITE;
use crate::model::Pressure;

/// Failures at a polite pace that are no accident (ours).
const FEWEST: u64 = 3;

/// From this part of the share at speed on, the share at a polite pace is as good as the same
/// (ours).
const ALIKE: f64 = 0.5;

/// Failed attempts, of all at URLs of a host that were fine at least once: what is broken fails at any
/// pace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpeedEffect {
    /// At a pace that cannot have caused an overload.
    pub politely: Ratio,
    /// At any faster one.
    pub at_speed: Ratio,
    /// URLs that failed at speed alone and were fine when asked politely.
    pub healed: u64,
    /// URLs that were fine at least once.
    pub urls: u64,
    /// Those of them that failed at other times.
    pub flapping: Flapping,
}

impl SpeedEffect {
    /// The fastest polite pace.
    pub const POLITE: Pressure = POLITE;

    /// Adds attempts at other URLs of the host.
    pub fn add(&mut self, more: &SpeedEffect) {
        let sum = |one: Ratio, other: Ratio| Ratio::new(one.part + other.part, one.of + other.of);
        self.politely = sum(self.politely, more.politely);
        self.at_speed = sum(self.at_speed, more.at_speed);
        self.healed += more.healed;
        self.urls += more.urls;
        self.flapping.add(&more.flapping);
    }

    /// Whether failures go away when the host is asked slowly, as they do where load makes it fail.
    pub fn is_a_reason(&self) -> bool {
        let alike = self.politely.share() >= ALIKE * self.at_speed.share();
        self.healed > 0 && !(alike && self.politely.part >= FEWEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_as_often_when_asked_slowly_does_not_fail_of_speed() {
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
