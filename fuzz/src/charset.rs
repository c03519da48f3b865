//! Bytes of a page to text: `Content-Type`, NUL, body; or a body alone.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

use super::parts::{halves, text};

/// The text is no longer than the encodings allow, a byte order mark decides alone, and valid UTF-8
/// that nobody calls anything else stays as it is.
pub fn check(bytes: &[u8]) {
    let (content_type, body) = halves(bytes);
    let content_type = content_type.map(text);
    let (decoded, encoding) = gatecrawl::parse::decode(body, content_type.as_deref());
    // The worst that an encoding does: one byte becomes U+FFFD or a character of three bytes.
    assert!(
        decoded.len() <= 3 * body.len(),
        "{} of {}",
        decoded.len(),
        body.len()
    );
    match Encoding::for_bom(body) {
        Some((marked, _)) => assert_eq!(encoding, marked),
        None if encoding == UTF_8 => {
            assert_eq!(decoded, String::from_utf8_lossy(body));
            let is_valid = std::str::from_utf8(body).is_ok();
            assert_eq!(matches!(decoded, Cow::Borrowed(_)), is_valid);
        }
        None => {}
    }
}
