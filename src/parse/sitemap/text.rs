use std::io::BufRead;

use memchr::memchr;

use super::report::{Collector, Format, Kind, Passage};
use super::source::Source;
use super::xml::TEXT_LIMIT;

/// Reads one URL per line; blank lines are skipped.
pub(super) fn read(source: &mut Source<'_>, out: &mut Collector<'_>) {
    out.report.format = Format::Text;
    let mut line: Vec<u8> = Vec::new();
    let mut cut = false;
    loop {
        let number = source.line;
        source.next_piece();
        let Ok(available) = source.fill_buf() else {
            return;
        };
        let end = memchr(b'\n', available);
        let count = end.map_or(available.len(), |at| at + 1);
        let part = &available[..end.unwrap_or(available.len())];
        let room = TEXT_LIMIT.saturating_sub(line.len());
        cut |= part.len() > room;
        line.extend_from_slice(&part[..part.len().min(room)]);
        let done = available.is_empty();
        source.consume(count);
        if end.is_some() || done {
            let passage = Passage {
                text: String::from_utf8_lossy(&line).trim().to_owned(),
                line: number,
                cut,
            };
            if !passage.text.is_empty() {
                out.entry(Kind::Page, &passage, None);
            }
            line.clear();
            cut = false;
        }
        if done {
            return;
        }
    }
}
