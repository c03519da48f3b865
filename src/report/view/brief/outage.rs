//! Outages that a run saw, from its findings.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Moment, Zone};
use crate::report::words::{count, duration, one_line};
use crate::store::{RunRow, RunSummary, Store, StoreError, StoredFinding};

/// Most outages that are told; all are in the report.
const MOST: usize = 3;

/// A time in which the whole site, or a part of it, failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutageBrief {
    /// `the whole site`, or the host, section or family that was down.
    pub what: String,
    /// How it failed: `answered 502`, or `did not answer`.
    pub how: String,
    /// When the first outage began.
    pub from: String,
    /// When it was over, with the name of the time zone; without the day if that is the same.
    pub until: String,
    /// How long it was.
    pub took: String,
    /// How often it went down in all.
    pub times: u64,
    /// Whether that is news: an outage of the whole host always is; a part that went down in the baseline too is not.
    #[serde(skip)]
    pub is_new: bool,
}

/// The outages of a run.
pub(super) fn read(
    store: &Store,
    run: &RunRow,
    summary: &RunSummary,
    (old, zone): (Option<&[StoredFinding]>, &Zone),
) -> Result<Vec<OutageBrief>, StoreError> {
    let mut outages = Vec::new();
    let all = summary.findings.iter();
    for found in all.filter(|found| is_outage(found)).take(MOST) {
        let facts = found.facts.as_array().map_or(&[][..], Vec::as_slice);
        let of_kind = |kind: &'static str| facts.iter().filter(move |fact| fact["kind"] == kind);
        let times = of_kind("outages").find_map(|fact| fact["count"].as_u64());
        let Some((from, until)) = of_kind("outage").find_map(span) else {
            continue;
        };
        let whole = found.rule == "host_outage";
        let is_only_host = summary.scores.hosts.len() <= 1;
        let status = store.status_of_failures(run.id, (from, until))?;
        let known = old.is_some_and(|old| {
            (old.iter()).any(|old| old.rule == found.rule && old.subject == found.subject)
        });
        outages.push(OutageBrief {
            what: if whole && is_only_host {
                "the whole site".to_owned()
            } else {
                one_line(&found.subject)
            },
            how: status.map_or("did not answer".to_owned(), |status| {
                format!("answered {status}")
            }),
            from: zone.seconds(from),
            until: format!("{} {}", self::until(zone, from, until), zone.name(until)),
            took: duration(until.since(from)),
            times: times.unwrap_or(1),
            is_new: whole || !known,
        });
    }
    Ok(outages)
}

/// When an outage was over: without the day if it is that on which it began.
fn until(zone: &Zone, from: Moment, until: Moment) -> String {
    if zone.day(from) == zone.day(until) {
        zone.clock(until)
    } else {
        zone.seconds(until)
    }
}

fn is_outage(found: &StoredFinding) -> bool {
    matches!(found.rule.as_str(), "host_outage" | "part_outage")
}

fn span(fact: &Value) -> Option<(Moment, Moment)> {
    let time = |name: &str| Moment::parse(fact[name].as_str()?);
    Some((time("from")?, time("until")?))
}

impl OutageBrief {
    /// For a subject.
    pub(super) fn short(&self) -> String {
        let (what, how) = (&self.what, &self.how);
        match self.times {
            0 | 1 => format!("{what} {how} for {}", self.took),
            times => format!("{what} {how} {times} times"),
        }
    }

    /// As a sentence.
    pub(super) fn sentence(&self) -> String {
        let mut what = self.what.clone();
        if let Some(first) = what.get_mut(..1)
            && self.what.starts_with("the ")
        {
            first.make_ascii_uppercase();
        }
        let more = match self.times {
            0 | 1 => String::new(),
            times => format!(", and {} more", count(times - 1, "time")),
        };
        format!(
            "{what} {} from {} to {} ({}){more}.",
            self.how, self.from, self.until, self.took
        )
    }
}
