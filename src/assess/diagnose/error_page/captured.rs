//! Tests with captured answers of real servers (`fixtures/responses`), named by their fingerprints.
//!
//! Each file is the output of `curl -i` followed by one line of curl's own. The manifest has the product
//! and layer that made the page, and the fault behind it. An empty product means that the page has no
//! mark of its maker. Several causes are separated by a bar.

use std::path::Path;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::assess::diagnose::{Answer, Maker, Match, identify, maker_of, soft_error};
use crate::model::{Cause, Outcome};

struct Captured {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/responses"))
}

fn read(file: &str) -> Captured {
    let bytes = std::fs::read(folder().join(file)).expect("a captured answer");
    // Some files were edited and have the editor's line ends.
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    let start = text.find("HTTP/1.1 ").expect("a status line");
    let (head, rest) = text[start..].split_once("\n\n").expect("a header block");
    let body = rest.rsplit_once("\n[curl ").map_or(rest, |(body, _)| body);
    let mut headers = HeaderMap::new();
    for line in head.lines().skip(1) {
        let (name, value) = line.split_once(':').expect("a field");
        let name = HeaderName::try_from(name).expect("a name");
        headers.append(name, HeaderValue::from_str(value.trim()).expect("a value"));
    }
    Captured {
        status: head[9..12].parse().expect("a status"),
        headers,
        body: body.as_bytes().to_vec(),
    }
}

impl Captured {
    fn answer(&self) -> Answer<'_> {
        Answer {
            status: Some(self.status),
            reason: None,
            headers: &self.headers,
            body_head: &self.body,
            ttfb: None,
            connect: None,
            outcome: Outcome::of_error_status(self.status, false),
        }
    }
}

/// Returns every row of the manifest with its captured answer.
fn all() -> Vec<(csv::StringRecord, Captured)> {
    let mut manifest = csv::Reader::from_path(folder().join("manifest.csv")).expect("a manifest");
    let rows = manifest.records().map(|row| row.expect("valid CSV"));
    rows.map(|row| {
        let captured = read(&row[0]);
        (row, captured)
    })
    .collect()
}

fn generator(found: &[Match]) -> Option<&Match> {
    found.iter().find(|found| found.is_generator())
}

#[test]
fn products_and_layers_are_recognised_and_none_wrongly() {
    let (mut marked, mut named) = (0, 0);
    let (mut unnamed, mut wrong) = (Vec::new(), Vec::new());
    for (row, captured) in all() {
        let (file, product) = (&row[0], &row[2]);
        let layer = Maker::from_id(&row[3]);
        let found = identify(&captured.answer());
        assert_eq!(row[1].parse(), Ok(captured.status), "{file}");
        let best = generator(&found);
        marked += usize::from(!product.is_empty());
        match best {
            Some(best) if best.product.starts_with(product) && !product.is_empty() => named += 1,
            Some(best) => wrong.push(format!("{file}: {} is not {product:?}", best.id)),
            None if !product.is_empty() => unnamed.push(file.to_owned()),
            None => {}
        }
        let maker = maker_of(&captured.answer(), &found);
        if maker.is_some() && maker != layer {
            wrong.push(format!("{file}: made by {maker:?}, not {layer:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let share = f64::from(named) / marked as f64;
    assert!(
        share >= 0.95,
        "{named} of {marked}; not named: {unnamed:#?}"
    );
}

#[test]
fn the_true_cause_is_among_those_of_the_fingerprint() {
    let mut missed = Vec::new();
    let mut checked = 0;
    for (row, captured) in all() {
        let found = identify(&captured.answer());
        let Some(best) = generator(&found) else {
            continue;
        };
        checked += 1;
        let names: Vec<&str> = best
            .causes
            .ranked()
            .iter()
            .map(|(cause, _)| cause.id())
            .collect();
        if !row[4].split('|').any(|cause| names.contains(&cause)) {
            missed.push(format!(
                "{}: {} has {names:?}, not {}",
                &row[0], best.id, &row[4]
            ));
        }
    }
    let share = missed.len() as f64 / f64::from(checked);
    assert!(share <= 0.02, "{} of {checked}: {missed:#?}", missed.len());
}

#[test]
fn pages_that_name_their_fault_have_its_cause() {
    let cases = [
        ("nginx/https-port.http", Cause::Tls),
        ("apache/https-port.http", Cause::Tls),
        ("nginx/own-maint.http", Cause::Maintenance),
        ("apache/own-maint.http", Cause::Maintenance),
        ("varnish/own-maint.http", Cause::Maintenance),
        ("squid/own-maint.http", Cause::Maintenance),
        ("envoy/own-maint.http", Cause::Maintenance),
        ("express/own-maint.http", Cause::Maintenance),
        ("flask/own-maint.http", Cause::Maintenance),
        ("caddy/maint.http", Cause::Maintenance),
        ("squid/denied.http", Cause::Firewall),
        ("squid/bighdr.http", Cause::InvalidUpstreamResponse),
        ("lighttpd/cgi.http", Cause::ApplicationError),
        ("lighttpd/garbage.http", Cause::InvalidUpstreamResponse),
        ("lighttpd/refused.http", Cause::UpstreamDown),
        ("lighttpd/readtimeout.http", Cause::UpstreamTimeout),
        ("envoy/refused.http", Cause::UpstreamDown),
        ("envoy/no-cluster.http", Cause::UpstreamDown),
        ("express/exception.http", Cause::ApplicationError),
        ("flask/behind-nginx.http", Cause::ApplicationError),
        ("uwsgi/no-app.http", Cause::ApplicationError),
    ];
    for (file, cause) in cases {
        let captured = read(file);
        let found = identify(&captured.answer());
        let ranked = generator(&found).map(|best| best.causes.ranked());
        let ranked = ranked.unwrap_or_default();
        let best = ranked.first().filter(|(_, weight)| *weight >= 0.6);
        assert_eq!(best.map(|best| best.0), Some(cause), "{file}: {ranked:?}");
    }
}

#[test]
fn error_pages_with_200_are_named_after_the_server_that_has_them() {
    let cases = [
        ("nginx/own-200.http", "nginx"),
        ("flask/trace-200.http", "Flask / Werkzeug"),
    ];
    for (file, product) in cases {
        let captured = read(file);
        let found = identify(&captured.answer());
        assert!(generator(&found).is_none(), "{file}");
        assert_eq!(found[0].product, product, "{file}");
    }
}

#[test]
fn samples_match_the_fingerprints_that_name_them() {
    let text = include_str!("fingerprints.toml");
    let file: toml::Table = text.parse().expect("TOML");
    for entry in file["fp"].as_array().expect("an array") {
        let Some(sample) = entry.get("sample").and_then(toml::Value::as_str) else {
            continue;
        };
        let captured = read(sample);
        let found = identify(&captured.answer());
        let id = entry["id"].as_str().expect("an identity");
        assert!(found.iter().any(|found| found.id == id), "{id} {sample}");
    }
}

#[test]
fn error_pages_are_recognised_with_status_200_too() {
    for (row, captured) in all() {
        // A stored page has no headers, and some pages are recognised only by headers.
        let is_nameless = row[2] == *"PHP-FPM" || row[2] == *"lighttpd" && captured.status < 500;
        let by_text = captured.body.len() > 40 && !row[2].is_empty() && !is_nameless;
        if by_text {
            assert!(soft_error(200, &captured.body).is_some(), "{}", &row[0]);
        }
    }
}
