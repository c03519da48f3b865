//! What the attempts at one URL amount to, in a word, and the rules that say which.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Frequency, Moment};

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
    /// Shortest time from the first failed pass to the last, where nothing ever succeeded.
    pub span: Duration,
    /// The same where something succeeded before.
    pub trailing_span: Duration,
    /// Fewest passes, where nothing ever succeeded.
    pub passes: u32,
    /// Fewest attempts, where nothing ever succeeded.
    pub attempts: u32,
    /// Fewest looks, where nothing ever succeeded.
    pub looks: u32,
    /// Fewest failed passes in a row, where something succeeded before.
    pub trailing: u32,
    /// The end of the run: what a server announced to fail until later is not over.
    pub now: Moment,
    /// Whether failures may be put down to the speed of the crawl.
    pub speed_counts: bool,
}

impl Rules {
    /// For an audit that is over within minutes; the span is shown with the verdict. What was fine and
    /// then failed is persistent only in an audit whose passes are spread over more time.
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

    /// The same for a host of which nothing says that it fails because it is asked fast.
    #[must_use]
    pub const fn whatever_the_speed(self) -> Rules {
        Rules {
            speed_counts: false,
            ..self
        }
    }

    /// The same with no fewer looks than these.
    #[must_use]
    pub fn at_least(self, looks: u32) -> Rules {
        Rules {
            looks: self.looks.max(looks),
            ..self
        }
    }

    /// The same for a run that ended at this moment.
    #[must_use]
    pub const fn at(self, now: Moment) -> Rules {
        Rules { now, ..self }
    }
}

/// What the verdict is decided on.
#[derive(Clone, Copy, Debug)]
pub(in crate::assess) struct Case {
    pub(in crate::assess) course: Course,
    /// Attempts that say something, and those among them that failed or succeeded.
    pub(in crate::assess) attempts: u32,
    pub(in crate::assess) failed: u32,
    pub(super) succeeded: u32,
    /// Attempts that share their fate with no other.
    pub(in crate::assess) looks: u32,
    /// What the sequential test decided.
    pub(in crate::assess) frequency: Option<Frequency>,
    pub(super) first_failed: Option<Moment>,
    /// Until when the last failure announced more of them.
    pub(in crate::assess) announced: Option<Moment>,
    /// All failures lie in one host episode that is over.
    pub(in crate::assess) host_episode: bool,
    /// All failures were at speed, and every later polite attempt succeeded.
    pub(super) only_at_speed: bool,
}

/// The first rule that fits. Between `transient` and `intermittent` the sequential test decides
/// ([`crate::model::FlakyTest`]); while it is open, a failure after a recovery does.
pub(super) fn decide(case: &Case, rules: &Rules) -> Verdict {
    let course = &case.course;
    let failing = course.trailing > 0;
    match () {
        () if case.failed == 0 => Verdict::Ok,
        () if case.host_episode => Verdict::Transient,
        () if case.only_at_speed && rules.speed_counts => Verdict::LoadInduced,
        () if failing && persists(case, rules) => Verdict::Persistent,
        () if failing && course.episodes == 1 => Verdict::Unconfirmed,
        () if failing => Verdict::Intermittent,
        () => match case.frequency {
            Some(Frequency::Rarely) => Verdict::Transient,
            None if course.episodes == 1 => Verdict::Transient,
            Some(Frequency::Often) | None => Verdict::Intermittent,
        },
    }
}

fn persists(case: &Case, rules: &Rules) -> bool {
    let course = &case.course;
    if case.succeeded > 0 {
        return course.trailing >= rules.trailing && course.trailing_span() >= rules.trailing_span;
    }
    let seen = course.passes >= rules.passes
        && case.attempts >= rules.attempts
        && case.looks >= rules.looks
        && course.span().max(course.run()) >= rules.span;
    seen || is_announced(case, rules)
}

/// Whether the server itself says that it fails for as long as makes a failure persistent, and that
/// time is not over: it was not asked again because of that.
fn is_announced(case: &Case, rules: &Rules) -> bool {
    let (Some(first), Some(end)) = (case.first_failed, case.announced) else {
        return false;
    };
    end > rules.now && end.since(first) >= rules.span
}
