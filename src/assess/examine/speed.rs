//! Whether a host fails because it is asked fast: then several of its URLs fail at speed and are fine
//! when asked slowly, and hardly any fails when asked slowly.

use crate::assess::diagnose::Ratio;
use crate::assess::observation::POLITE;
use crate::model::{Headroom, Pressure};

/// URLs, and failures at a polite pace, that are no accident (ours).
const FEWEST: u64 = 3;

/// Requests open at the start of every crawl: a failure with no more than these began with no load to
/// speak of.
const FIRST: u32 = 2;

/// So many URLs that fail and work by turns make a host on which a URL may look broken by chance; a few
/// such pages may be themselves the reason (ours).
const MANY: u64 = 5;

/// URLs that chance may be expected to make look broken: one site in twenty has one (ours).
const EXPECTED: f64 = 0.05;

/// Looks beyond which nobody looks at a URL in one audit.
const MOST_LOOKS: u32 = 12;

/// From this part of the share at speed on, the share at a polite pace is as good as the same
/// (ours).
const ALIKE: f64 = 0.5;

/// Failed attempts, of all at URLs of a host that were fine at least once: what is broken fails at any
/// pace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpeedEffect {
    /// At a pace that cannot have caused an overload.
    pub politely: Ratio,
    /// At any faster one.
    pub at_speed: Ratio,
    /// URLs that failed at speed alone and were fine when asked politely.
    pub healed: u64,
    /// Those of them that failed when nothing but the host set the rate.
    pub unbounded: u64,
    /// URLs that were fine at least once.
    pub urls: u64,
    /// Those of them that failed at other times.
    pub flapping: u64,
    /// First attempts of the crawl at URLs that were fine at least once.
    pub first: Ratio,
    /// Attempts of confirmation passes at URLs that failed and were fine.
    pub again: Ratio,
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
        self.unbounded += more.unbounded;
        self.urls += more.urls;
        self.flapping += more.flapping;
        self.first = sum(self.first, more.first);
        self.again = sum(self.again, more.again);
    }

    /// Whether speed is what makes the host fail. One page that failed once and was fine when asked
    /// slowly says nothing of a host that is asked at a fixed rate. Where there was none, the first
    /// failure beyond what the host had borne tells: a crawl that heeds it sees no second.
    pub fn is_a_reason(&self, headroom: &Headroom) -> bool {
        let borne = headroom.clean.open.max(FIRST);
        let beyond = headroom.failed.is_some_and(|load| load.open > borne);
        let enough = self.healed >= FEWEST || (self.unbounded > 0 && beyond);
        let alike = self.politely.share() >= ALIKE * self.at_speed.share();
        enough && !(alike && self.politely.part >= FEWEST)
    }

    /// Failed looks that chance does not explain at a URL that was never fine; 0 if few URLs fail and
    /// work by turns. Where a dead backend fails a third of all requests, one page of twenty-seven fails
    /// at three looks and is not broken.
    pub fn looks_needed(&self) -> u32 {
        if self.flapping < MANY {
            return 0;
        }
        let again = if self.again.of > 0 {
            self.again.share()
        } else {
            self.first.share()
        };
        let mut expected = self.first.part as f64;
        let mut looks = 1;
        while expected >= EXPECTED && looks < MOST_LOOKS {
            expected *= again;
            looks += 1;
        }
        looks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Load;

    #[test]
    fn what_fails_as_often_when_asked_slowly_does_not_fail_of_speed() {
        let borne = |open| Headroom {
            failed: Some(Load {
                open: 5,
                rate: 30.0,
            }),
            clean: Load { open, rate: 20.0 },
            healed: 0,
        };
        let cases = [
            ((30, 90), (33, 100), 20, 0, 4, false),
            ((0, 90), (33, 100), 20, 0, 4, true),
            ((2, 4), (33, 100), 20, 0, 4, true),
            ((3, 90), (50, 100), 20, 0, 4, true),
            ((5, 10), (0, 0), 0, 0, 4, false),
            ((0, 4), (2, 2), 2, 0, 4, false),
            ((0, 6), (3, 3), 3, 0, 4, true),
            ((0, 2), (1, 90), 1, 1, 4, true),
            ((0, 2), (1, 90), 1, 1, 5, false),
        ];
        for (politely, at_speed, healed, unbounded, clean, expected) in cases {
            let effect = SpeedEffect {
                politely: Ratio::new(politely.0, politely.1),
                at_speed: Ratio::new(at_speed.0, at_speed.1),
                healed,
                unbounded,
                urls: 90,
                flapping: healed,
                ..SpeedEffect::default()
            };
            assert_eq!(effect.is_a_reason(&borne(clean)), expected, "{effect:?}");
        }
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
        for (first, again, flapping, expected) in cases {
            let effect = SpeedEffect {
                first: Ratio::new(first.0, first.1),
                again: Ratio::new(again.0, again.1),
                urls: first.1,
                flapping,
                ..SpeedEffect::default()
            };
            assert_eq!(effect.looks_needed(), expected, "{effect:?}");
        }
    }
}
