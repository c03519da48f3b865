//! The crawl over time: the outcomes of attempts in equal spans (bins) of the time in which anything was requested.
//! Long waits, as before a confirmation pass, are cut out and marked.

use crate::model::{Moment, Zone};
use crate::store::{AttemptKind, RunId, RunRow, Store, StoreError, Tick};

/// Maximum bins of the busy time, of at least a second each.
const BINS: usize = 96;
/// Minimum bins of the busy time.
const FEWEST: usize = 12;

/// Maximum waits that are cut out.
const CUTS: usize = 7;

/// A wait is cut out only if it is at least one twelfth of the remaining time.
const LONG: i64 = 12;
/// Minimum seconds of a wait that is cut out.
const SHORTEST: i64 = 10;

/// The requests of a run over time, in bins.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    pub(crate) bins: Vec<Bin>,
    /// The time zone of its times.
    pub(crate) zone: Zone,
    /// The spans in which anything was requested, in seconds since 1970 UTC: beginning, end (exclusive), number of the
    /// first bin, number of bins.
    spans: Vec<(i64, i64, usize, usize)>,
}

/// A span of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Bin {
    /// The beginning of the bin.
    pub(crate) from: Moment,
    /// Its length in seconds.
    pub(crate) seconds: f64,
    /// Seconds that were cut out before it; 0 if it directly follows the one before.
    pub(crate) waited: i64,
    pub(crate) fine: u32,
    pub(crate) server_errors: u32,
    pub(crate) other_failures: u32,
    pub(crate) experiments: u32,
    /// Attempts of the crawl, of rechecks, and of experiments.
    phases: [u32; 3],
    rates: f64,
    rated: u32,
}

/// The purpose of most requests of a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Crawl,
    Rechecks,
    Experiments,
}

impl Phase {
    /// All, in the order of a run.
    pub(crate) const ALL: [Phase; 3] = [Phase::Crawl, Phase::Rechecks, Phase::Experiments];

    /// Returns the name of the phase for people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Phase::Crawl => "crawl",
            Phase::Rechecks => "rechecks",
            Phase::Experiments => "experiments",
        }
    }
}

/// Returns the time of a run, without its attempts.
pub(super) fn time_of(store: &Store, run: &RunRow, zone: &Zone) -> Result<Timeline, StoreError> {
    Ok(Timeline {
        zone: zone.clone(),
        ..Timeline::over(&busy(store, run.id)?)
    })
}

/// The first and last busy second, and the longest waits between them, as beginning and end.
#[derive(Debug, Default)]
struct Busy {
    ends: Option<(i64, i64)>,
    waits: Vec<(i64, i64)>,
}

fn busy(store: &Store, run: RunId) -> Result<Busy, StoreError> {
    let mut busy = Busy::default();
    store.busy_seconds(run, &mut |second| busy.add(second))?;
    Ok(busy)
}

impl Busy {
    /// Adds the next busy second.
    fn add(&mut self, second: i64) {
        let Some((_, last)) = &mut self.ends else {
            self.ends = Some((second, second));
            return;
        };
        let wait = (*last + 1, second);
        *last = second;
        if wait.1 <= wait.0 {
            return;
        }
        self.waits.push(wait);
        if self.waits.len() > CUTS {
            let length = |wait: &(i64, i64)| wait.1 - wait.0;
            let shortest = (0..self.waits.len()).min_by_key(|at| length(&self.waits[*at]));
            self.waits.remove(shortest.unwrap_or(0));
        }
    }

    /// Returns the spans between the long waits.
    fn spans(&self) -> Vec<(i64, i64)> {
        let Some((first, last)) = self.ends else {
            return Vec::new();
        };
        let mut left = last + 1 - first;
        let mut waits = self.waits.clone();
        waits.sort_by_key(|(from, to)| from - to);
        let mut cuts = Vec::new();
        for (from, to) in waits {
            if (to - from) * LONG < left || to - from < SHORTEST {
                break;
            }
            left -= to - from;
            cuts.push((from, to));
        }
        cuts.sort_unstable();
        let starts = [first].into_iter().chain(cuts.iter().map(|cut| cut.1));
        let ends = cuts.iter().map(|cut| cut.0).chain([last + 1]);
        starts.zip(ends).collect()
    }
}

impl Timeline {
    fn over(busy: &Busy) -> Timeline {
        let spans = busy.spans();
        let whole: i64 = spans.iter().map(|(from, to)| to - from).sum();
        let all = usize::try_from(whole).unwrap_or(BINS).clamp(FEWEST, BINS);
        let mut timeline = Timeline::default();
        let mut end = None;
        for (from, to) in spans {
            let seconds = to - from;
            let share = (all as f64 * seconds as f64 / whole as f64).round() as usize;
            let bins = share.clamp(1, all);
            timeline.spans.push((from, to, timeline.bins.len(), bins));
            for bin in 0..bins {
                let offset = seconds as f64 * 1_000.0 * bin as f64 / bins as f64;
                timeline.bins.push(Bin {
                    from: Moment::from_millis(from * 1_000 + offset as i64),
                    seconds: seconds as f64 / bins as f64,
                    waited: match end {
                        Some(end) if bin == 0 => from - end,
                        _ => 0,
                    },
                    ..Bin::default()
                });
            }
            end = Some(to);
        }
        timeline
    }

