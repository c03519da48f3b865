//! Maps a chain of errors to an outcome. Each error is recognised by its type; the words of a
//! library are shown to people and never parsed.

use std::error::Error;
use std::io::{self, ErrorKind as K};
use std::net::SocketAddr;

use hyper_util::client::legacy::Error as ClientError;

use super::exchange::Fault;
use super::tls::of_tls;
use crate::fetch::client::attempt::{Attempt, Phase};
use crate::fetch::client::dial::{self, DialTimeout};
use crate::fetch::client::files::lacks_files;
use crate::fetch::dns::resolver::DnsFault;
use crate::fetch::guard::public::Refused;
use crate::model::Outcome;

/// Returns the fault of a request without an answer.
pub(in crate::fetch) fn of_request(error: &reqwest::Error, attempt: &Attempt) -> Fault {
    if let Some(local) = carrier(error) {
        attempt.carried_from(local);
    }
    let dialing = error.is_connect();
    if dialing && ran_out_of_files(error) {
        attempt.lacked_files();
        let words = "too many open files on this machine";
        return Fault::new(Outcome::ConnectUnreachable, words);
    }
    for cause in causes(error) {
        if let Some(fault) = of_dial(cause)
            .or_else(|| cause.downcast_ref().map(of_tls))
            .or_else(|| cause.downcast_ref().and_then(of_http2))
            .or_else(|| cause.downcast_ref().and_then(|e| of_http1(e, attempt)))
        {
            return fault;
        }
    }
    let kind = io_kind(error);
    if dialing {
        of_failed_dial(kind, error.is_timeout(), attempt)
    } else if is_http2_end(error) {
        http2_ended()
    } else {
        of_broken_connection(kind)
    }
}

/// Returns the local IP address of the connection on which a request failed.
fn carrier(error: &reqwest::Error) -> Option<SocketAddr> {
    let failed: &ClientError = causes(error).find_map(|cause| cause.downcast_ref())?;
    dial::local(failed.connect_info()?)
}

/// Returns the fault of a body that broke off. `framed` says whether its length was announced.
pub(in crate::fetch) fn of_body(error: &reqwest::Error, framed: bool) -> Option<Fault> {
    for cause in causes(error) {
        if let Some(fault) = cause.downcast_ref().and_then(of_http2) {
            return Some(fault);
        }
    }
    if is_http2_end(error) {
        return Some(http2_ended());
    }
    let fault = match io_kind(error) {
        // A TLS connection that was cut without a closing message: a body without a length counts
        // as complete.
        Some(K::UnexpectedEof) if !framed => return None,
        Some(K::UnexpectedEof) => Fault::new(Outcome::BodyTruncated, "body ended early"),
        Some(K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe) => {
            Fault::new(Outcome::BodyReset, "connection reset inside the body")
        }
        Some(K::TimedOut | K::HostUnreachable | K::NetworkUnreachable) => {
            Fault::new(Outcome::BodyTimeout, "connection lost inside the body")
        }
        Some(K::InvalidInput | K::InvalidData) => {
            Fault::new(Outcome::BadEncoding, "malformed chunk")
        }
        _ => Fault::new(Outcome::BodyTruncated, "body broke off"),
    };
    Some(fault)
}

/// Returns whether something failed because too many files are open.
pub(in crate::fetch) fn ran_out_of_files(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(is_out_of_files)
}

