//! A request as a behaviour sees it, and what the origin does with it.

use std::time::Duration;

/// A request that has arrived.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) path: &'a str,
    /// Requests for this path before it.
    pub(crate) visit: u32,
    /// Since the first request that the origin got.
    pub(crate) at: Duration,
    /// Requests open at the origin, this one included.
    pub(crate) open: usize,
    /// Request line and header fields.
    pub(crate) head: &'a str,
}

impl Request<'_> {
    /// The value of a header field.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// What the origin does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Sends the page after this time.
    Page(Duration),
    /// Sends nginx's page for a status after this time, with these header lines.
    Error {
        status: u16,
        after: Duration,
        headers: &'static str,
    },
    /// Sends these bytes after this time, then closes the connection.
    Bytes { bytes: Vec<u8>, after: Duration },
    /// Sends nothing until the client leaves.
    Hang,
    /// Resets the connection.
    Reset,
}

impl Reply {
    /// The status that the client sees; 0 if it sees none.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Reply::Page(_) => 200,
            Reply::Error { status, .. } => *status,
            Reply::Bytes { bytes, .. } => {
                let line = String::from_utf8_lossy(bytes);
                let code = line.split(' ').nth(1).and_then(|code| code.parse().ok());
                code.unwrap_or(0)
            }
            Reply::Hang | Reply::Reset => 0,
        }
    }
}