    /// Returns the bin of a moment.
    fn bin(&self, at: Moment) -> Option<usize> {
        let millis = at.millis();
        let spans = self.spans.iter();
        let (from, to, first, bins) = spans
            .rev()
            .find(|(from, ..)| from * 1_000 <= millis)
            .copied()?;
        let share = (millis - from * 1_000) as f64 / ((to - from) * 1_000) as f64;
        Some(first + ((share * bins as f64) as usize).min(bins - 1))
    }

    /// Adds an attempt. Returns its bin and the number of bins.
    pub(super) fn add(&mut self, tick: Tick) -> Option<(usize, usize)> {
        let (at, bins) = (self.bin(tick.started)?, self.bins.len());
        let bin = self.bins.get_mut(at)?;
        match tick.kind {
            AttemptKind::Fine => bin.fine += 1,
            AttemptKind::ServerError => bin.server_errors += 1,
            AttemptKind::OtherFailure => bin.other_failures += 1,
            AttemptKind::Experiment => bin.experiments += 1,
        }
        let phase = match tick.kind {
            AttemptKind::Experiment => Phase::Experiments,
            _ if tick.pass > 1 => Phase::Rechecks,
            _ => Phase::Crawl,
        };
        bin.phases[phase as usize] += 1;
        if let Some(rate) = tick.rate {
            bin.rates += rate;
            bin.rated += 1;
        }
        Some((at, bins))
    }
}

impl Bin {
    /// Returns the number of all attempts.
    pub(crate) fn attempts(&self) -> u32 {
        self.fine + self.server_errors + self.other_failures + self.experiments
    }

    /// Returns what most of its attempts were made for; nothing if there were none.
    pub(crate) fn phase(&self) -> Option<Phase> {
        let of = |phase: &Phase| self.phases[*phase as usize];
        let most = Phase::ALL.into_iter().max_by_key(of);
        most.filter(|phase| of(phase) > 0)
    }

    /// Returns its end. Its beginning was rounded down.
    pub(crate) fn to(&self) -> Moment {
        Moment::from_millis(self.from.millis() + (self.seconds * 1_000.0).ceil() as i64)
    }

    /// Returns the mean of the allowed rates, in requests per second.
    pub(crate) fn pace(&self) -> Option<f64> {
        (self.rated > 0).then(|| self.rates / f64::from(self.rated))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(seconds: impl IntoIterator<Item = i64>) -> Timeline {
        let mut busy = Busy::default();
        seconds.into_iter().for_each(|second| busy.add(second));
        Timeline::over(&busy)
    }

    #[test]
    fn without_requests_there_is_no_time() {
        assert!(timeline([]).bins.is_empty());
        assert_eq!(timeline([]).bin(Moment::default()), None);
        let one = timeline([100]);
        assert_eq!(one.bins.len(), FEWEST);
        let end = one.bins.last().map(Bin::to);
        assert_eq!(end, Some(Moment::from_millis(101_000)));
        assert_eq!(one.bin(Moment::from_millis(100_999)), Some(FEWEST - 1));
        assert_eq!(one.bin(Moment::from_millis(99_999)), None);
    }

    #[test]
    fn long_waits_are_cut_out_and_short_ones_are_not() {
        let passes = (0..100).chain([105]).chain(700..710).chain(4_000..4_010);
        let found = timeline(passes);
        let waited: Vec<_> = found
            .bins
            .iter()
            .map(|bin| bin.waited)
            .filter(|w| *w > 0)
            .collect();
        assert_eq!(waited, [594, 3_290]);
        let confirm = found.bin(Moment::from_millis(700_000)).expect("within");
        assert_eq!(found.bins[confirm].waited, 594);
        assert_eq!(found.bins[confirm].from, Moment::from_millis(700_000));
        let before = found.bin(Moment::from_millis(500_000));
        assert_eq!(
            before,
            Some(confirm - 1),
            "a moment in a wait belongs to what was before it"
        );
    }

    #[test]
    fn every_attempt_is_in_one_bin() {
        let mut found = timeline([0, 1, 2, 50, 51, 90]);
        for (millis, kind) in [
            (0, AttemptKind::Fine),
            (2_999, AttemptKind::ServerError),
            (50_000, AttemptKind::OtherFailure),
            (90_999, AttemptKind::Experiment),
        ] {
            found.add(Tick {
                started: Moment::from_millis(millis),
                kind,
                pass: 1,
                is_first: true,
                rate: Some(10.0),
                section: None,
            });
        }
        assert_eq!(found.bins.iter().map(Bin::attempts).sum::<u32>(), 4);
        let paces: Vec<_> = found.bins.iter().filter_map(Bin::pace).collect();
        assert_eq!(paces, [10.0; 4]);
    }
}
