//! The time to an error names the timer that fired: errors that all take 60.0 s are no accident.
//!
//! The table is that of common defaults. An answer belongs to a timer when it is within 5 % or
//! one second of it, whichever is more; one answer there may be chance, most answers are a wall.

use std::time::Duration;

use super::context::Ratio;
use super::evidence::Evidence;
use crate::model::Cause::{
    self, ApplicationError, Dns, Firewall, InvalidUpstreamResponse, Maintenance, Network, Overload,
    Tls, UpstreamDown, UpstreamTimeout,
};

/// A well-known timer of servers and networks.
#[derive(Debug)]
pub struct Timer {
    /// When it fires, from and to.
    pub seconds: (f64, f64),
    /// Whose timer it is, for a product whose name contains the first text.
    products: &'static [(&'static str, &'static str)],
    /// Whose timer it may be, when the product is not known.
    pub anybody: &'static str,
    likelihood: &'static [(Cause, f64)],
}

/// A timer that waits for the answer of a backend fired.
const WAITED: &[(Cause, f64)] = &[
    (UpstreamTimeout, 4.0),
    (Overload, 1.3),
    (Network, 0.7),
    (Firewall, 0.5),
    (UpstreamDown, 0.25),
    (InvalidUpstreamResponse, 0.15),
    (ApplicationError, 0.5),
    (Maintenance, 0.05),
    (Dns, 0.3),
    (Tls, 0.3),
];

/// A timer that waits for a connection fired.
const CONNECTING: &[(Cause, f64)] = &[
    (Network, 2.5),
    (Firewall, 2.5),
    (Overload, 1.2),
    (UpstreamTimeout, 0.8),
    (UpstreamDown, 0.6),
    (InvalidUpstreamResponse, 0.1),
    (ApplicationError, 0.3),
    (Maintenance, 0.05),
];

/// Nobody waited for anything: refused, no live backend, a rule.
const AT_ONCE: &[(Cause, f64)] = &[
    (UpstreamTimeout, 0.05),
    (Network, 0.3),
    (UpstreamDown, 1.4),
    (Maintenance, 1.3),
    (Firewall, 1.2),
    (Overload, 0.7),
];

/// Less than this, the way to the server and back not counted, is at once.
const INSTANT: Duration = Duration::from_millis(50);

/// The timers, shortest first.
pub(super) const TIMERS: [Timer; 10] = [
    Timer {
        seconds: (5.0, 5.0),
        products: &[("Envoy", "Envoy's connect timeout")],
        anybody: "a short connect timeout, as Envoy has",
        likelihood: CONNECTING,
    },
    Timer {
        seconds: (10.0, 10.0),
        products: &[
            ("ALB", "the balancer's 10 s to connect or to finish TLS"),
            ("CloudFront", "CloudFront's connect attempt"),
        ],
        anybody: "a connect timeout of 10 s, as AWS balancers and CloudFront have",
        likelihood: CONNECTING,
    },
    Timer {
        seconds: (15.0, 15.0),
        products: &[
            ("Envoy", "Envoy's route timeout"),
            ("Fastly", "Fastly's first byte timeout"),
        ],
        anybody: "a first byte timeout of 15 s, as Envoy and Fastly have",
        likelihood: WAITED,
    },
    Timer {
        seconds: (19.0, 20.0),
        products: &[("Cloudflare", "Cloudflare's wait for a SYN+ACK")],
        anybody: "a connect timeout of 19 s, as Cloudflare has (522)",
        likelihood: CONNECTING,
    },
    Timer {
        seconds: (30.0, 30.0),
        products: &[
            ("Heroku", "Heroku's fixed request limit (H12)"),
            ("CloudFront", "CloudFront's wait for the origin"),
            ("gunicorn", "gunicorn's worker timeout"),
        ],
        anybody: "a limit of 30 s, as gunicorn, Heroku, CloudFront and many balancers have",
        likelihood: WAITED,
    },
    Timer {
        seconds: (60.0, 60.0),
        products: &[
            ("nginx", "nginx proxy_read_timeout"),
            ("OpenResty", "nginx proxy_read_timeout"),
            ("Apache", "Apache ProxyTimeout"),
            ("ALB", "the balancer's idle timeout"),
        ],
        anybody: "a limit of 60 s, as nginx (proxy_read_timeout), Apache (ProxyTimeout) and AWS \
                  balancers have",
        likelihood: WAITED,
    },
    Timer {
        seconds: (90.0, 90.0),
        products: &[("Cloudflare", "Cloudflare's wait for an ACK")],
        anybody: "a limit of 90 s, as Cloudflare has (522)",
        likelihood: CONNECTING,
    },
    Timer {
        seconds: (100.0, 100.0),
        products: &[("Cloudflare", "Cloudflare's former read limit")],
        anybody: "a limit of 100 s, as Cloudflare had (524)",
        likelihood: WAITED,
    },
    Timer {
        seconds: (120.0, 125.0),
        products: &[
            ("Cloudflare", "Cloudflare's read limit (524)"),
            ("IIS", "IIS ARR's limit"),
        ],
        anybody: "a limit of 120 s, as Cloudflare (524) and IIS ARR have",
        likelihood: WAITED,
    },
    Timer {
        seconds: (300.0, 300.0),
        products: &[("Apache", "Apache's former Timeout")],
        anybody: "a limit of 300 s, as older Apache has, or a limit set by hand",
        likelihood: WAITED,
    },
];

