//! Outages that a run saw, from its findings.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::assess::diagnose::rules::Rule;
use crate::assess::diagnose::{Evidence, Lasted};
use crate::model::{Moment, Zone};
use crate::report::words::{count, one_line, percent};
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
    /// When a request was fine again, with the name of the time zone and without the day if that is the same; empty if
    /// none was.
    pub until: String,
    /// Its duration, as exactly as it was observed: `9 to 24 s`.
    pub took: String,
    /// Number of times that the part went down.
    pub times: u64,
    /// Whether it is reported as a change: an outage of the whole host always is; that of a part is not if the part
    /// went down in the baseline too.
    #[serde(skip)]
    pub is_new: bool,
}

/// An outage of a finding.
struct Gap<'f> {
    found: &'f StoredFinding,
    first: Span,
    /// The last outage of the finding.
    last: Span,
    times: u64,
    status: Option<u16>,
}

/// The first and the last failure of an outage, and the good answers around them.
#[derive(Clone, Copy)]
struct Span {
    before: Option<Moment>,
    from: Moment,
    until: Moment,
    after: Option<Moment>,
}

impl Span {
    /// Reads the span from a fact of a finding.
    fn of(fact: &Evidence) -> Option<Span> {
        match fact {
            Evidence::Outage {
                from,
                until,
                before,
                after,
                ..
            } => Some(Span {
                before: *before,
                from: *from,
                until: *until,
                after: *after,
            }),
            Evidence::MixedOutage {
                from, until, after, ..
            } => Some(Span {
                before: None,
                from: *from,
                until: *until,
                after: *after,
            }),
            _ => None,
        }
    }

    /// Returns the span from the first failure of both to the last, with the nearest good answers around it.
    fn with(self, other: Span) -> Span {
        let from = self.from.min(other.from);
        let until = self.until.max(other.until);
        let around = [self, other].into_iter();
        let before = around.clone().filter_map(|span| span.before);
        let after = around.filter_map(|span| span.after);
        Span {
            before: before.filter(|at| *at <= from).max(),
            from,
            until,
            after: after.filter(|at| *at >= until).min(),
        }
    }
}

impl Gap<'_> {
    fn is_mixed(&self) -> bool {
        self.found.rule == Rule::MixedOutage
    }

    /// Returns whether a part of the same host was down in this time.
    fn includes(&self, part: &Gap<'_>) -> bool {
        let is_part = part.found.rule == Rule::PartOutage
            && part.found.subject.starts_with(&self.found.subject);
        let (begin, end) = (self.first.from, self.last.until);
        is_part
            && part.first.from.since(end) <= TOGETHER
            && begin.since(part.last.until) <= TOGETHER
    }

    /// Returns the share of the requests that failed.
    fn share(&self) -> Option<f64> {
        let failed = self.found.known_facts().find_map(|fact| match fact {
            Evidence::MixedOutage { failed, .. } => Some(*failed),
            _ => None,
        })?;
        (failed.of > 0).then(|| failed.share())
    }

    fn is_whole(&self) -> bool {
        self.found.rule == Rule::HostOutage
    }

    fn is_part(&self) -> bool {
        self.found.rule == Rule::PartOutage
    }

    /// Returns whether another part failed in the same way and in the same minute, so probably for the same
    /// reason.
    fn is_one_with(&self, other: &Gap<'_>) -> bool {
        let apart = (self.first.from.since(other.first.until))
            .max(other.first.from.since(self.first.until));
        self.times <= 1 && other.times <= 1 && self.status == other.status && apart <= TOGETHER
    }
}

/// Returns the outages of a run. Parts that went down together are one outage.
pub(super) fn read(
    store: &Store,
    run: &RunRow,
    summary: &RunSummary,
    old: Option<&[StoredFinding]>,
    zone: &Zone,
) -> Result<Vec<OutageBrief>, StoreError> {
    let mut groups: Vec<Vec<Gap<'_>>> = Vec::new();
    let of_host = summary
        .findings
        .iter()
        .filter(|found| found.rule == Rule::MixedOutage);
    let others = summary
        .findings
        .iter()
        .filter(|found| found.rule != Rule::MixedOutage);
    for found in of_host.chain(others.filter(|found| is_outage(found))) {
        let times = found.known_facts().find_map(|fact| match fact {
            Evidence::Outages { count } => Some(*count),
            _ => None,
        });
        let spans: Vec<Span> = found.known_facts().filter_map(Span::of).collect();
        let (Some(first), Some(last)) = (spans.first().copied(), spans.last().copied()) else {
            continue;
        };
        let gap = Gap {
            found,
            first,
            last,
            times: times.unwrap_or(1),
            status: store.status_of_failures(run.id, first.from..=first.until)?,
        };
        // When many requests to a host fail for a while, some parts of it look down as a whole.
        let mixed = groups.iter_mut().find(|group| {
            let mixed = group.first().filter(|of| of.is_mixed());
            mixed.is_some_and(|mixed| mixed.includes(&gap))
        });
        if let Some(mixed) = mixed {
            mixed.push(gap);
            continue;
        }
        let known = groups.iter_mut().find(|group| {
            let are_one =
                |other: &Gap<'_>| gap.is_part() && other.is_part() && gap.is_one_with(other);
            group.iter().any(are_one)
        });
        match known {
            Some(group) => group.push(gap),
            None => groups.push(vec![gap]),
        }
    }
    let mut outages = Vec::new();
    for group in groups.iter().take(MOST) {
        outages.extend(outage(store, run, summary, old, zone, group)?);
    }
    Ok(outages)
}

