//! The time to an error shows that a timer fired: errors that all take 60.0 s, or all take 3.2 s, are not chance.
//!
//! Response times that differ by at most 2 %, or by at most 100 ms and 4 %, are a *wall*, of any length.
//! The table of common defaults only names the possible owner of the timer, for times within 3 % of one.

use std::collections::BTreeMap;
use std::time::Duration;

use super::context::Ratio;
use super::evidence::Evidence;
use crate::model::Cause::{
    self, ApplicationError, Dns, Firewall, InvalidUpstreamResponse, Maintenance, Network, Overload,
    Tls, UpstreamDown, UpstreamTimeout,
};
use crate::model::Outcome;

/// A well-known timer of servers and networks.
#[derive(Debug)]
pub(super) struct Timer {
    /// The time at which it fires, from and to.
    pub seconds: (f64, f64),
    /// The name of the timer, for a product whose name contains the first text.
    products: &'static [(&'static str, &'static str)],
    /// The name of the timer if the product is unknown.
    pub any_product: &'static str,
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

/// A time limit fired that is not a common one: it is unknown who set it, or whether it was on the way.
const LIMITED: &[(Cause, f64)] = &[
    (UpstreamTimeout, 2.5),
    (UpstreamDown, 0.5),
    (InvalidUpstreamResponse, 0.3),
    (Maintenance, 0.2),
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

/// A 502 of a product at a time limit that cannot be its own for an answer: that one answers 504.
#[derive(Debug)]
struct Other502 {
    products: &'static [&'static str],
    words: &'static str,
    likelihood: &'static [(Cause, f64)],
}

/// The other limits: those of the product before it sends the request on, and those behind it that end in a close.
const OTHERS_502: [Other502; 2] = [
    Other502 {
        products: &["nginx", "OpenResty"],
        words: "nginx's time for looking up a name, or a limit behind it, as its own others answer 504",
        likelihood: &[
            (UpstreamTimeout, 8.0),
            (Dns, 6.0),
            (Overload, 0.3),
            (UpstreamDown, 0.05),
            (InvalidUpstreamResponse, 0.05),
            (ApplicationError, 0.5),
            (Maintenance, 0.05),
            (Firewall, 0.1),
            (Tls, 0.1),
        ],
    },
    Other502 {
        products: &["Caddy"],
        words: "Caddy's dial_timeout, or a limit behind it, as its others answer 504",
        likelihood: &[
            (Network, 6.0),
            (Overload, 4.0),
            (UpstreamTimeout, 2.0),
            (Dns, 0.5),
            (UpstreamDown, 0.2),
            (InvalidUpstreamResponse, 0.1),
            (Tls, 0.2),
        ],
    },
];

/// A server accepted the request and gave it up seconds later: it was not refused, and a malformed
/// response comes sooner.
const HELD: &[(Cause, f64)] = &[
    (UpstreamTimeout, 4.0),
    (UpstreamDown, 0.2),
    (InvalidUpstreamResponse, 0.2),
    (Dns, 0.5),
    (Tls, 0.2),
    (Maintenance, 0.1),
    (Firewall, 0.3),
];

/// The same, after a limit that is checked once a second.
const TICKED: &[(Cause, f64)] = &[
    (UpstreamTimeout, 10.0),
    (Overload, 0.6),
    (UpstreamDown, 0.1),
    (InvalidUpstreamResponse, 0.1),
    (Dns, 0.3),
    (Tls, 0.1),
    (Maintenance, 0.1),
    (Firewall, 0.3),
];

/// HAProxy retries a refused connection once a second (`retries 3`, `timeout connect` at most).
const RETRIED: &[(Cause, f64)] = &[(UpstreamDown, 1.5), (UpstreamTimeout, 0.2)];

/// There was no wait: refused, closed early, no live backend, a rule.
const AT_ONCE: &[(Cause, f64)] = &[
    (UpstreamTimeout, 0.05),
    (Network, 0.3),
    (UpstreamDown, 1.4),
    (InvalidUpstreamResponse, 1.4),
    (Dns, 1.4),
    (Tls, 1.4),
    (Maintenance, 1.3),
    (Firewall, 1.2),
    (Overload, 0.7),
];

/// Maximum response time, without the network round trip, that counts as immediate.
const INSTANT: Duration = Duration::from_millis(50);

/// The timers, shortest first.
pub(super) const TIMERS: [Timer; 10] = [
    Timer {
        seconds: (5.0, 5.0),
        products: &[("Envoy", "Envoy's connect timeout")],
        any_product: "a short connect timeout, as Envoy has",
        likelihood: CONNECTING,
    },
    Timer {
        seconds: (10.0, 10.0),
        products: &[
            ("ALB", "the balancer's 10 s to connect or to finish TLS"),
            ("CloudFront", "CloudFront's connect attempt"),
        ],
        any_product: "a connect timeout of 10 s, as AWS balancers and CloudFront have",
        likelihood: CONNECTING,
    },
    Timer {
        seconds: (15.0, 15.0),
        products: &[
            ("Envoy", "Envoy's route timeout"),
            ("Fastly", "Fastly's first byte timeout"),
        ],
        any_product: "a first byte timeout of 15 s, as Envoy and Fastly have",
        likelihood: WAITED,
    },
    Timer {
        seconds: (19.0, 20.0),
        products: &[("Cloudflare", "Cloudflare's wait for a SYN+ACK")],
        any_product: "a connect timeout of 19 s, as Cloudflare has (522)",
        likelihood: CONNECTING,
    },
    Timer {
        seconds: (30.0, 30.0),
        products: &[
            ("Heroku", "Heroku's fixed request limit (H12)"),
            ("CloudFront", "CloudFront's wait for the origin"),
            ("gunicorn", "gunicorn's worker timeout"),
        ],
        any_product: "a limit of 30 s, as gunicorn, Heroku, CloudFront and many balancers have",
        likelihood: WAITED,
    },
    Timer {
        seconds: (60.0, 60.0),
        products: &[
            (
                "nginx",
                "nginx's proxy_read_timeout, fastcgi_read_timeout or proxy_connect_timeout",
            ),
            (
                "OpenResty",
                "nginx's proxy_read_timeout, fastcgi_read_timeout or proxy_connect_timeout",
            ),
            ("Apache", "Apache ProxyTimeout"),
            ("Varnish", "Varnish's first_byte_timeout"),
            ("ALB", "the balancer's idle timeout"),
        ],
        any_product: "a limit of 60 s, as nginx (proxy_read_timeout), Apache (ProxyTimeout) and AWS \
                  balancers have",
        likelihood: WAITED,
    },
    Timer {
        seconds: (90.0, 90.0),
        products: &[("Cloudflare", "Cloudflare's wait for an ACK")],
        any_product: "a limit of 90 s, as Cloudflare has (522)",
        likelihood: CONNECTING,
    },
    Timer {
        seconds: (100.0, 100.0),
        products: &[("Cloudflare", "Cloudflare's former read limit")],
        any_product: "a limit of 100 s, as Cloudflare had (524)",
        likelihood: WAITED,
    },
    Timer {
        seconds: (120.0, 125.0),
        products: &[
            ("Cloudflare", "Cloudflare's read limit (524)"),
            ("IIS", "IIS ARR's limit"),
        ],
        any_product: "a limit of 120 s, as Cloudflare (524) and IIS ARR have",
        likelihood: WAITED,
    },
    Timer {
        seconds: (300.0, 300.0),
        products: &[("Apache", "Apache's former Timeout")],
        any_product: "a limit of 300 s, as older Apache has, or a limit set by hand",
        likelihood: WAITED,
    },
];

/// Minimum time of a wall: every computation takes some time.
const SHORTEST_WALL: f64 = 1.0;

/// Minimum number of equal times for a wall, unless a common timer fires.
const FEWEST: u64 = 3;

/// Maximum difference of times in a wall: this share, or for short ones this many seconds but at most
/// another share. Servers that are only slow vary more.
const ALIKE: (f64, f64, f64) = (0.02, 0.1, 0.04);

/// Response times are counted in logarithmic bins; each bin begins 0.2 % above the last.
const STEP: f64 = 1.002;

/// Maximum distance of a time from its timer, as a share.
const NEAR: f64 = 0.03;

/// Earliest and latest time of an answer after a limit in whole seconds, if the limit is checked once a
/// second and the rest takes a while.
const TICK: (f64, f64) = (-0.02, 1.15);

/// Minimum share of answers after a wait to conclude that a server accepted the requests. Ours.
const MOSTLY: f64 = 0.8;

/// Maximum seconds of HAProxy's retries of a connection.
const MOST_RETRIES: f64 = 4.0;

/// Returns the common timer that fires after this time, connecting not counted.
fn timer_of(seconds: f64) -> Option<&'static Timer> {
    let distance = |timer: &Timer| (timer.seconds.0 - seconds).max(seconds - timer.seconds.1);
    let fitting = TIMERS
        .iter()
        .filter(|timer| distance(timer) <= timer.seconds.0 * NEAR);
    fitting.min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// Failing answers that all took the same time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wall {
    /// Number of these answers, out of all.
    pub hits: Ratio,
    /// Their mean time in seconds.
    pub seconds: f64,
}

