//! Failures in a row. A single answer that is fine says that the host is up.

/// Failures in a row that speak of the host, such as refused connections, before it is suspected:
/// Envoy's outlier detection ejects after five.
const HOST_FAILURES: u32 = 5;

/// Failures in a row of any kind. Ours: a suspicion that is unfounded costs one request.
const FAILURES: u32 = 8;

/// Attempts in a row without any answer where no page was ever fine: as many as Kubernetes makes at a container
/// that was not ready yet before it does something (`failureThreshold`). A host that hangs takes half a minute
/// for each.
const NEW_HOST_SILENT: u32 = 3;

/// Most times as many failures that are needed when suspicions have proved unfounded.
const MOST_LENIENT: u32 = 16;

/// Answers that were fine after which no unfounded suspicion is remembered. Ours.
const FORGET: u32 = 20;

/// The last attempts at a host, as far as they failed.
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
    /// Times as many failures as usual that are needed.
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

    /// Takes note whether there was an answer.
    pub(super) fn heard(&mut self, answered: bool) {
        self.silent = if answered { 0 } else { self.silent + 1 };
    }

    /// Takes note that a page was fine.
    pub(super) fn served(&mut self) {
        self.served = true;
    }

    /// Whether the host may be down.
    pub(super) fn is_suspicious(&self) -> bool {
        let is_new_and_silent = !self.served && self.silent >= NEW_HOST_SILENT * self.lenient;
        is_new_and_silent
            || self.host_failures >= HOST_FAILURES * self.lenient
            || self.failures >= FAILURES * self.lenient
    }

    /// The host is up again: nothing is held against it.
    pub(super) fn recovered(&mut self) {
        *self = Streak {
            served: true,
            ..Streak::default()
        };
    }

    /// The host was up: twice as much must fail before it is suspected again.
    pub(super) fn was_unfounded(&mut self) {
        *self = Streak {
            served: true,
            lenient: (self.lenient * 2).min(MOST_LENIENT),
            ..Streak::default()
        };
    }
}
