//! Episodes: times in which requests failed more often than usual, with their kinds.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use crate::logs::order::Event;
use crate::logs::tally::failures::Failure;
use crate::logs::tally::family::{section, text};
use crate::logs::tally::names::NO_NAME;
use crate::logs::tally::totals::Totals;
use crate::logs::tally::urls::Urls;
use crate::model::{Cause, Moment};

/// Minimum failures of an episode. Ours.
const FEWEST: u64 = 3;

/// Minutes without a bad one that end an episode. Ours.
const GAP: u32 = 5;

/// Maximum episodes; those with the most failures are kept. Ours.
const MOST: usize = 1_000;

/// A minute is bad if its share of failures is this many times the usual one, and at least this share.
const TIMES_USUAL: f64 = 4.0;
const LEAST_SHARE: f64 = 0.05;

/// The share of an episode's failures that must have something in common to be tied to it.
const TIED: f64 = 0.9;

/// The share of failed requests from which everything fails.
const EVERYTHING: f64 = 0.5;

/// Load this many times the usual one is high.
const HIGH_LOAD: f64 = 2.0;

/// An event explains an episode that begins within this many seconds after it.
const AFTER_EVENT: i64 = 900;

/// Episodes on this many days at one time of day are regular; times differ by this many minutes at most.
const REGULAR_DAYS: usize = 3;
const REGULAR_MINUTES: i64 = 10;

/// A time in which requests failed more often than usual.
#[derive(Clone, Debug, Serialize)]
pub struct Episode {
    /// The time of the first failure.
    pub from: Moment,
    /// The time of the last failure.
    pub to: Moment,
    /// The kind of the episode.
    pub kind: EpisodeKind,
    /// Requests in its minutes.
    pub requests: u64,
    /// Failures.
    pub failed: u64,
    /// URLs that failed.
    pub urls: u64,
    /// The statuses, the most frequent first.
    pub statuses: Vec<u16>,
    /// Requests per second in its minutes.
    pub load: f64,
    /// Requests per second in the median minute of the log.
    pub usual_load: f64,
    /// The section of most of its failures, if it has nine of ten.
    pub section: Option<String>,
    /// The backend of nine of ten of its failures.
    pub backend: Option<String>,
    /// The most frequent cause.
    pub cause: Option<Cause>,
    /// The event before it.
    pub event: Option<String>,
}

/// The kind of an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EpisodeKind {
    /// It began after an event that the user named, such as a deploy.
    AfterEvent,
    /// Episodes come at this time of day.
    Daily,
    /// Everything failed, whatever was requested.
    Everything,
    /// The failures were those of one backend, while others answered.
    OneBackend,
    /// The load was high.
    Load,
    /// The failures were those of one section, while others answered.
    Paths,
    /// None of these.
    Other,
}

impl EpisodeKind {
    /// Returns its name in exports.
    pub const fn name(self) -> &'static str {
        match self {
            EpisodeKind::AfterEvent => "after_event",
            EpisodeKind::Daily => "daily",
            EpisodeKind::Everything => "everything",
            EpisodeKind::OneBackend => "one_backend",
            EpisodeKind::Load => "load",
            EpisodeKind::Paths => "paths",
            EpisodeKind::Other => "other",
        }
    }

    /// Returns it in words.
    pub const fn words(self) -> &'static str {
        match self {
            EpisodeKind::AfterEvent => "after an event",
            EpisodeKind::Daily => "at a fixed time of day",
            EpisodeKind::Everything => "everything failed",
            EpisodeKind::OneBackend => "one backend",
            EpisodeKind::Load => "high load",
            EpisodeKind::Paths => "one section",
            EpisodeKind::Other => "no pattern",
        }
    }
}

/// Minutes with many failures, with few minutes between them.
struct Span {
    /// The first minute since 1970.
    first: u32,
    /// The last minute.
    last: u32,
    requests: u64,
    failed: u64,
    /// Requests per second, in minutes with requests.
    load: f64,
}

