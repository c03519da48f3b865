use std::io::Cursor;

use zip::ZipArchive;

use super::container::{Archive, broken, listed, unpacked};
use super::fault::{ListFault, Taken};
use super::layout::Layout;
use super::table::Each;
use super::text::{is_markup, opening, text, whole};
use super::workbook;
use crate::parse::sitemap::Source;

/// Files that a zip file may have. An export has ten.
const MOST_FILES: usize = 1_000;

/// Reads a workbook, or that file of a zip file which has the most URLs.
pub(super) fn read(bytes: &[u8], each: Each<'_>) -> Result<Taken, ListFault> {
    if files(bytes) > MOST_FILES {
        return Err(ListFault::TooLarge(
            "a zip file of over 1,000 files; give the one with the URLs",
        ));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|fault| broken(&fault))?;
    let has = |name: &str| archive.index_for_name(name).is_some();
    if has("xl/workbook.xml") {
        return workbook::read(&mut archive, each);
    }
    if has("xl/workbook.bin") || has("content.xml") || has("Index/Document.iwa") {
        return Err(ListFault::Foreign(
            "a spreadsheet of a kind that is not read; save the sheet as CSV or .xlsx",
        ));
    }
    let mut names = Vec::new();
    let mut best: Option<(usize, Layout)> = None;
    let mut with_urls = Vec::new();
    for at in 0..archive.len() {
        let Some((name, mut source)) = open(&mut archive, at)? else {
            continue;
        };
        let head = opening(&mut source);
        whole(&source, ListFault::Broken)?;
        names.push(name);
        if head.contains(&0) || is_markup(&head) {
            continue;
        }
        let layout = Layout::of_text(&head);
        if layout.hits == 0 {
            continue;
        }
        with_urls.push(names.len() - 1);
        let rank = |layout: &Layout| (layout.shape, layout.hits);
        if best
            .as_ref()
            .is_none_or(|(_, best)| rank(best) < rank(&layout))
        {
            best = Some((at, layout));
        }
    }
    let Some((at, layout)) = best else {
        return Err(ListFault::NoTable(listed(&names)));
    };
    let Some((part, mut source)) = open(&mut archive, at)? else {
        return Err(ListFault::NoTable(listed(&names)));
    };
    let head = opening(&mut source);
    text(&head, &mut source, &layout, ListFault::Broken, each)?;
    let others = with_urls.into_iter().map(|at| names[at].clone());
    Ok(Taken {
        others: others.filter(|name| *name != part).collect(),
        part: Some(part),
        column: layout.name(),
    })
}

/// Returns a file of an archive with its name; `None` for directories, and for files that macOS adds.
fn open<'a>(
    archive: &'a mut Archive<'_>,
    at: usize,
) -> Result<Option<(String, Source<'a>)>, ListFault> {
    let file = archive.by_index(at).map_err(|fault| broken(&fault))?;
    let name = String::from_utf8_lossy(file.name_raw()).into_owned();
    let is_hidden = name.starts_with("__MACOSX/")
        || name
            .rsplit('/')
            .next()
            .is_none_or(|name| name.starts_with('.'));
    if file.is_dir() || is_hidden {
        return Ok(None);
    }
    Ok(Some((name, unpacked(file))))
}

/// Returns the number of files by the record at the end of an archive, which a comment may follow.
fn files(bytes: &[u8]) -> usize {
    let end = memchr::memmem::rfind(bytes, b"PK\x05\x06");
    let count = end.and_then(|end| bytes.get(end + 10..end + 12));
    count.map_or(0, |count| {
        usize::from(u16::from_le_bytes([count[0], count[1]]))
    })
}
