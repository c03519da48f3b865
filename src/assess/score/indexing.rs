//! Indexing risk of a site, host or section, and what it consists of.

use super::deduction::{Deduction, Fact, apportion};
use super::points::Score;
use super::risk::{Band, Risk};
use super::robots_ladder::RobotsState;
use super::site::Aggregate;
use crate::assess::statistics::rate::Interval;

/// Whether every URL that is known was fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Every one, but for what rules excluded.
    Full,
    /// Some of them, by a limit or by chance.
    Sample,
}

/// Indexing risk (0..100, higher is worse), and what it consists of.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexingRisk {
    /// The risk if the measured frequencies go on for 48 h.
    pub score: Score,
    /// What it consists of, unrounded; together the score's value.
    pub shares: Vec<Deduction>,
}

impl IndexingRisk {
    /// What it consists of, rounded to hundredths so that the rows add up to the rounded risk.
    pub fn deductions(&self) -> Vec<Deduction> {
        apportion(self.shares.clone())
    }

    /// The risk in a word; none where it is inconclusive.
    pub fn band(&self) -> Option<Band> {
        self.score.known().map(|risk| Band::of_site(risk.value))
    }
}

/// Indexing risk of these URLs on a host whose robots.txt is in this state. A robots.txt that stops
/// all crawling raises it; what that adds is a share of its own.
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
    fn a_robots_txt_that_stops_crawling_is_a_share_of_its_own() {
        let found = indexing_risk(&Aggregate::default(), Extent::Full, RobotsState::Recent);
        assert_eq!(found.score.known().map(|risk| risk.value), Some(25.0));
        assert_eq!(found.band(), Some(Band::Critical));
        let rows = found.deductions();
        assert_eq!(rows.len(), 1);
        assert!((rows[0].points - 25.0).abs() < 1e-9);
    }

    #[test]
    fn too_little_evidence_is_said() {
        let found = indexing_risk(&Aggregate::default(), Extent::Full, RobotsState::Ok);
        assert_eq!(found.score.known(), None);
        assert!(found.band().is_none() && found.deductions().is_empty());
    }
}
