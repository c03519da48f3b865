//! The time to an error shows that a timer fired: errors that all take 60.0 s, or all take 3.2 s, are not chance.
//!
//! Response times that differ by at most 2 %, or by at most 100 ms and 4 %, are a *wall*, of any length.
//! The table of common defaults only names the possible owner of the timer, for times within 3 % of one.

mod table;

use std::collections::BTreeMap;
use std::time::Duration;

use self::table::{AT_ONCE, HELD, LIMITED, RETRIED, TICKED, Timer, Waits, limit_502, timer_of};
use super::context::Ratio;
use super::evidence::Evidence;
use crate::model::{Cause, Outcome};

/// Maximum response time, without the network round trip, that counts as immediate.
const INSTANT: Duration = Duration::from_millis(50);

/// Minimum time of a wall, in seconds: every computation takes some time.
const SHORTEST_WALL: f64 = 1.0;

/// Minimum number of equal times for a wall, unless a common timer fires.
const FEWEST: u64 = 3;

/// Maximum difference of times in a wall as a share of the shortest. Servers that are only slow vary more.
const ALIKE_SHARE: f64 = 0.02;

/// Maximum difference of short times in a wall, in seconds, and as a share of the shortest.
const ALIKE_SECONDS: f64 = 0.1;
const ALIKE_SHARE_OF_SHORT: f64 = 0.04;

/// Response times are counted in logarithmic bins; each bin begins 0.2 % above the last.
const STEP: f64 = 1.002;

/// Earliest and latest time of an answer, in seconds after a limit in whole seconds that is checked once a second: the
/// rest takes a while.
const EARLIEST_TICK: f64 = -0.02;
const LATEST_TICK: f64 = 1.15;

/// Minimum share of answers after a wait to conclude that a server accepted the requests. Ours.
const MOSTLY: f64 = 0.8;

/// Maximum time that HAProxy's retries of a connection add, in seconds.
const MOST_RETRIES: f64 = 4.0;

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
        if let Some(other) = limit_502(product, outcome) {
            return other.words;
        }
        let own = self.own_timer(product).map(|(_, words)| words);
        own.unwrap_or_else(|| match timer_of(self.seconds) {
            // Any server behind the product may have waited; but only the product itself may have
            // connected.
            Some(timer) if product.is_none() || timer.waits == Waits::Answer => timer.any_product,
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
        let is_step = (self.seconds - self.seconds.round()).abs() <= ALIKE_SECONDS;
        product.is_some_and(|name| name.contains("HAProxy"))
            && self.seconds <= MOST_RETRIES + ALIKE_SECONDS
            && is_step
    }

    fn weights(&self, product: Option<&str>, outcome: Outcome) -> &'static [(Cause, f64)] {
        if self.is_retry(product) {
            return RETRIED;
        }
        if let Some(other) = limit_502(product, outcome) {
            return other.weights;
        }
        let own = self.own_timer(product).map(|(timer, _)| timer.waits);
        let waits = own.or_else(|| {
            let waits = timer_of(self.seconds)?.waits;
            (product.is_none() || waits == Waits::Answer).then_some(waits)
        });
        waits.map_or(LIMITED, Waits::weights)
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
            return Some((wall.weights(product, outcome), evidence));
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
            let limit = (at_step(*first) - EARLIEST_TICK).floor();
            let within = step(limit + EARLIEST_TICK)..=step(limit + LATEST_TICK);
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

/// Returns how much longer than this time another of the same wall may be.
fn alike(seconds: f64) -> f64 {
    (seconds * ALIKE_SHARE).max(ALIKE_SECONDS.min(seconds * ALIKE_SHARE_OF_SHORT))
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
        assert_eq!(best, (Cause::UpstreamTimeout, 2.5));
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
        assert_eq!(likelihood[0], (Cause::UpstreamDown, 1.5));
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
        assert_eq!(likelihood[0], (Cause::UpstreamTimeout, 4.0));
        let (likelihood, evidence) = counts
            .speak(Some("Varnish"), Outcome::Server503)
            .expect("a wall");
        assert!(
            evidence
                .to_string()
                .ends_with("Varnish's first_byte_timeout")
        );
        assert_eq!(likelihood[0], (Cause::UpstreamTimeout, 4.0));
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
        assert_eq!(best, (Cause::UpstreamTimeout, 8.0));
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
        assert_eq!(likelihood[0], (Cause::Network, 6.0));
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