impl Span {
    fn of(minutes: &BTreeMap<u32, (u32, u32)>, first: u32, last: u32) -> Span {
        let (mut requests, mut failed, mut active) = (0, 0, 0_u32);
        for (_, counts) in minutes.range(first..=last) {
            requests += u64::from(counts.0);
            failed += u64::from(counts.1);
            active += 1;
        }
        Span {
            first,
            last,
            requests,
            failed,
            load: requests as f64 / f64::from(active.max(1)) / 60.0,
        }
    }
}

/// The data in which episodes are found.
pub(super) struct Episodes<'a> {
    pub(super) totals: &'a Totals,
    pub(super) urls: &'a Urls,
    pub(super) events: &'a [Event],
}

impl Episodes<'_> {
    /// Returns the episodes in the order of time.
    pub(super) fn find(&self) -> Vec<Episode> {
        let minutes = &self.totals.minutes;
        let mut loads: Vec<u32> = minutes.values().map(|(requests, _)| *requests).collect();
        loads.sort_unstable();
        let usual_load = f64::from(loads.get(loads.len() / 2).copied().unwrap_or(0)) / 60.0;
        let usual = usual_share(minutes);
        let mut spans: Vec<(u32, u32)> = Vec::new();
        for (minute, (requests, failed)) in minutes {
            let share = f64::from(*failed) / f64::from((*requests).max(1));
            if *failed == 0 || *minute == 0 || share < LEAST_SHARE.max(usual * TIMES_USUAL) {
                continue;
            }
            match spans.last_mut() {
                Some((_, last)) if minute - *last <= GAP => *last = *minute,
                _ => spans.push((*minute, *minute)),
            }
        }
        let spans = spans.into_iter();
        let spans = spans.map(|(first, last)| Span::of(minutes, first, last));
        let mut spans: Vec<Span> = spans.filter(|span| span.failed >= FEWEST).collect();
        spans.sort_by_key(|span| std::cmp::Reverse(span.failed));
        spans.truncate(MOST);
        spans.sort_unstable_by_key(|span| span.first);
        let mut episodes: Vec<Episode> = spans
            .iter()
            .map(|span| self.episode(span, usual_load))
            .collect();
        mark_daily(&mut episodes);
        episodes
    }

    fn episode(&self, span: &Span, usual_load: f64) -> Episode {
        let &Span {
            first,
            last,
            requests,
            failed,
            load,
        } = span;
        let millis = |minute: u32| i64::from(minute) * 60_000;
        let all = &self.totals.failures;
        let from = all.partition_point(|failure| failure.millis < millis(first));
        let to = all.partition_point(|failure| failure.millis < millis(last + 1));
        let own = &all[from..to];
        let urls = by_count(own, |failure| Some(failure.url));
        let statuses = by_count(own, |failure| Some(failure.status));
        let causes = by_count(own, |failure| failure.cause);
        let backends = by_count(own, |failure| {
            Some(failure.backend).filter(|it| *it != NO_NAME)
        });
        let mut by_section: HashMap<Vec<u8>, u64> = HashMap::new();
        for (url, failed) in &urls {
            self.urls.with_key(*url, |key| {
                let section = section(key);
                match by_section.get_mut(section) {
                    Some(count) => *count += failed,
                    None => _ = by_section.insert(section.to_vec(), *failed),
                }
            });
        }
        let tied = |count: u64| !own.is_empty() && count as f64 >= TIED * own.len() as f64;
        // There is no second one.
        let in_section = by_section.iter().find(|(_, count)| tied(**count));
        let in_section = in_section.map(|(name, _)| text(name).into_owned());
        let of_backend = backends.first().filter(|(_, count)| tied(*count));
        let backend = of_backend.and_then(|(number, _)| self.totals.backends.name(*number));
        let others_answer = self.totals.by_backend.len() > 1;
        let began = own.first().map_or(millis(first), |failure| failure.millis);
        let ended = own.last().map_or(millis(last), |failure| failure.millis);
        let event = self.events.iter().find(|event| {
            let after = began / 1_000 - event.second;
            (0..=AFTER_EVENT).contains(&after)
        });
        let share = failed as f64 / requests.max(1) as f64;
        let kind = if event.is_some() {
            EpisodeKind::AfterEvent
        } else if backend.is_some() && others_answer && share < 0.95 {
            EpisodeKind::OneBackend
        } else if share >= EVERYTHING && (by_section.len() > 1 || in_section.is_none()) {
            EpisodeKind::Everything
        } else if in_section.as_deref().is_some_and(|name| name != "/") {
            EpisodeKind::Paths
        } else if usual_load > 0.0 && load >= HIGH_LOAD * usual_load {
            EpisodeKind::Load
        } else if share >= EVERYTHING {
            EpisodeKind::Everything
        } else {
            EpisodeKind::Other
        };
        Episode {
            from: Moment::from_millis(began),
            to: Moment::from_millis(ended),
            kind,
            requests,
            failed,
            urls: urls.len() as u64,
            statuses: statuses
                .into_iter()
                .map(|(status, _)| status)
                .take(5)
                .collect(),
            load,
            usual_load,
            section: in_section,
            backend: backend.map(str::to_owned),
            cause: causes.first().map(|(cause, _)| *cause),
            event: event.map(|event| event.name.clone()),
        }
    }
}

