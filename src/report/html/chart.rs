//! The chart of the crawl over time: answers above the line, failures below it, in requests per second, with the
//! allowed pace over them, and the purposes of the requests below.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use crate::model::{Moment, Zone};
use crate::report::view::{Bin, Phase, Timeline};
use crate::report::words::duration;

/// Width in units of the chart.
const WIDTH: f64 = 960.0;

/// Height of the chart above its line, in units of the chart.
const ABOVE: f64 = 120.0;
/// Height of the chart below its line, in units of the chart.
const BELOW: f64 = 70.0;

/// Minimum drawn height of a value above zero, so that it can be seen.
const SEEN: f64 = 3.0;

/// Space between spans of time.
const GAP: f64 = 26.0;

/// Width that a time or a duration needs.
const LABEL: f64 = 62.0;

/// Height of a row of labels.
const ROW: f64 = 13.0;

/// Maximum labelled values on the axis above its line.
const TICKS: f64 = 4.0;

/// Seconds between two times on the axis.
const STEPS: [i64; 15] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600,
];

/// Bins of one phase are merged so that the table has about this many rows.
const ROWS: usize = 24;

/// The chart. Its line is at `above`; its height is `above` plus `below`.
#[derive(Debug, Default, Serialize)]
pub(super) struct Chart {
    width: f64,
    above: f64,
    below: f64,
    bars: Vec<Bar>,
    /// The pace, as lists of points; interrupted where there was no limit.
    pace: Vec<String>,
    /// Cut-out spans of time.
    cuts: Vec<Label>,
    /// Height of the labels of cuts.
    head: f64,
    /// Times on the axis.
    times: Vec<Label>,
    /// Requests per second on the axis, above and below the line.
    rates: Vec<Label>,
    /// The purposes of the requests over time.
    phases: Vec<PhaseBar>,
    from: String,
    to: String,
    fine: u64,
    server_errors: u64,
    other_failures: u64,
    experiments: u64,
    rows: Vec<Row>,
}

/// The bar of one span of time, in units of the chart.
#[derive(Debug, Default, PartialEq, Serialize)]
struct Bar {
    x: f64,
    width: f64,
    /// Heights above the line: answers, and experiments on top of them.
    fine: f64,
    experiments: f64,
    /// Heights below the line: server errors, and other failures under them.
    bad: f64,
    other: f64,
    title: String,
}

/// A text at a mark of the chart.
#[derive(Debug, PartialEq, Serialize)]
struct Label {
    /// Position of the mark.
    at: f64,
    /// Position of the text across that, and its alignment.
    text_at: f64,
    anchor: &'static str,
    text: String,
}

/// A time with requests of one kind.
#[derive(Debug, PartialEq, Serialize)]
struct PhaseBar {
    x: f64,
    width: f64,
    name: &'static str,
    /// Whether there is room for the name.
    named: bool,
}

/// A bin and its place in the chart.
#[derive(Clone, Copy)]
struct Placed<'t> {
    bin: &'t Bin,
    x: f64,
    width: f64,
}

/// A row of the table.
#[derive(Debug, Default, Serialize)]
struct Row {
    from: String,
    seconds: f64,
    phase: &'static str,
    fine: u32,
    server_errors: u32,
    other_failures: u32,
    experiments: u32,
}

impl Chart {
    pub(super) fn of(timeline: &Timeline) -> Chart {
        let (bins, zone) = (&timeline.bins, &timeline.zone);
        let (Some(first), Some(last)) = (bins.first(), bins.last()) else {
            return Chart::default();
        };
        let cuts = bins.iter().filter(|bin| bin.waited > 0).count() as f64;
        let width = (WIDTH - cuts * GAP) / bins.len() as f64;
        let top = bins.iter().fold(1.0_f64, |top, bin| {
            let requested = per_second(bin.fine + bin.experiments, bin);
            let failed = per_second(bin.server_errors + bin.other_failures, bin);
            top.max(requested)
                .max(failed * ABOVE / BELOW)
                .max(bin.pace().unwrap_or(0.0))
        });
        let mut chart = Chart {
            width: WIDTH,
            above: ABOVE,
            below: BELOW,
            rates: rates(top),
            from: zone.seconds(first.from),
            to: zone.seconds(last.to()),
            rows: rows(bins, zone),
            ..Chart::default()
        };
        let step = step(bins, width);
        let (mut x, mut pace, mut known) = (0.0, String::new(), None);
        for bin in bins {
            if bin.waited > 0 {
                let waited = Duration::from_secs(bin.waited.unsigned_abs());
                chart.cut(x + GAP / 2.0, duration(waited));
                x += GAP;
                known = None;
                chart.end_line(&mut pace);
            }
            let placed = Placed { bin, x, width };
            chart.add(placed, zone, top);
            chart.add_time(placed, zone, step);
            chart.add_phase(placed);
            // Without requests, the pace stays the same.
            known = bin.pace().or(known.filter(|_| bin.attempts() == 0));
            match known {
                Some(rate) => {
                    let y = ABOVE - rate / top * ABOVE;
                    // Writing to a string cannot fail.
                    let _ = write!(pace, "{x:.1},{y:.1} {:.1},{y:.1} ", x + width);
                }
                None => chart.end_line(&mut pace),
            }
            x += width;
        }
        chart.end_line(&mut pace);
        for phase in &mut chart.phases {
            phase.named = phase.width >= LABEL;
        }
        chart
    }

