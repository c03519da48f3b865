//! `gatecrawl logs --follow`: prints a line each time something was written, until a gate fails.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::time::Duration;

use crate::assess::{GateResult, GateStatus};
use crate::logs::{Follow, LogSummary};
use crate::model::Moment;
use crate::settings::failure::Failure;
use crate::terminal::logs::{Live, LiveCounts, live};

/// Time between two reads of the logs. Ours: a person who watches does not wait longer.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// Length of the time before now whose counts are shown and judged. Ours: long enough for a rate, short enough for an
/// alarm.
const WINDOW: Duration = Duration::from_mins(5);

/// The counts of the last minutes.
#[derive(Debug, Default)]
struct Window(VecDeque<(Moment, LiveCounts)>);

impl Window {
    fn add(&mut self, now: Moment, counts: LiveCounts) -> LiveCounts {
        self.0.push_back((now, counts));
        while (self.0.front()).is_some_and(|(at, _)| now.since(*at) > WINDOW) {
            self.0.pop_front();
        }
        let counts = self.0.iter().map(|(_, counts)| counts);
        counts.fold(LiveCounts::default(), LiveCounts::and)
    }
}

/// Follows logs until `tick` returns no time any more: it waits for the next read. Returns the results of the gates as
/// soon as one fails.
pub(super) fn follow(
    logs: &mut Follow<'_>,
    judge: &dyn Fn(&LiveCounts) -> Vec<GateResult>,
    tick: &mut dyn FnMut() -> Option<Moment>,
    out: &mut dyn Write,
) -> Result<Option<Vec<GateResult>>, Failure> {
    let mut window = Window::default();
    while let Some(now) = tick() {
        let Some(found) = logs.read_on()? else {
            continue;
        };
        let new = counts(found.summary());
        let lately = window.add(now, new);
        let shown = Live {
            now,
            new: &new,
            lately: &lately,
            window: WINDOW,
        };
        say(out, &live(shown, found.summary()))?;
        let results = judge(&lately);
        if results.iter().any(|it| it.result == GateStatus::Failed) {
            return Ok(Some(results));
        }
    }
    Ok(None)
}

/// Returns the counts of a summary that are shown and judged.
pub(super) fn counts(summary: &LogSummary) -> LiveCounts {
    LiveCounts {
        requests: summary.requests,
        failed: summary.failed,
        of_502: summary.by_status.get("502").copied().unwrap_or(0),
        googlebot: summary.googlebot.requests,
        googlebot_failed: summary.googlebot.failed,
        urls: summary.urls,
    }
}

fn say(out: &mut dyn Write, line: &str) -> io::Result<()> {
    writeln!(out, "{line}")?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::path::Path;

    use super::*;
    use crate::assess::Gate;
    use crate::logs::{self, Order};

    fn lines(status: u16, count: usize) -> String {
        let line = format!(
            "192.0.2.1 - - [22/Nov/2026:11:23:17 +0000] \"GET /a HTTP/1.1\" {status} 1 \"-\" \"Mozilla/5.0\"\n"
        );
        line.repeat(count)
    }

    fn append(path: &Path, text: &str) {
        let file = OpenOptions::new().create(true).append(true).open(path);
        file.expect("opened")
            .write_all(text.as_bytes())
            .expect("written");
    }

    #[test]
    fn followed_logs_may_be_rotated_and_a_gate_ends_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let (log, rotated) = (
            dir.path().join("access.log"),
            dir.path().join("access.log.1"),
        );
        append(&log, &lines(200, 30));
        let order = Order {
            sources: vec![dir.path().display().to_string()],
            follows: true,
            ..Order::default()
        };
        let found = logs::read(&order, &mut io::empty(), None, None).expect("readable");
        assert_eq!(found.summary().requests, 30);
        let mut logs = Follow::after(&found, &order, None).expect("followed");
        let gate: Gate = "5xx-rate > 10%".parse().expect("a gate");
        let judge = |counts: &LiveCounts| super::super::judge(std::slice::from_ref(&gate), counts);
        let mut step = 0;
        let mut tick = || {
            step += 1;
            match step {
                // Nothing yet; then lines, of which the last has no end.
                1 => {}
                2 => append(&log, &(lines(200, 20) + "192.0.2.1 - -")),
                // Its end, and more, after which it is rotated.
                3 => {
                    let whole = lines(200, 1);
                    append(&log, &whole["192.0.2.1 - -".len()..]);
                    append(&log, &lines(502, 1));
                    fs::rename(&log, &rotated).expect("renamed");
                    append(&log, &lines(404, 2));
                }
                // Long after, many fail.
                4 => append(&log, &lines(502, 10)),
                _ => panic!("the gate failed"),
            }
            Some(Moment::from_millis(
                step * if step == 4 { 600_000 } else { 1_000 },
            ))
        };
        let mut out = Vec::new();
        let results = follow(&mut logs, &judge, &mut tick, &mut out).expect("followed");
        let out = String::from_utf8(out).expect("UTF-8");
        let shown: Vec<&str> = out.lines().collect();
        assert_eq!(results.expect("a gate")[0].result, GateStatus::Failed);
        assert_eq!(shown.len(), 3, "{out}");
        assert!(
            shown[0].starts_with("00:00:02  20 requests, 0 failed"),
            "{out}"
        );
        assert!(
            shown[1].starts_with("00:00:03  4 requests, 1 failed"),
            "{out}"
        );
        assert!(shown[1].contains("last 5 min: 1 of 24"), "{out}");
        assert!(shown[2].contains("last 5 min: 10 of 10"), "{out}");
        assert!(shown[2].contains("502: 10; most on /a"), "{out}");
    }
}