/// The timer that fires after this wait for an answer, connecting not counted.
pub fn timer_of(waited: Duration) -> Option<&'static Timer> {
    position(waited).map(|at| &TIMERS[at])
}

fn position(waited: Duration) -> Option<usize> {
    let seconds = waited.as_secs_f64();
    let distance = |timer: &Timer| (timer.seconds.0 - seconds).max(seconds - timer.seconds.1);
    let fits = |timer: &Timer| distance(timer) <= (timer.seconds.0 * 0.05).max(1.0);
    let fitting = TIMERS.iter().enumerate().filter(|(_, timer)| fits(timer));
    let nearest = fitting.min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)));
    nearest.map(|(at, _)| at)
}

impl Timer {
    /// Whose timer it is, given who answered.
    pub fn words(&self, product: Option<&str>) -> &'static str {
        let product = product.unwrap_or_default();
        let own = self
            .products
            .iter()
            .find(|(name, _)| product.contains(name));
        own.map_or(self.anybody, |(_, words)| words)
    }
}

/// Waits for failing answers, counted by the timer that they point at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimerCounts {
    hits: [(u64, f64); TIMERS.len()],
    instant: (u64, f64),
    total: u64,
}

impl TimerCounts {
    /// Counts the wait for one failing answer, over a way that takes so long by itself.
    pub fn add(&mut self, waited: Duration, round_trip: Option<Duration>) {
        self.total += 1;
        let at_server = waited.saturating_sub(round_trip.unwrap_or_default());
        let slot = match position(waited) {
            _ if at_server < INSTANT => &mut self.instant,
            Some(at) => &mut self.hits[at],
            None => return,
        };
        slot.0 += 1;
        slot.1 += waited.as_secs_f64();
    }

    /// Adds the waits of others.
    pub(super) fn merge(&mut self, other: &TimerCounts) {
        let pairs = self.hits.iter_mut().zip(&other.hits);
        for (known, more) in pairs.chain([(&mut self.instant, &other.instant)]) {
            known.0 += more.0;
            known.1 += more.1;
        }
        self.total += other.total;
    }

    /// The timer that most answers hit, how many did and after how long on average.
    pub fn wall(&self) -> Option<(&'static Timer, Ratio, f64)> {
        let (at, (hits, sum)) = self.hits.iter().enumerate().max_by_key(|(_, hit)| hit.0)?;
        let ratio = Ratio::new(*hits, self.total);
        (ratio.part > 0 && ratio.share() > 0.5).then(|| (&TIMERS[at], ratio, sum / *hits as f64))
    }

    /// What the waits say of the causes, and in words; nothing, if they are scattered.
    pub(super) fn speak(
        &self,
        product: Option<&str>,
    ) -> Option<(&'static [(Cause, f64)], Evidence)> {
        if let Some((timer, hits, seconds)) = self.wall() {
            let timer_words = timer.words(product).to_owned();
            let evidence = Evidence::Timer {
                hits,
                seconds,
                timer: timer_words,
            };
            return Some((timer.likelihood, evidence));
        }
        let hits = Ratio::new(self.instant.0, self.total);
        (hits.share() > 0.5).then(|| {
            let seconds = self.instant.1 / hits.part as f64;
            (AT_ONCE, Evidence::Instant { hits, seconds })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_belongs_to_the_nearest_timer_within_its_tolerance() {
        let cases = [
            (0.3, None),
            (3.9, None),
            (4.1, Some(5.0)),
            (7.0, None),
            (10.9, Some(10.0)),
            (20.9, Some(19.0)),
            (29.0, Some(30.0)),
            (31.4, Some(30.0)),
            (32.0, None),
            (60.001, Some(60.0)),
            (63.1, None),
            (96.0, Some(100.0)),
            (94.4, Some(90.0)),
            (121.0, Some(120.0)),
            (300.0, Some(300.0)),
        ];
        for (seconds, expected) in cases {
            let timer = timer_of(Duration::from_secs_f64(seconds));
            assert_eq!(timer.map(|timer| timer.seconds.0), expected, "{seconds}");
        }
    }

    #[test]
    fn a_wall_is_said_with_its_owner() {
        let mut counts = TimerCounts::default();
        for _ in 0..63 {
            counts.add(Duration::from_millis(60_003), None);
        }
        counts.add(Duration::from_secs(41), None);
        let (likelihood, evidence) = counts.speak(Some("nginx")).expect("a wall");
        let words = "63 of 64 answers took 60.0 s: nginx proxy_read_timeout";
        assert_eq!(evidence.to_string(), words);
        assert_eq!(likelihood[0], (UpstreamTimeout, 4.0));
    }

    #[test]
    fn scattered_waits_say_nothing() {
        let mut counts = TimerCounts::default();
        assert!(counts.speak(None).is_none());
        for seconds in [2, 5, 8, 13, 30, 44] {
            counts.add(Duration::from_secs(seconds), None);
        }
        assert!(counts.speak(None).is_none());
        counts = TimerCounts::default();
        counts.add(Duration::from_millis(203), Some(Duration::from_millis(199)));
        let (_, evidence) = counts.speak(None).expect("at once");
        assert!(matches!(evidence, Evidence::Instant { .. }));
    }
}
