//! The stall reason: why nothing is being fetched right now. A host requires a pause, is down, has a slow pace, or
//! does not answer open requests.

use std::collections::HashMap;
use std::time::Duration;

use crate::crawl::{Event, Gauge};
use crate::model::{CrawlUrl, HostKey, Moment, Outcome};
use crate::policy::{BreakerChange, LONGEST_ANNOUNCED};

use super::text::{count, duration};

/// Number of gauges without an answer, one each second, after which a stall is reported.
const PATIENCE: u32 = 3;

/// The things that the crawl waits for.
#[derive(Debug, Default)]
pub(crate) struct Stall {
    now: Moment,
    /// Gauges since the last request ended.
    quiet: u32,
    /// Until when each host is paused, and why. Each gauge removes pauses that are over.
    waits: HashMap<HostKey, (Moment, &'static str)>,
    last: Option<(HostKey, Moment)>,
    /// URLs whose answers are awaited, the longest first; as many as are requested at once.
    open: Vec<CrawlUrl>,
    /// When the next request of an experiment begins.
    experiment_at: Option<Moment>,
    /// Its URL.
    experiment: Option<CrawlUrl>,
}

impl Stall {
    pub(super) fn see(&mut self, event: &Event<'_>) {
        match event {
            Event::Requested { url } => self.open.push((*url).clone()),
            Event::Attempted {
                url,
                attempt,
                again,
                ..
            } => {
                self.quiet = 0;
                if let Some(at) = self.open.iter().position(|open| open == *url) {
                    self.open.remove(at);
                }
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
            Event::ExperimentRequest { url, at, .. } => {
                self.quiet = 0;
                self.experiment = Some((*url).clone());
                self.experiment_at = Some(*at);
            }
            Event::Gauge(gauge) => {
                self.now = gauge.now;
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
        if gauge.open > 0 {
            let since = duration(Duration::from_secs(self.quiet.into()));
            let open = match self.open.first().or(self.experiment.as_ref()) {
                Some(url) if gauge.open == 1 => url.to_string(),
                Some(url) => format!("{url} and {} more", gauge.open - 1),
                None => count(gauge.open as u64, "open request"),
            };
            return Some(format!("no answer for {since} from {open}"));
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
        let at = |seconds| Moment::default() + Duration::from_secs(seconds);
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

    #[test]
    fn requests_of_experiments_and_pauses_between_them_do_not_count_as_a_stall() {
        let url = CrawlUrl::parse("http://a.example/x").expect("a URL");
        let mut stall = Stall::default();
        let at = |seconds| Moment::default() + Duration::from_secs(seconds);
        let mut reason_at = |now, next: Option<u64>| {
            if let Some(next) = next {
                let (url, experiment, at) = (&url, Experiment::Browser, at(next));
                stall.see(&Event::ExperimentRequest {
                    url,
                    experiment,
                    at,
                });
            }
            let gauge = Gauge {
                now: at(now),
                pending: 3,
                open: 1,
                ..Gauge::default()
            };
            stall.see(&Event::Gauge(gauge));
            stall.reason(&gauge)
        };
        for second in 1..20 {
            assert_eq!(reason_at(second, (second % 2 == 1).then_some(second)), None);
        }
        // A pause that the server asked for.
        assert_eq!(reason_at(20, Some(40)), None);
        for second in 21..40 {
            assert_eq!(reason_at(second, None), None, "{second}");
        }
        // An answer is due only from then on.
        assert_eq!((reason_at(40, None), reason_at(41, None)), (None, None));
        assert!(reason_at(42, None).is_some());
    }

    #[test]
    fn a_stall_names_requests_that_are_not_answered() {
        let mut stall = Stall::default();
        let gauge = Gauge {
            pending: 3,
            open: 2,
            ..Gauge::default()
        };
        let mut reason = || {
            stall.see(&Event::Gauge(gauge));
            stall.reason(&gauge)
        };
        assert_eq!((reason(), reason()), (None, None));
        let expected = "no answer for 3.0 s from 2 open requests";
        assert_eq!(reason().as_deref(), Some(expected));
        let [slow, other] = ["http://a.example/slow", "http://a.example/other"]
            .map(|text| CrawlUrl::parse(text).expect("a URL"));
        for url in [&slow, &other] {
            stall.see(&Event::Requested { url });
        }
        let expected = "no answer for 4.0 s from http://a.example/slow and 1 more";
        stall.see(&Event::Gauge(gauge));
        assert_eq!(stall.reason(&gauge).as_deref(), Some(expected));
    }
}
