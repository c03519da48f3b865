//! Prints the events of the projects, one line each, for a terminal, the journal or cron's mail.

use std::collections::HashMap;

use crate::assess::GateStatus;
use crate::model::Moment;
use crate::schedule::{Event, Listener, RunEnded, RunOutcome, Timing};

use crate::terminal::streams::People;

/// A listener that prints the events of the projects.
pub(super) struct Printer {
    pub(super) people: People,
    /// The time zones of the projects.
    pub(super) timings: HashMap<String, Timing>,
}

impl Listener for Printer {
    fn receive(&mut self, event: &Event) {
        match event {
            Event::RunStarted {
                project,
                resumed: true,
                ..
            } => {
                self.people
                    .mention(format!("{project}: continues an interrupted run"));
            }
            Event::RunStarted { project, due, .. } => {
                let due = self.local(project, *due);
                self.people
                    .mention(format!("{project}: run starts, due {due}"));
            }
            Event::RunEnded(ended) => self.ended(ended),
            Event::RunFailed { project, why, .. } => {
                self.people
                    .say(format!("{project}: could not be run: {why}"));
            }
            Event::PutOff {
                project,
                again,
                why,
            } => {
                let again = self.local(project, *again);
                self.people.say(format!(
                    "{project}: postponed, {why}; it continues at {again}"
                ));
            }
            Event::Rechecked {
                project,
                run,
                recovered,
                lost,
                failing,
                next,
                ..
            } => {
                let next = next.map(|at| format!("; rechecked {}", self.local(project, at)));
                self.people.mention(format!(
                    "{project}: run {run}: {} recovered{}, {} still fail{}",
                    recovered.len(),
                    match lost.len() {
                        0 => String::new(),
                        lost => format!(", {lost} lost"),
                    },
                    failing.len(),
                    next.unwrap_or_default()
                ));
            }
            Event::Queue { .. } => {}
        }
    }
}

impl Printer {
    fn ended(&self, ended: &RunEnded) {
        let failed = ended
            .gates
            .iter()
            .filter(|gate| gate.result != GateStatus::Held);
        let what = match &ended.outcome {
            RunOutcome::Done => "done".to_owned(),
            RunOutcome::NoAudit(why) => format!("could not be audited: {why}"),
            RunOutcome::GateFailed | RunOutcome::GateUndecided => failed
                .map(|gate| {
                    format!(
                        "gate {}: {} ({})",
                        gate.result.name(),
                        gate.expression,
                        gate.reason
                    )
                })
                .collect::<Vec<_>>()
                .join("; "),
        };
        let out = ended
            .out
            .as_ref()
            .map(|out| format!(", in {}", out.display()));
        let line = format!(
            "{}: run {} {what}{}",
            ended.project,
            ended.run,
            out.unwrap_or_default()
        );
        if ended.outcome == RunOutcome::Done {
            self.people.mention(line);
        } else {
            self.people.say(line);
        }
    }

    fn local(&self, project: &str, at: Moment) -> String {
        let timing = self.timings.get(project);
        timing.map_or_else(|| at.to_string(), |timing| words(timing, at))
    }
}

/// Formats a moment in a project's time zone.
pub(super) fn words(timing: &Timing, at: Moment) -> String {
    timing
        .local(at)
        .strftime("%a %Y-%m-%d %H:%M %Z")
        .to_string()
}
