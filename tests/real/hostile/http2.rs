//! HTTP/2 used against whoever speaks it: frames as no server sends them, written by hand.

use std::io::{self, Read, Write};
use std::iter::repeat_n;

use super::case::Tls;

/// Their hosts: what they do with a page, once it was asked for, and how it is to end.
pub(super) const CASES: &[(&str, &str, Doing)] = &[
    ("h2-page", "ok_html", |line, at| {
        frame(line, HEADERS, END_HEADERS, at, HTML)?;
        frame(line, DATA, END_STREAM, at, b"<p>two</p>")
    }),
    ("h2-reset", "http2_stream_error", |line, at| {
        reset(line, at, INTERNAL_ERROR)
    }),
    ("h2-refused", "stream_refused", |line, at| {
        reset(line, at, REFUSED_STREAM)
    }),
    ("h2-rapid-reset", "http2_stream_error", |line, at| {
        forever(line, |line| reset(line, at, CANCEL))
    }),
    ("h2-goodbye", "stream_refused", |line, _| goodbye(line, 0)),
    ("h2-goodbye-calm", "http2_stream_error", |line, _| {
        goodbye(line, 11)
    }),
    ("h2-body-reset", "http2_stream_error", |line, at| {
        frame(line, HEADERS, END_HEADERS, at, HTML)?;
        frame(line, DATA, 0, at, b"<p>tw")?;
        reset(line, at, CANCEL)
    }),
    ("h2-settings", "ttfb_timeout", |line, _| {
        forever(line, |line| {
            frame(line, SETTINGS, 0, 0, &[0, 1, 0, 0, 16, 0])
        })
    }),
    ("h2-pings", "ttfb_timeout", |line, _| {
        forever(line, |line| frame(line, PING, 0, 0, &[0; 8]))
    }),
    ("h2-unknown", "ttfb_timeout", |line, _| {
        forever(line, |line| frame(line, 0xfe, 0, 0, &[0; 16_000]))
    }),
    ("h2-hints", "ttfb_timeout", |line, at| {
        // :status 103, by name 8 of the static table.
        forever(line, |line| {
            frame(line, HEADERS, END_HEADERS, at, b"\x08\x03103")
        })
    }),
    ("h2-continuation", "http2_stream_error", |line, at| {
        frame(line, HEADERS, 0, at, HTML)?;
        forever(line, |line| {
            frame(line, CONTINUATION, 0, at, &field("x", &"y".repeat(16_000)))
        })
    }),
    ("h2-empty-continuation", "http2_stream_error", |line, at| {
        frame(line, HEADERS, 0, at, HTML)?;
        forever(line, |line| frame(line, CONTINUATION, 0, at, b""))
    }),
    ("h2-headers", "http2_stream_error", |line, at| {
        let many: Vec<u8> = (0..400)
            .flat_map(|n| field(&format!("x-{n}"), "y"))
            .collect();
        frame(line, HEADERS, 0, at, HTML)?;
        for _ in 0..100 {
            frame(line, CONTINUATION, 0, at, &many)?;
        }
        frame(line, CONTINUATION, END_HEADERS, at, b"")
    }),
    // One header of 4,000 bytes goes into the table, and is then meant by one byte each.
    ("h2-table", "http2_stream_error", |line, at| {
        let value = "y".repeat(4_000);
        let mut block = HTML.to_vec();
        block.extend(b"\x40\x01x\x7f");
        block.extend(integer(4_000 - 127));
        block.extend(value.bytes());
        block.extend(repeat_n(0xbe, 10_000));
        frame(line, HEADERS, END_HEADERS | END_STREAM, at, &block)
    }),
    // A table of 4 GiB, which nobody allowed.
    ("h2-table-size", "http2_stream_error", |line, at| {
        let block = [b"\x3f\xe0\xff\xff\xff\x0f", HTML].concat();
        frame(line, HEADERS, END_HEADERS | END_STREAM, at, &block)
    }),
    ("h2-push", "http2_stream_error", |line, at| {
        let promise = [&[0, 0, 0, 2][..], b"\x82\x87\x84\x41\x01x"].concat();
        frame(line, PUSH_PROMISE, END_HEADERS, at, &promise)
    }),
    ("h2-window", "http2_stream_error", |line, _| {
        forever(line, |line| {
            frame(line, WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff])
        })
    }),
    // A window for what is sent, which is nothing any more.
    ("h2-windows", "ttfb_timeout", |line, at| {
        forever(line, |line| {
            frame(line, WINDOW_UPDATE, 0, at, &[0, 0, 0, 1])
        })
    }),
    ("h2-empty-data", "http2_stream_error", |line, at| {
        frame(line, HEADERS, END_HEADERS, at, HTML)?;
        forever(line, |line| frame(line, DATA, 0, at, b""))
    }),
    (
        "h2-endless",
        "too_large or http2_stream_error",
        |line, at| {
            frame(line, HEADERS, END_HEADERS, at, HTML)?;
            // More than is allowed, at once: which bound it meets first is a matter of speed.
            forever(line, |line| frame(line, DATA, 0, at, &[b'a'; 16_000]))
        },
    ),
];

