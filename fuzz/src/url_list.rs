//! A file of URLs in any of its forms.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use gatecrawl::parse::url_list::{ListFault, Shape, Taken, read};

type Cells = Vec<(u64, String, Shape)>;

/// A file that is read has a URL, every cell is what it looks like, and compressing a file changes nothing.
pub fn check(bytes: &[u8]) {
    let (taken, cells) = walk(bytes);
    let mut urls = 0;
    for (line, text, shape) in &cells {
        assert!(*line >= 1 || bytes.starts_with(b"PK"));
        if *shape != Shape::Other {
            assert_eq!(Shape::of(text), *shape, "{text:?}");
            assert_eq!(text, text.trim());
            urls += 1;
        }
    }
    if taken.is_ok() {
        assert!(urls > 0);
    }
    let is_packed = bytes.starts_with(&[0x1f, 0x8b]) || bytes.starts_with(b"PK");
    if !is_packed {
        assert_eq!(walk(&gzip(bytes)), (taken, cells));
    }
}

fn walk(bytes: &[u8]) -> (Result<Taken, ListFault>, Cells) {
    let mut cells = Vec::new();
    let taken = read(bytes, &mut |line, text, shape| {
        cells.push((line, text.to_owned(), shape));
    });
    (taken, cells)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory has room");
    encoder.finish().expect("memory has room")
}
