//! Maps Chromium's names of network errors to outcomes.

use crate::model::Outcome;

/// Names after `net::ERR_`, and their outcomes. Names that say nothing about the site are left out:
/// requests blocked by an extension, given up by the page, or sent without a local network.
const NAMES: [(&str, Outcome); 29] = [
    ("NAME_NOT_RESOLVED", Outcome::DnsNxdomain),
    ("DNS_TIMED_OUT", Outcome::DnsTimeout),
    ("DNS_SERVER_FAILED", Outcome::DnsServfail),
    ("DNS_MALFORMED_RESPONSE", Outcome::DnsServfail),
    ("CONNECTION_REFUSED", Outcome::ConnectRefused),
    ("CONNECTION_TIMED_OUT", Outcome::ConnectTimeout),
    ("CONNECTION_FAILED", Outcome::ConnectUnreachable),
    ("ADDRESS_UNREACHABLE", Outcome::ConnectUnreachable),
    ("CONNECTION_RESET", Outcome::ResetBeforeHeaders),
    ("CONNECTION_ABORTED", Outcome::ResetBeforeHeaders),
    ("CONNECTION_CLOSED", Outcome::EmptyReply),
    ("EMPTY_RESPONSE", Outcome::EmptyReply),
    ("TIMED_OUT", Outcome::TtfbTimeout),
    ("SSL_PROTOCOL_ERROR", Outcome::TlsHandshake),
    ("SSL_VERSION_OR_CIPHER_MISMATCH", Outcome::TlsHandshake),
    ("SSL_UNRECOGNIZED_NAME_ALERT", Outcome::TlsSniRejected),
    ("CERT_COMMON_NAME_INVALID", Outcome::TlsName),
    ("CERT_DATE_INVALID", Outcome::TlsExpired),
    ("CERT_AUTHORITY_INVALID", Outcome::TlsUntrusted),
    ("CERT_INVALID", Outcome::TlsUntrusted),
    ("CERT_REVOKED", Outcome::TlsRevoked),
    ("INVALID_HTTP_RESPONSE", Outcome::BadStatusLine),
    ("INVALID_RESPONSE", Outcome::BadHeader),
    ("RESPONSE_HEADERS_TOO_BIG", Outcome::HeaderTooLarge),
    ("CONTENT_DECODING_FAILED", Outcome::BadEncoding),
    ("CONTENT_LENGTH_MISMATCH", Outcome::BodyTruncated),
    ("INCOMPLETE_CHUNKED_ENCODING", Outcome::BodyTruncated),
    ("HTTP2_PROTOCOL_ERROR", Outcome::Http2StreamError),
    ("TOO_MANY_REDIRECTS", Outcome::RedirectTooMany),
];

/// Returns the outcome of a browser's error, if it says something about the site.
pub(super) fn outcome_of(error: &str) -> Option<Outcome> {
    let name = error.trim().strip_prefix("net::ERR_")?;
    let found = NAMES.iter().find(|(known, _)| *known == name);
    found.map(|(_, outcome)| *outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_outcome() {
        for (at, (name, outcome)) in NAMES.iter().enumerate() {
            assert_eq!(outcome_of(&format!("net::ERR_{name}")), Some(*outcome));
            assert!(NAMES[..at].iter().all(|(other, _)| other != name), "{name}");
        }
        for error in [
            "net::ERR_BLOCKED_BY_CLIENT",
            "net::ERR_ABORTED",
            "CONNECTION_REFUSED",
            "",
        ] {
            assert_eq!(outcome_of(error), None, "{error}");
        }
    }
}
