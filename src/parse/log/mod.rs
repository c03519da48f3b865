//! Reads lines of server logs: access logs of servers, proxies and CDNs, and error logs. A line is bytes, not UTF-8. A
//! reader never fails on a line: it returns `None`, and the caller counts the line as unreadable. Formats are
//! recognised by trying them on the first lines of a file, never by its name.

mod access;
mod assemble;
mod clock;
mod detect;
mod entry;
mod error;
mod format;
mod hint;
mod raw;
mod scan;

#[cfg(test)]
mod tests;

pub use access::dialect::{FormatFault, LineFormat, line_format, server_conf};
pub use clock::Clock;
pub use detect::{Detected, SAMPLE, detect};
pub use entry::Entry;
pub use error::patterns::{Pattern, pattern, pattern_number};
pub use error::{ErrorRecord, Source};
pub use format::{Format, Kind, Line};
