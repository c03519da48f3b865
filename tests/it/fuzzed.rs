//! What must hold for any bytes (`fuzz/src`), held against all fixtures there are; among them, in
//! `fixtures/fuzz`, what once broke it.

use std::path::{Path, PathBuf};

use crate::fuzz;

fn files(below: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(below).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Every target with every fixture: a reader may be handed what was meant for another.
fn check(target: fn(&[u8])) {
    let mut found = Vec::new();
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"),
        &mut found,
    );
    assert!(found.len() > 100, "only {} fixtures", found.len());
    for path in found {
        let bytes = std::fs::read(&path).expect("a readable file");
        let held = std::panic::catch_unwind(|| target(&bytes));
        assert!(held.is_ok(), "{}: see above", path.display());
    }
}

#[test]
fn any_bytes_are_decoded_as_a_page() {
    check(fuzz::charset::check);
}

#[test]
fn any_bytes_are_read_as_a_configuration_file() {
    check(fuzz::config::check);
}

#[test]
fn any_cells_come_back_from_csv() {
    check(fuzz::csv::check);
}

#[test]
fn any_bytes_are_read_as_html() {
    check(fuzz::html::check);
}

#[test]
fn any_bytes_are_read_as_header_fields() {
    check(fuzz::link_header::check);
}

#[test]
fn any_bytes_are_read_as_a_log() {
    check(fuzz::log::check);
}

#[test]
fn any_bytes_are_read_as_retry_after() {
    check(fuzz::retry_after::check);
}

#[test]
fn any_bytes_are_read_as_robots_txt() {
    check(fuzz::robots::check);
}

#[test]
fn any_bytes_are_read_as_a_sitemap() {
    check(fuzz::sitemap::check);
}

#[test]
fn any_bytes_are_read_as_urls() {
    check(fuzz::url::check);
}

#[test]
fn any_bytes_are_read_as_a_list_of_urls() {
    check(fuzz::url_list::check);
}
