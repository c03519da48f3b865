//! Failures in a row. A single fine answer shows that the host is up.

/// Failures in a row that are evidence about the host, such as refused connections, before it is
/// suspected. Envoy's outlier detection ejects after five.
const HOST_FAILURES: u32 = 5;

/// Failures in a row of any kind. Ours: an unfounded suspicion costs one request.
const FAILURES: u32 = 8;

/// Attempts in a row without any answer on a host that never served a page. Kubernetes makes as
/// many on a container that was not ready yet (`failureThreshold`). A host that hangs takes half a
/// minute for each.
const NEW_HOST_SILENT: u32 = 3;

/// Maximum factor by which unfounded suspicions multiply the failures needed for the next one.
const MOST_LENIENT: u32 = 16;

/// Fine answers after which an unfounded suspicion is forgotten. Ours.
const FORGET: u32 = 20;

/// The recent failures of a host.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Streak {
    failures: u32,
    host_failures: u32,
    /// Fine answers since the last unfounded suspicion.
    fine: u32,
    /// Attempts in a row without any answer.
    silent: u32,
    /// Whether any page was ever fine.
    served: bool,
    /// Factor by which more failures than usual are needed.
    lenient: u32,
}

impl Default for Streak {
    fn default() -> Streak {
        Streak {
            failures: 0,
            host_failures: 0,
            fine: 0,
            silent: 0,
            served: false,
            lenient: 1,
        }
    }
}

impl Streak {
    pub(super) fn note(&mut self, failed: bool, host_level: bool) {
        if failed {
            self.failures += 1;
            self.host_failures = if host_level {
                self.host_failures + 1
            } else {
                0
            };
            return;
        }
        (self.failures, self.host_failures) = (0, 0);
        self.fine += 1;
        if self.fine >= FORGET {
            (self.fine, self.lenient) = (0, 1);
        }
    }

    /// Records whether there was an answer.
    pub(super) fn note_answer(&mut self, answered: bool) {
        self.silent = if answered { 0 } else { self.silent + 1 };
    }

    /// Records that a page was fine.
    pub(super) fn served(&mut self) {
        self.served = true;
    }

    /// Returns whether the host may be down.
    pub(super) fn is_suspicious(&self) -> bool {
        let is_new_and_silent = !self.served && self.silent >= NEW_HOST_SILENT * self.lenient;
        is_new_and_silent
            || self.host_failures >= HOST_FAILURES * self.lenient
            || self.failures >= FAILURES * self.lenient
    }

    /// Resets the count and the factor: the host is up again.
    pub(super) fn recovered(&mut self) {
        *self = Streak {
            served: true,
            ..Streak::default()
        };
    }

    /// Doubles the needed failures: the host was up although it was suspected.
    pub(super) fn was_unfounded(&mut self) {
        *self = Streak {
            served: true,
            lenient: (self.lenient * 2).min(MOST_LENIENT),
            ..Streak::default()
        };
    }
}
