//! The program as a child process that a test can stop, starve and kill.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::server::{note, pause};

/// How it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) err: String,
    pub(crate) took: Duration,
}

impl Said {
    /// The one line in which it says why it could not do its work.
    pub(crate) fn error(&self) -> &str {
        let mut errors = self.err.lines().filter(|line| line.starts_with("error: "));
        let line = errors
            .next()
            .unwrap_or_else(|| panic!("no error in {self:?}"));
        assert!(
            self.err.trim_end().ends_with(line),
            "more is said: {}",
            self.err
        );
        line
    }
}

/// The program under test: `GATECRAWL` names another build, to compare it with this one.
pub(crate) fn path() -> PathBuf {
    let other = std::env::var_os("GATECRAWL");
    other.map_or_else(|| env!("CARGO_BIN_EXE_gatecrawl").into(), PathBuf::from)
}

/// A command of the program, with nothing of the caller's settings.
pub(crate) fn command(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(path());
    command.args(args);
    alone(home, command)
}

/// A command line for the shell, in which `gatecrawl` is the program.
pub(crate) fn shell(home: &Path, line: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    let program = path().display().to_string();
    let line = line.replace("gatecrawl", &program);
    command.args(["-c", &line]);
    alone(home, command)
}

fn alone(home: &Path, mut command: Command) -> Command {
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", home)
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// Runs it to its end, which has to come in this time.
pub(crate) fn run(mut command: Command, within: Duration) -> Said {
    let child = command.spawn().expect("the program starts");
    end(child, within)
}

/// Waits for its end, which has to come in this time.
pub(crate) fn end(mut child: Child, within: Duration) -> Said {
    let started = Instant::now();
    let mut errors = child.stderr.take().expect("a pipe");
    let reading = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = errors.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        if started.elapsed() > within {
            child.kill().expect("killed");
            child.wait().expect("ended");
            panic!("it hangs: {}", reading.join().expect("read"));
        }
        pause(Duration::from_millis(5));
    };
    let said = Said {
        code: status.code(),
        err: reading.join().expect("read"),
        took: started.elapsed(),
    };
    note(&format!("{said:?}"));
    said
}

/// Sends it a signal.
pub(crate) fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status();
    assert!(sent.expect("kill").success());
}
