//! The search for a canary, in all codings in which it may come out.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Whether the letters and digits of a canary are in there: as they are, in any case, in UTF-16, as a part of
/// something in base64, or in a file of an archive. Codings of URLs, HTML and JSON leave them as they are.
pub(super) fn contains(bytes: &[u8], core: &str) -> bool {
    let lower = core.to_ascii_lowercase().into_bytes();
    let wide: Vec<u8> = core.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let coded = (0..3).map(|before| in_base64(core, before));
    has(&bytes.to_ascii_lowercase(), &lower)
        || has(bytes, &wide)
        || coded.into_iter().any(|coded| has(bytes, coded.as_bytes()))
        || inflated(bytes).iter().any(|bytes| contains(bytes, core))
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}

/// The characters of base64 that a text decides alone, if so many bytes go before it.
fn in_base64(text: &str, before: usize) -> String {
    let whole = format!("{}{text}", &"xx"[..before]);
    let coded = STANDARD_NO_PAD.encode(&whole);
    let end = whole.len() * 8 / 6;
    coded[(before * 8).div_ceil(6)..end].to_owned()
}

/// The files of an archive: xlsx is one.
fn inflated(bytes: &[u8]) -> Vec<Vec<u8>> {
    let heads = memchr::memmem::find_iter(bytes, b"PK\x03\x04");
    heads
        .filter_map(|at| {
            let size = |from: usize| {
                let field = bytes.get(at + from..at + from + 2)?;
                Some(usize::from(u16::from_le_bytes([field[0], field[1]])))
            };
            let start = at + 30 + size(26)? + size(28)?;
            let mut file = Vec::new();
            let deflated = flate2::read::DeflateDecoder::new(bytes.get(start..)?);
            deflated.take(64 << 20).read_to_end(&mut file).ok()?;
            Some(file)
        })
        .collect()
}

/// All files below a directory.
pub(super) fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = fs::read(&path).expect("a file");
            found.push((path, bytes));
        }
    }
    found
}

#[test]
fn the_search_finds_a_canary_in_every_coding() {
    let core = super::core("self");
    let secret = super::canary("self");
    let escaped = |c: char| match c {
        '<' => "&lt;".to_owned(),
        '&' => "&amp;".to_owned(),
        '"' => "&quot;".to_owned(),
        c => c.to_string(),
    };
    let html: String = secret.chars().map(escaped).collect();
    let url = percent_encoding::utf8_percent_encode(&secret, percent_encoding::NON_ALPHANUMERIC);
    let json = serde_json::to_string(&secret).expect("JSON");
    for text in [
        secret.clone(),
        secret.to_uppercase(),
        html,
        url.to_string(),
        json,
        STANDARD_NO_PAD.encode(&secret),
        STANDARD_NO_PAD.encode(format!("u:{secret}")),
        STANDARD_NO_PAD.encode(format!("me:{secret}")),
        STANDARD_NO_PAD.encode(format!("ann:{secret}")),
    ] {
        assert!(
            contains(format!("before {text} after").as_bytes(), &core),
            "{text}"
        );
    }
    let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(contains(&wide, &core));
    for other in ["", "q7xself", "PK\x03\x04 nothing of an archive"] {
        assert!(!contains(other.as_bytes(), &core), "{other}");
    }
}

#[test]
fn the_search_finds_a_canary_in_a_workbook_and_in_a_database() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet();
    page.write(0, 0, super::canary("book")).expect("a cell");
    book.save(dir.path().join("a.xlsx")).expect("a file");
    let base = rusqlite::Connection::open(dir.path().join("a.db")).expect("a database");
    base.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE a (b)")
        .expect("a table");
    base.execute("INSERT INTO a VALUES (?)", [super::canary("base")])
        .expect("a row");
    for (name, file) in [("book", "a.xlsx"), ("base", "a.db-wal")] {
        let all = files(dir.path());
        let (_, bytes) = all
            .iter()
            .find(|(path, _)| path.ends_with(file))
            .expect(file);
        assert!(contains(bytes, &super::core(name)), "{file}");
    }
}
