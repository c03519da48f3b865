//! What a run's numbers do to a gate.

use serde::Serialize;

use super::metric::Metric;
use super::{Gate, Op};
use crate::assess::{Interval, Score};

/// The numbers of a run that gates look at. What is absent was not measured.
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
    /// Pages that got no HTTP answer at all.
    pub unreachable: u64,
    /// Share of first attempts with a 5xx; absent if there was no first attempt.
    pub server_error_rate: Option<Interval>,
    /// Share of first attempts with a 502; absent if there was no first attempt.
    pub rate_502: Option<Interval>,
    /// The score of what is in the way of bots.
    pub crawlability: Option<Score>,
    /// The score of what may be lost.
    pub indexing_risk: Option<Score>,
    /// Pages with a 5xx that had none in the baseline; absent without a baseline.
    pub new_server_errors: Option<u64>,
    /// Share of the known pages that were fetched.
    pub coverage: Option<f64>,
}

/// What became of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// Its expression is not true.
    Held,
    /// Its expression is true.
    Failed,
    /// There is too little evidence.
    Undecided,
}

/// A gate with what became of it, as `summary.json` has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GateResult {
    /// The gate as it was written.
    pub expression: String,
    /// What it looks at.
    pub metric: Metric,
    /// The measured value, in the metric's own unit.
    pub value: Option<f64>,
    /// Lower end of its 95 % interval; the value itself where it is exact.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// What became of it.
    pub result: Ruling,
    /// Which end of the interval was compared with the limit; the value where it is exact.
    #[serde(skip)]
    pub judged: Option<f64>,
    /// Why, in words.
    pub reason: String,
}

impl Gate {
    /// Judges a run.
    pub fn judge(&self, measured: &Measured) -> GateResult {
        match measured.of(self.metric) {
            Ok(value) => self.ruled(value),
            Err(why) => GateResult {
                expression: self.to_string(),
                metric: self.metric,
                value: None,
                low: None,
                high: None,
                result: Ruling::Undecided,
                judged: None,
                reason: why,
            },
        }
    }

    fn ruled(&self, measured: Interval) -> GateResult {
        let judged = self.op.end(measured);
        let is_true = self.op.holds(measured, self.limit);
        GateResult {
            expression: self.to_string(),
            metric: self.metric,
            value: Some(measured.value),
            low: Some(measured.low),
            high: Some(measured.high),
            result: if is_true {
                Ruling::Failed
            } else {
                Ruling::Held
            },
            judged: Some(judged),
            reason: self.reason(measured, judged, is_true),
        }
    }

    fn reason(&self, measured: Interval, judged: f64, is_true: bool) -> String {
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

/// Shares and scores closer than this are the same: they come from divisions.
const SAME: f64 = 1e-9;

impl Op {
    /// The end of an interval that has to be beyond the limit for all of it to be.
    fn end(self, measured: Interval) -> f64 {
        match self {
            Op::Above | Op::AtLeast => measured.low,
            Op::Below | Op::AtMost => measured.high,
            Op::Equal => measured.value,
        }
    }

    /// Whether it is true of every value that the interval leaves possible.
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
    /// A metric's value, or why there is none.
    fn of(&self, metric: Metric) -> Result<Interval, String> {
        let count = |pages: u64| Ok(Interval::exact(pages as f64));
        let rate = |rate: Option<Interval>| {
            rate.ok_or_else(|| "no first attempts were counted".to_owned())
        };
        match metric {
            Metric::ServerErrors => count(self.server_errors),
            Metric::Status502 => count(self.status_502),
            Metric::Status503 => count(self.status_503),
            Metric::Status504 => count(self.status_504),
            Metric::Persistent => count(self.persistent),
            Metric::Intermittent => count(self.intermittent),
            Metric::Transient => count(self.transient),
            Metric::Unreachable => count(self.unreachable),
            Metric::ServerErrorRate => rate(self.server_error_rate),
            Metric::Rate502 => rate(self.rate_502),
            Metric::Crawlability => score(self.crawlability),
            Metric::IndexingRisk => score(self.indexing_risk),
            Metric::NewServerErrors => match self.new_server_errors {
                Some(pages) => count(pages),
                None => Err("there is no earlier run of the site to compare with".to_owned()),
            },
            Metric::Coverage => match self.coverage {
                Some(share) => Ok(Interval::exact(share)),
                None => Err("no page is known, so there is no share of them".to_owned()),
            },
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

impl Ruling {
    /// The ruling on all gates together: a failure counts more than what is undecided. With none,
    /// they held.
    pub fn of_all(results: &[GateResult]) -> Ruling {
        let any = |ruling| results.iter().any(|result| result.result == ruling);
        if any(Ruling::Failed) {
            Ruling::Failed
        } else if any(Ruling::Undecided) {
            Ruling::Undecided
        } else {
            Ruling::Held
        }
    }

    /// The name in exports.
    pub const fn name(self) -> &'static str {
        match self {
            Ruling::Held => "held",
            Ruling::Failed => "failed",
            Ruling::Undecided => "undecided",
        }
    }
}
