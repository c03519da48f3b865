//! The attempts of a run over time, as input for charts: when requests were made, and their
//! outcomes. Both walks need no memory that grows with the run.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::model::{Experiment, Moment};

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::runs::id::RunId;

/// The kind of an attempt on a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttemptKind {
    /// An answer that search engines do not treat as a 5xx.
    Fine,
    /// A 5xx.
    ServerError,
    /// No answer, another failure that search engines treat as a 5xx, or an error page with status
    /// 200.
    OtherFailure,
    /// An experiment, whatever its outcome: it was not requested in the crawl's own way.
    Experiment,
}

/// An attempt on the timeline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tick {
    /// When it began.
    pub started: Moment,
    /// Its kind.
    pub kind: AttemptKind,
    /// The pass that it was made in: 1 is the crawl.
    pub pass: u32,
    /// Whether it is the first request of its URL.
    pub is_first: bool,
    /// Requests per second allowed to its host at that time; absent without a ceiling.
    pub rate: Option<f64>,
    /// Number of its section, see [`Store::section_numbers`]; absent for robots.txt and sitemaps.
    pub section: Option<i64>,
}

impl Store {
    /// Passes the seconds since 1970 UTC in which attempts began to `each`, in order.
    pub fn busy_seconds(&self, run: RunId, each: &mut dyn FnMut(i64)) -> Result<(), StoreError> {
        self.read(|connection| busy_seconds(connection, run, each))
    }

    /// Passes every attempt of a run to `each`, in no order of time, without discarded ones.
    pub fn ticks(&self, run: RunId, each: &mut dyn FnMut(Tick)) -> Result<(), StoreError> {
        self.read(|connection| ticks(connection, run, each))
    }

    /// Returns the sections by the numbers that attempts use for them. A section may have several.
    pub fn section_numbers(
        &self,
        run: RunId,
        sections: &[&str],
    ) -> Result<HashMap<i64, usize>, StoreError> {
        self.read(|connection| numbers(connection, run, sections))
    }
}

fn busy_seconds(
    connection: &Connection,
    run: RunId,
    each: &mut dyn FnMut(i64),
) -> rusqlite::Result<()> {
    let mut statement = connection
        .prepare("SELECT DISTINCT started / 1000 FROM attempt WHERE run = ? ORDER BY 1")?;
    let mut rows = statement.query([run])?;
    while let Some(row) = rows.next()? {
        each(row.get(0)?);
    }
    Ok(())
}

fn ticks(connection: &Connection, run: RunId, each: &mut dyn FnMut(Tick)) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT a.started, a.status, o.failure, a.purpose, a.rate,
            CASE WHEN u.role >= 3 THEN u.section END, a.pass, a.number
         FROM attempt a CROSS JOIN url u ON u.run = a.run AND u.id = a.url
         CROSS JOIN outcome o ON o.code = a.outcome
         WHERE a.run = ? AND a.purpose <> 'outage'",
    )?;
    let mut rows = statement.query([run])?;
    while let Some(row) = rows.next()? {
        let (status, failed): (Option<u16>, bool) = (row.get(1)?, row.get(2)?);
        let is_experiment = Experiment::from_name(row.get_ref(3)?.as_str()?).is_some();
        each(Tick {
            started: Moment::from_millis(row.get(0)?),
            kind: AttemptKind::of(status, failed, is_experiment),
            rate: row.get(4)?,
            section: row.get(5)?,
            pass: row.get(6)?,
            is_first: row.get::<_, u32>(7)? == 1,
        });
    }
    Ok(())
}

fn numbers(
    connection: &Connection,
    run: RunId,
    sections: &[&str],
) -> rusqlite::Result<HashMap<i64, usize>> {
    let wanted: HashMap<&str, usize> = sections.iter().copied().zip(0..).collect();
    let mut statement = connection.prepare("SELECT id, text FROM text WHERE run = ?")?;
    let mut rows = statement.query([run])?;
    let mut numbers = HashMap::new();
    while let Some(row) = rows.next()? {
        if let Some(at) = wanted.get(row.get_ref(1)?.as_str()?) {
            numbers.insert(row.get(0)?, *at);
        }
    }
    Ok(numbers)
}

impl AttemptKind {
    /// Returns the kind of an attempt from its status, whether its outcome is a failure, and whether
    /// it was an experiment.
    pub(in crate::store) fn of(
        status: Option<u16>,
        failed: bool,
        is_experiment: bool,
    ) -> AttemptKind {
        match status {
            _ if is_experiment => AttemptKind::Experiment,
            Some(500..=599) => AttemptKind::ServerError,
            _ if failed => AttemptKind::OtherFailure,
            _ => AttemptKind::Fine,
        }
    }
}
