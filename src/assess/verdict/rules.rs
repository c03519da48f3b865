//! The verdict on a URL in a word, and the rules that decide it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Frequency, Moment};

use super::passes::PassHistory;

/// The verdict on a URL from its attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It never failed.
    Ok,
    /// It failed, then recovered.
    Transient,
    /// It fails and recovers alternately.
    Intermittent,
    /// It failed in every look over some time.
    Persistent,
    /// It fails only when the host is requested at speed.
    LoadInduced,
    /// It fails, without enough evidence to say how often.
    Unconfirmed,
}

impl Verdict {
    /// Every verdict, in the order of declaration.
    pub const ALL: [Verdict; 6] = [
        Verdict::Ok,
        Verdict::Transient,
        Verdict::Intermittent,
        Verdict::Persistent,
        Verdict::LoadInduced,
        Verdict::Unconfirmed,
    ];

    /// Returns the name in the `Verdict` column.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Transient => "transient",
            Verdict::Intermittent => "intermittent",
            Verdict::Persistent => "persistent",
            Verdict::LoadInduced => "load_induced",
            Verdict::Unconfirmed => "unconfirmed",
        }
    }

    /// Returns the verdict of this name.
    pub fn from_name(name: &str) -> Option<Verdict> {
        Verdict::ALL
            .into_iter()
            .find(|verdict| verdict.name() == name)
    }

    /// Returns whether the URL is failing, constantly or intermittently. A URL that recovered, or that
    /// failed only at the crawl's speed, is not.
    pub const fn is_failing(self) -> bool {
        match self {
            Verdict::Persistent | Verdict::Intermittent | Verdict::Unconfirmed => true,
            Verdict::Ok | Verdict::Transient | Verdict::LoadInduced => false,
        }
    }
}

/// The evidence that makes a failure persistent. All values are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Minimum time from the first failed pass to the last, if nothing ever succeeded.
    pub span: Duration,
    /// Minimum time from the first failed pass after the last success to the last pass.
    pub trailing_span: Duration,
    /// Minimum passes, if nothing ever succeeded.
    pub passes: u32,
    /// Minimum attempts, if nothing ever succeeded.
    pub attempts: u32,
    /// Minimum looks, if nothing ever succeeded.
    pub looks: u32,
    /// Minimum failed passes in a row, if an attempt succeeded before.
    pub trailing: u32,
    /// The end of the run. A failure that the server announced until later than this is not over.
    pub now: Moment,
    /// Whether failures may be attributed to the speed of the crawl.
    pub speed_counts: bool,
}

impl Rules {
    /// For an audit that ends within minutes; the span is shown with the verdict. A page that was fine
    /// and then failed is persistent only in an audit whose passes take more time.
    pub const ONE_SHOT: Rules = Rules {
        span: Duration::from_mins(1),
        ..Rules::SCHEDULED
    };

    /// For passes spread over hours and days.
    pub const SCHEDULED: Rules = Rules {
        span: Duration::from_mins(15),
        trailing_span: Duration::from_mins(15),
        passes: 2,
        attempts: 3,
        looks: 1,
        trailing: 3,
        now: Moment::from_millis(0),
        speed_counts: true,
    };

    /// Returns the same rules for a host without evidence that speed is the reason of its failures.
    #[must_use]
    pub const fn ignoring_speed(self) -> Rules {
        Rules {
            speed_counts: false,
            ..self
        }
    }

    /// Returns the same rules with at least this many looks.
    #[must_use]
    pub fn at_least(self, looks: u32) -> Rules {
        Rules {
            looks: self.looks.max(looks),
            ..self
        }
    }

    /// Returns the same rules for a run that ended at this moment.
    #[must_use]
    pub const fn at(self, now: Moment) -> Rules {
        Rules { now, ..self }
    }
}

/// The facts that decide the verdict.
#[derive(Clone, Copy, Debug)]
pub(in crate::assess) struct Case {
    pub(in crate::assess) history: PassHistory,
    /// Attempts with evidence, and those among them that failed or succeeded.
    pub(in crate::assess) attempts: u32,
    pub(in crate::assess) failed: u32,
    pub(super) succeeded: u32,
    /// Attempts that are independent of all others.
    pub(in crate::assess) looks: u32,
    /// The decision of the sequential test.
    pub(in crate::assess) frequency: Option<Frequency>,
    pub(super) first_failed: Option<Moment>,
    /// Until when the last failure announced further failures.
    pub(in crate::assess) announced: Option<Moment>,
    /// Whether all failures lie in one host episode that is over.
    pub(in crate::assess) host_episode: bool,
    /// Whether all failures were at speed and every later polite attempt succeeded.
    pub(super) only_at_speed: bool,
}

/// Returns the verdict of the first rule that applies. The sequential test ([`crate::model::FlakyTest`])
/// decides between `transient` and `intermittent`. While it is undecided, a failure after a recovery
/// makes it `intermittent`.
pub(super) fn decide(case: &Case, rules: &Rules) -> Verdict {
    let history = &case.history;
    let failing = history.trailing > 0;
    match () {
        () if case.failed == 0 => Verdict::Ok,
        () if case.host_episode => Verdict::Transient,
        () if case.only_at_speed && rules.speed_counts => Verdict::LoadInduced,
        () if failing && persists(case, rules) => Verdict::Persistent,
        () if failing && history.episodes == 1 => Verdict::Unconfirmed,
        () if failing => Verdict::Intermittent,
        () => match case.frequency {
            Some(Frequency::Rarely) => Verdict::Transient,
            None if history.episodes == 1 => Verdict::Transient,
            Some(Frequency::Often) | None => Verdict::Intermittent,
        },
    }
}

fn persists(case: &Case, rules: &Rules) -> bool {
    let history = &case.history;
    if case.succeeded > 0 {
        return history.trailing >= rules.trailing
            && history.trailing_span() >= rules.trailing_span;
    }
    let seen = history.passes >= rules.passes
        && case.attempts >= rules.attempts
        && case.looks >= rules.looks
        && history.span().max(history.run()) >= rules.span;
    seen || is_announced(case, rules)
}

/// Returns whether the server announced a failure that is long enough to be persistent and has not
/// ended. The URL was not requested again because of the announcement.
fn is_announced(case: &Case, rules: &Rules) -> bool {
    let (Some(first), Some(end)) = (case.first_failed, case.announced) else {
        return false;
    };
    end > rules.now && end.since(first) >= rules.span
}
