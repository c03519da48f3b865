//! Gates: conditions under which a run is to fail, such as `5xx-rate > 1%`.
//!
//! A gate fails when its expression is true. An estimate is judged on the end of its 95 % interval
//! that has to be crossed, so that noise breaks no build: `>` on the lower end, `<` on the upper one.
//! Pages that too little is known of (unconfirmed, or not requested) make a range of every metric that
//! might count them. A gate whose answer depends on them is undecided, as is one on what nobody
//! measured.

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

/// A condition under which a run is to fail.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    metric: Metric,
    op: Op,
    /// In the metric's own unit: a share of a whole for rates, 0..100 for scores.
    limit: f64,
    /// As it was written.
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
    /// All of them, those first whose signs begin like that of another.
    const ALL: [Op; 5] = [Op::AtLeast, Op::AtMost, Op::Equal, Op::Above, Op::Below];

    /// The sign it is written with.
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
    /// What is measured.
    pub const fn metric(&self) -> Metric {
        self.metric
    }
}

/// As it was written.
impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
