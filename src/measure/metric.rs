//! A number with a name, in the words of Prometheus: <https://prometheus.io/docs/practices/naming/>.

/// How a number moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Up and down.
    Gauge,
    /// Up, from the start of the process.
    Counter,
}

/// A metric with all its samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its name, without the `_total` that Prometheus puts behind a counter.
    pub name: &'static str,
    /// What it means.
    pub help: &'static str,
    /// Its unit as UCUM has it (`s`, `1`, `{page}`), for OTLP.
    pub unit: &'static str,
    /// How it moves.
    pub kind: Kind,
    /// Its samples; no two with the same labels.
    pub samples: Vec<Sample>,
}

/// A number with labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Names and values.
    pub labels: Vec<(&'static str, String)>,
    /// The number.
    pub value: f64,
}

impl Metric {
    /// A gauge without samples.
    pub const fn gauge(name: &'static str, unit: &'static str, help: &'static str) -> Metric {
        Metric {
            name,
            help,
            unit,
            kind: Kind::Gauge,
            samples: Vec::new(),
        }
    }

    /// A counter without samples.
    pub fn counter(name: &'static str, unit: &'static str, help: &'static str) -> Metric {
        Metric {
            kind: Kind::Counter,
            ..Metric::gauge(name, unit, help)
        }
    }

    /// With one more sample.
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
