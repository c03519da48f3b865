//! Reason phrases of status codes.

/// Returns the standard reason phrase of a status, for servers that send none, as over HTTP/2; empty if the
/// status has none.
pub fn reason_phrase(status: u16) -> &'static str {
    let known = http::StatusCode::from_u16(status).ok();
    let phrase = known.and_then(|status| status.canonical_reason());
    phrase.unwrap_or_default()
}
