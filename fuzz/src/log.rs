//! A log: any lines.

use gatecrawl::parse::log::{Clock, Format, detect, line_format, server_conf};

use super::parts::{halves, text};

/// Readers take any line; a format that a user gives compiles or is refused, and reads any line too.
pub fn check(bytes: &[u8]) {
    let (format, log) = halves(bytes);
    let lines = || log.split(|byte| *byte == b'\n');
    if let Some(found) = detect(lines(), &[]) {
        read(&found.format, log);
    }
    let Some(format) = format else {
        return;
    };
    let given = line_format(&text(format)).into_iter();
    for given in given.chain(server_conf(&text(format))) {
        read(&Format::from(&given), log);
    }
}

fn read(format: &Format, log: &[u8]) {
    let mut clock = Clock::default();
    let mut format = format.clone();
    for line in log.split(|byte| *byte == b'\n') {
        format = format.renewed(line).unwrap_or(format);
        format.read(line, &mut clock);
    }
}
