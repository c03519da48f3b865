//! Gates: conditions that fail a run, such as `5xx-rate > 1%`.
//!
//! A gate fails when its expression is true. An estimate is judged by the end of its 95 % interval, so
//! that noise breaks no build: `>` uses the lower end, `<` the upper one. Pages with too little evidence
//! (unconfirmed, or not requested) give every metric that may count them a range. A gate whose result
//! depends on them is undecided, as is one on a metric that was not measured.

mod judge;
mod metric;
mod parse;
mod possible;
mod unit;

use std::fmt;

pub use judge::{Doubt, GateResult, GateStatus, Measured};
pub use metric::{METRICS, Metric, MetricInfo};
pub use parse::GateFault;
pub use unit::Unit;

/// A condition that fails a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    metric: Metric,
    /// The section that it is about; `None` for the whole site.
    segment: Option<String>,
    op: Op,
    /// In the metric's own unit: a share of a whole for rates, 0..100 for scores.
    limit: f64,
    /// The text as it was written.
    text: String,
}

/// How a measured value is compared with a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `==`
    Equal,
}

impl Op {
    /// All operators. A sign comes before those that are its prefix.
    const ALL: [Op; 5] = [Op::AtLeast, Op::AtMost, Op::Equal, Op::Above, Op::Below];

    /// Returns the operator as written, such as `>=`.
    pub const fn sign(self) -> &'static str {
        match self {
            Op::Above => ">",
            Op::AtLeast => ">=",
            Op::Below => "<",
            Op::AtMost => "<=",
            Op::Equal => "==",
        }
    }
}

impl Gate {
    /// Returns the metric.
    pub const fn metric(&self) -> Metric {
        self.metric
    }

    /// Returns the section that it is about, a segment or a folder such as `/shop/`; `None` for the whole site.
    pub fn segment(&self) -> Option<&str> {
        self.segment.as_deref()
    }
}

/// Prints the gate as it was written.
impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
