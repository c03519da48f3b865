use std::io::BufRead;

use super::fault::ListFault;
use super::layout::{Layout, SAMPLE};
use super::row::TextRows;
use super::table::{Each, take};
use crate::parse::sitemap::Source;

/// Bytes of text that are read of a file, unpacked: ten million URLs.
const LARGEST_TEXT: u64 = 1024 * 1024 * 1024;

/// Returns the text of an unpacked file.
pub(super) fn source<'a>(input: impl BufRead + 'a) -> Source<'a> {
    Source::of(Box::new(input), LARGEST_TEXT)
}

/// Returns whether a file is XML or HTML.
pub(super) fn is_markup(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let mut bytes = head
        .iter()
        .filter(|&&byte| !byte.is_ascii_whitespace() && !matches!(byte, 0 | 0xFE | 0xFF));
    bytes.next() == Some(&b'<')
}

/// Returns the beginning of a text, by which its layout is judged.
pub(super) fn opening(source: &mut Source<'_>) -> Vec<u8> {
    let mut head = Vec::new();
    while head.len() < SAMPLE {
        source.next_piece();
        let available = source.fill_buf().unwrap_or_default();
        if available.is_empty() {
            break;
        }
        head.extend_from_slice(available);
        let count = available.len();
        source.consume(count);
    }
    head
}

/// Reads a text of which the beginning was read already.
pub(super) fn text(
    head: &[u8],
    source: &mut Source<'_>,
    layout: &Layout,
    fault: fn(String) -> ListFault,
    each: Each<'_>,
) -> Result<(), ListFault> {
    let mut rows = TextRows::new(head, Some(source), layout.separator);
    let taken = take(&mut rows, layout, each);
    whole(source, fault)?;
    taken
}

/// Makes sure that a source was read to its end.
pub(super) fn whole(source: &Source<'_>, fault: fn(String) -> ListFault) -> Result<(), ListFault> {
    match &source.fault {
        Some(reason) => Err(fault(reason.clone())),
        None if source.over => Err(ListFault::TooLarge(
            "more than 1 GiB of text; give only the column with the URLs, in parts",
        )),
        None => Ok(()),
    }
}
