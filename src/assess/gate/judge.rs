//! Judges gates by the numbers of a run.

use serde::Serialize;

use super::metric::Metric;
use super::possible::{Missing, Possible, Unknown};
use super::unit::Unit;
use super::{Gate, Op};
use crate::assess::{Interval, Score};

/// The numbers of a run that gates use. Absent numbers were not measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measured {
    /// Pages whose last answer was a 5xx.
    pub server_errors: u64,
    /// Pages whose last answer was a 502.
    pub status_502: u64,
    /// Pages whose last answer was a 503.
    pub status_503: u64,
    /// Pages whose last answer was a 504.
    pub status_504: u64,
    /// Pages with this verdict.
    pub persistent: u64,
    /// Pages with this verdict.
    pub intermittent: u64,
    /// Pages with this verdict.
    pub transient: u64,
    /// Pages with this verdict. Each may turn out to have one of the three above.
    pub unconfirmed: u64,
    /// Pages that got no HTTP answer at all.
    pub unreachable: u64,
    /// Share of first attempts with a 5xx; absent if there was no first attempt.
    pub server_error_rate: Option<Interval>,
    /// Share of first attempts with a 502; absent if there was no first attempt.
    pub rate_502: Option<Interval>,
    /// The score of the obstacles for bots.
    pub crawlability: Option<Score>,
    /// The score of the risk in search indexes.
    pub indexing_risk: Option<Score>,
    /// Pages with a 5xx that had none in the baseline; absent without a baseline.
    pub new_server_errors: Option<u64>,
    /// Pages with a 5xx that the baseline knew but did not request: each may be new.
    pub maybe_new_server_errors: u64,
    /// Share of the known pages that were fetched.
    pub coverage: Option<f64>,
    /// Requests of Googlebot in server logs that were answered with a 5xx; absent if no log was read.
    pub googlebot_server_errors: Option<u64>,
    /// Clicks a day that failing pages cost; absent without visits of the pages.
    pub clicks_at_risk: Option<Interval>,
    /// Pages requested at least once.
    pub requested: u64,
    /// Known pages that were not requested although no limit of the user excludes them. Their answers
    /// are unknown.
    pub not_requested: u64,
    /// The reason why the run's evidence about the site is incomplete; absent if it is complete.
    pub doubt: Option<Doubt>,
}

/// A reason why no gate can pass on the evidence of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// No page was fetched: no gate can be judged.
    NothingFetched,
    /// The site could not be audited, for example behind a login.
    NotAudited,
    /// The run was interrupted, so there may be pages that it does not know.
    Interrupted,
    /// This many links or sitemap entries were left out, and may lead to unknown pages.
    LeftOut(u64),
    /// So many sitemaps could not be read, and may list pages that it does not know.
    Unread(u64),
}

/// The result of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GateStatus {
    /// Its expression is not true.
    Held,
    /// Its expression is true.
    Failed,
    /// There is too little evidence.
    Undecided,
}

/// A gate with its result, as in `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GateResult {
    /// The gate as it was written.
    pub expression: String,
    /// The metric.
    pub metric: Metric,
    /// The measured value, in the metric's own unit.
    pub value: Option<f64>,
    /// Lower end of the possible range: of the 95 % interval, and if unknown pages are fine.
    pub low: Option<f64>,
    /// Upper end: of the 95 % interval, and if unknown pages fail.
    pub high: Option<f64>,
    /// The result.
    pub result: GateStatus,
    /// The end of the interval that was compared with the limit, or the exact value.
    #[serde(skip)]
    pub judged: Option<f64>,
    /// The reason in words.
    pub reason: String,
}

impl Gate {
    /// Judges the gate by the numbers of a run, or of its segment.
    pub fn judge(&self, measured: &Measured) -> GateResult {
        let result = match measured.of(self.metric) {
            Ok(possible) => self.judged_by(&possible),
            Err(why) => self.undecided(why),
        };
        match measured.doubt {
            Some(doubt) => result.doubted(doubt),
            None => result,
        }
    }

    /// Returns that it cannot be judged.
    pub fn undecided(&self, why: String) -> GateResult {
        GateResult {
            expression: self.to_string(),
            metric: self.metric,
            value: None,
            low: None,
            high: None,
            result: GateStatus::Undecided,
            judged: None,
            reason: why,
        }
    }

