//! Pushes metrics by OTLP over HTTP, configured by the environment variables of its specification
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use reqwest::{Client, Url};

use crate::fetch::{TlsSetupError, outbound_client};
use crate::model::Moment;

use super::metric::Metric;
use super::otlp;

/// The environment variables for the URL and the headers.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const METRICS_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const METRICS_HEADERS: &str = "OTEL_EXPORTER_OTLP_METRICS_HEADERS";

/// The receiver of metrics. Its headers are secrets and are not shown.
#[derive(Clone)]
pub struct Push {
    client: Client,
    url: Url,
    headers: HeaderMap,
    since: Moment,
}

/// The error that metrics could not be pushed.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// A variable of the environment is invalid.
    #[error("{variable}: {why}")]
    Variable {
        /// The name of the variable.
        variable: &'static str,
        /// The error in the value.
        why: &'static str,
    },
    /// TLS could not be set up.
    #[error(transparent)]
    Tls(#[from] TlsSetupError),
    /// The receiver did not accept the metrics.
    #[error("{OTLP} did not accept the metrics: {0}")]
    Refused(String),
}

/// The name of the receiver in messages, in place of its URL, which may hold a key.
const OTLP: &str = "the OTLP receiver";

impl Push {
    /// Reads the receiver from environment variables; `None` if no receiver is set. `since` is when the process began.
    pub fn from_environment(
        environment: &dyn Fn(&str) -> Option<String>,
        since: Moment,
    ) -> Result<Option<Push>, PushError> {
        let variable = |name| environment(name).filter(|value| !value.trim().is_empty());
        // The general variable is a base URL; the one for metrics is used unchanged.
        let (name, url) = match (variable(METRICS_ENDPOINT), variable(ENDPOINT)) {
            (Some(url), _) => (METRICS_ENDPOINT, url),
            (None, Some(url)) => (
                ENDPOINT,
                format!("{}/v1/metrics", url.trim().trim_end_matches('/')),
            ),
            (None, None) => return Ok(None),
        };
        let url = Url::parse(url.trim()).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or(PushError::Variable {
            variable: name,
            why: "not an http or https address",
        })?;
        let (name, text) = match variable(METRICS_HEADERS) {
            Some(text) => (METRICS_HEADERS, text),
            None => (HEADERS, variable(HEADERS).unwrap_or_default()),
        };
        let headers = headers(&text).ok_or(PushError::Variable {
            variable: name,
            why: "not a list such as key=value,other=value",
        })?;
        Ok(Some(Push {
            client: outbound_client()?,
            url,
            headers,
            since,
        }))
    }
}

/// Pushes metrics once. A failed push is not repeated: the next one has newer numbers.
pub async fn push(push: &Push, metrics: &[Metric], now: Moment) -> Result<(), PushError> {
    let request = push
        .client
        .post(push.url.clone())
        .headers(push.headers.clone())
        .header("content-type", "application/x-protobuf")
        .body(otlp::encode(metrics, push.since, now));
    let answer = request.send().await.map_err(|fault| {
        PushError::Refused(match fault {
            fault if fault.is_timeout() => "no answer in time".to_owned(),
            fault if fault.is_connect() => "could not connect".to_owned(),
            _ => "the connection broke".to_owned(),
        })
    })?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    Err(PushError::Refused(format!("it answered {status}")))
}

/// Parses `key=value,key=value`, values percent-encoded (W3C Baggage without properties).
fn headers(text: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
        let (name, value) = pair.split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        headers.append(HeaderName::try_from(name.trim()).ok()?, value);
    }
    Some(headers)
}

impl std::fmt::Debug for Push {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Push").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_the_receiver_and_nothing_shows_its_key() {
        let read = |pairs: &'static [(&str, &str)]| {
            let world = move |name: &str| {
                let mut pairs = pairs.iter();
                pairs.find_map(|(known, value)| (*known == name).then(|| (*value).to_owned()))
            };
            Push::from_environment(&world, Moment::default())
        };
        assert!(read(&[]).expect("read").is_none());
        let both = read(&[
            (ENDPOINT, "http://127.0.0.1:4318/"),
            (HEADERS, "api-key=s%20ecret, x=y"),
        ]);
        let push = both.expect("read").expect("there");
        assert_eq!(push.url.as_str(), "http://127.0.0.1:4318/v1/metrics");
        assert_eq!(push.headers["api-key"], "s ecret");
        assert!(!format!("{push:?}").contains("ecret"));
        let fault = read(&[(METRICS_ENDPOINT, "127.0.0.1")]).expect_err("refused");
        let words = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: not an http or https address";
        assert_eq!(fault.to_string(), words);
        assert!(read(&[(ENDPOINT, "http://a"), (HEADERS, "secret")]).is_err());
    }
}
