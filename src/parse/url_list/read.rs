use std::io::{BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use super::archive;
use super::fault::{ListFault, Taken};
use super::layout::Layout;
use super::row::Row;
use super::shape::Shape;
use super::table::{Each, Found};
use super::text::{is_markup, opening, source, text};
use crate::parse::sitemap::{self, Kind, ProblemKind, SIZE_LIMIT};

/// Bytes of a zip file or workbook, packed: it is held in memory.
const LARGEST_ARCHIVE: u64 = 64 * 1024 * 1024;

/// Bytes that show what kind of file it is.
const HEAD: u64 = 1024;

/// The first bytes of files of other kinds, and the error for them.
const FOREIGN: [(&[u8], &str); 8] = [
    (b"%PDF", "a PDF; give the table as CSV"),
    (
        b"\xD0\xCF\x11\xE0",
        "an old or locked Excel file; save the sheet as CSV, or as .xlsx without a password",
    ),
    (b"SQLite format 3", "a database; give one URL per line"),
    (b"7z\xBC\xAF", PACKED),
    (b"Rar!", PACKED),
    (b"\xFD7zXZ", PACKED),
    (b"BZh", PACKED),
    (b"\x28\xB5\x2F\xFD", PACKED),
];

const PACKED: &str = "a packed file of a kind that is not read; unpack it first";

const BINARY: &str = "a binary file; save its table as CSV";

/// Reads a file of URLs and hands out the cells of its URL column: the line (the row, in a workbook), the text
/// without white space around it, and what it looks like. Cells that are not URLs are handed out too; headers, titles
/// and comments are not.
///
/// Memory and unpacked bytes are bounded for any file.
pub fn read(
    input: impl BufRead,
    each: &mut dyn FnMut(u64, &str, Shape),
) -> Result<Taken, ListFault> {
    read_rows(input, &mut |found| {
        if !found.is_header {
            each(found.line, found.text, found.shape);
        }
    })
}

/// Reads a file of URLs and hands out the cells of its URL column with their rows, the header of the table included.
pub fn read_rows(
    mut input: impl BufRead,
    each: &mut dyn FnMut(Found<'_>),
) -> Result<Taken, ListFault> {
    let head = head(&mut input, ListFault::Unreadable)?;
    let mut input = Cursor::new(head.clone()).chain(input);
    if head.starts_with(&[0x1F, 0x8B]) {
        let mut unpacked = BufReader::new(MultiGzDecoder::new(input));
        let head = self::head(&mut unpacked, ListFault::Broken)?;
        let input = Cursor::new(head.clone()).chain(unpacked);
        return unpacked_file(&head, input, ListFault::Broken, each);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        let mut bytes = Vec::new();
        let read = input.take(LARGEST_ARCHIVE + 1).read_to_end(&mut bytes);
        read.map_err(|error| ListFault::Unreadable(error.to_string()))?;
        if bytes.len() as u64 > LARGEST_ARCHIVE {
            return Err(ListFault::TooLarge(
                "a zip file or workbook of over 64 MiB; give the table in it as CSV",
            ));
        }
        return archive::read(&bytes, each);
    }
    unpacked_file(&head, &mut input, ListFault::Unreadable, each)
}

/// Returns the first bytes of a file.
fn head(input: &mut impl BufRead, fault: fn(String) -> ListFault) -> Result<Vec<u8>, ListFault> {
    let mut head = Vec::new();
    let read = input.take(HEAD).read_to_end(&mut head);
    read.map_err(|error| fault(error.to_string()))?;
    Ok(head)
}

fn unpacked_file(
    head: &[u8],
    input: impl BufRead,
    fault: fn(String) -> ListFault,
    each: Each<'_>,
) -> Result<Taken, ListFault> {
    let foreign = FOREIGN.iter().find(|(magic, _)| head.starts_with(magic));
    if let Some((_, what)) = foreign {
        return Err(ListFault::Foreign(what));
    }
    if is_markup(head) {
        let mut bytes = Vec::new();
        let read = input.take(SIZE_LIMIT + 1).read_to_end(&mut bytes);
        read.map_err(|error| fault(error.to_string()))?;
        return sitemap(&bytes, each);
    }
    let mut source = source(input);
    let head = opening(&mut source);
    if head.contains(&0) {
        return Err(ListFault::Foreign(BINARY));
    }
    let layout = Layout::of_text(&head);
    text(&head, &mut source, &layout, fault, each)?;
    Ok(Taken {
        column: layout.name(),
        ..Taken::default()
    })
}

/// Reads a sitemap as the list of its pages.
fn sitemap(bytes: &[u8], each: Each<'_>) -> Result<Taken, ListFault> {
    let (mut pages, mut sitemaps) = (0_u64, 0_u64);
    let row = Row::default();
    let report = sitemap::read(bytes, &mut |entry| match entry.kind {
        Kind::Page => {
            let shape = Shape::of(&entry.location);
            pages += u64::from(shape != Shape::Other);
            each(Found {
                line: entry.line,
                text: &entry.location,
                shape,
                row: &row,
                is_header: false,
            });
        }
        Kind::Sitemap => sitemaps += 1,
        Kind::Resource | Kind::Alternate => {}
    });
    if sitemaps > 0 {
        return Err(ListFault::Foreign(
            "an index, which lists sitemaps and no pages; give one of these, or audit the site with --sitemap",
        ));
    }
    for problem in &report.problems {
        match problem.kind {
            ProblemKind::Html => {
                return Err(ListFault::Foreign(
                    "an HTML page; give the list or the sitemap itself",
                ));
            }
            ProblemKind::Broken
            | ProblemKind::BadGzip
            | ProblemKind::TooLarge
            | ProblemKind::TooManyEntries
            | ProblemKind::MissingLocation
            | ProblemKind::RelativeLocation => {
                let what = match &*problem.detail {
                    "" => problem.kind.describe(),
                    detail => detail,
                };
                each(Found {
                    line: problem.line,
                    text: what,
                    shape: Shape::Other,
                    row: &row,
                    is_header: false,
                });
            }
            _ => {}
        }
    }
    match report.problems.first() {
        _ if pages > 0 => Ok(Taken {
            part: Some("a sitemap".to_owned()),
            ..Taken::default()
        }),
        Some(problem) => Err(ListFault::Unreadable(format!(
            "no sitemap with pages: {problem}; download it again"
        ))),
        None => Err(ListFault::Empty),
    }
}
