//! Errors of commands, with their exit codes.

use std::error::Error;
use std::io;

use crate::audit::{AuditError, BaselineError, Left};
use crate::logs::LogsError;
use crate::report::{ReportError, csv_io_error};
use crate::store::{StoreError, StoreFault};

use super::exit::Exit;
use super::plan::logins::without_logins;

/// The reason why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Input of the user cannot be used. The text is one line and says what to do.
    Usage(String),
    /// An operation of this program failed.
    Own(anyhow::Error),
    /// The reader of our output closed the pipe, which is not an error.
    Unread,
}

impl Failure {
    /// Returns an error about input of the user.
    pub(crate) fn usage(text: impl Into<String>) -> Failure {
        Failure::Usage(text.into())
    }

    /// Returns an error of this program.
    pub(crate) fn own(fault: impl Into<anyhow::Error>) -> Failure {
        Failure::Own(fault.into())
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Failure::Usage(_) => Exit::Usage,
            Failure::Own(_) => Exit::Failed,
            Failure::Unread => Exit::Done,
        }
    }

    /// Returns the message for the user, if any. It may quote the input, but shows no login.
    pub(crate) fn message(&self) -> Option<String> {
        let text = match self {
            Failure::Usage(text) => one_line(text),
            Failure::Own(fault) => one_line(&chain(fault.as_ref())),
            Failure::Unread => return None,
        };
        Some(without_logins(&text).into_owned())
    }

    /// Adds advice to an error of this program.
    pub(crate) fn advised(self, advice: &str) -> Failure {
        match self {
            Failure::Own(fault) => {
                Failure::Own(anyhow::anyhow!("{}; {advice}", chain(fault.as_ref())))
            }
            other => other,
        }
    }

    /// Returns whether a file is damaged or missing, so that a second try would fail in the same way.
    fn is_damage(&self) -> bool {
        let Failure::Own(fault) = self else {
            return false;
        };
        let is_damage = |cause: &(dyn Error + 'static)| {
            matches!(
                cause.downcast_ref(),
                Some(StoreFault::Damaged { .. } | StoreFault::Tables(_) | StoreFault::Gone)
            )
        };
        fault.chain().any(is_damage)
    }
}

/// Formats an error and its causes in one line. No error here repeats the text of its cause.
pub(crate) fn chain(fault: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(fault), |&fault| fault.source());
    let words: Vec<_> = causes.map(ToString::to_string).collect();
    words.join(": ")
}

/// Joins the lines of a message: some libraries explain over several lines.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}

impl From<io::Error> for Failure {
    fn from(fault: io::Error) -> Failure {
        match fault.kind() {
            io::ErrorKind::BrokenPipe => Failure::Unread,
            _ => Failure::own(fault),
        }
    }
}

impl From<csv::Error> for Failure {
    fn from(fault: csv::Error) -> Failure {
        csv_io_error(fault).into()
    }
}

impl From<StoreError> for Failure {
    fn from(fault: StoreError) -> Failure {
        match fault {
            StoreError::Open { .. }
            | StoreError::Foreign(_)
            | StoreError::Newer { .. }
            | StoreError::ReadOnly(_)
            | StoreError::NoRun(_) => Failure::usage(chain(&fault)),
            StoreError::Locked(_) | StoreError::RunBusy(_) | StoreError::Failed { .. } => {
                Failure::own(fault)
            }
        }
    }
}

impl From<ReportError> for Failure {
    fn from(fault: ReportError) -> Failure {
        match fault {
            ReportError::Store(fault) => fault.into(),
            ReportError::Write { .. } => Failure::Own(anyhow::anyhow!(unwritable(&fault))),
            ReportError::UnknownFormat(_)
            | ReportError::Foreign { .. }
            | ReportError::InTheWay(_)
            | ReportError::Logo { .. }
            | ReportError::NoBrowser => Failure::usage(chain(&fault)),
        }
    }
}

/// Returns the error about a directory of exports that cannot be written, found before the crawl.
pub(crate) fn bad_out(fault: &ReportError) -> Failure {
    Failure::usage(match fault {
        ReportError::Write { .. } => unwritable(fault),
        _ => chain(fault),
    })
}

