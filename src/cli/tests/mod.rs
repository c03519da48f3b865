//! Tests that run whole commands with buffers as streams.

mod check;
mod explain;
mod help;
mod tools;
mod usage;

use std::ffi::OsString;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use super::{Exit, Streams, main};

/// The output and the exit of a command.
#[derive(Debug)]
struct Said {
    exit: Exit,
    out: String,
    err: String,
}

/// Runs a command with this stdin.
fn run_with(args: &[&str], stdin: &str) -> Said {
    let (out, err) = (Buffer::default(), Buffer::default());
    let streams = Streams {
        stdin: Box::new(io::Cursor::new(stdin.to_owned())),
        stdout: Box::new(out.clone()),
        stdout_width: None,
        stderr: Box::new(err.clone()),
        stderr_is_terminal: false,
    };
    let words = ["gatecrawl"].iter().chain(args).map(OsString::from);
    let exit = main(words, streams);
    Said {
        exit,
        out: out.text(),
        err: err.text(),
    }
}

fn run(args: &[&str]) -> Said {
    run_with(args, "")
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("unpoisoned").clone()).expect("UTF-8")
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("unpoisoned").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A pipe whose reader has closed it.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a command whose stdout is closed; returns its exit and stderr.
fn unread(command: &[&str]) -> (Exit, String) {
    let err = Buffer::default();
    let streams = Streams {
        stdin: Box::new(io::empty()),
        stdout: Box::new(Closed),
        stdout_width: None,
        stderr: Box::new(err.clone()),
        stderr_is_terminal: false,
    };
    let words = ["gatecrawl"].iter().chain(command).map(OsString::from);
    (main(words, streams), err.text())
}

#[test]
fn a_closed_pipe_is_no_error() {
    for command in [&["man"][..], &["completions", "bash"], &["--help"]] {
        assert_eq!(unread(command), (Exit::Done, String::new()));
    }
}

#[test]
fn a_table_whose_reader_stops_is_no_error() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().to_str().expect("UTF-8");
    // More than the buffer holds.
    let rows = (0..20_000).map(|n| format!("<url><loc>https://a.example/{n}</loc></url>"));
    let rows = rows.collect::<Vec<_>>().concat();
    std::fs::write(path, format!("<urlset>{rows}</urlset>")).expect("written");
    let sitemap = unread(&["sitemap", path, "--format", "csv"]);
    assert_eq!(sitemap, (Exit::Done, String::new()));
    let links: Vec<_> = (0..20_000).map(|n| format!("<a href=/{n}>x</a>")).collect();
    std::fs::write(path, links.concat()).expect("written");
    let links = unread(&["links", path, "--base", "https://a.example/"]);
    assert_eq!(links, (Exit::Done, String::new()));
}
