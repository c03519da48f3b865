//! Why a command could not do its work, and which exit code says so.

use std::error::Error;
use std::io;

use crate::audit::{AuditError, BaselineError, Left};
use crate::report::{ReportError, csv_io_error};
use crate::store::{StoreError, StoreFault};

use super::exit::Exit;
use super::plan::logins::without_logins;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something that its user wrote cannot be used. The text is one line and says what to do.
    Usage(String),
    /// We could not do what we should.
    Own(anyhow::Error),
    /// Nobody reads our output any more, which is no error.
    Unread,
}

impl Failure {
    /// Something that the user wrote cannot be used.
    pub(crate) fn usage(text: impl Into<String>) -> Failure {
        Failure::Usage(text.into())
    }

    /// Something of ours failed.
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

    /// What to tell the user, if anything. It may quote what was typed, but no login.
    pub(crate) fn message(&self) -> Option<String> {
        let text = match self {
            Failure::Usage(text) => one_line(text),
            Failure::Own(fault) => one_line(&chain(fault.as_ref())),
            Failure::Unread => return None,
        };
        Some(without_logins(&text).into_owned())
    }

    /// Adds what to do about a fault of our own.
    pub(crate) fn advised(self, advice: &str) -> Failure {
        match self {
            Failure::Own(fault) => {
                Failure::Own(anyhow::anyhow!("{}; {advice}", chain(fault.as_ref())))
            }
            other => other,
        }
    }

    /// Whether it lies in a file that is damaged or gone: the same again would come to the same.
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

/// A fault with its causes. None says its own cause as well, so each is said once.
pub(crate) fn chain(fault: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(fault), |&fault| fault.source());
    let words: Vec<_> = causes.map(ToString::to_string).collect();
    words.join(": ")
}

/// Some libraries explain over several lines; what they say last is the point.
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
            _ => Failure::own(fault),
        }
    }
}

impl From<ReportError> for Failure {
    fn from(fault: ReportError) -> Failure {
        match fault {
            ReportError::Store(fault) => fault.into(),
            ReportError::Write { .. } => Failure::Own(anyhow::anyhow!(unwritable(&fault))),
            _ => Failure::usage(chain(&fault)),
        }
    }
}

/// What to say when a directory for the exports turns out to be none before anything is done.
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
            AuditError::Site(_) | AuditError::Fetcher(_) => Failure::usage(chain(&fault)),
            AuditError::Kept(_) | AuditError::BrokenOff(_) => Failure::own(fault),
        }
    }
}

impl From<BaselineError> for Failure {
    fn from(fault: BaselineError) -> Failure {
        match fault {
            BaselineError::Store(fault) => fault.into(),
            fault => Failure::usage(chain(&fault)),
        }
    }
}

/// A failure of an audit, with how a crawl that broke off goes on: what was stored is kept. `hint` names the database.
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
        "then `gatecrawl audit --resume{which}{hint}` goes on"
    ))
}

/// What clap says, without the usage that it repeats: what is wrong and its tips.
pub(crate) fn complaint(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let lines = text
        .lines()
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let text = lines.collect::<Vec<_>>().join("\n");
    // What a list begins with goes on in the same line.
    let text = text.replace(":\n  ", ": ");
    // Nothing of ours takes a value that begins with a dash: to pass it all the same leads nowhere.
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
    fn each_cause_is_said_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let fault = Store::open(dir.path()).expect_err("a directory");
        let said = message(&fault.into());
        let expected = format!("could not open database {}: ", dir.path().display());
        let cause = said.strip_prefix(&expected).expect("the file first");
        assert_eq!(cause.matches("unable to open").count(), 1, "{said}");
        assert!(!cause.contains("Error code"), "{said}");
    }

    #[test]
    fn causes_that_share_words_are_all_said() {
        let fault = anyhow::anyhow!("disk")
            .context("disk full")
            .context("no disk");
        assert_eq!(message(&Failure::Own(fault)), "no disk: disk full: disk");
    }

    #[test]
    fn what_cannot_be_written_is_said_with_its_cause_and_advice() {
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