    fn judged_by(&self, possible: &Possible) -> GateResult {
        let span = possible.span();
        let at_best = self.op.holds(possible.best, self.limit);
        let is_open = if self.op == Op::Equal {
            possible.is_open() && span.low <= self.limit && self.limit <= span.high
        } else {
            at_best != self.op.holds(possible.worst, self.limit)
        };
        GateResult {
            expression: self.to_string(),
            metric: self.metric,
            value: Some(span.value),
            low: Some(span.low),
            high: Some(span.high),
            result: match (is_open, at_best) {
                (true, _) => GateStatus::Undecided,
                (false, true) => GateStatus::Failed,
                (false, false) => GateStatus::Held,
            },
            judged: (!is_open).then(|| self.op.end(possible.measured)),
            reason: match (is_open, possible.is_open()) {
                (true, _) => self.open_reason(possible),
                (false, true) => self.wide_reason(possible, at_best),
                (false, false) => self.reason(possible.measured, at_best),
            },
        }
    }

    /// Returns why the result is undecided.
    fn open_reason(&self, possible: &Possible) -> String {
        let (name, unit) = (self.metric.name(), self.metric.unit());
        let (range, unknown) = (possible.shown(unit), possible.unknown);
        if unit == Unit::Count {
            return format!("{name} is {range}: {unknown}");
        }
        let value = unit.show(possible.measured.value);
        format!("{name} is {value} of what was requested, but {range} is possible: {unknown}")
    }

    /// Returns why the result is decided for any unknown pages.
    fn wide_reason(&self, possible: &Possible, is_true: bool) -> String {
        let (name, unit) = (self.metric.name(), self.metric.unit());
        let unknown = possible.unknown;
        if unit != Unit::Count {
            let reason = self.reason(possible.measured, is_true);
            return format!("{reason}, whether the unknown pages fail or not: {unknown}");
        }
        let range = possible.shown(unit);
        let not = if is_true { "" } else { "not " };
        let (sign, limit) = (self.op.sign(), unit.show(self.limit));
        format!("{name} is {range} ({unknown}), {not}{sign} {limit}")
    }

    fn reason(&self, measured: Interval, is_true: bool) -> String {
        let judged = self.op.end(measured);
        let show = |value| self.metric.unit().show(value);
        let name = self.metric.name();
        let not = if is_true { "" } else { "not " };
        let (sign, limit) = (self.op.sign(), show(self.limit));
        let value = show(measured.value);
        if measured.low >= measured.high {
            return format!("{name} is {value}, {not}{sign} {limit}");
        }
        let part = match self.op {
            Op::Above | Op::AtLeast => {
                format!("the lower end of its 95 % interval, {}", show(judged))
            }
            Op::Below | Op::AtMost => {
                format!("the upper end of its 95 % interval, {}", show(judged))
            }
            Op::Equal => {
                let (low, high) = (show(measured.low), show(measured.high));
                format!("its 95 % interval, {low} to {high}")
            }
        };
        format!("{name} is {value}; {part}, is {not}{sign} {limit}")
    }
}

/// Shares and scores closer than this are equal, because they come from divisions.
const SAME: f64 = 1e-9;

impl Op {
    /// Returns the end of an interval that must pass the limit so that the whole interval does.
    fn end(self, measured: Interval) -> f64 {
        match self {
            Op::Above | Op::AtLeast => measured.low,
            Op::Below | Op::AtMost => measured.high,
            Op::Equal => measured.value,
        }
    }

    /// Returns whether the comparison is true for every value of the interval.
    fn holds(self, measured: Interval, limit: f64) -> bool {
        let end = self.end(measured);
        let same = |value: f64| (value - limit).abs() < SAME;
        match self {
            Op::Above => end > limit && !same(end),
            Op::AtLeast => end > limit || same(end),
            Op::Below => end < limit && !same(end),
            Op::AtMost => end < limit || same(end),
            Op::Equal => same(measured.low) && same(measured.high),
        }
    }
}

