//! What the attempts at one URL amount to, in a word, and the rules that say which.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::passes::Course;

/// What the attempts at a URL amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It never failed.
    Ok,
    /// It failed, then recovered.
    Transient,
    /// It fails and recovers by turns.
    Intermittent,
    /// It failed every time it was looked at, over a while.
    Persistent,
    /// It fails only when the host is asked at speed.
    LoadInduced,
    /// It fails, and there is not enough evidence to say how often.
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

    /// The name in the `Verdict` column.
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

    /// The verdict of that name.
    pub fn from_name(name: &str) -> Option<Verdict> {
        Verdict::ALL
            .into_iter()
            .find(|verdict| verdict.name() == name)
    }

    /// Whether the URL is failing: at its last looks, or by turns. What recovered, or failed at the
    /// crawl's speed alone, is not.
    pub const fn is_failing(self) -> bool {
        match self {
            Verdict::Persistent | Verdict::Intermittent | Verdict::Unconfirmed => true,
            Verdict::Ok | Verdict::Transient | Verdict::LoadInduced => false,
        }
    }
}

/// How much evidence makes a failure persistent. All of these are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Shortest time from the first failed pass to the last.
    pub span: Duration,
    /// Fewest passes, where nothing ever succeeded.
    pub passes: u32,
    /// Fewest attempts, where nothing ever succeeded.
    pub attempts: u32,
    /// Fewest failed passes in a row, where something succeeded before.
    pub trailing: u32,
    /// Whether failures may be put down to the speed of the crawl.
    pub speed_counts: bool,
}

impl Rules {
    /// For an audit that is over within minutes; the span is shown with the verdict.
    pub const ONE_SHOT: Rules = Rules {
        span: Duration::from_mins(1),
        ..Rules::SCHEDULED
    };

    /// For passes spread over hours and days.
    pub const SCHEDULED: Rules = Rules {
        span: Duration::from_mins(15),
        passes: 2,
        attempts: 3,
        trailing: 3,
        speed_counts: true,
    };

    /// The same for a host of which nothing says that it fails because it is asked fast.
    #[must_use]
    pub const fn whatever_the_speed(self) -> Rules {
        Rules {
            speed_counts: false,
            ..self
        }
    }

    /// The same with no fewer passes than these.
    #[must_use]
    pub fn at_least(self, passes: u32) -> Rules {
        Rules {
            passes: self.passes.max(passes),
            trailing: self.trailing.max(passes),
            ..self
        }
    }
}

/// What the verdict is decided on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) course: Course,
    /// Attempts that say something, and those among them that failed or succeeded.
    pub(super) attempts: u32,
    pub(super) failed: u32,
    pub(super) succeeded: u32,
    /// All failures lie in one host episode that is over.
    pub(super) host_episode: bool,
    /// All failures were at speed, and every later polite attempt succeeded.
    pub(super) only_at_speed: bool,
}

/// The first rule that fits.
pub(super) fn decide(case: &Case, rules: &Rules) -> Verdict {
    let course = &case.course;
    let failing = course.trailing > 0;
    let persists = if case.succeeded == 0 {
        course.passes >= rules.passes
            && case.attempts >= rules.attempts
            && course.span() >= rules.span
    } else {
        course.trailing >= rules.trailing && course.trailing_span() >= rules.span
    };
    match () {
        () if case.failed == 0 => Verdict::Ok,
        () if case.host_episode => Verdict::Transient,
        () if case.only_at_speed && rules.speed_counts => Verdict::LoadInduced,
        () if failing && persists => Verdict::Persistent,
        () if failing && course.episodes == 1 => Verdict::Unconfirmed,
        () if course.episodes == 1 => Verdict::Transient,
        () => Verdict::Intermittent,
    }
}
