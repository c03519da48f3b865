//! The streams that a command reads and writes. They are handed in, so that a test can run a whole
//! command with buffers.

use std::fmt;
use std::io::{self, BufWriter, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::ProgressBar;

use super::text::{tame, tame_but_colors};

/// What the program is connected to.
pub struct Streams {
    /// Read where a file is named `-`.
    pub stdin: Box<dyn Read + Send>,
    /// What machines read.
    pub stdout: Box<dyn Write + Send>,
    /// How wide the terminal is that stdout is; none if it is none.
    pub stdout_width: Option<u16>,
    /// What people read.
    pub stderr: Box<dyn Write + Send>,
    /// Whether people see stderr as it is written.
    pub stderr_is_terminal: bool,
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").finish_non_exhaustive()
    }
}

/// Where a command speaks.
pub(crate) struct Console {
    pub(crate) stdin: Box<dyn Read + Send>,
    pub(crate) stdout: Box<dyn Write + Send>,
    /// How wide the terminal is that stdout is; none if it is none.
    pub(crate) stdout_width: Option<u16>,
    /// Whether colours are wanted on stdout.
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
}

/// Speaks to people: standard error, shared by everybody who has something to tell. What it is
/// told goes above the progress bar, if there is one.
#[derive(Clone)]
pub(crate) struct People {
    // A mutex because progress, signals and logs speak in turns; held for one write.
    voice: Arc<Mutex<Voice>>,
    /// Whether they watch.
    pub(crate) terminal: bool,
    /// Whether they want colours.
    pub(crate) color: bool,
    /// Whether they want to hear only what is wrong.
    pub(crate) quiet: bool,
}

struct Voice {
    stream: Box<dyn Write + Send>,
    bar: Option<ProgressBar>,
}

impl People {
    /// Says a line. Nobody is told if that fails: there is no one left to tell.
    pub(crate) fn say(&self, line: impl fmt::Display) {
        let _ = self.write_out(format!("{line}\n").as_bytes());
    }

    /// Says a line that `--quiet` leaves out.
    pub(crate) fn mention(&self, line: impl fmt::Display) {
        if !self.quiet {
            self.say(line);
        }
    }

    /// Puts a progress bar below everything else, or takes it away.
    pub(crate) fn show(&self, bar: Option<ProgressBar>) {
        self.lock().bar = bar;
    }

    fn write_out(&self, bytes: &[u8]) -> io::Result<()> {
        // What is told may quote a server or a file.
        let text = String::from_utf8_lossy(bytes);
        let text = if self.color {
            tame_but_colors(&text)
        } else {
            tame(&text)
        };
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
