//! The chart of the crawl over time: answers above the line, failures below it, in requests per second, with the
//! allowed pace over them.

use std::fmt::Write as _;

use serde::Serialize;

use crate::model::Zone;
use crate::report::view::{Bin, Timeline};
use crate::report::words::duration;

/// Width in units of the chart.
const WIDTH: f64 = 960.0;

/// Height above the line.
const ABOVE: f64 = 120.0;
/// Height below the line.
const BELOW: f64 = 70.0;

/// Minimum height of a value above zero.
const SEEN: f64 = 3.0;

/// Space between spans of time.
const GAP: f64 = 26.0;

/// The chart. Its line is at `above`; its height is `above` plus `below`.
#[derive(Debug, Default, Serialize)]
pub(super) struct Chart {
    width: f64,
    above: f64,
    below: f64,
    bars: Vec<Bar>,
    /// The pace, as lists of points; interrupted where there was no limit.
    pace: Vec<String>,
    /// Cut-out spans of time: position and length.
    cuts: Vec<(f64, String)>,
    /// Requests per second at the top.
    top: String,
    from: String,
    to: String,
    fine: u64,
    server_errors: u64,
    other_failures: u64,
    experiments: u64,
}

/// A stretch of time.
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
            top: format!("{top:.0}"),
            from: zone.seconds(first.from),
            to: zone.seconds(last.to()),
            ..Chart::default()
        };
        let (mut x, mut pace, mut known) = (0.0, String::new(), None);
        for bin in bins {
            if bin.waited > 0 {
                let waited = std::time::Duration::from_secs(bin.waited.unsigned_abs());
                chart.cuts.push((place(x + GAP / 2.0), duration(waited)));
                x += GAP;
                known = None;
                chart.end_line(&mut pace);
            }
            chart.add((bin, zone), x, width, top);
            // Where nothing was requested, the pace stays what it was.
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
        chart
    }

    fn end_line(&mut self, points: &mut String) {
        if !points.is_empty() {
            self.pace.push(std::mem::take(points).trim_end().to_owned());
        }
    }

    fn add(&mut self, (bin, zone): (&Bin, &Zone), x: f64, width: f64, top: f64) {
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
