//! Finds the encoding that a page declares in its first bytes, before anything can be decoded (HTML
//! standard, "prescan a byte stream to determine its encoding").

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252, X_USER_DEFINED};

/// The standard requires the declaration within the first 1024 bytes.
const PRESCANNED: usize = 1024;

/// Returns the encoding of the first `<meta>` that names a known one, or of an XML declaration.
pub(super) fn declared(body: &[u8]) -> Option<&'static Encoding> {
    let head = &body[..body.len().min(PRESCANNED)];
    let mut scan = Scan { rest: head };
    while let Some(at) = memchr::memchr(b'<', scan.rest) {
        scan.rest = &scan.rest[at..];
        if let Some(comment) = scan.rest.strip_prefix(b"<!--") {
            // "<!-->" is a whole comment: its two dashes belong to the opening.
            let end = memchr::memmem::find(&scan.rest[2..], b"-->").map(|end| end + 5);
            scan.rest = end.map_or(&comment[comment.len()..], |end| &scan.rest[end..]);
        } else if let Some(meta) = scan.meta() {
            if let Some(encoding) = meta {
                return Some(encoding);
            }
        } else if is_tag(scan.rest) {
            scan.skip_while(|b| !b.is_ascii_whitespace() && b != b'>');
            while scan.attribute().is_some() {}
        } else if matches!(scan.rest.get(1), Some(b'!' | b'/' | b'?')) {
            scan.skip_while(|b| b != b'>');
        } else {
            scan.rest = &scan.rest[1..];
        }
    }
    xml_declaration(head)
}

struct Scan<'a> {
    rest: &'a [u8],
}

impl Scan<'_> {
    /// Reads a `<meta>` tag. The outer value is `None` if no such tag starts here; the inner is the
    /// encoding it declares.
    #[expect(
        clippy::option_option,
        reason = "no meta and a meta without a charset differ"
    )]
    fn meta(&mut self) -> Option<Option<&'static Encoding>> {
        let is_meta = self.rest.get(..5)?.eq_ignore_ascii_case(b"<meta")
            && matches!(
                self.rest.get(5)?,
                b'\t' | b'\n' | b'\x0c' | b'\r' | b' ' | b'/'
            );
        if !is_meta {
            return None;
        }
        self.rest = &self.rest[5..];
        let (mut charset, mut in_content, mut is_pragma) = (None, None, false);
        while let Some((name, value)) = self.attribute() {
            match name.as_slice() {
                b"charset" if charset.is_none() => charset = Some(value),
                b"content" if in_content.is_none() => in_content = charset_in_content(&value),
                b"http-equiv" => is_pragma |= value == b"content-type",
                _ => {}
            }
        }
        let label = charset.or(in_content.filter(|_| is_pragma));
        Some(label.and_then(|label| of_declaration(&label)))
    }

    /// Returns the next attribute of a tag, name and value in lower case, or `None` at the end of
    /// the tag.
    fn attribute(&mut self) -> Option<(Vec<u8>, Vec<u8>)> {
        self.skip_while(|b| b.is_ascii_whitespace() || b == b'/');
        if self.rest.first().is_none_or(|&b| b == b'>') {
            return None;
        }
        let mut name = vec![self.rest[0].to_ascii_lowercase()];
        self.rest = &self.rest[1..];
        let ends_name = |b: u8| b.is_ascii_whitespace() || matches!(b, b'=' | b'/' | b'>');
        name.extend(self.skip_while(|b| !ends_name(b)).to_ascii_lowercase());
        self.skip_while(|b| b.is_ascii_whitespace());
        let Some(value) = self.rest.strip_prefix(b"=") else {
            return Some((name, Vec::new()));
        };
        self.rest = value;
        self.skip_while(|b| b.is_ascii_whitespace());
        let value = match self.rest.first() {
            Some(&quote @ (b'"' | b'\'')) => {
                self.rest = &self.rest[1..];
                let value = self.skip_while(|b| b != quote).to_ascii_lowercase();
                self.rest = self.rest.get(1..).unwrap_or_default();
                value
            }
            _ => self
                .skip_while(|b| !b.is_ascii_whitespace() && b != b'>')
                .to_ascii_lowercase(),
        };
        Some((name, value))
    }

    fn skip_while(&mut self, skipped: impl Fn(u8) -> bool) -> &[u8] {
        let end = self.rest.iter().position(|&b| !skipped(b));
        let (taken, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }
}