/// What a host does for a page that was asked for on this stream.
pub(super) type Doing = fn(&mut Tls, u32) -> io::Result<()>;

/// :status 200, content-type text/html.
const HTML: &[u8] = b"\x88\x0f\x10\x09text/html";
/// :status 404.
const MISSING: &[u8] = b"\x8d";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

const INTERNAL_ERROR: u8 = 2;
const REFUSED_STREAM: u8 = 7;
const CANCEL: u8 = 8;

/// Speaks HTTP/2 as it should be, up to the first page.
pub(super) fn converse(line: &mut Tls, does: Doing) -> io::Result<()> {
    frame(line, SETTINGS, 0, 0, b"")?;
    line.read_exact(&mut [0; 24])?;
    loop {
        let mut head = [0; 9];
        line.read_exact(&mut head)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let at = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        let mut payload = vec![0; length as usize];
        line.read_exact(&mut payload)?;
        match (head[3], head[4]) {
            (HEADERS, _) if asks_for_a_page(&payload) => does(line, at)?,
            (HEADERS, _) => frame(line, HEADERS, END_HEADERS | END_STREAM, at, MISSING)?,
            (SETTINGS, 0) => frame(line, SETTINGS, ACK, 0, b"")?,
            (PING, 0) => frame(line, PING, ACK, 0, &payload)?,
            _ => {}
        }
    }
}

/// Whether a request is for `/`: method and scheme take a byte each, the host a byte or a text, then
/// that path is one byte and no other is.
fn asks_for_a_page(block: &[u8]) -> bool {
    let host = match block[2] {
        known if known & 0x80 != 0 => 1,
        _ => 2 + usize::from(block[3] & 0x7f),
    };
    block[2 + host] == 0x84
}

fn frame(line: &mut Tls, kind: u8, flags: u8, at: u32, payload: &[u8]) -> io::Result<()> {
    let length = u32::try_from(payload.len())
        .expect("a short frame")
        .to_be_bytes();
    let mut bytes = length[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(at.to_be_bytes());
    bytes.extend(payload);
    line.write_all(&bytes)?;
    line.flush()
}

fn reset(line: &mut Tls, at: u32, why: u8) -> io::Result<()> {
    frame(line, RST_STREAM, 0, at, &[0, 0, 0, why])
}

/// Says goodbye, having looked at no stream.
fn goodbye(line: &mut Tls, why: u8) -> io::Result<()> {
    frame(line, GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, why])
}

fn forever(line: &mut Tls, does: impl Fn(&mut Tls) -> io::Result<()>) -> io::Result<()> {
    loop {
        does(line)?;
    }
}

/// A header field that no table keeps.
fn field(name: &str, value: &str) -> Vec<u8> {
    let mut bytes = vec![0];
    for text in [name, value] {
        match u8::try_from(text.len()) {
            Ok(length @ 0..127) => bytes.push(length),
            _ => {
                bytes.push(127);
                bytes.extend(integer(text.len() - 127));
            }
        }
        bytes.extend(text.bytes());
    }
    bytes
}

/// What is left of a number that did not fit its prefix (RFC 7541 section 5.1).
fn integer(mut rest: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while rest >= 128 {
        bytes.push((rest % 128) as u8 | 0x80);
        rest /= 128;
    }
    bytes.push(rest as u8);
    bytes
}
