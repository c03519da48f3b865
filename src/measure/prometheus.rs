//! Metrics for Prometheus: OpenMetrics text 1.0.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use super::metric::{Kind, Metric};

/// The content type of the text.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Renders the text of a scrape.
pub fn text(metrics: Vec<Metric>) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Collected(metrics)));
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = prometheus_client::encoding::text::encode(&mut text, &registry);
    text
}

#[derive(Debug)]
struct Collected(Vec<Metric>);

impl Collector for Collected {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for metric in &self.0 {
            let kind = match metric.kind {
                Kind::Gauge => MetricType::Gauge,
                Kind::Counter => MetricType::Counter,
            };
            let mut family = encoder.encode_descriptor(metric.name, metric.help, None, kind)?;
            for sample in &metric.samples {
                let one = family.encode_family(&sample.labels)?;
                match metric.kind {
                    Kind::Gauge => ConstGauge::new(sample.value).encode(one)?,
                    Kind::Counter => ConstCounter::new(sample.value).encode(one)?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_counters_named() {
        let metrics = vec![
            Metric::gauge("a_pages", "1", "Pages").with(&[("site", "a\"b\\c\nd")], 2.5),
            Metric::counter("a_runs", "1", "Runs").with(&[("project", "x")], 3.0),
        ];
        let expected = "# HELP a_pages Pages\n# TYPE a_pages gauge\n\
            a_pages{site=\"a\\\"b\\\\c\\nd\"} 2.5\n\
            # HELP a_runs Runs\n# TYPE a_runs counter\n\
            a_runs_total{project=\"x\"} 3.0\n# EOF\n";
        assert_eq!(text(metrics), expected);
    }
}
