//! HTTP/1.1 broken in every way that `fixtures/domain/outcomes.csv` has a name for.

use super::case::{Case, Line, OK, forever, hang, page, reset, say};
use std::io;
use std::time::Duration;

/// Their hosts.
pub(super) const CASES: &[Case] = &[
    page("empty", "empty_reply", |_, _| Ok(())),
    page("reset", "reset_before_headers", |_, line| reset(line)),
    page("rubbish", "bad_status_line", |_, line| {
        say(line, "SSH-2.0-OpenSSH_9.2\r\n")
    }),
    page("lengths", "bad_header", |_, line| {
        say(
            line,
            format!("{OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        )
    }),
    page("truncated", "body_truncated", |_, line| {
        say(line, format!("{OK}Content-Length: 100\r\n\r\nbegun"))
    }),
    page("last-chunk", "body_truncated", |_, line| {
        chunks(line, "5\r\nbegun\r\n")
    }),
    page("bad-chunk", "bad_encoding", |_, line| {
        chunks(line, "zz\r\nbegun\r\n")
    }),
    page("vast-chunk", "bad_encoding", |_, line| {
        chunks(line, "ffffffffffffffffff\r\nbegun\r\n")
    }),
    page("bad-gzip", "bad_encoding", |_, line| {
        say(
            line,
            format!("{OK}Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nbegun"),
        )
    }),
    page("body-reset", "body_reset", |_, line| {
        say(line, format!("{OK}Content-Length: 100\r\n\r\nbegun"))?;
        reset(line)
    }),
    page("silent", "ttfb_timeout", |_, line| hang(line)),
    page("half-header", "ttfb_timeout", |_, line| {
        say(line, "HTTP/1.1 200 OK\r\nContent-")?;
        hang(line)
    }),
    page("slow-header", "ttfb_timeout", |_, line| {
        say(line, OK)?;
        forever(line, b"a", Duration::from_millis(200))
    }),
    page("hints", "ttfb_timeout", |_, line| {
        forever(
            line,
            &b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(100),
            Duration::ZERO,
        )
    }),
    page("stalled", "body_timeout", |_, line| {
        say(line, format!("{OK}Content-Length: 100\r\n\r\nbegun"))?;
        hang(line)
    }),
    page("drip", "total_timeout", |_, line| {
        say(line, format!("{OK}\r\n"))?;
        forever(line, b"a", Duration::from_secs(1))
    }),
];

fn chunks(line: &mut dyn Line, chunks: &str) -> io::Result<()> {
    say(
        line,
        format!("{OK}Transfer-Encoding: chunked\r\n\r\n{chunks}"),
    )
}
