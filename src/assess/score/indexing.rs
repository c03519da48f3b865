//! The indexing risk of a site, host or section, and its parts.

use std::time::Duration;

use super::deduction::{Deduction, Fact, apportion};
use super::points::Score;
use super::risk::{Band, FailingTime, Risk, url_risk};
use super::robots_ladder::RobotsState;
use super::site::Aggregate;
use crate::assess::statistics::rate::Interval;
use crate::assess::verdict::kind::FailureKind;

/// Whether all known URLs were fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All known URLs were fetched, except those that rules excluded.
    Full,
    /// Only some known URLs were fetched, because of a limit or chance.
    Sample,
}

/// The indexing risk (0..100, higher is worse), and its parts.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexingRisk {
    /// The risk if the measured frequencies continue for 48 h.
    pub score: Score,
    /// The parts, unrounded. They add up to the score's value.
    pub shares: Vec<Deduction>,
}

impl IndexingRisk {
    /// Returns the parts, rounded to hundredths so that the rows add up to the rounded risk.
    pub fn deductions(&self) -> Vec<Deduction> {
        apportion(self.shares.clone())
    }

    /// Returns the band of the risk, or `None` if it is inconclusive.
    pub fn band(&self) -> Option<Band> {
        self.score.known().map(|risk| Band::of_site(risk.value))
    }
}

/// The state of a host, which concerns all of its pages.
#[derive(Clone, Copy, Debug, Default)]
pub struct HostState {
    /// The state of its robots.txt.
    pub robots: RobotsState,
    /// The share of time for which it is down in a rhythm, 0..1.
    pub down: f64,
}

/// Returns the indexing risk of these URLs, which lie on hosts in these states, with the known pages of each. A robots.txt
/// that stops all crawling raises it, and so does a host that goes down in a rhythm, each by its share of the pages. The
/// increases are parts of their own.
pub fn indexing_risk(urls: &Aggregate, extent: Extent, hosts: &[(u64, HostState)]) -> IndexingRisk {
    let robots = (hosts.iter().map(|(_, host)| host.robots))
        .max_by(|one, other| one.floor().total_cmp(&other.floor()))
        .unwrap_or_default();
    if let Some(score) = Score::lacks_evidence(urls.looks.of, robots) {
        return IndexingRisk {
            score,
            shares: Vec::new(),
        };
    }
    let risk: Risk = match extent {
        Extent::Full => urls.risk.full(),
        Extent::Sample => urls.risk.sampled(),
    };
    let with_outages = raised(risk, hosts, |host| rhythm_risk(host.down));
    let with_robots = raised(with_outages, hosts, |host| host.robots.least_risk());
    let mut shares = urls.risk_shares();
    let mut add = |rule, fact, before: Risk, after: Risk| {
        if after.value > before.value {
            shares.push(Deduction {
                rule,
                points: after.value - before.value,
                evidence: vec![
                    fact,
                    Fact::measure("least_risk", after.value, 0),
                    Fact::measure("risk_without", before.value, 2),
                ],
                urls: Vec::new(),
            });
        }
    };
    let down = hosts.iter().map(|(_, host)| host.down).fold(0.0, f64::max);
    let down = Fact::measure("down", down, 4);
    add("indexing_risk.outages", down, risk, with_outages);
    let state = Fact::word("state", robots.name());
    add("indexing_risk.robots_txt", state, with_outages, with_robots);
    IndexingRisk {
        score: Score::Known(with_robots),
        shares,
    }
}

/// Returns a risk that is at least this on some hosts: they raise it by their share of all known pages.
fn raised(risk: Risk, hosts: &[(u64, HostState)], least: impl Fn(&HostState) -> f64) -> Risk {
    let all: u64 = hosts.iter().map(|(pages, _)| pages).sum();
    hosts.iter().fold(risk, |raised, (pages, host)| {
        let share = *pages as f64 / all as f64;
        let raise = |risk: f64| share * (least(host) - risk).max(0.0);
        Risk {
            low: raised.low + raise(risk.low),
            value: raised.value + raise(risk.value),
            high: raised.high + raise(risk.high),
        }
    })
}

/// Returns the risk of a page that is down for this share of the time, for as long as search engines tolerate it.
fn rhythm_risk(down: f64) -> f64 {
    let time = FailingTime::continued(Duration::ZERO);
    url_risk(Interval::exact(down), time, FailureKind::Server).value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(robots: RobotsState) -> (u64, HostState) {
        (12, HostState { robots, down: 0.0 })
    }

    #[test]
    fn a_host_raises_the_risk_by_its_share_of_the_pages() {
        let risk = |hosts: &[(u64, HostState)]| {
            let found = indexing_risk(&Aggregate::default(), Extent::Full, hosts);
            let rows: f64 = found.deductions().iter().map(|row| row.points).sum();
            let score = found.score.known().expect("known").value;
            assert!((rows - score).abs() < 0.01, "{found:?}");
            score
        };
        let down = |down| {
            let robots = RobotsState::WithCopy;
            (88, HostState { robots, down })
        };
        assert!((risk(&[host(RobotsState::Recent), down(0.0)]) - 3.0).abs() < 1e-9);
        // 70 x (0.2 x 0.4 + 0.8 x 0.4^3) of 88 %.
        assert!((risk(&[host(RobotsState::Ok), down(0.4)]) - 0.88 * 9.184).abs() < 1e-9);
    }

    #[test]
    fn a_robots_txt_that_stops_crawling_is_its_own_part_of_the_risk() {
        let found = indexing_risk(
            &Aggregate::default(),
            Extent::Full,
            &[host(RobotsState::Recent)],
        );
        assert_eq!(found.score.known().map(|risk| risk.value), Some(25.0));
        assert_eq!(found.band(), Some(Band::Critical));
        let rows = found.deductions();
        assert_eq!(rows.len(), 1);
        assert!((rows[0].points - 25.0).abs() < 1e-9);
    }

    #[test]
    fn too_little_evidence_makes_the_risk_inconclusive() {
        let found = indexing_risk(&Aggregate::default(), Extent::Full, &[]);
        assert_eq!(found.score.known(), None);
        assert!(found.band().is_none() && found.deductions().is_empty());
    }
}