impl Measured {
    /// Returns the range of a metric, or why it is unknown.
    fn of(&self, metric: Metric) -> Result<Possible, String> {
        let missing = Missing {
            requested: self.requested,
            not_requested: self.not_requested,
        };
        let answers = |pages| {
            let unknown = Unknown {
                not_requested: self.not_requested,
                ..Unknown::default()
            };
            Ok(Possible::count(pages, unknown))
        };
        let verdicts = |pages| {
            let unknown = Unknown {
                unconfirmed: self.unconfirmed,
                not_requested: self.not_requested,
                ..Unknown::default()
            };
            Ok(Possible::count(pages, unknown))
        };
        let rate = |rate: Option<Interval>| {
            let rate = rate.ok_or_else(|| "no first attempts were counted".to_owned())?;
            Ok(Possible::rate(rate, missing))
        };
        match metric {
            Metric::ServerErrors => answers(self.server_errors),
            Metric::Status502 => answers(self.status_502),
            Metric::Status503 => answers(self.status_503),
            Metric::Status504 => answers(self.status_504),
            Metric::Persistent => verdicts(self.persistent),
            Metric::Intermittent => verdicts(self.intermittent),
            Metric::Transient => verdicts(self.transient),
            Metric::Unreachable => answers(self.unreachable),
            Metric::ServerErrorRate => rate(self.server_error_rate),
            Metric::Rate502 => rate(self.rate_502),
            Metric::Crawlability => {
                score(self.crawlability).map(|score| Possible::crawlability(score, missing))
            }
            Metric::IndexingRisk => {
                score(self.indexing_risk).map(|risk| Possible::risk(risk, missing))
            }
            Metric::NewServerErrors => match self.new_server_errors {
                Some(pages) => Ok(Possible::count(
                    pages,
                    Unknown {
                        not_requested: self.not_requested,
                        not_compared: self.maybe_new_server_errors,
                        ..Unknown::default()
                    },
                )),
                None => Err(NO_BASELINE.to_owned()),
            },
            Metric::Coverage => match self.coverage {
                Some(share) => Ok(Possible::certain(Interval::exact(share))),
                None => Err("no page is known, so there is no share of them".to_owned()),
            },
            Metric::GooglebotServerErrors => match self.googlebot_server_errors {
                Some(requests) => Ok(Possible::certain(Interval::exact(requests as f64))),
                None => Err("no server log was read; `gatecrawl logs` reads them".to_owned()),
            },
            Metric::ClicksAtRisk => match self.clicks_at_risk {
                Some(clicks) => Ok(Possible::certain(clicks)),
                None => {
                    Err("no visits of the pages are known; name a file with --traffic".to_owned())
                }
            },
        }
    }
}

/// The reason for a first run: without a baseline, new errors cannot be separated from old ones.
const NO_BASELINE: &str = "there is no earlier run with this scope and these limits to compare with: the next run is judged; for this one \
                           name a baseline with --baseline, or gate on 5xx";

impl GateResult {
    /// Returns the result for a run with incomplete evidence: failed gates stay failed, and none passes.
    fn doubted(self, doubt: Doubt) -> GateResult {
        let reason = match (doubt, self.result) {
            (Doubt::NothingFetched, _) => "no page was fetched".to_owned(),
            (_, GateStatus::Failed | GateStatus::Undecided) => return self,
            (Doubt::NotAudited, GateStatus::Held) => {
                format!("{}, but the site could not be audited", self.reason)
            }
            (Doubt::Interrupted, GateStatus::Held) => {
                format!("{}, but the run was interrupted", self.reason)
            }
            (Doubt::Unread(sitemaps), GateStatus::Held) => {
                let them = if sitemaps == 1 {
                    "1 sitemap".to_owned()
                } else {
                    format!("{sitemaps} sitemaps")
                };
                format!(
                    "{}, but {them} that may list unknown pages could not be read",
                    self.reason
                )
            }
            (Doubt::LeftOut(unseen), GateStatus::Held) => format!(
                "{}, but {unseen} links or sitemap entries that may lead to unknown pages were left out",
                self.reason
            ),
        };
        GateResult {
            result: GateStatus::Undecided,
            judged: None,
            reason,
            ..self
        }
    }
}

fn score(score: Option<Score>) -> Result<Interval, String> {
    match score {
        Some(Score::Known(score)) => Ok(score),
        Some(Score::Inconclusive {
            first_attempts,
            needed,
        }) => Err(format!(
            "too little evidence: {first_attempts} first attempts, and {needed} are needed"
        )),
        None => Err("the score was not drawn".to_owned()),
    }
}

impl GateStatus {
    /// Returns the result of all gates together: failed before undecided. Without gates it is passed.
    pub fn of_all(results: &[GateResult]) -> GateStatus {
        let any = |status| results.iter().any(|result| result.result == status);
        if any(GateStatus::Failed) {
            GateStatus::Failed
        } else if any(GateStatus::Undecided) {
            GateStatus::Undecided
        } else {
            GateStatus::Held
        }
    }

    /// Returns the word for people. `held` beside an expression would read as if that were true.
    pub const fn word(self) -> &'static str {
        match self {
            GateStatus::Held => "passed",
            GateStatus::Failed => "failed",
            GateStatus::Undecided => "undecided",
        }
    }

    /// Returns the name in exports.
    pub const fn name(self) -> &'static str {
        match self {
            GateStatus::Held => "held",
            GateStatus::Failed => "failed",
            GateStatus::Undecided => "undecided",
        }
    }
}