impl Wall {
    /// Returns the name of the timer, given the product that answered and the outcome.
    pub fn words(&self, product: Option<&str>, outcome: Outcome) -> &'static str {
        // A 504 of HAProxy follows a connection that was made.
        if self.is_retry(product) && outcome != Outcome::Server504 {
            return "HAProxy's pause of a second before each retry, or its timeout connect or timeout queue; its \
                    log says SC, sC or sQ";
        }
        if let Some(other) = other_limit(product, outcome) {
            return other.words;
        }
        let own = self.own_timer(product).map(|(_, words)| words);
        own.unwrap_or_else(|| match timer_of(self.seconds) {
            // Any server behind the product may have waited; but only the product itself may have
            // connected.
            Some(timer) if product.is_none() || timer.likelihood == WAITED => timer.any_product,
            _ => "a time limit, as they all took the same time",
        })
    }

    /// Returns the timer of the product that answered, and its name.
    fn own_timer(&self, product: Option<&str>) -> Option<(&'static Timer, &'static str)> {
        let (timer, product) = (timer_of(self.seconds)?, product?);
        let own = (timer.products.iter()).find(|(name, _)| product.contains(name));
        own.map(|(_, words)| (timer, *words))
    }

    fn is_retry(&self, product: Option<&str>) -> bool {
        let is_step = (self.seconds - self.seconds.round()).abs() <= ALIKE.1;
        product.is_some_and(|name| name.contains("HAProxy"))
            && self.seconds <= MOST_RETRIES + ALIKE.1
            && is_step
    }

    fn likelihood(&self, product: Option<&str>, outcome: Outcome) -> &'static [(Cause, f64)] {
        if self.is_retry(product) {
            return RETRIED;
        }
        if let Some(other) = other_limit(product, outcome) {
            return other.likelihood;
        }
        match (self.own_timer(product), product) {
            (Some((timer, _)), _) => timer.likelihood,
            (None, None) => timer_of(self.seconds).map_or(LIMITED, |timer| timer.likelihood),
            (None, Some(_)) => timer_of(self.seconds)
                .map(|timer| timer.likelihood)
                .filter(|likelihood| *likelihood == WAITED)
                .unwrap_or(LIMITED),
        }
    }
}