fn outage(
    store: &Store,
    run: &RunRow,
    summary: &RunSummary,
    old: Option<&[StoredFinding]>,
    zone: &Zone,
    group: &[Gap<'_>],
) -> Result<Option<OutageBrief>, StoreError> {
    let spans = group.iter().map(|gap| gap.first.with(gap.last));
    let (Some(first), Some(whole)) = (group.first(), spans.reduce(Span::with)) else {
        return Ok(None);
    };
    let is_only_host = summary.scores.hosts.len() <= 1;
    // Good answers meanwhile show how much of the site was down: a cache may answer for the home page, so that
    // the rest seems to come and go.
    let fine = store.fine_pages_between(run.id, whole.from..=whole.until)?;
    let is_home = |address: &str| {
        let mut hosts = summary.scores.hosts.iter();
        hosts.any(|host| format!("{}/", host.name) == address)
    };
    let all_but_home = match fine.as_slice() {
        [only] => is_only_host && is_home(only) && (first.is_whole() || group.len() > 1),
        _ => false,
    };
    let is_mixed = first.is_mixed();
    let is_host = |subject: &str| {
        summary
            .scores
            .hosts
            .iter()
            .any(|host| host.name == subject.trim_end_matches('/'))
    };
    let requests = if is_host(&first.found.subject) {
        "all requests".to_owned()
    } else {
        format!("the requests to {}", one_line(&first.found.subject))
    };
    let what = match group {
        [mixed, ..] if is_mixed => match mixed.share() {
            Some(share) => format!("{} of {requests}", percent(share)),
            None => format!("a part of {requests}"),
        },
        _ if all_but_home => "the whole site but the home page".to_owned(),
        [gap] if gap.is_whole() && is_only_host => "the whole site".to_owned(),
        [gap] => one_line(&gap.found.subject),
        _ if fine.is_empty() && is_only_host => "the whole site".to_owned(),
        parts => count(parts.len() as u64, "part") + " of the site",
    };
    let (span, times) = match group {
        [mixed, ..] if is_mixed => (mixed.first.with(mixed.last), 1),
        [gap] if !all_but_home => (gap.first, gap.times),
        _ => (whole, 1),
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
        from: format!("{} {}", zone.seconds(span.from), zone.name(span.from)),
        until: (span.after).map_or(String::new(), |after| zone.later(span.from, after)),
        took: Lasted::between((span.before, span.from), (span.until, span.after)).to_string(),
        times,
        is_new: first.is_whole() || !known(first) || !is_mixed && !group.iter().all(known),
    }))
}

/// Returns whether a finding is about outages.
pub(super) fn is_outage(found: &StoredFinding) -> bool {
    matches!(
        found.rule,
        Rule::HostOutage | Rule::PartOutage | Rule::MixedOutage
    )
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
        let end = match self.until.as_str() {
            "" => String::new(),
            until => format!(" and was fine again by {until}"),
        };
        let (how, from, took) = (&self.how, &self.from, &self.took);
        format!("{what} {how} from {from}{end} (down for {took}){more}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::diagnose::Ratio;

    #[test]
    fn a_time_in_which_a_part_of_the_requests_failed_is_an_outage() {
        let found = StoredFinding {
            rule: Rule::MixedOutage,
            ..StoredFinding::default()
        };
        assert!(is_outage(&found));
        let from = Moment::from_millis(1_795_345_203_000);
        let fact = Evidence::MixedOutage {
            from,
            until: from + Duration::from_mins(1),
            failed: Ratio::new(31, 60),
            after: Some(from + Duration::from_secs(61)),
        };
        let span = Span::of(&fact).expect("a span");
        assert_eq!(span.until.since(span.from), Duration::from_mins(1));
        assert!(span.before.is_none() && span.after.is_some());
    }
}
