//! Decodes bytes to text by the evidence that browsers use, in their order: byte order mark, HTTP
//! header, the page's own declaration, and at last a guess.

mod prescan;

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

/// Maximum number of bytes for the guess. Its cost grows with them, and its answer settles long
/// before.
const MAX_GUESSED: usize = 256 * 1024;

/// Returns the text of a body and its encoding. `content_type` is the whole value of the HTTP
/// header. Valid UTF-8 is borrowed; malformed bytes become U+FFFD.
pub fn decode<'a>(body: &'a [u8], content_type: Option<&str>) -> (Cow<'a, str>, &'static Encoding) {
    if let Some((encoding, mark)) = Encoding::for_bom(body) {
        let text = encoding.decode_without_bom_handling(&body[mark..]).0;
        return (text, encoding);
    }
    let declared = content_type
        .and_then(charset_parameter)
        .and_then(|label| Encoding::for_label(label.as_bytes()))
        .or_else(|| prescan::declared(body));
    if let Some(encoding) = declared {
        return (encoding.decode_without_bom_handling(body).0, encoding);
    }
    match std::str::from_utf8(body) {
        Ok(text) => (Cow::Borrowed(text), UTF_8),
        // A body cut at a bound often ends within a character.
        Err(fault) if fault.error_len().is_none() => (String::from_utf8_lossy(body), UTF_8),
        Err(_) => {
            let encoding = guess(body);
            (encoding.decode_without_bom_handling(body).0, encoding)
        }
    }
}

/// Returns the `charset` parameter of a media type, without quotes.
fn charset_parameter(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']).trim();
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        (is_charset && !value.is_empty()).then_some(value)
    })
}

fn guess(body: &[u8]) -> &'static Encoding {
    // ISO-2022-JP is never guessed: browsers refuse to for security, so no page relies on it.
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&body[..body.len().min(MAX_GUESSED)], true);
    detector.guess(None, Utf8Detection::Allow)
}

#[cfg(test)]
mod tests {
    use encoding_rs::{EUC_KR, GBK, SHIFT_JIS, UTF_16BE, UTF_16LE, WINDOWS_1251, WINDOWS_1252};

    use super::*;

    fn check(body: &[u8], content_type: Option<&str>, expected: (&str, &'static Encoding)) {
        let (text, encoding) = decode(body, content_type);
        assert_eq!((&*text, encoding), expected, "{content_type:?}");
    }

    #[test]
    fn a_byte_order_mark_beats_everything() {
        check(
            b"\xef\xbb\xbf\xc3\xa9",
            Some("text/html; charset=latin1"),
            ("é", UTF_8),
        );
        check(b"\xff\xfea\0", None, ("a", UTF_16LE));
        check(b"\xfe\xff\0a", None, ("a", UTF_16BE));
    }

    #[test]
    fn the_header_beats_the_page() {
        let body = b"<meta charset=utf-8>\xe9";
        let expected = ("<meta charset=utf-8>é", WINDOWS_1252);
        check(body, Some("text/html;charset=\"ISO-8859-1\""), expected);
        check(body, Some("text/html; x=y; Charset = latin1 "), expected);
    }

    #[test]
    fn an_unknown_label_in_the_header_is_no_evidence() {
        let body = "<meta charset=utf-8>é";
        check(
            body.as_bytes(),
            Some("text/html; charset=none"),
            (body, UTF_8),
        );
    }

    #[test]
    fn a_page_may_declare_its_encoding() {
        let cases = [
            (SHIFT_JIS, "日本語のページ"),
            (GBK, "网页的内容"),
            (EUC_KR, "한국어 페이지"),
            (WINDOWS_1251, "русский текст"),
        ];
        for (encoding, words) in cases {
            let page = format!("<html><meta charset='{}'>{words}", encoding.name());
            let bytes = encoding.encode(&page).0;
            check(&bytes, None, (&page, encoding));
        }
    }

    #[test]
    fn an_undeclared_encoding_is_guessed_from_the_text() {
        let words = "Съешь же ещё этих мягких французских булок, да выпей чаю.";
        check(&WINDOWS_1251.encode(words).0, None, (words, WINDOWS_1251));
        check(words.as_bytes(), None, (words, UTF_8));
    }

    #[test]
    fn valid_utf8_is_not_copied() {
        let body = "é".repeat(10_000);
        let labels = [None, Some("text/html; charset=utf-8")];
        for label in labels {
            assert!(matches!(decode(body.as_bytes(), label).0, Cow::Borrowed(_)));
        }
    }

    #[test]
    fn a_body_cut_within_a_character_is_still_utf8() {
        check("aé".split_at(1).0.as_bytes(), None, ("a", UTF_8));
        check(b"a\xc3", None, ("a\u{fffd}", UTF_8));
    }
}
