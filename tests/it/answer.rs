//! The words in which a scripted origin is told what to do.

use std::fmt::Write;
use std::time::Duration;

/// What an origin does once a request has been read.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    reason: &'static str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Replaces status, headers and body if the answer is not well-formed HTTP.
    raw: Option<Vec<u8>>,
    delay: Duration,
    pub(crate) after: After,
}

/// What follows the bytes of an answer.
#[derive(Clone, Debug)]
pub(crate) enum After {
    /// The next request.
    Next,
    /// An orderly end of the connection.
    Close,
    /// A reset.
    Reset,
    /// Silence, until the client goes.
    Hang,
    /// The same bytes again and again, with a pause before each.
    Repeat(Vec<u8>, Duration),
}

/// An answer with a status and a short page that says so.
pub(crate) fn status(status: u16) -> Answer {
    html(status, &format!("<h1>{status}</h1>"))
}

/// A page, 200.
pub(crate) fn ok(page: &str) -> Answer {
    html(200, page)
}

/// A page with any status.
pub(crate) fn html(status: u16, page: &str) -> Answer {
    bytes(page)
        .status(status)
        .header("Content-Type", "text/html; charset=utf-8")
}

/// A body without a type, 200.
pub(crate) fn bytes(body: impl Into<Vec<u8>>) -> Answer {
    Answer {
        status: 200,
        reason: "",
        headers: Vec::new(),
        body: body.into(),
        raw: None,
        delay: Duration::ZERO,
        after: After::Next,
    }
}

/// A redirect.
pub(crate) fn redirect(code: u16, to: &str) -> Answer {
    bytes("").status(code).header("Location", to)
}

/// These bytes in place of an answer, then an orderly end.
pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Answer {
    Answer {
        raw: Some(bytes.into()),
        after: After::Close,
        ..self::bytes("")
    }
}

/// The connection is closed without a byte.
pub(crate) fn close() -> Answer {
    raw("")
}

/// The connection is reset without a byte.
pub(crate) fn reset() -> Answer {
    raw("").then(After::Reset)
}

/// Nothing is said at all.
pub(crate) fn hang() -> Answer {
    raw("").then(After::Hang)
}

impl Answer {
    pub(crate) fn status(mut self, status: u16) -> Answer {
        self.status = status;
        self
    }

    pub(crate) fn reason(mut self, reason: &'static str) -> Answer {
        self.reason = reason;
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Waits before the first byte.
    pub(crate) fn after(mut self, delay: Duration) -> Answer {
        self.delay = delay;
        self
    }

    /// What follows the last byte.
    pub(crate) fn then(mut self, after: After) -> Answer {
        self.after = after;
        self
    }

    pub(crate) fn delay(&self) -> Duration {
        self.delay
    }

    /// The bytes on the wire. A length is added unless the script names one, or chunks.
    pub(crate) fn wire(&self) -> Vec<u8> {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, self.reason);
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let framed = |(name, _): &(String, String)| {
            name.eq_ignore_ascii_case("content-length")
                || name.eq_ignore_ascii_case("transfer-encoding")
        };
        if !self.headers.iter().any(framed) {
            let _ = write!(head, "Content-Length: {}\r\n", self.body.len());
        }
        head.push_str("\r\n");
        [head.into_bytes(), self.body.clone()].concat()
    }
}