/// The response times of failing answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimerCounts {
    /// Number of times and their sum in seconds, by [`step`]: about three thousand entries at most.
    waits: BTreeMap<i32, (u64, f64)>,
    instant: (u64, f64),
    total: u64,
}

impl TimerCounts {
    /// Counts the time of one failing answer, with the network round trip that it includes.
    pub fn add(&mut self, waited: Duration, round_trip: Option<Duration>) {
        self.total += 1;
        let at_server = waited.saturating_sub(round_trip.unwrap_or_default());
        let seconds = waited.as_secs_f64();
        let slot = if at_server < INSTANT {
            &mut self.instant
        } else if seconds >= SHORTEST_WALL {
            self.waits.entry(step(seconds)).or_default()
        } else {
            return;
        };
        slot.0 += 1;
        slot.1 += seconds;
    }

    /// Adds the times of another count.
    pub(super) fn merge(&mut self, other: &TimerCounts) {
        for (step, more) in &other.waits {
            let known = self.waits.entry(*step).or_default();
            known.0 += more.0;
            known.1 += more.1;
        }
        self.instant.0 += other.instant.0;
        self.instant.1 += other.instant.1;
        self.total += other.total;
    }

    /// Returns the time that most answers took, if they all took the same.
    pub fn wall(&self) -> Option<Wall> {
        let alike = self.waits.keys().map(|first| {
            let shortest = at_step(*first);
            let last = step(shortest + alike(shortest));
            let within = self.waits.range(*first..=last);
            within.fold((0, 0.0), |sum, (_, wait)| (sum.0 + wait.0, sum.1 + wait.1))
        });
        let (hits, sum) = alike.max_by_key(|(hits, _)| *hits)?;
        let wall = Wall {
            hits: Ratio::new(hits, self.total),
            seconds: sum / hits as f64,
        };
        let are_enough = hits >= FEWEST || timer_of(wall.seconds).is_some();
        (are_enough && wall.hits.share() > 0.5).then_some(wall)
    }

