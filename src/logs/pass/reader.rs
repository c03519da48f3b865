//! Reads the files one after the other, recognises their formats, and hands out blocks. A thread that is free takes the
//! next block itself, so that it parses what its own processor has just read.

use std::io::{self, Read};
use std::iter::Enumerate;
use std::vec::IntoIter;

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
    /// Whether the file is empty.
    pub(in crate::logs) is_empty: bool,
    /// The error that ended it early, such as a truncated archive.
    pub(in crate::logs) fault: Option<String>,
    /// The checkpoint up to which it was read, and the one at which the reading began.
    pub(in crate::logs) read: Option<(LogCheckpoint, Option<LogCheckpoint>)>,
}

impl FileRead {
    /// Returns a file of which only the name is known.
    pub(in crate::logs) fn named(name: &str) -> FileRead {
        FileRead {
            name: name.to_owned(),
            format: None,
            is_empty: false,
            fault: None,
            read: None,
        }
    }

    /// Returns whether an error came before the first line.
    fn is_unreadable(&self) -> bool {
        self.fault.is_some() && self.format.is_none()
    }
}

/// Reads all files.
pub(super) struct Reader<'a> {
    order: &'a Order,
    inputs: Enumerate<IntoIter<Input>>,
    stdin: Option<&'a mut (dyn Read + Send)>,
    /// How far logs were read by earlier calls; absent if all is read from its beginning.
    known: Option<Vec<LogCheckpoint>>,
    /// Offset from UTC of times without a zone, in milliseconds: error logs name none, and servers write both logs in the
    /// same one.
    offset: i64,
    current: Option<Current<'a>>,
    files: Vec<FileRead>,
    /// The first file of which nothing could be read, with the reason.
    unreadable: Option<LogsError>,
}

/// The open input of the reader, with what is known of its file so far.
struct Current<'a> {
    number: u32,
    input: Input,
    file: FileRead,
    blocks: Blocks<Box<dyn Read + Send + 'a>>,
    /// Number of the next line.
    line: u64,
    /// Whether a last line without its end is left for the next call.
    leaves_rest: bool,
}

/// A file where its reading begins.
struct Opened<'a> {
    source: Box<dyn Read + Send + 'a>,
    line: u64,
    leaves_rest: bool,
}

impl<'a> Opened<'a> {
    fn whole(source: Box<dyn Read + Send + 'a>) -> Opened<'a> {
        Opened {
            source,
            line: 1,
            leaves_rest: false,
        }
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        order: &'a Order,
        inputs: Vec<Input>,
        stdin: &'a mut (dyn Read + Send),
        known: Option<Vec<LogCheckpoint>>,
    ) -> Reader<'a> {
        Reader {
            order,
            inputs: inputs.into_iter().enumerate(),
            stdin: Some(stdin),
            known,
            offset: 0,
            current: None,
            files: Vec::new(),
            unreadable: None,
        }
    }

    /// Returns the files, or the first error if it is all that there is.
    pub(super) fn done(self) -> Result<Vec<FileRead>, LogsError> {
        let is_all = self.files.iter().all(FileRead::is_unreadable);
        self.unreadable
            .filter(|_| is_all)
            .map_or(Ok(self.files), Err)
    }

    /// Returns the next block, in the memory of an earlier one; `None` at the end of the last file.
    pub(super) fn next(&mut self, mut memory: Vec<u8>) -> Option<Block> {
        loop {
            if self.current.is_none() {
                self.open()?;
            }
            let mut current = self.current.take()?;
            let read = current.fill(&mut memory);
            current.file.is_empty &= memory.is_empty();
            let block = (!memory.is_empty())
                .then(|| self.block(&mut current, &mut memory))
                .flatten();
            if read.is_err() || current.blocks.is_over() {
                self.close(current, read);
            } else {
                self.current = Some(current);
            }
            if block.is_some() {
                return block;
            }
        }
    }

    /// Opens the next file that has lines. `None` if there is none.
    fn open(&mut self) -> Option<()> {
        while self.current.is_none() {
            let (number, input) = self.inputs.next()?;
            let mut file = FileRead::named(&input.name());
            match self.begin(&input, &mut file) {
                Ok(Some(opened)) => {
                    file.is_empty = opened.line == 1;
                    self.current = Some(Current {
                        number: number as u32,
                        input,
                        file,
                        blocks: Blocks::new(opened.source),
                        line: opened.line,
                        leaves_rest: opened.leaves_rest,
                    });
                }
                // Not even one whole line.
                Ok(None) => {
                    file.is_empty = is_empty(&input);
                    self.files.push(file);
                }
                Err(source) => self.end(file, &input, Some(source)),
            }
        }
        Some(())
    }

