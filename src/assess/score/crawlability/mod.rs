//! Crawlability of hosts and of the site: 100 - H, where H measures the obstacles for a bot, and the
//! deductions that explain every lost point.

use super::deduction::{Deduction, Fact, apportion};
use super::obstacles::{Obstacles, SLOW_FROM};
use super::points::Score;
use super::risk::Band;
use super::robots_ladder::RobotsState;
use super::site::Aggregate;
use crate::assess::statistics::rate::Interval;
use crate::assess::verdict::kind::FailureKind;

/// Facts about a host besides its URLs.
#[derive(Clone, Copy, Debug)]
pub struct HostFiles<'a> {
    /// The host.
    pub host: &'a str,
    /// The URL of its robots.txt.
    pub robots_address: &'a str,
    /// The state of robots.txt.
    pub robots: RobotsState,
    /// Sitemap files that robots.txt names or that were configured.
    pub sitemaps: u32,
    /// The URLs of the failing ones.
    pub failing_sitemaps: &'a [String],
    /// The share of time for which the host is down in a rhythm, 0..1.
    pub down: f64,
}

/// Crawlability (0..100, 100 = no obstacle for a bot), and the points lost to each obstacle.
#[derive(Clone, Debug, PartialEq)]
pub struct Crawlability {
    /// The score.
    pub score: Score,
    /// The lost points, unrounded. They add up to 100 less the score's value.
    pub losses: Vec<Deduction>,
}

impl Crawlability {
    /// Returns the lost points, rounded to hundredths so that the rows add up to the rounded loss.
    pub fn deductions(&self) -> Vec<Deduction> {
        apportion(self.losses.clone())
    }

    /// Returns the band of the score, or `None` if it is inconclusive.
    pub fn band(&self) -> Option<Band> {
        let score = self.score.known()?;
        Some(Band::of_obstruction(100.0 - score.value))
    }
}

/// Returns the crawlability of a host, or of one of its sections. Failures caused by the speed of the
/// crawl cost nothing.
pub fn crawlability(urls: &Aggregate, files: &HostFiles<'_>) -> Crawlability {
    if let Some(score) = Score::lacks_evidence(urls.looks.of, files.robots) {
        return Crawlability {
            score,
            losses: Vec::new(),
        };
    }
    let failing = files.failing_sitemaps.len() as f64;
    let obstacles = Obstacles {
        error_rate: error_rate(urls, files),
        median_ttfb_ms: urls.latency.median_ms(),
        sitemaps: failing / f64::from(files.sitemaps.max(1)),
        robots: files.robots,
    };
    Crawlability {
        score: Score::Known(obstacles.obstruction().left_of(100.0)),
        losses: explain(&obstacles, urls, files),
    }
}

/// Returns the share of requests that fail for a bot that comes at any time (e of the model).
fn error_rate(urls: &Aggregate, files: &HostFiles<'_>) -> Interval {
    if files.down > 0.0 {
        urls.looks.error_rate_with_outages(files.down)
    } else {
        urls.looks.error_rate_without_speed()
    }
}

/// Returns the crawlability of a site: the mean of its hosts, weighted by their known URLs. Hosts
/// without a score are left out; if no host has one, there is none.
pub fn site_crawlability(hosts: Vec<(u64, Crawlability)>) -> Crawlability {
    let mut first_attempts = 0;
    let mut known: Vec<(f64, Interval, Vec<Deduction>)> = Vec::new();
    for (urls, host) in hosts {
        match host.score {
            Score::Known(score) => known.push((urls.max(1) as f64, score, host.losses)),
            Score::Inconclusive {
                first_attempts: seen,
                ..
            } => first_attempts += seen,
        }
    }
    if known.is_empty() {
        return Crawlability {
            score: Score::inconclusive(first_attempts),
            losses: Vec::new(),
        };
    }
    let total: f64 = known.iter().map(|(urls, ..)| urls).sum();
    let mean = |of: fn(&Interval) -> f64| {
        let parts = known
            .iter()
            .map(|(urls, score, _)| urls / total * of(score));
        parts.sum()
    };
    let score = Interval {
        low: mean(|score| score.low),
        value: mean(|score| score.value),
        high: mean(|score| score.high),
    };
    let mut losses = Vec::new();
    for (urls, _, rows) in known {
        losses.extend(rows.into_iter().map(|row| Deduction {
            points: row.points * urls / total,
            ..row
        }));
    }
    Crawlability {
        score: Score::Known(score),
        losses,
    }
}

fn explain(obstacles: &Obstacles, urls: &Aggregate, files: &HostFiles<'_>) -> Vec<Deduction> {
    let [errors, slowness, sitemaps, robots] = obstacles.losses();
    let by_outages = match obstacles.error_rate.value {
        rate if rate > 0.0 => errors * files.down / rate,
        _ => 0.0,
    };
    let mut rows = errors_by_kind(errors - by_outages, urls, files);
    rows.push(Deduction {
        rule: "crawlability.outages",
        points: by_outages,
        evidence: vec![
            Fact::word("host", files.host),
            Fact::measure("down", files.down, 4),
        ],
        urls: Vec::new(),
    });
    if let Some(median) = obstacles.median_ttfb_ms {
        rows.push(Deduction {
            rule: "crawlability.slow_answers",
            points: slowness,
            evidence: vec![
                Fact::word("host", files.host),
                Fact::measure("median_ttfb_ms", median, 0),
                Fact::measure("slow_from_ms", SLOW_FROM, 0),
                Fact::count("answers", urls.latency.answers()),
            ],
            urls: urls.slowest(),
        });
    }
    rows.push(Deduction {
        rule: "crawlability.sitemaps",
        points: sitemaps,
        evidence: vec![
            Fact::word("host", files.host),
            Fact::count("failing", files.failing_sitemaps.len() as u64),
            Fact::count("sitemaps", u64::from(files.sitemaps)),
        ],
        urls: files.failing_sitemaps.iter().take(5).cloned().collect(),
    });
    rows.push(Deduction {
        rule: "crawlability.robots_txt",
        points: robots,
        evidence: vec![
            Fact::word("host", files.host),
            Fact::word("state", files.robots.name()),
            Fact::measure("least_obstruction", files.robots.floor(), 0),
        ],
        urls: vec![files.robots_address.to_owned()],
    });
    rows.retain(|row| row.points > 0.0);
    rows
}

/// Splits the points of errors over the kinds of failure by their number.
fn errors_by_kind(points: f64, urls: &Aggregate, files: &HostFiles<'_>) -> Vec<Deduction> {
    let looks = &urls.looks;
    let failed: u64 = looks.kinds.iter().sum();
    let rate = error_rate(urls, files);
    let kinds = FailureKind::ALL.into_iter().zip(looks.kinds);
    kinds
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| Deduction {
            rule: error_rule(kind),
            points: points * count as f64 / failed as f64,
            evidence: vec![
                Fact::word("host", files.host),
                Fact::count("failed", count),
                Fact::count("all_failed", failed),
                Fact::count("first_attempts", looks.of),
                Fact::measure("error_rate", rate.value, 4),
                Fact::measure("error_rate_low", rate.low, 4),
                Fact::measure("error_rate_high", rate.high, 4),
            ],
            urls: looks.examples(kind),
        })
        .collect()
}

const fn error_rule(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Announced => "crawlability.announced_downtime",
        FailureKind::RateLimited => "crawlability.rate_limited",
        FailureKind::Network => "crawlability.network_errors",
        FailureKind::Server => "crawlability.server_errors",
        FailureKind::Soft => "crawlability.soft_errors",
    }
}

#[cfg(test)]
mod tests;
