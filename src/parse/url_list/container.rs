use std::io::{BufReader, Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::fault::ListFault;
use super::text;
use crate::model::beginning;
use crate::parse::sitemap::Source;

/// A zip file in memory.
pub(super) type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// Names of files that are listed in an error.
const LISTED: usize = 5;

/// Characters of each that are shown.
const LONGEST_NAME: usize = 60;

/// Returns the unpacked content of a file of an archive.
pub(super) fn unpacked<'a>(file: impl Read + 'a) -> Source<'a> {
    text::source(BufReader::new(file))
}

/// Returns the error for an archive that cannot be read.
pub(super) fn broken(fault: &ZipError) -> ListFault {
    match fault {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            ListFault::Foreign("a zip file with a password; unpack it first")
        }
        fault => ListFault::Broken(fault.to_string()),
    }
}

/// Returns the first names, and the number of the others.
pub(super) fn listed(names: &[String]) -> String {
    let shown = names.iter().take(LISTED);
    let shown: Vec<_> = shown.map(|name| beginning(name, LONGEST_NAME)).collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(LISTED) {
        _ if names.is_empty() => "nothing".to_owned(),
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
