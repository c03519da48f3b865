//! Real pages to work on: Debian's documentation where it is installed or unpacked by
//! `benches/crawl.sh`, else the pages of the tests.

use std::fs;
use std::path::{Path, PathBuf};

/// Pages of each site that are looked at.
const PAGES: usize = 100;

/// The sites by name: the Debian package and the folder of its pages.
pub(crate) const SITES: [(&str, &str, &str); 3] = [
    ("python", "python3.11-doc", "/usr/share/doc/python3.11/html"),
    (
        "postgresql",
        "postgresql-doc-15",
        "/usr/share/doc/postgresql-doc-15/html",
    ),
    (
        "java",
        "openjdk-17-doc",
        "/usr/share/doc/openjdk-17-jre-headless/api",
    ),
];

/// The same pages every time, spread over the site.
pub(crate) fn pages(site: &str) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for (name, package, folder) in SITES {
        if name == site {
            let unpacked = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("target/bench/documents")
                .join(package)
                .join(&folder[1..]);
            walk(Path::new(folder), &mut files);
            if files.is_empty() {
                walk(&unpacked, &mut files);
            }
        }
    }
    if files.is_empty() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/html");
        walk(&fixtures, &mut files);
    }
    files.sort();
    let step = files.len().div_ceil(PAGES).max(1);
    files
        .iter()
        .step_by(step)
        .map(|file| fs::read(file).expect("a readable page"))
        .collect()
}

/// One of the files that the tests use.
pub(crate) fn fixture(path: &str) -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(path);
    fs::read(file).expect("a readable fixture")
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "html") {
            files.push(path);
        }
    }
}
