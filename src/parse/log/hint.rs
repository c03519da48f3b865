//! The cause of a failure, as far as the fields of its line prove it.

use memchr::memmem;

use crate::model::Cause;

use super::raw::{Field, Raw};
use super::scan::whole;

/// Returns the cause of a failed request.
pub(super) fn cause(status: u16, raw: &Raw<'_>) -> Option<Cause> {
    if raw.has(Field::Termination) {
        return haproxy(raw.get(Field::Termination));
    }
    if raw.has(Field::Flags) {
        return envoy(raw.get(Field::Flags));
    }
    if raw.has(Field::Substatus) {
        return iis(status, raw);
    }
    if raw.has(Field::Reason) {
        return reason(raw.get(Field::Reason));
    }
    if raw.has(Field::TargetTime) {
        return alb(status, raw);
    }
    upstream(status, raw)
}

/// AWS ALB: without a status of the target, the load balancer made the answer itself.
fn alb(status: u16, raw: &Raw<'_>) -> Option<Cause> {
    let theirs = whole(raw.get(Field::UpstreamStatus));
    match status {
        _ if theirs == Some(u64::from(status)) => Some(Cause::ApplicationError),
        502 => Some(Cause::InvalidUpstreamResponse),
        503 if raw.get(Field::Backend).is_empty() => Some(Cause::UpstreamDown),
        504 => Some(Cause::UpstreamTimeout),
        _ => None,
    }
}

/// nginx with upstream fields, Cloudflare: who made the status.
fn upstream(status: u16, raw: &Raw<'_>) -> Option<Cause> {
    if !raw.has(Field::UpstreamStatus) {
        return cloudflare(status);
    }
    let statuses = raw.get(Field::UpstreamStatus);
    let theirs = statuses.rsplit(|byte| matches!(byte, b',' | b' ')).next();
    let theirs = theirs.and_then(whole).filter(|status| *status > 0);
    if !raw.has(Field::HeaderTime) {
        return match theirs {
            Some(theirs) if theirs == u64::from(status) => Some(Cause::ApplicationError),
            _ => cloudflare(status),
        };
    }
    let last = |field: Field| {
        let all = raw.get(field);
        let last = all.rsplit(|byte| matches!(byte, b',' | b' ')).next();
        last.is_some_and(|text| !matches!(text, b"" | b"-"))
    };
    let (connected, answered) = (last(Field::ConnectTime), last(Field::HeaderTime));
    match (status, connected, answered) {
        (_, _, true) => Some(Cause::ApplicationError),
        (504, false, _) if raw.has(Field::ConnectTime) => Some(Cause::Network),
        (504, ..) => Some(Cause::UpstreamTimeout),
        (502, true, _) => Some(Cause::InvalidUpstreamResponse),
        (502, false, _) if theirs.is_some() => Some(Cause::UpstreamDown),
        _ => None,
    }
}

/// Cloudflare's own statuses.
fn cloudflare(status: u16) -> Option<Cause> {
    match status {
        520 => Some(Cause::InvalidUpstreamResponse),
        521 => Some(Cause::UpstreamDown),
        522 | 523 => Some(Cause::Network),
        524 => Some(Cause::UpstreamTimeout),
        525 | 526 => Some(Cause::Tls),
        530 => Some(Cause::Dns),
        _ => None,
    }
}

/// HAProxy's manual, section 8.5: the first letter says who ended the session, the second when.
fn haproxy(state: &[u8]) -> Option<Cause> {
    match state.get(..2)? {
        b"SC" | b"DC" | b"DH" => Some(Cause::UpstreamDown),
        b"sC" => Some(Cause::Network),
        b"SH" | b"PH" | b"SD" => Some(Cause::InvalidUpstreamResponse),
        b"sH" | b"sD" => Some(Cause::UpstreamTimeout),
        b"sQ" | b"RC" => Some(Cause::Overload),
        b"PR" => Some(Cause::Firewall),
        b"--" => Some(Cause::ApplicationError),
        _ => None,
    }
}

/// Envoy's response flags (Envoy documentation, access log usage).
fn envoy(flags: &[u8]) -> Option<Cause> {
    match flags.split(|byte| *byte == b',').next()? {
        b"UF" | b"UH" | b"NC" => Some(Cause::UpstreamDown),
        b"UT" | b"SI" => Some(Cause::UpstreamTimeout),
        b"UC" | b"UR" | b"UPE" => Some(Cause::InvalidUpstreamResponse),
        b"UO" | b"RL" | b"OM" => Some(Cause::Overload),
        b"UAEX" => Some(Cause::Firewall),
        b"DF" => Some(Cause::Dns),
        b"" => Some(Cause::ApplicationError),
        _ => None,
    }
}

/// IIS: substatus and Windows error.
fn iis(status: u16, raw: &Raw<'_>) -> Option<Cause> {
    let windows = whole(raw.get(Field::WindowsError)).unwrap_or(0);
    match (status, raw.get(Field::Substatus), windows) {
        (502, _, 12002) => Some(Cause::UpstreamTimeout),
        (502, _, 12029) | (503, b"0", _) => Some(Cause::UpstreamDown),
        (502, _, 12030) => Some(Cause::InvalidUpstreamResponse),
        (502, _, 12007) => Some(Cause::Dns),
        (502, b"5", _) | (500, ..) => Some(Cause::ApplicationError),
        (503, b"2", _) => Some(Cause::Overload),
        _ => None,
    }
}

/// Heroku's codes and CloudFront's detailed results.
fn reason(reason: &[u8]) -> Option<Cause> {
    match reason {
        b"H10" | b"H20" | b"H99" | b"OriginConnectError" => Some(Cause::UpstreamDown),
        b"H12" | b"H15" | b"H28" => Some(Cause::UpstreamTimeout),
        b"H11" | b"H21" => Some(Cause::Overload),
        b"H13"
        | b"H17"
        | b"H18"
        | b"OriginCommError"
        | b"OriginHeaderTooBigError"
        | b"OriginInvalidResponseError"
        | b"OriginZeroSizeObjectError"
        | b"OriginReadError" => Some(Cause::InvalidUpstreamResponse),
        b"H80" | b"H81" => Some(Cause::Maintenance),
        b"OriginDnsError" => Some(Cause::Dns),
        _ if memmem::find(reason, b"Tls").is_some() => Some(Cause::Tls),
        _ => None,
    }
}
