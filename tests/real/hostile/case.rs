//! A way to be hostile: a host of its own, so that no host's bad day hides another's.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rustls::{ServerConnection, StreamOwned};
use socket2::SockRef;

use crate::server::pause;

/// A connection as it was accepted.
pub(super) type Tls = StreamOwned<ServerConnection, TcpStream>;

/// What a host does for a path, once the request has been read.
pub(super) type Doing = fn(&str, &mut dyn Line) -> io::Result<()>;

/// A host, what it does, and what its pages are to end as.
#[derive(Clone, Copy)]
pub(super) struct Case {
    /// The first label of its name.
    pub(super) host: &'static str,
    /// How its page is to end.
    pub(super) outcome: &'static str,
    pub(super) does: Doing,
    /// Whether robots.txt and sitemap are hostile too; otherwise there are none.
    pub(super) whole: bool,
}

/// A host with one hostile page.
pub(super) const fn page(host: &'static str, outcome: &'static str, does: Doing) -> Case {
    Case {
        host,
        outcome,
        does,
        whole: false,
    }
}

/// A host that is hostile in its robots.txt and its sitemap too.
pub(super) const fn whole(host: &'static str, outcome: &'static str, does: Doing) -> Case {
    Case {
        whole: true,
        ..page(host, outcome, does)
    }
}

/// A connection that can be reset.
pub(super) trait Line: Read + Write {
    fn tcp(&self) -> &TcpStream;
}

impl Line for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Line for Tls {
    fn tcp(&self) -> &TcpStream {
        &self.sock
    }
}

/// The beginning of an answer that ends with its connection.
pub(super) const OK: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n";

/// Says that there is no such thing.
pub(super) fn missing(line: &mut dyn Line) -> io::Result<()> {
    say(
        line,
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    )
}

/// Says just this.
pub(super) fn say(line: &mut dyn Line, words: impl AsRef<[u8]>) -> io::Result<()> {
    line.write_all(words.as_ref())?;
    line.flush()
}

/// A status, with header lines after it or none, and nothing else.
pub(super) fn status(line: &mut dyn Line, status: &str) -> io::Result<()> {
    say(
        line,
        format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    )
}

/// A whole page.
pub(super) fn html(line: &mut dyn Line, body: &str) -> io::Result<()> {
    say(
        line,
        format!("{OK}Content-Length: {}\r\n\r\n{body}", body.len()),
    )
}

/// Redirects.
pub(super) fn redirect(line: &mut dyn Line, to: &str) -> io::Result<()> {
    say(
        line,
        format!(
            "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ),
    )
}

/// The same again and again, until nobody listens any more.
pub(super) fn forever(line: &mut dyn Line, bytes: &[u8], rest: Duration) -> io::Result<()> {
    loop {
        say(line, bytes)?;
        pause(rest);
    }
}

/// Resets the connection as it is dropped. What was sent must have been read: a reset overtakes it.
pub(super) fn reset(line: &mut dyn Line) -> io::Result<()> {
    pause(Duration::from_millis(100));
    SockRef::from(line.tcp()).set_linger(Some(Duration::ZERO))
}

/// Waits until the client goes.
pub(super) fn hang(line: &mut dyn Line) -> io::Result<()> {
    line.read(&mut [0]).map(drop)
}
