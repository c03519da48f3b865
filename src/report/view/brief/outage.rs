//! Outages that a run saw, from its findings.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Moment, Zone};
use crate::report::words::{count, duration, one_line};
use crate::store::{RunRow, RunSummary, Store, StoreError, StoredFinding};

/// Maximum outages in a brief; the report has all.
const MOST: usize = 3;

/// Maximum time between outages of parts of a site that are one outage: parts are requested in turn, so that none is
/// seen all the time.
const TOGETHER: Duration = Duration::from_secs(30);

/// A time in which the whole site, or a part of it, failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutageBrief {
    /// `the whole site`, or the host, section or family that was down.
    pub what: String,
    /// The subjects of its findings.
    #[serde(default)]
    pub subjects: Vec<String>,
    /// How it failed: `answered 502`, or `did not answer`.
    pub how: String,
    /// When the first outage began.
    pub from: String,
    /// When the first outage ended, with the name of the time zone; without the day if that is the same.
    pub until: String,
    /// How long it lasted.
    pub took: String,
    /// How often it went down in all.
    pub times: u64,
    /// Whether it is news: an outage of the whole host always is; that of a part is not if the part went down in
    /// the baseline too.
    #[serde(skip)]
    pub is_new: bool,
}

/// An outage of a finding.
struct Gap<'f> {
    found: &'f StoredFinding,
    from: Moment,
    until: Moment,
    /// When the last outage of the finding ended.
    last: Moment,
    times: u64,
    status: Option<u16>,
}

impl Gap<'_> {
    fn is_whole(&self) -> bool {
        self.found.rule == "host_outage"
    }

    /// Returns whether another part failed in the same way and in the same minute, so probably for the same
    /// reason.
    fn is_one_with(&self, other: &Gap<'_>) -> bool {
        let apart = self
            .from
            .since(other.until)
            .max(other.from.since(self.until));
        self.times <= 1 && other.times <= 1 && self.status == other.status && apart <= TOGETHER
    }
}

/// Returns the outages of a run. Parts that went down together are one outage.
pub(super) fn read(
    store: &Store,
    run: &RunRow,
    summary: &RunSummary,
    (old, zone): (Option<&[StoredFinding]>, &Zone),
) -> Result<Vec<OutageBrief>, StoreError> {
    let mut groups: Vec<Vec<Gap<'_>>> = Vec::new();
    for found in summary.findings.iter().filter(|found| is_outage(found)) {
        let facts = found.facts.as_array().map_or(&[][..], Vec::as_slice);
        let of_kind = |kind: &'static str| facts.iter().filter(move |fact| fact["kind"] == kind);
        let times = of_kind("outages").find_map(|fact| fact["count"].as_u64());
        let spans: Vec<(Moment, Moment)> = of_kind("outage").filter_map(span).collect();
        let (Some((from, until)), Some((_, last))) =
            (spans.first().copied(), spans.last().copied())
        else {
            continue;
        };
        let gap = Gap {
            found,
            from,
            until,
            last,
            times: times.unwrap_or(1),
            status: store.status_of_failures(run.id, (from, until))?,
        };
        let known = groups.iter_mut().find(|group| {
            let are_one =
                |other: &Gap<'_>| !gap.is_whole() && !other.is_whole() && gap.is_one_with(other);
            group.iter().any(are_one)
        });
        match known {
            Some(group) => group.push(gap),
            None => groups.push(vec![gap]),
        }
    }
    let mut outages = Vec::new();
    for group in groups.iter().take(MOST) {
        outages.extend(outage(store, run, (summary, old, zone), group)?);
    }
    Ok(outages)
}

fn outage(
    store: &Store,
    run: &RunRow,
    (summary, old, zone): (&RunSummary, Option<&[StoredFinding]>, &Zone),
    group: &[Gap<'_>],
) -> Result<Option<OutageBrief>, StoreError> {
    let (Some(first), Some(from), Some(last)) = (
        group.first(),
        group.iter().map(|gap| gap.from).min(),
        group.iter().map(|gap| gap.last).max(),
    ) else {
        return Ok(None);
    };
    let is_only_host = summary.scores.hosts.len() <= 1;
    // Good answers meanwhile show how much of the site was down: a cache may answer for the home page, so that
    // the rest seems to come and go.
    let fine = store.fine_pages_between(run.id, (from, last))?;
    let is_home = |address: &str| {
        let mut hosts = summary.scores.hosts.iter();
        hosts.any(|host| format!("{}/", host.name) == address)
    };
    let all_but_home = match fine.as_slice() {
        [only] => is_only_host && is_home(only) && (first.is_whole() || group.len() > 1),
        _ => false,
    };
    let what = match group {
        _ if all_but_home => "the whole site but the home page".to_owned(),
        [gap] if gap.is_whole() && is_only_host => "the whole site".to_owned(),
        [gap] => one_line(&gap.found.subject),
        _ if fine.is_empty() && is_only_host => "the whole site".to_owned(),
        parts => count(parts.len() as u64, "part") + " of the site",
    };
    let (until, times) = match group {
        [gap] if !all_but_home => (gap.until, gap.times),
        _ => (last, 1),
    };
    let known = |gap: &Gap<'_>| {
        let same =
            |old: &StoredFinding| old.rule == gap.found.rule && old.subject == gap.found.subject;
        old.is_some_and(|old| old.iter().any(same))
    };
    Ok(Some(OutageBrief {
        what,
        subjects: group.iter().map(|gap| gap.found.subject.clone()).collect(),
        how: first.status.map_or("did not answer".to_owned(), |status| {
            format!("answered {status}")
        }),
        from: zone.seconds(from),
        until: format!("{} {}", self::until(zone, from, until), zone.name(until)),
        took: duration(until.since(from)),
        times,
        is_new: first.is_whole() || !group.iter().all(known),
    }))
}

/// Returns when an outage ended; without the day if it began on the same day.
fn until(zone: &Zone, from: Moment, until: Moment) -> String {
    if zone.day(from) == zone.day(until) {
        zone.clock(until)
    } else {
        zone.seconds(until)
    }
}

/// Returns whether a finding is about outages.
pub(super) fn is_outage(found: &StoredFinding) -> bool {
    matches!(found.rule.as_str(), "host_outage" | "part_outage")
}

fn span(fact: &Value) -> Option<(Moment, Moment)> {
    let time = |name: &str| Moment::parse(fact[name].as_str()?);
    Some((time("from")?, time("until")?))
}

impl OutageBrief {
    /// Returns it for a subject.
    pub(super) fn short(&self) -> String {
        let (what, how) = (&self.what, &self.how);
        match self.times {
            0 | 1 => format!("{what} {how} for {}", self.took),
            times => format!("{what} {how} {times} times"),
        }
    }

    /// Returns it as a sentence.
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
