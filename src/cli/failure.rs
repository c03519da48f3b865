//! Why a command could not do its work, and which exit code says so.

use std::io;

use crate::app::AuditError;
use crate::report::ReportError;
use crate::store::StoreError;

use super::exit::Exit;

/// Why a command ended early.
#[derive(Debug)]
pub(super) enum Failure {
    /// Something that its user wrote cannot be used. The text is one line and says what to do.
    Usage(String),
    /// We could not do what we should.
    Own(anyhow::Error),
    /// Nobody reads our output any more, which is no error.
    Unread,
}

impl Failure {
    /// Something that the user wrote cannot be used.
    pub(super) fn usage(text: impl Into<String>) -> Failure {
        Failure::Usage(text.into())
    }

    /// Something of ours failed.
    pub(super) fn own(fault: impl Into<anyhow::Error>) -> Failure {
        Failure::Own(fault.into())
    }

    pub(super) fn exit(&self) -> Exit {
        match self {
            Failure::Usage(_) => Exit::Usage,
            Failure::Own(_) => Exit::Failed,
            Failure::Unread => Exit::Done,
        }
    }

    /// What to tell the user, if anything.
    pub(super) fn message(&self) -> Option<String> {
        match self {
            Failure::Usage(text) => Some(one_line(text)),
            Failure::Own(fault) => Some(one_line(&chain(fault))),
            Failure::Unread => None,
        }
    }
}

/// A fault with its causes, each said once: many repeat their cause in their own words.
fn chain(fault: &anyhow::Error) -> String {
    let mut words = fault.to_string();
    for cause in fault.chain().skip(1).map(ToString::to_string) {
        let last = words.rsplit(": ").next().unwrap_or_default();
        if !words.contains(&cause) && !cause.contains(last) {
            words = format!("{words}: {cause}");
        }
    }
    words
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
        io::Error::from(fault).into()
    }
}

impl From<StoreError> for Failure {
    fn from(fault: StoreError) -> Failure {
        match fault {
            StoreError::Open { .. }
            | StoreError::Foreign(_)
            | StoreError::Newer { .. }
            | StoreError::NoRun(_) => Failure::usage(fault.to_string()),
            _ => Failure::own(fault),
        }
    }
}

impl From<ReportError> for Failure {
    fn from(fault: ReportError) -> Failure {
        match fault {
            ReportError::Store(fault) => fault.into(),
            ReportError::Write { .. } => Failure::own(fault),
            _ => Failure::usage(fault.to_string()),
        }
    }
}

impl From<AuditError> for Failure {
    fn from(fault: AuditError) -> Failure {
        match fault {
            AuditError::Site(_) | AuditError::Fetcher(_) => Failure::usage(fault.to_string()),
            _ => Failure::own(fault),
        }
    }
}
