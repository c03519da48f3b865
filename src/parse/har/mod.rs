//! Reads the HTTP archive (HAR 1.2) that a browser's developer tools save.
//!
//! Entries are read one by one, so an archive of hundreds of megabytes needs the memory of its largest
//! entry. An entry keeps only data about failures, and the beginning of its body. It keeps fields and
//! cookies of the request so that they can be cut out of a displayed answer.

mod entry;
mod net_error;
mod stream;

pub use entry::{BODY_HEAD, Entry};

use std::io::{Cursor, Read};

use thiserror::Error;

/// Maximum number of complaints that are listed; further ones are only counted.
pub const COMPLAINT_LIMIT: usize = 100;

/// A complaint about an unusable entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Its position, counted from 1.
    pub entry: u64,
    /// The problem.
    pub what: String,
}

/// A report about an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries that were passed on.
    pub read: u64,
    /// Entries of other schemes: `data:`, `blob:`, extensions, web sockets.
    pub foreign: u64,
    /// The first complaints about unusable entries.
    pub complaints: Vec<Complaint>,
    /// Number of all complaints.
    pub complaint_count: u64,
    /// Where and why the file breaks off, if it does.
    pub broken_off: Option<String>,
}

/// Why a file is not an archive.
#[derive(Debug, Error)]
pub enum HarFault {
    /// It is not JSON, before any entry is found.
    #[error("not JSON: {0}; save the archive again with the developer tools of the browser")]
    Json(serde_json::Error),
    /// It is JSON without a list of entries.
    #[error("not an HTTP archive: it has no list log.entries")]
    NoEntries,
}

/// Reads an archive and passes its entries to `each` in their order.
pub fn read(reader: impl Read, each: &mut dyn FnMut(Entry)) -> Result<Report, HarFault> {
    let mut report = Report::default();
    let mut number = 0;
    let mut found = false;
    let done = stream::entries(without_mark(reader), &mut found, &mut |value| {
        number += 1;
        match entry::entry(number, &value) {
            Ok(Some(entry)) => {
                report.read += 1;
                each(entry);
            }
            Ok(None) => report.foreign += 1,
            Err(what) => report.complain(number, what),
        }
    });
    match done {
        Ok(()) if found => Ok(report),
        Ok(()) => Err(HarFault::NoEntries),
        Err(fault) if found => {
            report.broken_off = Some(fault.to_string());
            Ok(report)
        }
        Err(fault) if fault.is_data() => Err(HarFault::NoEntries),
        Err(fault) => Err(HarFault::Json(fault)),
    }
}

impl Report {
    fn complain(&mut self, entry: u64, what: String) {
        self.complaint_count += 1;
        if self.complaints.len() < COMPLAINT_LIMIT {
            self.complaints.push(Complaint { entry, what });
        }
    }
}

/// Skips a byte order mark, which JSON does not allow and some proxies write.
fn without_mark(mut reader: impl Read) -> impl Read {
    let mut first = Vec::new();
    // A fault occurs again at the next read.
    let _ = reader.by_ref().take(3).read_to_end(&mut first);
    if first == b"\xEF\xBB\xBF" {
        first.clear();
    }
    Cursor::new(first).chain(reader)
}

#[cfg(test)]
mod tests;
