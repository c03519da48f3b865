//! A password that the user types at the terminal.

use std::io::BufRead;

/// Maximum bytes of a password.
const LONGEST: u64 = 4_096;

/// Asks for a password at the terminal, which does not show it. Returns `None` without a terminal, and if nothing was
/// typed.
#[cfg(unix)]
pub fn ask_password(prompt: &str) -> Option<String> {
    use std::fs::OpenOptions;
    use std::io::{BufReader, Write as _};

    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

    let mut terminal = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .ok()?;
    let shown = tcgetattr(&terminal).ok()?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&terminal, OptionalActions::Now, &hidden).ok()?;
    let asked = write!(terminal, "{prompt}").and_then(|()| terminal.try_clone());
    let typed = asked.ok().and_then(|input| line(BufReader::new(input)));
    // Nothing can be done if the terminal is gone. The line break that was typed is not shown either.
    let _ = tcsetattr(&terminal, OptionalActions::Now, &shown);
    let _ = writeln!(terminal);
    typed
}

/// Returns `None`: the terminal cannot hide what is typed.
#[cfg(not(unix))]
pub fn ask_password(_: &str) -> Option<String> {
    None
}

#[cfg(any(unix, test))]
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
