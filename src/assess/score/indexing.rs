//! The indexing risk of a site, host or section, and its parts.

use super::deduction::{Deduction, Fact, apportion};
use super::points::Score;
use super::risk::{Band, Risk};
use super::robots_ladder::RobotsState;
use super::site::Aggregate;
use crate::assess::statistics::rate::Interval;

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

/// Returns the indexing risk of these URLs on a host whose robots.txt is in this state. A robots.txt
/// that stops all crawling raises it; the increase is a part of its own.
pub fn indexing_risk(urls: &Aggregate, extent: Extent, robots: RobotsState) -> IndexingRisk {
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
    let raised: Interval = robots.raise(risk);
    let mut shares = urls.risk_shares();
    if raised.value > risk.value {
        shares.push(Deduction {
            rule: "indexing_risk.robots_txt",
            points: raised.value - risk.value,
            evidence: vec![
                Fact::word("state", robots.name()),
                Fact::measure("least_risk", raised.value, 0),
                Fact::measure("risk_without", risk.value, 2),
            ],
            urls: Vec::new(),
        });
    }
    IndexingRisk {
        score: Score::Known(raised),
        shares,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_robots_txt_that_stops_crawling_is_its_own_part_of_the_risk() {
        let found = indexing_risk(&Aggregate::default(), Extent::Full, RobotsState::Recent);
        assert_eq!(found.score.known().map(|risk| risk.value), Some(25.0));
        assert_eq!(found.band(), Some(Band::Critical));
        let rows = found.deductions();
        assert_eq!(rows.len(), 1);
        assert!((rows[0].points - 25.0).abs() < 1e-9);
    }

    #[test]
    fn too_little_evidence_makes_the_risk_inconclusive() {
        let found = indexing_risk(&Aggregate::default(), Extent::Full, RobotsState::Ok);
        assert_eq!(found.score.known(), None);
        assert!(found.band().is_none() && found.deductions().is_empty());
    }
}
