//! Metrics, named as Prometheus recommends: <https://prometheus.io/docs/practices/naming/>.

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A value that goes up and down.
    Gauge,
    /// A value that only goes up, from the start of the process.
    Counter,
}

/// A metric with all its samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its name, without the suffix `_total` of Prometheus' counters.
    pub name: &'static str,
    /// Its meaning.
    pub help: &'static str,
    /// Its unit in UCUM notation (`s`, `1`, `{page}`), for OTLP.
    pub unit: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Its samples; no two with the same labels.
    pub samples: Vec<Sample>,
}

/// A value with labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Names and values of the labels.
    pub labels: Vec<(&'static str, String)>,
    /// The measured value.
    pub value: f64,
}

impl Metric {
    /// Returns a gauge without samples.
    pub const fn gauge(name: &'static str, unit: &'static str, help: &'static str) -> Metric {
        Metric {
            name,
            help,
            unit,
            kind: Kind::Gauge,
            samples: Vec::new(),
        }
    }

    /// Returns a counter without samples.
    pub fn counter(name: &'static str, unit: &'static str, help: &'static str) -> Metric {
        Metric {
            kind: Kind::Counter,
            ..Metric::gauge(name, unit, help)
        }
    }

    /// Adds a sample.
    #[must_use]
    pub fn with(mut self, labels: &[(&'static str, &str)], value: f64) -> Metric {
        let labels = labels.iter();
        self.samples.push(Sample {
            labels: labels
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
            value,
        });
        self
    }
}
