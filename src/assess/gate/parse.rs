//! Parses `METRIC OP VALUE` or `METRIC{segment=NAME} OP VALUE` into a gate.

use std::str::FromStr;

use thiserror::Error;

use super::metric::{METRICS, Metric};
use super::unit::Unit;
use super::{Gate, Op};

/// Why an expression is not a gate.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GateFault {
    /// It does not have the form METRIC OP VALUE.
    #[error("{0:?} is not a gate; write METRIC OP VALUE, such as \"5xx-rate > 1%\"")]
    Form(String),
    /// There is no such metric.
    #[error("no metric {name:?}; {}", advice(*.nearest))]
    Metric {
        /// The text that was written.
        name: String,
        /// The name that was probably meant.
        nearest: Option<&'static str>,
    },
    /// What stands in braces is not a segment.
    #[error(
        "{0:?} does not name a segment; write METRIC{{segment=NAME}} OP VALUE, such as \"5xx-rate{{segment=checkout}} > 1%\""
    )]
    Braces(String),
    /// The metric exists for the whole site only.
    #[error("{0} is known for the whole site only; leave {{segment=...}} out")]
    WholeSite(&'static str),
    /// The value is not a number.
    #[error("{0:?} is not a number such as 5, 0.5 or 1%")]
    Value(String),
    /// The value does not fit the metric.
    #[error("{metric} is {is}, so {value:?} does not fit")]
    Unit {
        /// The metric's name.
        metric: &'static str,
        /// The range of its values.
        is: &'static str,
        /// The text that was written.
        value: String,
    },
    /// It is always or never true.
    #[error("{0:?} is {1} true, so it says nothing")]
    Empty(String, &'static str),
}

impl Gate {
    /// Parses an expression. Blanks around its parts do not matter.
    pub fn parse(text: &str) -> Result<Gate, GateFault> {
        let text = text.trim();
        let form = || GateFault::Form(text.to_owned());
        let (begin, segment, rest) = braces(text)?;
        let at = rest.find(['<', '>', '=']).ok_or_else(form)?;
        let (between, rest) = rest.split_at(at);
        let name = [begin, between].concat();
        let op = Op::ALL.into_iter().find(|op| rest.starts_with(op.sign()));
        let op = op.ok_or_else(form)?;
        let (name, value) = (name.trim(), rest[op.sign().len()..].trim());
        if name.is_empty() || value.is_empty() {
            return Err(form());
        }
        let metric = metric(name)?;
        if segment.is_some() && metric == Metric::NewServerErrors {
            return Err(GateFault::WholeSite(metric.name()));
        }
        let limit = limit(metric, value)?;
        let gate = Gate {
            metric,
            segment: segment.map(str::to_owned),
            op,
            limit,
            text: text.to_owned(),
        };
        match gate.always() {
            None => Ok(gate),
            Some(always) => Err(GateFault::Empty(gate.text, always)),
        }
    }

    /// Returns a word if every possible value, or none, makes it true.
    fn always(&self) -> Option<&'static str> {
        let most = self.metric.unit().most();
        let is_most = most.is_some_and(|most| self.limit >= most);
        match self.op {
            Op::Above if is_most => Some("never"),
            Op::Below if self.limit <= 0.0 => Some("never"),
            Op::AtLeast if self.limit <= 0.0 => Some("always"),
            Op::AtMost if is_most => Some("always"),
            _ => None,
        }
    }
}

impl FromStr for Gate {
    type Err = GateFault;

    fn from_str(text: &str) -> Result<Gate, GateFault> {
        Gate::parse(text)
    }
}

/// Splits an expression into what stands before the braces, the segment that they name, and what follows. Without
/// braces all of it follows.
fn braces(text: &str) -> Result<(&str, Option<&str>, &str), GateFault> {
    let Some((begin, rest)) = text.split_once('{') else {
        return Ok(("", None, text));
    };
    let fault = || GateFault::Braces(text.to_owned());
    let (inside, rest) = rest.split_once('}').ok_or_else(fault)?;
    let (key, name) = inside.split_once('=').ok_or_else(fault)?;
    let name = name.trim().trim_matches('"');
    if key.trim() != "segment" || name.is_empty() || begin.contains(['<', '>', '=']) {
        return Err(fault());
    }
    Ok((begin, Some(name), rest))
}

fn metric(name: &str) -> Result<Metric, GateFault> {
    let normal = name.to_lowercase().replace('_', "-");
    Metric::from_name(&normal).ok_or_else(|| GateFault::Metric {
        nearest: nearest(&normal),
        name: name.to_owned(),
    })
}

/// Minimum similarity of a suggested metric to the word that was typed, 0..1.
const ALIKE: f64 = 0.7;

fn nearest(name: &str) -> Option<&'static str> {
    let scored = METRICS.map(|info| (strsim::jaro_winkler(name, info.name), info.name));
    let best = scored.into_iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= ALIKE).then_some(best.1)
}

fn advice(nearest: Option<&'static str>) -> String {
    match nearest {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("known are {}", METRICS.map(|info| info.name).join(", ")),
    }
}

/// Returns the value in the unit of the metric.
fn limit(metric: Metric, text: &str) -> Result<f64, GateFault> {
    let digits = text.strip_suffix('%').map(str::trim_end);
    let number = digits.unwrap_or(text);
    // Rust also parses `inf` and `1e3`, which are mistakes here.
    let plain = number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let number: f64 = number
        .parse()
        .ok()
        .filter(|_| plain)
        .ok_or_else(|| GateFault::Value(text.to_owned()))?;
    let misfit = |is| {
        Err(GateFault::Unit {
            metric: metric.name(),
            is,
            value: text.to_owned(),
        })
    };
    match (metric.unit(), digits) {
        (Unit::Count, Some(_)) => misfit("a number of pages"),
        (Unit::Count, None) if number.fract() > 0.0 => misfit("a whole number of pages"),
        (Unit::Share, None) if number > 1.0 => misfit("a share of 0 to 1 or 0% to 100%"),
        (Unit::Share, Some(_)) if number > 100.0 => misfit("a share of 0 to 1 or 0% to 100%"),
        (Unit::Score, _) if number > 100.0 => misfit("a score of 0 to 100"),
        (Unit::Share, Some(_)) => Ok(number / 100.0),
        _ => Ok(number),
    }
}
