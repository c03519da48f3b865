//! The metrics that gates compare.

use serde::{Serialize, Serializer};

use super::unit::Unit;

/// A metric of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table below says what each is")]
pub enum Metric {
    ServerErrors,
    Status502,
    Status503,
    Status504,
    ServerErrorRate,
    Rate502,
    Persistent,
    Intermittent,
    Transient,
    Unreachable,
    Crawlability,
    IndexingRisk,
    NewServerErrors,
    Coverage,
    GooglebotServerErrors,
    ClicksAtRisk,
}

/// The description of a metric.
#[derive(Clone, Copy, Debug)]
pub struct MetricInfo {
    /// The metric.
    pub metric: Metric,
    /// The name in expressions.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Its description for people.
    pub doc: &'static str,
}

/// All metrics. Scripts rely on the names.
pub const METRICS: [MetricInfo; 16] = [
    info(
        Metric::ServerErrors,
        "5xx",
        Unit::Count,
        "pages whose last answer was a 5xx",
    ),
    info(
        Metric::Status502,
        "502",
        Unit::Count,
        "pages whose last answer was a 502",
    ),
    info(
        Metric::Status503,
        "503",
        Unit::Count,
        "pages whose last answer was a 503",
    ),
    info(
        Metric::Status504,
        "504",
        Unit::Count,
        "pages whose last answer was a 504",
    ),
    info(
        Metric::ServerErrorRate,
        "5xx-rate",
        Unit::Share,
        "share of first attempts that were answered with a 5xx",
    ),
    info(
        Metric::Rate502,
        "502-rate",
        Unit::Share,
        "share of first attempts that were answered with a 502",
    ),
    info(
        Metric::Persistent,
        "persistent",
        Unit::Count,
        "pages that failed every time, over at least a minute",
    ),
    info(
        Metric::Intermittent,
        "intermittent",
        Unit::Count,
        "pages that fail and recover by turns",
    ),
    info(
        Metric::Transient,
        "transient",
        Unit::Count,
        "pages that failed, then recovered",
    ),
    info(
        Metric::Unreachable,
        "unreachable",
        Unit::Count,
        "pages that got no HTTP answer at all",
    ),
    info(
        Metric::Crawlability,
        "crawlability",
        Unit::Score,
        "the score of 0 to 100: 100 is nothing in the way of a bot",
    ),
    info(
        Metric::IndexingRisk,
        "indexing-risk",
        Unit::Score,
        "the score of 0 to 100: 100 is certain loss",
    ),
    info(
        Metric::NewServerErrors,
        "new-5xx",
        Unit::Count,
        "pages that answer 5xx and are new compared with the baseline",
    ),
    info(
        Metric::Coverage,
        "coverage",
        Unit::Share,
        "share of the known pages that were fetched",
    ),
    info(
        Metric::GooglebotServerErrors,
        "googlebot-5xx",
        Unit::Count,
        "requests of Googlebot in the server's logs that were answered with a 5xx",
    ),
    info(
        Metric::ClicksAtRisk,
        "clicks-at-risk",
        Unit::Count,
        "clicks a day that failing pages cost, an estimate",
    ),
];

const fn info(metric: Metric, name: &'static str, unit: Unit, doc: &'static str) -> MetricInfo {
    MetricInfo {
        metric,
        name,
        unit,
        doc,
    }
}

impl Metric {
    /// Returns its description. The table is in the order of declaration.
    pub const fn info(self) -> &'static MetricInfo {
        &METRICS[self as usize]
    }

    /// Returns the name in expressions.
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// Returns the unit of its value.
    pub const fn unit(self) -> Unit {
        self.info().unit
    }

    /// Returns the metric of this name.
    pub fn from_name(name: &str) -> Option<Metric> {
        let found = METRICS.iter().find(|info| info.name == name);
        found.map(|info| info.metric)
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