    /// Returns the weights of the causes from the times of answers with this outcome, with the evidence.
    /// Returns `None` if some were short and some were long.
    pub(super) fn speak(
        &self,
        product: Option<&str>,
        outcome: Outcome,
    ) -> Option<(&'static [(Cause, f64)], Evidence)> {
        if let Some(wall) = self.wall() {
            let evidence = Evidence::Timer {
                hits: wall.hits,
                seconds: wall.seconds,
                timer: wall.words(product, outcome).to_owned(),
            };
            return Some((wall.likelihood(product, outcome), evidence));
        }
        let hits = Ratio::new(self.instant.0, self.total);
        if hits.share() > 0.5 {
            let seconds = self.instant.1 / hits.part as f64;
            return Some((AT_ONCE, Evidence::Instant { hits, seconds }));
        }
        // An application that fails late reports its own failure.
        let is_of_proxy = matches!(
            outcome,
            Outcome::Server502 | Outcome::Server503 | Outcome::Server504
        );
        is_of_proxy.then(|| self.held(product)).flatten()
    }

    /// Returns the weights if answers came after seconds, at different times.
    fn held(&self, product: Option<&str>) -> Option<(&'static [(Cause, f64)], Evidence)> {
        let (first, last) = (self.waits.keys().next()?, self.waits.keys().next_back()?);
        let hits: u64 = self.waits.values().map(|(hits, _)| hits).sum();
        if let Some((seconds, ticked)) = self.tick() {
            let hits = Ratio::new(ticked, self.total);
            let evidence = Evidence::Ticked {
                hits,
                seconds,
                timer: tick_words(product, seconds),
            };
            return Some((TICKED, evidence));
        }
        let hits = Ratio::new(hits, self.total);
        (hits.share() >= MOSTLY).then(|| {
            let (from, to) = (at_step(*first), at_step(*last));
            (HELD, Evidence::Held { hits, from, to })
        })
    }

    /// Returns the whole seconds of a limit that is checked once a second, and the number of answers in
    /// the second after it, if they are the majority.
    fn tick(&self) -> Option<(u64, u64)> {
        let ticks = self.waits.keys().map(|first| {
            let limit = (at_step(*first) - TICK.0).floor();
            let within = step(limit + TICK.0)..=step(limit + TICK.1);
            let hits = self.waits.range(within).map(|(_, wait)| wait.0).sum();
            (limit as u64, hits)
        });
        let (limit, hits) = ticks.max_by_key(|(_, hits)| *hits)?;
        let is_tick = limit > 0 && hits >= FEWEST && Ratio::new(hits, self.total).share() > 0.5;
        is_tick.then_some((limit, hits))
    }
}

/// Names a limit that is checked once a second, given the product that answered. Squid and lighttpd check their own so;
/// of others whose limits are exact it is unknown which one ran out.
fn tick_words(product: Option<&str>, seconds: u64) -> String {
    let is_of = |names: &[&str]| {
        product.is_some_and(|product| names.iter().any(|name| product.contains(name)))
    };
    match product {
        Some(product) if is_of(&["Squid", "lighttpd"]) => format!(
            "a time limit of {product} that it checks once a second, of {seconds} s or a second less"
        ),
        Some(_) if is_of(&["Envoy", "HAProxy", "Caddy", "Varnish"]) => {
            "a time limit ran out".to_owned()
        }
        _ => "a time limit that is checked once a second, as PHP-FPM, uWSGI and gunicorn do"
            .to_owned(),
    }
}

/// Returns the meaning of a wall of answers with this outcome if it cannot be the product's own limit for an answer.
fn other_limit(product: Option<&str>, outcome: Outcome) -> Option<&'static Other502> {
    let product = product.filter(|_| outcome == Outcome::Server502)?;
    let made_of = |known: &&Other502| known.products.iter().any(|name| product.contains(name));
    OTHERS_502.iter().find(made_of)
}

