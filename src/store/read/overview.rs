//! History: a short overview of each run, and one URL over all runs. Reading it concludes nothing:
//! fields of a run without conclusions stay blank.

use rusqlite::Row;
use serde::Serialize;

use crate::assess::compare::Sight;
use crate::assess::{Band, Interval, ScoreModel};
use crate::model::Moment;

use super::summary::found::{self, StoredScore};
use crate::store::compare::sights::{SIGHT, sight};
use crate::store::conclude::conclusions::{COVERAGE, FIRST_BYTE};
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::row::{count, list};
use crate::store::runs::id::RunId;

/// A short overview of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RunOverview {
    /// Pages that were requested.
    pub pages: u64,
    /// Pages that failed at least once.
    pub failing: u64,
    /// Pages with the verdict persistent.
    pub persistent: u64,
    /// Pages with the verdict intermittent.
    pub intermittent: u64,
    /// Pages with the verdict transient.
    pub transient: u64,
    /// Pages with the verdict load-induced.
    pub load_induced: u64,
    /// Pages with the verdict unconfirmed.
    pub unconfirmed: u64,
    /// 0..100; higher is better. Absent if there is too little evidence.
    pub crawlability: Option<Interval>,
    /// The band of that score; absent if it is inconclusive.
    pub crawlability_band: Option<Band>,
    /// 0..100; lower is better. Absent if there is too little evidence.
    pub indexing_risk: Option<Interval>,
    /// The band of that score; absent if it is inconclusive.
    pub indexing_risk_band: Option<Band>,
    /// The version of the model that both scores follow. Scores of different models are not comparable.
    pub score_model: ScoreModel,
    /// Share of the known pages that were fetched, 0..1. Absent in runs of earlier versions.
    pub coverage: Option<f64>,
    /// Milliseconds to the first byte of good answers: median, and the 5th and 95th percentile as bounds. Absent in
    /// runs of earlier versions.
    pub first_byte_ms: Option<Interval>,
}

/// Sight of a URL in one run.
#[derive(Clone, Debug, PartialEq)]
pub struct UrlInRun {
    /// The run.
    pub run: RunId,
    /// Start of the run.
    pub started: Moment,
    /// The site or list of the run.
    pub site: String,
    /// The sight of the URL.
    pub sight: Sight,
    /// When the URL was first seen failing in that run.
    pub first_failed: Option<Moment>,
    /// When it was last seen failing.
    pub last_failed: Option<Moment>,
    /// When it was last seen fine.
    pub last_ok: Option<Moment>,
}

impl Store {
    /// Returns a short overview of a run, or `None` if it was not concluded.
    pub fn overview(&self, run: RunId) -> Result<Option<RunOverview>, StoreError> {
        self.read(|connection| {
            let concluded: bool = connection.query_row(
                "SELECT concluded > 0 FROM run WHERE id = ?",
                [run],
                |row| row.get(0),
            )?;
            if !concluded {
                return Ok(None);
            }
            let counted = connection.query_row(
                "SELECT coalesce(sum(urls), 0), coalesce(sum(failing), 0),
                    coalesce(sum(persistent), 0), coalesce(sum(intermittent), 0),
                    coalesce(sum(transient), 0), coalesce(sum(load_induced), 0)
                 FROM part WHERE run = ? AND kind = 'section'",
                [run],
                overview,
            )?;
            let score = |name| found::stored_score(connection, run, name);
            let known = |score: &Option<StoredScore>| score.as_ref()?.score.known();
            let band = |score: &Option<StoredScore>| score.as_ref()?.band;
            let (crawlability, risk) = (score("crawlability")?, score("indexing_risk")?);
            let coverage = found::interval_of(connection, run, COVERAGE)?;
            Ok(Some(RunOverview {
                crawlability: known(&crawlability),
                crawlability_band: band(&crawlability),
                indexing_risk: known(&risk),
                indexing_risk_band: band(&risk),
                score_model: found::score_model(connection, run)?,
                coverage: coverage.map(|share| share.value),
                first_byte_ms: found::interval_of(connection, run, FIRST_BYTE)?,
                ..counted
            }))
        })
    }

    /// Returns the sight of a URL in each run that knows it, the oldest first. The URL may have
    /// either form.
    pub fn url_history(&self, address: &str) -> Result<Vec<UrlInRun>, StoreError> {
        let connection = self.connect()?;
        let sql = format!(
            "SELECT {SIGHT}, r.id, r.started, r.site, s.first_failed, s.last_failed, s.last_ok
             FROM url u CROSS JOIN run r ON r.id = u.run
             LEFT JOIN assessment s ON s.run = u.run AND s.url = u.id
             WHERE (u.address = ?1 OR u.readable = ?1) ORDER BY r.id"
        );
        let moment = |row: &Row<'_>, at| -> rusqlite::Result<Option<Moment>> {
            Ok(row.get::<_, Option<i64>>(at)?.map(Moment::from_millis))
        };
        list(&connection, &sql, [address], |row| {
            Ok(UrlInRun {
                run: row.get(16)?,
                started: Moment::from_millis(row.get(17)?),
                site: row.get(18)?,
                sight: sight(row)?,
                first_failed: moment(row, 19)?,
                last_failed: moment(row, 20)?,
                last_ok: moment(row, 21)?,
            })
        })
        .map_err(|source| self.fault(source))
    }
}

fn overview(row: &Row<'_>) -> rusqlite::Result<RunOverview> {
    let [failing, persistent, intermittent, transient, load_induced] = [
        count(row, 1)?,
        count(row, 2)?,
        count(row, 3)?,
        count(row, 4)?,
        count(row, 5)?,
    ];
    let others = persistent + intermittent + transient + load_induced;
    Ok(RunOverview {
        pages: count(row, 0)?,
        failing,
        persistent,
        intermittent,
        transient,
        load_induced,
        // Failing pages with none of the other verdicts.
        unconfirmed: failing.saturating_sub(others),
        ..RunOverview::default()
    })
}
