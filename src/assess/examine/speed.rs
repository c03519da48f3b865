//! Whether a host fails because it is asked fast: then several of its URLs fail at speed and are fine
//! when asked slowly, and hardly any fails when asked slowly.

use crate::assess::diagnose::Ratio;
use crate::assess::observation::POLITE;
use crate::model::Pressure;

/// URLs, and failures at a polite pace, that are no accident (ours).
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
    /// URLs that failed at speed alone and were fine when asked politely.
    pub healed: u64,
}

impl SpeedEffect {
    /// The fastest polite pace.
    pub const POLITE: Pressure = POLITE;

    /// Whether speed is what makes the host fail. One page that failed once, while the crawl went on
    /// at speed and was slow to ask it again, says nothing of the host.
    pub fn is_a_reason(&self) -> bool {
        let alike = self.politely.share() >= ALIKE * self.at_speed.share();
        self.healed >= FEWEST && !(alike && self.politely.part >= FEWEST)
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
            ((0, 4), (2, 2), 2, false),
            ((0, 6), (3, 3), 3, true),
        ];
        for (politely, at_speed, healed, expected) in cases {
            let effect = SpeedEffect {
                politely: Ratio::new(politely.0, politely.1),
                at_speed: Ratio::new(at_speed.0, at_speed.1),
                healed,
            };
            assert_eq!(effect.is_a_reason(), expected, "{effect:?}");
        }
    }
}
