//! The streams that a command reads and writes. They are parameters, so that a test can run a whole
//! command with buffers.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufWriter, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::ProgressBar;
use serde::Serialize;

use crate::report::pretty_json;

use super::text::{tame, tame_but_colors};

/// The streams of the program.
pub struct Streams {
    /// Standard input, read where a file is named `-`.
    pub stdin: Box<dyn Read + Send>,
    /// Output for programs.
    pub stdout: Box<dyn Write + Send>,
    /// The width of the terminal; `None` if stdout is not a terminal.
    pub stdout_width: Option<u16>,
    /// Output for people.
    pub stderr: Box<dyn Write + Send>,
    /// Whether stderr is a terminal.
    pub stderr_is_terminal: bool,
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").finish_non_exhaustive()
    }
}

/// The output of a command.
pub(crate) struct Console {
    pub(crate) stdin: Box<dyn Read + Send>,
    pub(crate) stdout: Box<dyn Write + Send>,
    /// The width of the terminal; `None` if stdout is not a terminal.
    pub(crate) stdout_width: Option<u16>,
    /// Whether stdout has colours.
    pub(crate) stdout_color: bool,
    pub(crate) people: People,
}

impl Console {
    pub(crate) fn new(streams: Streams) -> Console {
        let voice = Voice {
            stream: streams.stderr,
            bar: None,
        };
        Console {
            stdin: streams.stdin,
            stdout: Box::new(BufWriter::new(streams.stdout)),
            stdout_width: streams.stdout_width,
            stdout_color: false,
            people: People {
                voice: Arc::new(Mutex::new(voice)),
                terminal: streams.stderr_is_terminal,
                color: false,
                quiet: false,
            },
        }
    }

    /// Prints a text for people in the output style of stdout. Texts of servers cannot control the terminal.
    pub(crate) fn print(&mut self, text: &str) -> io::Result<()> {
        let text = harmless(text, self.stdout_color);
        self.stdout.write_all(text.as_bytes())
    }

    /// Prints a value as JSON.
    pub(crate) fn print_json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let json = pretty_json(value)?;
        writeln!(self.stdout, "{json}")
    }
}

/// Returns a text that may quote a server or a file, without what would control a terminal. Only where we use
/// colours may it have some.
fn harmless(text: &str, color: bool) -> Cow<'_, str> {
    if color {
        tame_but_colors(text)
    } else {
        tame(text)
    }
}

/// Standard error, shared by everything that prints messages for people. Messages go above the progress bar,
/// if there is one.
#[derive(Clone)]
pub(crate) struct People {
    // A mutex because progress, signals and logs write in turns; held for one write.
    voice: Arc<Mutex<Voice>>,
    /// Whether stderr is a terminal.
    pub(crate) terminal: bool,
    /// Whether stderr has colours.
    pub(crate) color: bool,
    /// Whether only errors are printed.
    pub(crate) quiet: bool,
}

struct Voice {
    stream: Box<dyn Write + Send>,
    bar: Option<ProgressBar>,
}

impl People {
    /// Prints a line. Ignores errors: there is no other stream to report them on.
    pub(crate) fn say(&self, line: impl fmt::Display) {
        let _ = self.write_out(format!("{line}\n").as_bytes());
    }

    /// Prints a line, unless `--quiet` is set.
    pub(crate) fn mention(&self, line: impl fmt::Display) {
        if !self.quiet {
            self.say(line);
        }
    }

    /// Shows a progress bar below everything else, or removes it.
    pub(crate) fn show(&self, bar: Option<ProgressBar>) {
        self.lock().bar = bar;
    }

    fn write_out(&self, bytes: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(bytes);
        let text = harmless(&text, self.color);
        let mut voice = self.lock();
        let bar = voice.bar.clone();
        let mut write = || voice.stream.write_all(text.as_bytes());
        match bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Voice> {
        self.voice.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for People {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_out(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lock().stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_no_colours_where_we_have_none() {
        assert_eq!(harmless("\x1b[31mx\x07", false), "\\u{1b}[31mx\\u{7}");
        assert_eq!(harmless("\x1b[31mx\x07", true), "\x1b[31mx\\u{7}");
    }
}
