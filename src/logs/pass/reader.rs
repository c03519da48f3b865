//! Reads the files one after the other, recognises their formats, and hands out blocks.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender};

use crate::logs::error::LogsError;
use crate::logs::input::blocks::Blocks;
use crate::logs::input::expand::Input;
use crate::logs::input::{open, resume};
use crate::logs::order::Order;
use crate::parse::log::{Format, Kind, detect};
use crate::store::LogCheckpoint;

use super::block::Block;

/// A file that was read.
#[derive(Clone, Debug)]
pub(in crate::logs) struct FileRead {
    /// Its name.
    pub(in crate::logs) name: String,
    /// Its format; absent if none was recognised.
    pub(in crate::logs) format: Option<Format>,
    /// The error that ended it early, such as a truncated archive.
    pub(in crate::logs) fault: Option<String>,
    /// How far it was read, and the checkpoint that the reading began at.
    pub(in crate::logs) read: Option<(LogCheckpoint, Option<LogCheckpoint>)>,
}

impl FileRead {
    /// Returns a file of an earlier call, of which only the name is known.
    pub(in crate::logs) fn named(name: &str) -> FileRead {
        FileRead {
            name: name.to_owned(),
            format: None,
            fault: None,
            read: None,
        }
    }
}

/// The reading thread.
pub(super) struct Reading<'a> {
    pub(super) order: &'a Order,
    pub(super) send: SyncSender<Block>,
    pub(super) back: Receiver<Vec<u8>>,
    /// How far logs were read by earlier calls; absent if all is read from its beginning.
    pub(super) known: Option<Vec<LogCheckpoint>>,
}

impl Reading<'_> {
    /// Reads all files. Consumes itself, so that the other threads see the end.
    pub(super) fn all(
        mut self,
        inputs: &[Input],
        stdin: &mut (dyn Read + Send),
    ) -> Result<Vec<FileRead>, LogsError> {
        let mut files = Vec::new();
        // Error logs name no zone. Servers write both logs in the same one.
        let mut offset = 0;
        for (number, input) in inputs.iter().enumerate() {
            let mut file = FileRead {
                name: input.name(),
                format: None,
                fault: None,
                read: None,
            };
            let read = self.input(number as u32, input, stdin, &mut file, &mut offset);
            if let Err(source) = read {
                if file.format.is_none()
                    && let Input::File(path) = input
                {
                    return Err(LogsError::Read {
                        path: path.clone(),
                        source,
                    });
                }
                file.fault = Some(source.to_string());
            }
            if let (Some((point, before)), Some(known)) = (&file.read, &mut self.known) {
                // The same log may be named twice, for example before and after its compression.
                known.retain(|known| Some(known) != before.as_ref());
                known.push(point.clone());
            }
            files.push(file);
        }
        Ok(files)
    }

    fn input(
        &self,
        number: u32,
        input: &Input,
        stdin: &mut (dyn Read + Send),
        file: &mut FileRead,
        offset: &mut i64,
    ) -> io::Result<()> {
        let path = match input {
            Input::Stdin => {
                return self.one(
                    number,
                    open::decoded(stdin)?,
                    Begin::default(),
                    file,
                    offset,
                );
            }
            Input::File(path) => path,
        };
        let Some(known) = &self.known else {
            return self.one(number, open::file(path)?, Begin::default(), file, offset);
        };
        let Some(found) = resume::begin(path, known)? else {
            // Not even one whole line.
            return Ok(());
        };
        file.format = detect(
            found.sample.split(|byte| *byte == b'\n'),
            &self.order.formats,
        )
        .map(|found| {
            if found.format.kind() == Kind::Access {
                *offset = found.offset.unwrap_or(*offset);
            }
            found.format
        });
        let begin = Begin {
            line: found.point.line,
            leaves_rest: found.is_plain,
            point: Some(found.point),
        };
        self.one(number, found.source, begin, file, offset)?;
        if let Some((point, before)) = &mut file.read {
            before.clone_from(&found.before);
            (point.device, point.inode) = found.place;
            point.path = path.display().to_string();
        }
        Ok(())
    }

    fn one(
        &self,
        number: u32,
        source: impl Read,
        begin: Begin,
        file: &mut FileRead,
        offset: &mut i64,
    ) -> io::Result<()> {
        let mut blocks = Blocks::new(source);
        let mut line = begin.line.max(1);
        let mut point = begin.point;
        loop {
            let mut bytes = self.back.try_recv().unwrap_or_default();
            let read = blocks.next(&mut bytes);
            if begin.leaves_rest && blocks.is_over() && !bytes.ends_with(b"\n") {
                // A line that is still being written belongs to the next call.
                let end = memchr::memrchr(b'\n', &bytes).map_or(0, |at| at + 1);
                bytes.truncate(end);
            }
            if bytes.is_empty() {
                file.read = point.map(|point| (point, None));
                return read;
            }
            if file.format.is_none() {
                let lines = bytes.split(|byte| *byte == b'\n');
                let Some(detected) = detect(lines, &self.order.formats) else {
                    // Nothing of it can be read; where it comes from a pipe, the writer is not cut off.
                    continue;
                };
                if detected.format.kind() == Kind::Access {
                    *offset = detected.offset.unwrap_or(*offset);
                }
                file.format = Some(detected.format);
            }
            let Some(current) = &mut file.format else {
                continue;
            };
            let lines = memchr::memchr_iter(b'\n', &bytes).count() as u64;
            let renewed = current
                .is_renewable()
                .then(|| renewed(current, &bytes))
                .flatten();
            if let Some(point) = &mut point {
                resume::advance(point, &bytes, lines);
            }
            let block = Block {
                file: number,
                line,
                format: current.clone(),
                offset: *offset,
                bytes,
            };
            if let Some(renewed) = renewed {
                *current = renewed;
            }
            line += lines;
            if self.send.send(block).is_err() {
                return Ok(());
            }
            // What could be read of a damaged archive counts.
            read?;
        }
    }
}

/// Where the reading of a file begins.
#[derive(Default)]
struct Begin {
    line: u64,
    /// Whether a last line without its end is left for the next call.
    leaves_rest: bool,
    point: Option<LogCheckpoint>,
}

/// Returns the format after the last line of a block that names new columns.
fn renewed(format: &Format, bytes: &[u8]) -> Option<Format> {
    let at = memchr::memmem::rfind(bytes, b"#Fields:")?;
    let line = bytes[at..].split(|byte| *byte == b'\n').next()?;
    format.renewed(line.strip_suffix(b"\r").unwrap_or(line))
}