    fn end_line(&mut self, points: &mut String) {
        if !points.is_empty() {
            self.pace.push(std::mem::take(points).trim_end().to_owned());
        }
    }

    /// Adds a cut-out span. Its label is in the first row in which it meets no other.
    fn cut(&mut self, x: f64, text: String) {
        let is_near = |other: &&Label| (other.at - x).abs() < LABEL;
        let taken: Vec<f64> = self
            .cuts
            .iter()
            .filter(is_near)
            .map(|other| other.text_at)
            .collect();
        let mut rows = (0..).map(|row| -ROW * f64::from(row) - 6.0);
        let is_free = |y: &f64| !taken.iter().any(|taken| (taken - y).abs() < ROW / 2.0);
        let free = rows.find(is_free);
        let text_at = free.unwrap_or(-6.0);
        self.head = self.head.max(ROW - 6.0 - text_at);
        self.cuts.push(Label {
            at: place(x),
            text_at,
            anchor: anchor(x),
            text,
        });
    }

    /// Adds the times of the axis that lie in a bin, as far as there is room.
    fn add_time(&mut self, placed: Placed<'_>, zone: &Zone, step: i64) {
        let Placed { bin, x, width } = placed;
        let from = bin.from.millis();
        let at = (from as f64 / 1_000.0 / step as f64).ceil() as i64 * step * 1_000;
        if at >= bin.to().millis() {
            return;
        }
        let x = x + (at - from) as f64 / 1_000.0 / bin.seconds.max(0.001) * width;
        if (self.times.last()).is_some_and(|last| x - last.at < LABEL) || x > WIDTH {
            return;
        }
        self.times.push(Label {
            at: place(x),
            text_at: place(x),
            anchor: anchor(x),
            text: zone.clock(Moment::from_millis(at)),
        });
    }

    /// Adds the purpose of a bin, to the bar of the last bin if that has the same purpose and is directly before it.
    fn add_phase(&mut self, placed: Placed<'_>) {
        let Placed { bin, x, width } = placed;
        let last = self.phases.last_mut().filter(|_| bin.waited == 0);
        let name = match (bin.phase(), &last) {
            (Some(phase), _) => phase.name(),
            (None, Some(last)) => last.name,
            (None, None) => return,
        };
        match last {
            Some(last) if last.name == name => last.width = place(x + width - last.x),
            _ => self.phases.push(PhaseBar {
                x: place(x),
                width: place(width),
                name,
                named: false,
            }),
        }
    }

    fn add(&mut self, placed: Placed<'_>, zone: &Zone, top: f64) {
        let Placed { bin, x, width } = placed;
        self.fine += u64::from(bin.fine);
        self.server_errors += u64::from(bin.server_errors);
        self.other_failures += u64::from(bin.other_failures);
        self.experiments += u64::from(bin.experiments);
        if bin.attempts() == 0 {
            return;
        }
        let height = |attempts: u32| match attempts {
            0 => 0.0,
            some => place((per_second(some, bin) / top * ABOVE).max(SEEN)),
        };
        self.bars.push(Bar {
            x: place(x),
            width: place((width - 1.0).max(1.0)),
            fine: height(bin.fine),
            experiments: height(bin.experiments),
            bad: height(bin.server_errors),
            other: height(bin.other_failures),
            title: title(bin, zone),
        });
    }
}

