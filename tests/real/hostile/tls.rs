//! TLS that goes wrong: certificates, handshakes, and HTTP cut off inside it.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::case::{Case, hang, page, reset, say};

/// Hosts whose certificate is no good for them, or whose answer is cut: which of them is told by name.
pub(super) const CASES: &[Case] = &[
    page("eof-in-headers", "empty_reply", |_, line| {
        say(line, "HTTP/1.1 200 OK\r\nContent-")
    }),
    page("reset-in-headers", "reset_before_headers", |_, line| {
        say(line, "HTTP/1.1 200 OK\r\nContent-")?;
        reset(line)
    }),
    page("empty-tls", "empty_reply", |_, _| Ok(())),
];

/// Hosts of which not even robots.txt can be read, by their certificate.
pub(super) const CERTIFICATES: [(&str, &str); 4] = [
    ("expired", "tls_expired"),
    ("other-name", "tls_name"),
    ("untrusted", "tls_untrusted"),
    ("self-signed", "tls_self_signed"),
];

/// What a host does once it was greeted.
type Greeting = fn(&mut TcpStream) -> std::io::Result<()>;

/// Hosts that never come to a handshake, each at a port of its own.
pub(super) const HANDSHAKES: [(&str, &str, Greeting); 7] = [
    ("alert-name", "tls_sni_rejected", |line| {
        line.write_all(b"\x15\x03\x03\0\x02\x02\x70")
    }),
    ("alert", "tls_handshake", |line| {
        line.write_all(b"\x15\x03\x03\0\x02\x02\x28")
    }),
    ("plain", "tls_not_tls", |line| {
        line.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    }),
    ("closed", "tls_handshake", |_| Ok(())),
    ("reset-handshake", "connect_reset", |line| reset(line)),
    ("hanging", "tls_handshake", |line| hang(line)),
    // A record that is announced and never ends.
    ("endless-record", "tls_handshake", |line| {
        loop {
            line.write_all(b"\x16\x03\x03\x00\x04\x02\xff\xff\xff")?;
        }
    }),
];

/// Reads a greeting, and does what follows.
pub(super) fn greet(line: &mut TcpStream, does: Greeting) -> std::io::Result<()> {
    let length = line.read(&mut [0; 4096])?;
    assert!(length > 0, "a greeting");
    does(line)?;
    line.flush()
}
