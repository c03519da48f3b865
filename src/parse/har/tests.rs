use std::time::Duration;

use super::*;
use crate::model::{Outcome, Timings, Version};

const CHROMIUM: &[u8] = include_bytes!("../../../fixtures/har/chromium.har");
const FIREFOX: &[u8] = include_bytes!("../../../fixtures/har/firefox.har");
const BROKEN: &[u8] = include_bytes!("../../../fixtures/har/broken.har");

fn all(bytes: &[u8]) -> (Vec<Entry>, Report) {
    let mut entries = Vec::new();
    let report = read(bytes, &mut |entry| entries.push(entry)).expect("an archive");
    (entries, report)
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn an_archive_of_chromium_is_read() {
    let (entries, report) = all(CHROMIUM);
    assert_eq!((report.read, report.foreign), (8, 1));
    assert_eq!((report.complaint_count, &report.broken_off), (0, &None));
    let statuses: Vec<_> = entries
        .iter()
        .map(|entry| entry.status.unwrap_or(0))
        .collect();
    assert_eq!(statuses, [502, 502, 200, 200, 504, 0, 0, 404]);
    let first = &entries[0];
    assert_eq!(first.url.as_str(), "https://www.shop.example/checkout/");
    assert_eq!(first.number, 1);
    assert_eq!(first.status_text, "Bad Gateway");
    assert_eq!(first.headers["server"], "nginx/1.22.1");
    assert!(first.body_head.starts_with(b"<html>\r\n<head><title>502"));
    assert_eq!(
        first.started.map(|at| at.to_string()).as_deref(),
        Some("2026-11-20T09:15:30.120Z")
    );
    assert_eq!(first.version, Some(Version::Http11));
    assert!(
        first
            .user_agent
            .as_deref()
            .is_some_and(|agent| agent.contains("Chrome/142"))
    );
    let timings = Timings {
        dns: Some(Duration::from_micros(14_200)),
        connect: Some(Duration::from_micros(20_500)),
        tls: Some(millis(41)),
        first_byte: Some(Duration::from_micros(80_600)),
        total: millis(81),
    };
    assert_eq!(first.timings, timings);
}

#[test]
fn additional_fields_of_chromium_are_read() {
    let (entries, _) = all(CHROMIUM);
    let cookies = entries[2].headers.get_all("set-cookie");
    assert_eq!(cookies.iter().count(), 2);
    assert!(entries[3].from_cache && !entries[2].from_cache);
    let encoded = &entries[4];
    assert!(encoded.body_head.starts_with(b"<html><title>504"));
    assert_eq!(encoded.version, Some(Version::Http2));
    assert_eq!(encoded.server, "2001:db8::7".parse().ok());
    let (refused, blocked) = (&entries[5], &entries[6]);
    assert_eq!(
        refused.error.as_deref(),
        Some("net::ERR_CONNECTION_REFUSED")
    );
    assert_eq!(refused.failure, Some(Outcome::ConnectRefused));
    assert_eq!((refused.server, refused.version), (None, None));
    assert_eq!(refused.timings.first_byte, None);
    assert_eq!((blocked.status, blocked.failure), (None, None));
}

#[test]
fn an_archive_of_firefox_is_read() {
    let (entries, report) = all(FIREFOX);
    assert_eq!((report.read, report.foreign), (3, 1));
    let first = &entries[0];
    assert_eq!(first.status, Some(503));
    assert_eq!(first.headers["retry-after"], "5");
    assert_eq!(
        first.started.map(|at| at.to_string()).as_deref(),
        Some("2026-11-20T09:20:10.000Z")
    );
    assert_eq!(first.timings.connect, Some(millis(17)));
    assert_eq!(first.timings.first_byte, Some(millis(12 + 38 + 212)));
    assert_eq!(first.version, Some(Version::Http2));
    let nothing = &entries[2];
    assert_eq!((nothing.status, nothing.error.as_deref()), (None, None));
}

#[test]
fn broken_entries_are_reported_and_the_rest_is_read() {
    let (entries, report) = all(BROKEN);
    let complaints: Vec<_> = report
        .complaints
        .iter()
        .map(|complaint| (complaint.entry, complaint.what.as_str()))
        .collect();
    assert_eq!(
        complaints,
        [
            (1, "no request.url"),
            (2, "no request.url"),
            (3, "https://www.shop.example: no response"),
            (4, "https://www.shop.example: no status from 0 to 999"),
            (5, "request.url: not a valid URL: invalid IPv6 address"),
        ]
    );
    let [entry] = entries.as_slice() else {
        panic!("{entries:?}");
    };
    assert_eq!(entry.url.as_str(), "https://www.shop.example/ok");
    assert_eq!((entry.number, entry.status), (6, Some(500)));
    assert_eq!(entry.headers.len(), 1);
    assert!(entry.body_head.is_empty());
    assert_eq!((entry.started, entry.timings), (None, Timings::default()));
}

#[test]
fn a_file_that_is_no_archive_is_refused() {
    let fault = |bytes: &[u8]| {
        let fault = read(bytes, &mut |_| ()).expect_err("no archive");
        fault.to_string()
    };
    for text in [
        "{}",
        "[]",
        "7",
        "{\"log\": {\"pages\": []}}",
        "{\"log\": 3}",
    ] {
        let expected = "not an HTTP archive: it has no list log.entries";
        assert_eq!(fault(text.as_bytes()), expected, "{text}");
    }
    assert!(fault(b"<html>").starts_with("not JSON"));
    assert!(fault(b"").starts_with("not JSON"));
}

#[test]
fn entries_before_the_end_of_a_truncated_file_are_kept() {
    for cut in [CHROMIUM.len() / 2, CHROMIUM.len() - 10] {
        let (entries, report) = all(&CHROMIUM[..cut]);
        assert!(!entries.is_empty());
        let why = report.broken_off.expect("a reason");
        assert!(why.contains("line"), "{why}");
    }
}

#[test]
fn bodies_are_cut_and_complaints_are_bounded() {
    let long = "x".repeat(3 * BODY_HEAD);
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &long);
    let with = |text: &str, encoding: &str| {
        format!(
            "{{\"request\":{{\"url\":\"http://a.example/\"}},\"response\":{{\"status\":502,\
             \"content\":{{\"text\":\"{text}\",\"encoding\":\"{encoding}\"}}}}}}"
        )
    };
    let broken = vec!["0"; COMPLAINT_LIMIT + 5].join(",");
    let text = format!(
        "{{\"log\":{{\"entries\":[{},{},{broken}]}}}}",
        with(&long, ""),
        with(&encoded, "base64")
    );
    let (entries, report) = all(text.as_bytes());
    for entry in &entries {
        assert_eq!(entry.body_head, &long.as_bytes()[..BODY_HEAD]);
    }
    assert_eq!(report.complaints.len(), COMPLAINT_LIMIT);
    assert_eq!(report.complaint_count, COMPLAINT_LIMIT as u64 + 5);
}