fn unwritable(fault: &ReportError) -> String {
    let why = chain(fault);
    let is_full = matches!(fault, ReportError::Write { source, .. }
        if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded));
    let room = if is_full { "make room or " } else { "" };
    format!("{why}; {room}name another directory with --out")
}

impl From<AuditError> for Failure {
    fn from(fault: AuditError) -> Failure {
        match fault {
            AuditError::Store(fault) => fault.into(),
            AuditError::Out(fault) => bad_out(&fault),
            AuditError::Baseline(fault) => fault.into(),
            AuditError::Export { source, .. } => source.into(),
            AuditError::Logs(fault) => fault.into(),
            AuditError::Site(_) | AuditError::Fetcher(_) => Failure::usage(chain(&fault)),
            AuditError::Kept(_) | AuditError::BrokenOff(_) => Failure::own(fault),
        }
    }
}

impl From<LogsError> for Failure {
    fn from(fault: LogsError) -> Failure {
        match fault {
            LogsError::Store(fault) => fault.into(),
            LogsError::Busy(_) => Failure::own(fault),
            LogsError::Read { .. }
            | LogsError::NoFile(..)
            | LogsError::Format(_)
            | LogsError::Stdin
            | LogsError::Ranges { .. } => Failure::usage(chain(&fault)),
        }
    }
}

impl From<BaselineError> for Failure {
    fn from(fault: BaselineError) -> Failure {
        match fault {
            BaselineError::Store(fault) => fault.into(),
            BaselineError::MapAlone | BaselineError::Named { .. } => Failure::usage(chain(&fault)),
        }
    }
}

/// Returns the error of an audit, with the command that continues its crawl. Results that are stored are kept. `hint`
/// is the flag of that command that names the database.
pub(crate) fn resumable(fault: AuditError, hint: &str) -> Failure {
    let which = match &fault {
        AuditError::BrokenOff(broken) => match broken.left {
            Left::Nothing => return fault.into(),
            Left::Run(run) => format!(" {run}"),
            Left::Newest => String::new(),
        },
        _ => return fault.into(),
    };
    let failure = Failure::from(fault);
    if failure.is_damage() {
        return failure;
    }
    failure.advised(&format!(
        "then `gatecrawl audit --resume{which}{hint}` continues"
    ))
}

/// Returns the message of clap with its tips, without the usage that it repeats.
pub(crate) fn complaint(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let lines = text
        .lines()
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let text = lines.collect::<Vec<_>>().join("\n");
    // A list continues on the line of its heading.
    let text = text.replace(":\n  ", ": ");
    // No value of an argument begins with a dash, so this tip would not help.
    let text = match text.split_once("\n  tip: to pass '-") {
        Some((wrong, tip)) if tip.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{}; no value may be negative", wrong.trim_end())
        }
        Some((wrong, _)) => wrong.trim_end().to_owned(),
        None => text,
    };
    text.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn message(failure: &Failure) -> String {
        failure.message().expect("a message")
    }

    #[test]
    fn each_cause_is_shown_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let fault = Store::open(dir.path()).expect_err("a directory");
        let said = message(&fault.into());
        let expected = format!("could not open database {}: ", dir.path().display());
        let cause = said.strip_prefix(&expected).expect("the file first");
        assert_eq!(cause.matches("unable to open").count(), 1, "{said}");
        assert!(!cause.contains("Error code"), "{said}");
    }

    #[test]
    fn causes_that_share_words_are_all_shown() {
        let fault = anyhow::anyhow!("disk")
            .context("disk full")
            .context("no disk");
        assert_eq!(message(&Failure::Own(fault)), "no disk: disk full: disk");
    }

    #[test]
    fn a_write_error_has_its_cause_and_advice() {
        let fault = |kind, why: &'static str| ReportError::Write {
            path: "out".into(),
            source: io::Error::new(kind, why),
        };
        let full = || fault(io::ErrorKind::StorageFull, "no room");
        let expected =
            "could not write out: no room; make room or name another directory with --out";
        assert_eq!(message(&bad_out(&full())), expected);
        assert_eq!(message(&full().into()), expected);
        let shut = fault(io::ErrorKind::PermissionDenied, "permission denied");
        let expected = "could not write out: permission denied; name another directory with --out";
        assert_eq!(message(&bad_out(&shut)), expected);
    }
}
