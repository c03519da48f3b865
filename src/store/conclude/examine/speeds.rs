//! Counts attempts at URLs that were fine at least once, by host, at a polite pace and at speed.
//! One merge join reads the attempts with their URLs.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};

use crate::assess::diagnose::Ratio;
use crate::assess::examine::{Failing, SpeedEffect};
use crate::model::{Outcome, Pressure, Purpose, Role};

use crate::store::rows::ids::UrlId;
use crate::store::rows::merge_join::MergeJoin;
use crate::store::runs::id::RunId;

/// Returns the effect of speed on each host, by the number of its text. A host may have several
/// numbers.
pub(in crate::store) fn speeds(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<BTreeMap<u32, SpeedEffect>> {
    let mut attempts = connection.prepare(
        "SELECT url, outcome, in_flight, rate, purpose FROM evidence WHERE run = ? ORDER BY url",
    )?;
    let mut attempts = MergeJoin::of_run(&mut attempts, run)?;
    let mut urls =
        connection.prepare("SELECT id, role, host FROM url WHERE run = ? ORDER BY id")?;
    let mut urls = urls.query([run])?;
    let mut hosts: BTreeMap<u32, SpeedEffect> = BTreeMap::new();
    while let Some(row) = urls.next()? {
        let id: UrlId = row.get(0)?;
        let mut url = Url::default();
        while let Some(row) = attempts.next_of(id)? {
            url.add(&Tried::read(row)?);
        }
        let role: Role = row.get(1)?;
        if url.failed < url.attempts && matches!(role, Role::Page | Role::Resource) {
            url.count_for(hosts.entry(row.get(2)?).or_default());
        }
    }
    Ok(hosts)
}

/// The columns of an attempt that are needed here.
struct Tried {
    outcome: Outcome,
    pressure: Pressure,
    purpose: Purpose,
}

impl Tried {
    fn read(row: &Row<'_>) -> rusqlite::Result<Tried> {
        Ok(Tried {
            outcome: row.get(1)?,
            pressure: Pressure {
                in_flight: row.get(2)?,
                rate: row.get(3)?,
            },
            purpose: row.get(4)?,
        })
    }

    fn is_polite(&self) -> bool {
        let polite = SpeedEffect::POLITE;
        self.pressure.in_flight <= polite.in_flight
            && self.pressure.rate.is_some()
            && self.pressure.rate <= polite.rate
    }
}

/// Counts of a URL's attempts.
#[derive(Default)]
struct Url {
    attempts: u64,
    failed: u64,
    politely: u64,
    politely_failed: u64,
    /// First attempts of the crawl: one, or none after a redirect of a file.
    first: u64,
    confirmed: u64,
    failures: BTreeMap<Outcome, Failing>,
}

impl Url {
    fn add(&mut self, tried: &Tried) {
        let is_polite = tried.is_polite();
        let failed = tried.outcome.is_failure();
        self.attempts += 1;
        self.failed += u64::from(failed);
        self.politely += u64::from(is_polite);
        self.politely_failed += u64::from(is_polite && failed);
        let is_first = tried.purpose == Purpose::Crawl;
        let is_confirmation = tried.purpose == Purpose::Confirm;
        self.first += u64::from(is_first);
        self.confirmed += u64::from(is_confirmation);
        if failed {
            let kind = self.failures.entry(tried.outcome).or_default();
            kind.first += u64::from(is_first);
            kind.confirmed += u64::from(is_confirmation);
        }
    }

    fn count_for(&self, host: &mut SpeedEffect) {
        let more = |known: Ratio, part, of| Ratio::new(known.part + part, known.of + of);
        let healed = self.failed > 0 && self.politely > 0 && self.politely_failed == 0;
        host.politely = more(host.politely, self.politely_failed, self.politely);
        host.at_speed = more(
            host.at_speed,
            self.failed - self.politely_failed,
            self.attempts - self.politely,
        );
        host.healed += u64::from(healed);
        host.urls += 1;
        host.flapping.looked_at(self.first);
        for (outcome, failing) in &self.failures {
            host.flapping.failed(*outcome, *failing, self.confirmed);
        }
    }
}
