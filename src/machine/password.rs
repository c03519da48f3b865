//! A password that the user types at the terminal.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Command, Stdio};

/// Maximum bytes of a password.
const LONGEST: u64 = 4_096;

/// Asks for a password at the terminal, which does not show it. Returns `None` without a terminal that can hide it, and
/// if nothing was typed.
pub fn ask_password(prompt: &str) -> Option<String> {
    let mut terminal = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .ok()?;
    if !echoes(&terminal, "-echo") {
        return None;
    }
    let typed = write!(terminal, "{prompt}").ok().and_then(|()| {
        let input = BufReader::new(terminal.try_clone().ok()?);
        line(input)
    });
    echoes(&terminal, "echo");
    // The line break that was typed is not shown either.
    let _ = writeln!(terminal);
    typed
}

/// Lets the terminal show what is typed, or not; returns whether it does as told.
fn echoes(terminal: &File, how: &str) -> bool {
    let Ok(input) = terminal.try_clone() else {
        return false;
    };
    let status = Command::new("stty")
        .arg(how)
        .stdin(input)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

fn line(input: impl BufRead) -> Option<String> {
    let mut text = String::new();
    input.take(LONGEST).read_line(&mut text).ok()?;
    let typed = text.trim_end_matches(['\r', '\n']);
    (!typed.is_empty()).then(|| typed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_password_is_the_line_that_was_typed() {
        assert_eq!(line(&b" p:w d \r\nrest"[..]).as_deref(), Some(" p:w d "));
        assert_eq!(line(&b"\n"[..]), None);
        assert_eq!(line(&b""[..]), None);
    }
}