/// Returns the values on the axis: 0, and round ones above and below the line.
fn rates(top: f64) -> Vec<Label> {
    let exact = top / TICKS;
    let power = 10_f64.powf(exact.log10().floor());
    let round = [1.0, 2.0, 5.0, 10.0].map(|unit| unit * power);
    let step = (round.into_iter()).find(|step| *step >= exact * 0.999);
    let step = step.unwrap_or(10.0 * power);
    let above = (0..).map(|n| f64::from(n) * step);
    let above = above
        .take_while(|rate| *rate <= top)
        .map(|rate| (rate, -1.0));
    let below = (1..).map(|n| f64::from(n) * step);
    let below = below.take_while(|rate| *rate <= top * BELOW / ABOVE);
    above
        .chain(below.map(|rate| (rate, 1.0)))
        .map(|(rate, side)| {
            let y = ABOVE + side * rate / top * ABOVE;
            let decimals = usize::from(step < 1.0) + usize::from(step < 0.1);
            Label {
                at: place(y),
                text_at: place(y + 4.0),
                anchor: "end",
                text: format!("{rate:.decimals$}"),
            }
        })
        .collect()
}

/// Seconds between two times on the axis, so that they have room.
fn step(bins: &[Bin], width: f64) -> i64 {
    let seconds: f64 = bins.iter().map(|bin| bin.seconds).sum();
    let per_unit = seconds / (bins.len() as f64 * width);
    let fits = |step: &&i64| **step as f64 >= per_unit * 1.5 * LABEL;
    STEPS
        .iter()
        .find(fits)
        .or(STEPS.last())
        .copied()
        .unwrap_or(1)
}

/// Returns the numbers as a table, for people who do not see the chart: neighbouring bins of one phase together.
fn rows(bins: &[Bin], zone: &Zone) -> Vec<Row> {
    let mut rows: Vec<(Option<Phase>, Row)> = Vec::new();
    let each = bins.len().div_ceil(ROWS);
    let mut left = 0;
    for bin in bins.iter().filter(|bin| bin.attempts() > 0) {
        let phase = bin.phase();
        let goes_on =
            left > 0 && bin.waited == 0 && rows.last().is_some_and(|(of, _)| *of == phase);
        if !goes_on {
            left = each;
            let row = Row {
                from: zone.clock(bin.from),
                phase: phase.map_or("", Phase::name),
                ..Row::default()
            };
            rows.push((phase, row));
        }
        left -= 1;
        if let Some((_, row)) = rows.last_mut() {
            row.seconds += bin.seconds;
            row.fine += bin.fine;
            row.server_errors += bin.server_errors;
            row.other_failures += bin.other_failures;
            row.experiments += bin.experiments;
        }
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Returns the alignment of a text that keeps it within the chart.
fn anchor(x: f64) -> &'static str {
    match x {
        x if x < LABEL / 2.0 => "start",
        x if x > WIDTH - LABEL / 2.0 => "end",
        _ => "middle",
    }
}

fn per_second(attempts: u32, bin: &Bin) -> f64 {
    f64::from(attempts) / bin.seconds.max(1.0)
}

/// Formats a position with one decimal, which is precise enough and short.
fn place(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn title(bin: &Bin, zone: &Zone) -> String {
    let time = zone.clock(bin.from);
    let parts = [
        (bin.fine, "answered"),
        (bin.server_errors, "5xx"),
        (bin.other_failures, "other failures"),
        (bin.experiments, "experiments"),
    ];
    let parts = parts.iter().filter(|(attempts, _)| *attempts > 0);
    let parts: Vec<String> = parts
        .map(|(attempts, name)| format!("{attempts} {name}"))
        .collect();
    let pace = bin
        .pace()
        .map_or(String::new(), |rate| format!("; pace {rate:.1}/s"));
    format!(
        "{time}, {:.0} s: {}{pace}",
        bin.seconds.max(1.0),
        parts.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_few_round_values_on_both_sides_of_its_line() {
        let values =
            |top| -> Vec<String> { rates(top).into_iter().map(|rate| rate.text).collect() };
        assert_eq!(values(10.0), ["0", "5", "10", "5"]);
        assert_eq!(values(1.0), ["0.0", "0.5", "1.0", "0.5"]);
        assert_eq!(values(83.0), ["0", "50"]);
        let at: Vec<f64> = rates(10.0).iter().map(|rate| rate.at).collect();
        assert_eq!(at, [ABOVE, ABOVE / 2.0, 0.0, ABOVE + 60.0]);
    }

    #[test]
    fn labels_of_waits_that_are_close_are_above_one_another() {
        let mut chart = Chart::default();
        for x in [100.0, 130.0, 170.0, 400.0] {
            chart.cut(x, "1 m 00 s".to_owned());
        }
        let rows: Vec<f64> = chart.cuts.iter().map(|cut| cut.text_at).collect();
        assert_eq!(rows, [-6.0, -19.0, -6.0, -6.0]);
        assert!((chart.head - 2.0 * ROW).abs() < 0.1, "{}", chart.head);
    }
}