/// Returns how much longer than this time another of the same wall may be.
fn alike(seconds: f64) -> f64 {
    (seconds * ALIKE.0).max(ALIKE.1.min(seconds * ALIKE.2))
}

fn step(seconds: f64) -> i32 {
    (seconds.ln() / STEP.ln()).round() as i32
}

fn at_step(step: i32) -> f64 {
    STEP.powi(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_belongs_to_the_nearest_timer_within_its_tolerance() {
        let cases = [
            (0.3, None),
            (4.1, None),
            (4.9, Some(5.0)),
            (7.0, None),
            (10.2, Some(10.0)),
            (10.9, None),
            (20.3, Some(19.0)),
            (29.2, Some(30.0)),
            (32.0, None),
            (60.001, Some(60.0)),
            (62.0, None),
            (97.5, Some(100.0)),
            (91.0, Some(90.0)),
            (121.0, Some(120.0)),
            (300.0, Some(300.0)),
        ];
        for (seconds, expected) in cases {
            let timer = timer_of(seconds);
            assert_eq!(timer.map(|timer| timer.seconds.0), expected, "{seconds}");
        }
    }

    #[test]
    fn equal_times_are_a_wall_of_any_length() {
        let wall = |waits: &[u64]| {
            let mut counts = TimerCounts::default();
            for milliseconds in waits {
                counts.add(Duration::from_millis(*milliseconds), None);
            }
            let (likelihood, evidence) = counts.speak(Some("nginx"), Outcome::Server504)?;
            Some((likelihood[0], evidence.to_string()))
        };
        let is_wall = |waits: &[u64]| {
            wall(waits).is_some_and(|(_, words)| words.starts_with("3 of 3 answers took"))
        };
        let (best, words) = wall(&[3_001, 3_070, 3_095, 3_002]).expect("a wall");
        assert_eq!(best, (UpstreamTimeout, 2.5));
        assert_eq!(
            words,
            "4 of 4 answers took 3.0 s: a time limit, as they all took the same time"
        );
        for (shortest, alike, apart) in [
            (1_000, 1_038, 1_045),
            (5_000, 5_095, 5_115),
            (60_000, 61_100, 61_400),
            (100_000, 101_800, 102_300),
        ] {
            assert!(is_wall(&[shortest, shortest, alike]), "{shortest}");
            assert!(
                !is_wall(&[shortest, apart, apart + apart / 20]),
                "{shortest}"
            );
        }
        assert!(!is_wall(&[1_020, 1_070, 1_120]), "merely slow");
        assert!(!is_wall(&[3_001, 3_002]), "two may be chance");
        assert!(!is_wall(&[3_000, 3_300, 3_700, 4_100]));
        // Envoy's five seconds are not a timer of nginx, and four seconds are not one of Envoy.
        assert!(
            wall(&[4_001, 4_002, 4_003])
                .expect("a wall")
                .1
                .contains("a time limit")
        );
    }

    #[test]
    fn haproxy_retries_a_refused_connection_once_a_second() {
        let mut counts = TimerCounts::default();
        for milliseconds in [3_003, 3_005, 3_004] {
            counts.add(Duration::from_millis(milliseconds), None);
        }
        let (likelihood, evidence) = counts
            .speak(Some("HAProxy"), Outcome::Server503)
            .expect("a wall");
        assert_eq!(likelihood[0], (UpstreamDown, 1.5));
        assert!(
            evidence
                .to_string()
                .contains("HAProxy's pause of a second before each retry")
        );
        let (_, slow) = counts
            .speak(Some("HAProxy"), Outcome::Server504)
            .expect("a wall");
        let words = "3 of 3 answers took 3.0 s: a time limit, as they all took the same time";
        assert_eq!(slow.to_string(), words, "it had its connection");
    }

    #[test]
    fn a_wall_names_its_timer() {
        let mut counts = TimerCounts::default();
        for _ in 0..63 {
            counts.add(Duration::from_millis(60_003), None);
        }
        counts.add(Duration::from_secs(41), None);
        let (likelihood, evidence) = counts
            .speak(Some("nginx"), Outcome::Server504)
            .expect("a wall");
        let words = "63 of 64 answers took 60.0 s: nginx's proxy_read_timeout, fastcgi_read_timeout or \
                     proxy_connect_timeout";
        assert_eq!(evidence.to_string(), words);
        assert_eq!(likelihood[0], (UpstreamTimeout, 4.0));
        let (likelihood, evidence) = counts
            .speak(Some("Varnish"), Outcome::Server503)
            .expect("a wall");
        assert!(
            evidence
                .to_string()
                .ends_with("Varnish's first_byte_timeout")
        );
        assert_eq!(likelihood[0], (UpstreamTimeout, 4.0));
    }

    /// Returns the first weight and the evidence for nginx's 502 after these milliseconds.
    fn of_nginx(waits: &[u64]) -> Option<((Cause, f64), String)> {
        let mut counts = TimerCounts::default();
        for milliseconds in waits {
            counts.add(Duration::from_millis(*milliseconds), None);
        }
        let (likelihood, evidence) = counts.speak(Some("nginx"), Outcome::Server502)?;
        Some((likelihood[0], evidence.to_string()))
    }

    #[test]
    fn a_502_of_nginx_after_a_time_limit_is_not_one_of_its_proxy_limits() {
        let (best, words) = of_nginx(&[5_001, 5_002, 5_004]).expect("a wall");
        assert_eq!(best, (UpstreamTimeout, 8.0));
        assert!(words.contains("looking up a name"), "{words}");
        let mut counts = TimerCounts::default();
        for _ in 0..3 {
            counts.add(Duration::from_millis(5_001), None);
        }
        for (product, outcome) in [
            ("nginx", Outcome::Server504),
            ("Caddy", Outcome::Server504),
            ("Apache httpd", Outcome::Server502),
        ] {
            let (_, evidence) = counts.speak(Some(product), outcome).expect("a wall");
            assert!(!evidence.to_string().contains("answer 504"), "{product}");
        }
        let of_caddy = counts.speak(Some("Caddy"), Outcome::Server502);
        let (likelihood, evidence) = of_caddy.expect("a wall");
        assert_eq!(likelihood[0], (Network, 6.0));
        assert!(evidence.to_string().contains("Caddy's dial_timeout"));
    }

    #[test]
    fn a_limit_checked_once_a_second_ends_requests_within_a_second() {
        // PHP-FPM's `request_terminate_timeout` of 3 s, and uWSGI's harakiri with a queue in front, as
        // measured.
        let fpm = [3_008, 3_297, 3_395, 3_812, 3_906, 4_006, 3_078];
        let uwsgi = [3_815, 4_018, 3_914, 4_130, 8_773, 7_904, 3_700];
        for waits in [fpm, uwsgi] {
            let (best, words) = of_nginx(&waits).expect("a tick");
            assert_eq!(best, TICKED[0], "{words}");
            assert!(words.contains("in the second after 3 s"), "{words}");
        }
        let (best, words) = of_nginx(&[2_100, 3_900, 5_600, 8_800, 12_000]).expect("held");
        assert_eq!(best, HELD[0], "{words}");
        assert!(words.starts_with("5 of 5 answers came after 2.1 to 12.0 s"));
        let mut counts = TimerCounts::default();
        for milliseconds in fpm {
            counts.add(Duration::from_millis(milliseconds), None);
        }
        assert!(counts.speak(None, Outcome::Server500).is_none());
        for (product, ends) in [
            (None, "as PHP-FPM, uWSGI and gunicorn do"),
            (
                Some("Squid"),
                "a time limit of Squid that it checks once a second, of 3 s or a second less",
            ),
            (
                Some("Envoy / Istio"),
                "in the second after 3 s: a time limit ran out",
            ),
        ] {
            let (_, evidence) = counts.speak(product, Outcome::Server504).expect("a tick");
            assert!(evidence.to_string().ends_with(ends), "{evidence}");
        }
        // Immediate refusals in between were not held.
        assert_eq!(of_nginx(&[2_100, 3_900, 5_600, 300, 12_000, 310]), None);
    }

    #[test]
    fn times_of_all_lengths_are_no_evidence() {
        let mut counts = TimerCounts::default();
        assert!(counts.speak(None, Outcome::Server502).is_none());
        for milliseconds in [200, 700, 2_000, 5_000, 13_000, 44_000] {
            counts.add(Duration::from_millis(milliseconds), None);
        }
        assert!(counts.speak(None, Outcome::Server502).is_none());
        counts = TimerCounts::default();
        counts.add(Duration::from_millis(203), Some(Duration::from_millis(199)));
        let (_, evidence) = counts.speak(None, Outcome::Server502).expect("at once");
        assert!(matches!(evidence, Evidence::Instant { .. }));
    }
}