    /// Opens a file where its reading begins.
    fn begin(&mut self, input: &Input, file: &mut FileRead) -> io::Result<Option<Opened<'a>>> {
        let path = match input {
            Input::Stdin => {
                let stdin = self.stdin.take().map(open::decoded).transpose()?;
                return Ok(stdin.map(Opened::whole));
            }
            Input::File(path) => path,
        };
        let Some(known) = &self.known else {
            return Ok(Some(Opened::whole(open::file(path)?)));
        };
        let Some(found) = resume::begin(path, known)? else {
            return Ok(None);
        };
        file.format = self.recognised(&found.sample);
        let line = found.point.line;
        let mut point = found.point;
        (point.device, point.inode) = found.place;
        point.path = path.display().to_string();
        file.read = Some((point, found.before));
        Ok(Some(Opened {
            source: found.source,
            line,
            leaves_rest: found.is_plain,
        }))
    }

    /// Recognises the format of a log by its first lines.
    fn recognised(&mut self, bytes: &[u8]) -> Option<Format> {
        let lines = bytes.split(|byte| *byte == b'\n');
        let found = detect(lines, &self.order.formats)?;
        if found.format.kind() == Kind::Access {
            self.offset = found.offset.unwrap_or(self.offset);
        }
        Some(found.format)
    }

    /// Makes a block of lines. `None` if nothing of it can be read.
    fn block(&mut self, current: &mut Current<'_>, bytes: &mut Vec<u8>) -> Option<Block> {
        if current.file.format.is_none() {
            current.file.format = self.recognised(bytes);
        }
        let format = current.file.format.clone()?;
        let lines = memchr::memchr_iter(b'\n', bytes).count() as u64;
        if format.is_renewable()
            && let Some(renewed) = renewed(&format, bytes)
        {
            current.file.format = Some(renewed);
        }
        if let Some((point, _)) = &mut current.file.read {
            resume::advance(point, bytes, lines);
        }
        let line = current.line;
        current.line += lines;
        Some(Block {
            file: current.number,
            line,
            format,
            offset: self.offset,
            bytes: std::mem::take(bytes),
        })
    }

    fn close(&mut self, current: Current<'_>, read: io::Result<()>) {
        if let (Some((point, before)), Some(known)) = (&current.file.read, &mut self.known) {
            // The same log may be named twice, for example before and after its compression.
            known.retain(|known| Some(known) != before.as_ref());
            known.push(point.clone());
        }
        self.end(current.file, &current.input, read.err());
    }

    /// Takes a file whose reading is over. An error in one file is no reason to lose the others.
    fn end(&mut self, mut file: FileRead, input: &Input, fault: Option<io::Error>) {
        file.fault = fault.as_ref().map(io::Error::to_string);
        file.is_empty &= fault.is_none();
        if let (Some(source), Input::File(path)) = (fault, input)
            && file.is_unreadable()
        {
            let path = path.clone();
            self.unreadable
                .get_or_insert(LogsError::Read { path, source });
        }
        self.files.push(file);
    }
}

impl Current<'_> {
    /// Reads the next lines. What was read before an error counts, as far as its lines are whole.
    fn fill(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        let read = self.blocks.next(bytes);
        let leaves_rest = read.is_err() || (self.leaves_rest && self.blocks.is_over());
        if leaves_rest && !bytes.ends_with(b"\n") {
            let end = memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
            bytes.truncate(end);
        }
        read
    }
}

fn is_empty(input: &Input) -> bool {
    match input {
        Input::Stdin => false,
        Input::File(path) => std::fs::metadata(path).is_ok_and(|it| it.len() == 0),
    }
}

/// Returns the format after the last line of a block that names new columns.
fn renewed(format: &Format, bytes: &[u8]) -> Option<Format> {
    let at = memchr::memmem::rfind(bytes, b"#Fields:")?;
    let line = bytes[at..].split(|byte| *byte == b'\n').next()?;
    format.renewed(line.strip_suffix(b"\r").unwrap_or(line))
}
