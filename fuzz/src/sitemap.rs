//! A sitemap in any of its forms.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use gatecrawl::parse::sitemap::{ENTRY_LIMIT, Entry, PROBLEM_LIMIT, Report, read};

/// What is handed out is bounded, well-formed and counted; and compressing a file changes nothing.
pub fn check(bytes: &[u8]) {
    let (report, entries) = walk(bytes);
    assert!(report.problems.len() <= PROBLEM_LIMIT);
    assert!(report.problems.len() as u64 <= report.problem_count);
    let most = [report.entries, report.resources, report.alternates];
    let most: u64 = most.iter().map(|count| (*count).min(ENTRY_LIMIT)).sum();
    assert_eq!(entries.len() as u64, most);
    for entry in &entries {
        let scheme = entry.location.split(':').next().unwrap_or_default();
        assert!(["http", "https"].contains(&&*scheme.to_ascii_lowercase()));
        assert_eq!(entry.location, entry.location.trim());
        assert!(entry.line >= 1);
    }
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        assert_eq!(walk(&gzip(bytes)), (report, entries));
    }
}

fn walk(bytes: &[u8]) -> (Report, Vec<Entry>) {
    let mut entries = Vec::new();
    let report = read(bytes, &mut |entry| entries.push(entry));
    (report, entries)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory has room");
    encoder.finish().expect("memory has room")
}
