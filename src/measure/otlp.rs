//! Metrics in OTLP: the fields of `ExportMetricsServiceRequest` (opentelemetry-proto 1.x) that are needed, with their
//! numbers (<https://github.com/open-telemetry/opentelemetry-proto>, `metrics/v1/metrics.proto`).

use prost::{Message, Oneof};

use crate::model::Moment;

use super::metric::{Kind, Metric as Named, Sample};

/// Encodes the body of a push. `since` is the moment at which counters began.
pub fn encode(metrics: &[Named], since: Moment, now: Moment) -> Vec<u8> {
    let attribute = |key: &str, value: &str| text(key, value);
    let resource = Resource {
        attributes: vec![
            attribute("service.name", "gatecrawl"),
            attribute("service.version", env!("CARGO_PKG_VERSION")),
        ],
    };
    let scope = Scope {
        name: "gatecrawl".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let metrics = metrics.iter().map(|metric| export(metric, since, now));
    let request = Request {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(resource),
            scope_metrics: vec![ScopeMetrics {
                scope: Some(scope),
                metrics: metrics.collect(),
            }],
        }],
    };
    request.encode_to_vec()
}

fn export(metric: &Named, since: Moment, now: Moment) -> Metric {
    let points = metric
        .samples
        .iter()
        .map(|sample| point(sample, since, now));
    let data_points = points.collect();
    Metric {
        name: metric.name.to_owned(),
        description: metric.help.to_owned(),
        unit: metric.unit.to_owned(),
        data: Some(match metric.kind {
            Kind::Gauge => Data::Gauge(Gauge { data_points }),
            Kind::Counter => Data::Sum(Sum {
                data_points,
                aggregation_temporality: CUMULATIVE,
                is_monotonic: true,
            }),
        }),
    }
}

fn point(sample: &Sample, since: Moment, now: Moment) -> Point {
    let labels = sample.labels.iter();
    Point {
        attributes: labels.map(|(name, value)| text(name, value)).collect(),
        start_nanos: nanos(since),
        nanos: nanos(now),
        value: Some(Number::Double(sample.value)),
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(Any::Text(value.to_owned())),
        }),
    }
}

fn nanos(moment: Moment) -> u64 {
    u64::try_from(moment.millis())
        .unwrap_or(0)
        .saturating_mul(1_000_000)
}

/// `AGGREGATION_TEMPORALITY_CUMULATIVE`.
const CUMULATIVE: i32 = 2;

#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(message, repeated, tag = "1")]
    resource_metrics: Vec<ResourceMetrics>,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceMetrics {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scope_metrics: Vec<ScopeMetrics>,
}

#[derive(Clone, PartialEq, Message)]
struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct ScopeMetrics {
    #[prost(message, optional, tag = "1")]
    scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    metrics: Vec<Metric>,
}

#[derive(Clone, PartialEq, Message)]
struct Scope {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    version: String,
}

#[derive(Clone, PartialEq, Message)]
struct Metric {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    description: String,
    #[prost(string, tag = "3")]
    unit: String,
    #[prost(oneof = "Data", tags = "5, 7")]
    data: Option<Data>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Data {
    #[prost(message, tag = "5")]
    Gauge(Gauge),
    #[prost(message, tag = "7")]
    Sum(Sum),
}

#[derive(Clone, PartialEq, Message)]
struct Gauge {
    #[prost(message, repeated, tag = "1")]
    data_points: Vec<Point>,
}

#[derive(Clone, PartialEq, Message)]
struct Sum {
    #[prost(message, repeated, tag = "1")]
    data_points: Vec<Point>,
    #[prost(int32, tag = "2")]
    aggregation_temporality: i32,
    #[prost(bool, tag = "3")]
    is_monotonic: bool,
}

/// `NumberDataPoint`.
#[derive(Clone, PartialEq, Message)]
struct Point {
    #[prost(message, repeated, tag = "7")]
    attributes: Vec<KeyValue>,
    #[prost(fixed64, tag = "2")]
    start_nanos: u64,
    #[prost(fixed64, tag = "3")]
    nanos: u64,
    #[prost(oneof = "Number", tags = "4")]
    value: Option<Number>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Number {
    #[prost(double, tag = "4")]
    Double(f64),
}

#[derive(Clone, PartialEq, Message)]
struct KeyValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct AnyValue {
    #[prost(oneof = "Any", tags = "1")]
    value: Option<Any>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Any {
    #[prost(string, tag = "1")]
    Text(String),
}