/// Returns the share of failures in the median hour: failures outside of episodes.
fn usual_share(minutes: &BTreeMap<u32, (u32, u32)>) -> f64 {
    let mut hours: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    for (minute, (requests, failed)) in minutes {
        let hour = hours.entry(minute / 60).or_default();
        hour.0 += u64::from(*requests);
        hour.1 += u64::from(*failed);
    }
    let shares = hours
        .values()
        .map(|(requests, failed)| *failed as f64 / (*requests).max(1) as f64);
    let mut shares: Vec<f64> = shares.collect();
    shares.sort_by(f64::total_cmp);
    // With a few hours only, the best of them is the usual one.
    let at = if shares.len() < 4 {
        0
    } else {
        shares.len() / 2
    };
    shares.get(at).copied().unwrap_or(0.0).min(0.2)
}

/// Returns the values with their counts, the most frequent first.
fn by_count<T: Ord>(failures: &[Failure], value: impl Fn(&Failure) -> Option<T>) -> Vec<(T, u64)> {
    let mut values: Vec<T> = failures.iter().filter_map(value).collect();
    values.sort_unstable();
    let mut counts: Vec<(T, u64)> = Vec::new();
    for value in values {
        match counts.last_mut() {
            Some((last, count)) if *last == value => *count += 1,
            _ => counts.push((value, 1)),
        }
    }
    // Of equally frequent ones, the smaller stays first.
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

/// Marks episodes that begin at one time of day on several days.
fn mark_daily(episodes: &mut [Episode]) {
    let minute_of_day = |episode: &Episode| episode.from.millis() / 60_000 % 1_440;
    let day = |episode: &Episode| episode.from.millis() / 86_400_000;
    let times: Vec<(i64, i64)> = episodes
        .iter()
        .map(|it| (minute_of_day(it), day(it)))
        .collect();
    for (at, episode) in episodes.iter_mut().enumerate() {
        let (minute, _) = times[at];
        let near = times.iter().filter(|(other, _)| {
            let apart = (other - minute).abs();
            apart.min(1_440 - apart) <= REGULAR_MINUTES
        });
        let days: HashSet<i64> = near.map(|(_, day)| *day).collect();
        if days.len() >= REGULAR_DAYS && episode.kind != EpisodeKind::AfterEvent {
            episode.kind = EpisodeKind::Daily;
        }
    }
}
