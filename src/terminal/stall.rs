//! The stall reason: why nothing is being fetched right now. A host requires a pause, is down, has a slow pace, or
//! does not answer open requests.

use std::collections::HashMap;
use std::time::Duration;

use crate::crawl::{Event, Gauge};
use crate::model::{CrawlUrl, HostKey, Moment, Outcome};
use crate::policy::{BreakerChange, LONGEST_ANNOUNCED};

use super::text::duration;

/// Number of gauges without an answer, one each second, after which a stall is reported.
const PATIENCE: u32 = 3;

/// How long a request must have been open to be reported. Ours.
const UNANSWERED: Duration = Duration::from_secs(3);

/// The things that the crawl waits for.
#[derive(Debug, Default)]
pub(crate) struct Stall {
    now: Moment,
    /// Gauges since the last request ended.
    quiet: u32,
    /// Until when each host is paused, and why. Each gauge removes pauses that are over.
    waits: HashMap<HostKey, (Moment, &'static str)>,
    last: Option<(HostKey, Moment)>,
    /// The request that has been open for the longest time at the last gauge, and by the event before the next one.
    awaited: Option<Awaited>,
    next_awaited: Option<Awaited>,
    /// When the next request of an experiment begins.
    experiment_at: Option<Moment>,
}

/// A request that was sent and is not answered.
#[derive(Debug)]
struct Awaited {
    url: CrawlUrl,
    since: Moment,
    /// Number of other open requests.
    others: usize,
}

impl Stall {
    pub(super) fn see(&mut self, event: &Event<'_>) {
        match event {
            Event::Awaited { url, since, others } => {
                self.next_awaited = Some(Awaited {
                    url: (*url).clone(),
                    since: *since,
                    others: *others,
                });
            }
            Event::Attempted {
                url,
                attempt,
                again,
                ..
            } => {
                self.quiet = 0;
                let host = url.host_key();
                let why = match (attempt.outcome, &attempt.trace.retry_after) {
                    (Outcome::Client429, _) => "429: too many requests",
                    (_, Some(_)) => "Retry-After",
                    (_, None) => "a retry",
                };
                // The URL itself may be requested in the passes, while other URLs of the host wait.
                let limited = (attempt.announced).filter(|_| attempt.outcome == Outcome::Client429);
                let limited = limited.map(|wait| self.now + wait.min(LONGEST_ANNOUNCED));
                if let Some(until) = (*again).or(limited) {
                    self.waits.insert(host.clone(), (until, why));
                }
                self.last = Some((host, attempt.started));
            }
            Event::Breaker { host, change } => match change {
                BreakerChange::Opened(until) => {
                    self.waits
                        .insert(host.clone(), (*until, "paused after failures"));
                }
                BreakerChange::Cleared | BreakerChange::Closed | BreakerChange::GaveUp => {
                    self.waits.remove(host);
                }
                BreakerChange::Suspected => {}
            },
            Event::ExperimentRequest { at, .. } => {
                self.quiet = 0;
                self.experiment_at = Some(*at);
            }
            Event::Gauge(gauge) => {
                self.now = gauge.now;
                self.awaited = self.next_awaited.take();
                self.quiet += 1;
                // No answer is due between two requests of an experiment.
                if self.experiment_at.is_some_and(|at| at > gauge.now) {
                    self.quiet = 0;
                }
                self.waits.retain(|_, (until, _)| *until > gauge.now);
            }
            _ => {}
        }
    }

