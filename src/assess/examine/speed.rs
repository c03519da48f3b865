//! Whether a host fails because it is asked fast: URLs that fail at times do so when asked slowly
//! too, if it is not.

use crate::assess::diagnose::Ratio;
use crate::assess::observation::POLITE;
use crate::model::Pressure;

/// Failures at a polite pace that are no accident (ours).
const FEWEST: u64 = 3;

/// From this part of the share at speed on, the share at a polite pace is as good as the same
/// (ours).
const ALIKE: f64 = 0.5;

/// Failed attempts, of all at URLs of a host that failed and were fine by turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpeedEffect {
    /// At a pace that cannot have caused an overload.
    pub politely: Ratio,
    /// At any faster one.
    pub at_speed: Ratio,
}

impl SpeedEffect {
    /// The fastest polite pace.
    pub const POLITE: Pressure = POLITE;

    /// Whether speed is not what makes the host fail.
    pub fn is_no_reason(&self) -> bool {
        self.politely.part >= FEWEST && self.politely.share() >= ALIKE * self.at_speed.share()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_as_often_when_asked_slowly_does_not_fail_of_speed() {
        let cases = [
            ((30, 90), (33, 100), true),
            ((0, 90), (33, 100), false),
            ((2, 4), (33, 100), false),
            ((3, 90), (50, 100), false),
            ((5, 10), (0, 0), true),
        ];
        for (politely, at_speed, expected) in cases {
            let effect = SpeedEffect {
                politely: Ratio::new(politely.0, politely.1),
                at_speed: Ratio::new(at_speed.0, at_speed.1),
            };
            assert_eq!(effect.is_no_reason(), expected, "{effect:?}");
        }
    }
}
