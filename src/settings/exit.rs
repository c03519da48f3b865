//! The exit codes, which scripts rely on.

use std::process::ExitCode;

/// The way in which a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; also if the reader of our output closed the pipe.
    Done,
    /// This program failed; of `robots`, `sitemap` and `links`: the examined file has errors or forbids a URL.
    Failed,
    /// The command or the configuration is invalid.
    Usage,
    /// The site could not be audited at all; the run is stored and says why.
    NoAudit,
    /// A gate could not be decided: too little evidence.
    GateUndecided,
    /// A gate failed.
    GateFailed,
    /// Stopped by the user; everything so far is stored.
    Interrupted,
}

impl Exit {
    /// Returns the exit code.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::NoAudit => 3,
            Exit::GateUndecided => 4,
            Exit::GateFailed => 10,
            // 128 + SIGINT, as shells report it.
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}