    /// Returns the stall reason, if nothing has been fetched for a while.
    pub(crate) fn reason(&self, gauge: &Gauge) -> Option<String> {
        if self.quiet < PATIENCE || gauge.pending == 0 {
            return None;
        }
        if let Some(Awaited { url, since, others }) = &self.awaited {
            let time = self.now.since(*since);
            let from = match others {
                0 => url.to_string(),
                others => format!("{url} and {others} more"),
            };
            return (time >= UNANSWERED)
                .then(|| format!("no answer for {} from {from}", duration(time)));
        }
        let paced = self.last.iter().filter_map(|(host, started)| {
            let pause = Duration::try_from_secs_f64(1.0 / gauge.rate?).ok()?;
            Some((host, *started + pause, "its pace"))
        });
        let waits = self
            .waits
            .iter()
            .map(|(host, (until, why))| (host, *until, *why));
        let (host, until, why) = waits
            .chain(paced)
            .filter(|(_, until, _)| *until > self.now)
            .min_by_key(|(_, until, _)| *until)?;
        let left = duration(until.since(self.now));
        Some(format!("waiting {left} for {} ({why})", host.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CrawlUrl, Experiment};

    #[test]
    fn a_stall_names_the_host_whose_pause_ends_first() {
        let host = |text| CrawlUrl::parse(text).expect("a URL").host_key();
        let (a, b) = (host("http://a.example/"), host("http://b.example/"));
        let mut stall = Stall::default();
        for (host, until) in [(&a, at(80)), (&b, at(63))] {
            let change = BreakerChange::Opened(until);
            let host = host.clone();
            stall.see(&Event::Breaker { host, change });
        }
        let mut reason_at = |seconds| {
            let gauge = Gauge {
                now: at(seconds),
                pending: 2,
                ..Gauge::default()
            };
            stall.see(&Event::Gauge(gauge));
            stall.reason(&gauge)
        };
        assert_eq!((reason_at(1), reason_at(2)), (None, None));
        let expected = |left, host| {
            Some(format!(
                "waiting {left} s for http://{host}.example (paused after failures)"
            ))
        };
        assert_eq!(
            reason_at(3),
            expected(60, "b").map(|text| text.replace("60 s", "1 m 00 s"))
        );
        assert_eq!(reason_at(53), expected(10, "b"));
        assert_eq!(reason_at(64), expected(16, "a"));
        assert_eq!(reason_at(81), None);
    }

    fn url(path: &str) -> CrawlUrl {
        CrawlUrl::parse(&format!("http://a.example{path}")).expect("a URL")
    }

    fn at(seconds: u64) -> Moment {
        Moment::default() + Duration::from_secs(seconds)
    }

    /// Returns the stall reason at this second, with the longest open request since another, if there is one.
    fn reason_at(stall: &mut Stall, second: u64, awaited: Option<(u64, usize)>) -> Option<String> {
        if let Some((since, others)) = awaited {
            let (url, since) = (&url("/slow"), at(since));
            stall.see(&Event::Awaited { url, since, others });
        }
        let gauge = Gauge {
            now: at(second),
            pending: 3,
            open: 2,
            ..Gauge::default()
        };
        stall.see(&Event::Gauge(gauge));
        stall.reason(&gauge)
    }

    #[test]
    fn pauses_between_experiments_are_no_stall_and_requests_without_an_answer_are() {
        let mut stall = Stall::default();
        let mut reason_at = |now, next: Option<u64>, awaited| {
            if let Some(next) = next {
                let (url, experiment, at) = (&url("/x"), Experiment::Browser, at(next));
                stall.see(&Event::ExperimentRequest {
                    url,
                    experiment,
                    at,
                });
            }
            reason_at(&mut stall, now, awaited)
        };
        for second in 1..20 {
            let next = (second % 2 == 1).then_some(second);
            assert_eq!(reason_at(second, next, None), None);
        }
        // A pause that the server asked for.
        assert_eq!(reason_at(20, Some(40), None), None);
        for second in 21..40 {
            assert_eq!(reason_at(second, None, None), None, "{second}");
        }
        // An answer is due only from then on.
        let mut after = |second| reason_at(second, None, Some((40, 0)));
        assert_eq!((after(40), after(41), after(42)), (None, None, None));
        let expected = "no answer for 3.0 s from http://a.example/slow";
        assert_eq!(after(43).as_deref(), Some(expected));
    }

    #[test]
    fn a_stall_names_requests_that_are_not_answered_and_counts_from_when_they_were_sent() {
        let mut stall = Stall::default();
        for second in 0..20 {
            assert_eq!(
                reason_at(&mut stall, second, None),
                None,
                "nothing was sent"
            );
        }
        for second in 20..23 {
            let reason = reason_at(&mut stall, second, Some((20, 1)));
            assert_eq!(reason, None, "{second}: sent just now");
        }
        let expected = "no answer for 4.0 s from http://a.example/slow and 1 more";
        let reason = reason_at(&mut stall, 24, Some((20, 1)));
        assert_eq!(reason.as_deref(), Some(expected));
        assert_eq!(reason_at(&mut stall, 25, None), None, "answered");
    }
}
