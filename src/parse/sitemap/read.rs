use super::report::{Collector, Entry, ProblemKind, Report};
use super::source::Source;
use super::{text, xml};
use crate::model::CrawlUrl;

/// Reads a sitemap and passes on each entry as soon as it is complete.
///
/// The bytes are those of the body after HTTP's content coding; a gzip file inside is recognised by
/// its first bytes. Time is linear in the decoded size, which ends at
/// [`SIZE_LIMIT`](super::SIZE_LIMIT).
pub fn read(bytes: &[u8], each: &mut dyn FnMut(Entry)) -> Report {
    let mut out = Collector::new(each);
    let mut source = Source::new(bytes);
    match source.first_byte() {
        Some(b'<') => source = xml::read(source, &mut out),
        Some(_) => text::read(&mut source, &mut out),
        None => {}
    }
    if let Some(line) = source.bad_text {
        out.problem(line, ProblemKind::BadText, "");
    }
    if let Some(fault) = source.fault {
        out.problem(source.line, ProblemKind::BadGzip, &fault);
    }
    if source.over {
        out.report.truncated = true;
        out.problem(source.line, ProblemKind::TooLarge, "");
    }
    out.count_excess(source.line);
    if out.report.entries == 0 && out.report.problem_count == 0 {
        out.problem(1, ProblemKind::Empty, "");
    }
    out.report
}

/// Returns whether a sitemap may list a page: same scheme, host and port. A sitemap that the
/// robots.txt of the page's host names may do so, too, wherever it lies (sitemaps.org, "Sitemaps &
/// cross submits"); the caller must check that.
pub fn belongs(sitemap: &CrawlUrl, page: &CrawlUrl) -> bool {
    sitemap.host_key() == page.host_key()
}