fn is_tag(rest: &[u8]) -> bool {
    let name = rest[1..].strip_prefix(b"/").unwrap_or(&rest[1..]);
    name.first().is_some_and(u8::is_ascii_alphabetic)
}

/// Returns the label within `text/html; charset=...` (HTML standard, "extracting a character
/// encoding").
fn charset_in_content(content: &[u8]) -> Option<Vec<u8>> {
    let mut rest = content;
    loop {
        let at = memchr::memmem::find(rest, b"charset")?;
        rest = rest[at + 7..].trim_ascii_start();
        let Some(value) = rest.strip_prefix(b"=") else {
            continue;
        };
        let value = value.trim_ascii_start();
        let label = if let quote @ (b'"' | b'\'') = value.first()? {
            let end = memchr::memchr(*quote, &value[1..])?;
            &value[1..=end]
        } else {
            let ends = |b: &u8| b.is_ascii_whitespace() || *b == b';';
            &value[..value.iter().position(ends).unwrap_or(value.len())]
        };
        return Some(label.to_vec());
    }
}

/// Returns the meaning of a declaration. It was readable as ASCII, so it cannot be UTF-16.
fn of_declaration(label: &[u8]) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(label)?;
    if encoding == X_USER_DEFINED {
        Some(WINDOWS_1252)
    } else if encoding.output_encoding() == UTF_8 && !encoding.is_ascii_compatible() {
        Some(UTF_8)
    } else {
        Some(encoding)
    }
}

fn xml_declaration(head: &[u8]) -> Option<&'static Encoding> {
    let head = head.strip_prefix(b"<?xml")?;
    let declaration = &head[..memchr::memchr(b'>', head)?];
    let at = memchr::memmem::find(declaration, b"encoding")?;
    let value = declaration[at + 8..]
        .trim_ascii_start()
        .strip_prefix(b"=")?;
    let value = value.trim_ascii_start();
    let (quote, value) = value.split_first()?;
    if !matches!(quote, b'"' | b'\'') {
        return None;
    }
    of_declaration(&value[..memchr::memchr(*quote, value)?])
}

#[cfg(test)]
mod tests {
    use encoding_rs::{KOI8_R, WINDOWS_1251};

    use super::*;

    fn check(head: &str, expected: Option<&'static Encoding>) {
        assert_eq!(declared(head.as_bytes()), expected, "{head}");
    }

    #[test]
    fn declarations_are_found_in_all_spellings() {
        check("<meta charset=koi8-r>", Some(KOI8_R));
        check("<META\nCharSet = 'KOI8-R' >", Some(KOI8_R));
        check("<html a='<meta charset=x>'><meta/charset=koi8-r/>", None);
        check(
            "<!-- <meta charset=koi8-r> --><meta charset=cp1251>",
            Some(WINDOWS_1251),
        );
        check("<!--><meta charset=koi8-r>", Some(KOI8_R));
        check(
            "</p title='>'><!DOCTYPE x><meta charset=koi8-r>",
            Some(KOI8_R),
        );
        check("<meta charset=none><meta charset=koi8-r>", Some(KOI8_R));
        check(
            "<meta content='text/html; charset = \"koi8-r\"' http-equiv=Content-Type>",
            Some(KOI8_R),
        );
        check(
            "<meta http-equiv=content-type content='charset charset=koi8-r;x'>",
            Some(KOI8_R),
        );
        check(
            "<?xml version='1.0' encoding='koi8-r'?><html>",
            Some(KOI8_R),
        );
    }

    #[test]
    fn pages_without_a_declaration_give_no_encoding() {
        check("", None);
        check("<", None);
        check("<meta", None);
        check("<meta charset", None);
        check("<meta charset='koi8-r", Some(KOI8_R));
        check("<meta content='text/html; charset=koi8-r'>", None);
        check("<metadata charset=koi8-r>", None);
        check("<!-- <meta charset=koi8-r>", None);
        check("<?xml encoding=koi8-r?>", None);
        check(&format!("{}<meta charset=koi8-r>", " ".repeat(1024)), None);
    }

    #[test]
    fn a_page_that_declares_utf16_in_ascii_is_utf8() {
        check("<meta charset=utf-16le>", Some(UTF_8));
        check("<meta charset=utf-16>", Some(UTF_8));
        check("<meta charset=x-user-defined>", Some(WINDOWS_1252));
    }
}