fn is_out_of_files(cause: &(dyn Error + 'static)) -> bool {
    cause.downcast_ref().is_some_and(lacks_files)
        || cause.downcast_ref() == Some(&DnsFault::OutOfFiles)
}

fn of_dial(cause: &(dyn Error + 'static)) -> Option<Fault> {
    if let Some(refused) = cause.downcast_ref::<Refused>() {
        return Some(Fault::from(*refused));
    }
    if let Some(fault) = cause.downcast_ref::<DnsFault>() {
        let outcome = match fault {
            DnsFault::Nxdomain => Outcome::DnsNxdomain,
            DnsFault::NoData => Outcome::DnsNodata,
            // The caller has already recognised `OutOfFiles` as our own fault.
            DnsFault::Servfail | DnsFault::OutOfFiles => Outcome::DnsServfail,
            DnsFault::Refused => Outcome::DnsRefused,
            DnsFault::Timeout => Outcome::DnsTimeout,
        };
        return Some(Fault::new(outcome, fault.to_string()));
    }
    let DialTimeout(phase) = cause.downcast_ref()?;
    Some(of_dial_timeout(*phase))
}

fn of_dial_timeout(phase: Phase) -> Fault {
    match phase {
        Phase::Resolve => Fault::new(Outcome::DnsTimeout, DnsFault::Timeout.to_string()),
        Phase::Tls => Fault::new(Outcome::TlsHandshake, "tls handshake timed out"),
        Phase::Connect | Phase::Idle => Fault::new(Outcome::ConnectTimeout, "connect timed out"),
    }
}

fn of_failed_dial(kind: Option<K>, timeout: bool, attempt: &Attempt) -> Fault {
    let in_tls = attempt.dial_reached_tls();
    match kind {
        Some(K::ConnectionRefused) => Fault::new(Outcome::ConnectRefused, "connection refused"),
        Some(K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe) => Fault::new(
            Outcome::ConnectReset,
            if in_tls {
                "connection reset in the tls handshake"
            } else {
                "connection reset"
            },
        ),
        Some(K::UnexpectedEof) if in_tls => Fault::new(
            Outcome::TlsHandshake,
            "connection closed in the tls handshake",
        ),
        _ if timeout || kind == Some(K::TimedOut) => {
            of_dial_timeout(if in_tls { Phase::Tls } else { Phase::Connect })
        }
        Some(K::NetworkUnreachable) => {
            Fault::new(Outcome::ConnectUnreachable, "network unreachable")
        }
        Some(K::HostUnreachable) => Fault::new(Outcome::ConnectUnreachable, "host unreachable"),
        // This includes a proxy that would not connect, and connections that the kernel forbids.
        _ => Fault::new(Outcome::ConnectUnreachable, "could not connect"),
    }
}

fn of_broken_connection(kind: Option<K>) -> Fault {
    match kind {
        Some(K::BrokenPipe | K::WriteZero | K::NotConnected) => {
            Fault::new(Outcome::WriteFailed, "request could not be sent")
        }
        Some(K::ConnectionReset | K::ConnectionAborted) => Fault::new(
            Outcome::ResetBeforeHeaders,
            "connection reset before the answer",
        ),
        Some(K::TimedOut | K::HostUnreachable | K::NetworkUnreachable) => {
            Fault::new(Outcome::TtfbTimeout, "connection lost before the answer")
        }
        _ => closed_early(),
    }
}

/// Returns the fault of a connection that closed early. Whether a header block had begun is not
/// visible; most likely it had not.
fn closed_early() -> Fault {
    Fault::new(Outcome::EmptyReply, "connection closed without an answer")
}

fn of_http1(error: &hyper::Error, attempt: &Attempt) -> Option<Fault> {
    let fault = if error.is_parse_too_large() {
        Fault::new(Outcome::HeaderTooLarge, "header block too large")
    } else if error.is_parse_status() {
        // This includes a reason phrase with control characters. The HTTP library reports neither
        // which of the two it was nor the status code before the phrase.
        Fault::new(
            Outcome::StatusInvalid,
            "status code or reason phrase is malformed",
        )
    } else if error.is_parse_version_h2() {
        Fault::new(
            Outcome::BadStatusLine,
            "http/2 answer to an http/1.1 request",
        )
    } else if error.is_parse() && attempt.reused() {
        // Only for the first answer of a connection does the version reveal a bad first line. On
        // later ones, bytes left over from a wrongly measured body are the likeliest cause.
        Fault::new(Outcome::BadStatusLine, "the answer is not HTTP")
    } else if error.is_parse() {
        Fault::new(Outcome::BadHeader, "malformed header")
    } else if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        closed_early()
    } else {
        return None;
    };
    Some(fault)
}

fn of_http2(error: &h2::Error) -> Option<Fault> {
    if error.is_io() {
        return None;
    }
    let what = if error.is_library() {
        // We ended it: too many headers, endless frames, or broken rules.
        "http/2 answer refused"
    } else if error.is_go_away() {
        "http/2 connection closed"
    } else if error.is_reset() {
        "http/2 stream reset"
    } else {
        "http/2 error"
    };
    let words = match error.reason() {
        Some(reason) => format!("{what}: {}", reason.description()),
        None => what.to_owned(),
    };
    let outcome = if is_refused_stream(error) {
        Outcome::StreamRefused
    } else {
        Outcome::Http2StreamError
    };
    Some(Fault::new(outcome, words))
}

/// Returns whether the server promises that it did not process the request (RFC 9113 section 8.7).
/// Only streams above the last one that a GOAWAY names end with it; those below may still be
/// answered.
fn is_refused_stream(error: &h2::Error) -> bool {
    let reason = error.reason();
    error.is_remote()
        && (error.is_reset() && reason == Some(h2::Reason::REFUSED_STREAM)
            || error.is_go_away() && reason == Some(h2::Reason::NO_ERROR))
}

fn http2_ended() -> Fault {
    Fault::new(
        Outcome::Http2StreamError,
        "http/2 connection ended under the request",
    )
}

fn io_kind(error: &(dyn Error + 'static)) -> Option<K> {
    io_errors(error)
        .map(io::Error::kind)
        // TLS wraps the socket's error in one of its own kind.
        .find(|kind| *kind != K::Other)
}

/// Returns whether an HTTP/2 connection ended under an open stream. The protocol library reports
/// that as a broken pipe of its own; one that the system reports carries the system's number.
fn is_http2_end(error: &(dyn Error + 'static)) -> bool {
    io_errors(error).any(|io| io.kind() == K::BrokenPipe && io.raw_os_error().is_none())
}

fn io_errors<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a io::Error> {
    causes(error).filter_map(|cause| cause.downcast_ref())
}

/// Returns the error, its source, and so on. An `io::Error` hides the error it carries from
/// `source`.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{CrawlUrl, Request};

    fn attempt() -> Arc<Attempt> {
        let url = CrawlUrl::parse("http://site.test/").expect("a URL");
        Attempt::start(&Request::page(url))
    }

    // Cases that an origin on this machine cannot produce.

    #[test]
    fn failed_dials_have_an_outcome_by_kind() {
        let attempt = attempt();
        let cases = [
            (K::ConnectionRefused, "connect_refused"),
            (K::ConnectionReset, "connect_reset"),
            (K::TimedOut, "connect_timeout"),
            (K::NetworkUnreachable, "connect_unreachable"),
            (K::HostUnreachable, "connect_unreachable"),
            (K::PermissionDenied, "connect_unreachable"),
        ];
        for (kind, id) in cases {
            let fault = of_failed_dial(Some(kind), false, &attempt);
            assert_eq!(fault.outcome.id(), id, "{kind:?}");
        }
    }

    #[test]
    fn broken_connections_have_an_outcome_by_kind() {
        let cases = [
            (K::BrokenPipe, "write_failed"),
            (K::ConnectionReset, "reset_before_headers"),
            (K::TimedOut, "ttfb_timeout"),
            (K::UnexpectedEof, "empty_reply"),
        ];
        for (kind, id) in cases {
            let fault = of_broken_connection(Some(kind));
            assert_eq!(fault.outcome.id(), id, "{kind:?}");
        }
    }

    #[test]
    fn a_lack_of_open_files_is_not_a_network_fault() {
        let lacks = ran_out_of_files;
        let hidden = |fault: DnsFault| io::Error::other(fault);
        assert!(lacks(&io::Error::other(io::Error::from_raw_os_error(24))));
        assert!(lacks(&hidden(DnsFault::OutOfFiles)));
        assert!(!lacks(&io::Error::from_raw_os_error(111)));
        assert!(!lacks(&hidden(DnsFault::Servfail)));
    }

    #[test]
    fn errors_hidden_inside_errors_are_found() {
        let reset = io::Error::from(K::ConnectionReset);
        let twice = io::Error::other(io::Error::other(reset));
        assert_eq!(io_kind(&twice), Some(K::ConnectionReset));
        let tls = rustls::Error::AlertReceived(rustls::AlertDescription::UnrecognisedName);
        let hidden = io::Error::other(io::Error::new(K::InvalidData, tls));
        assert!(causes(&hidden).any(<dyn Error>::is::<rustls::Error>));
    }
}
