//! Text between tags.

use htmlize::Context;
use memchr::memchr;

/// Frequent character references.
const FREQUENT: [(&[u8], &[u8]); 6] = [
    (b"&amp;", b"&"),
    (b"&lt;", b"<"),
    (b"&gt;", b">"),
    (b"&quot;", b"\""),
    (b"&nbsp;", b"\xc2\xa0"),
    (b"&#39;", b"'"),
];

/// Text up to the next tag, comment or end.
#[derive(Clone, Copy, Debug)]
pub(in crate::parse::html) struct Text<'t> {
    pub(super) written: &'t str,
    /// Its content besides ordinary characters.
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    /// Character references.
    References,
    /// NUL, and perhaps references.
    MarkupWithNul,
    /// NUL, and references that are decoded.
    RcData,
    /// NUL; references are not decoded.
    RawText,
}

impl<'t> Text<'t> {
    /// Returns the decoded text in UTF-8. If it differs from the written text, `room` holds it.
    pub(in crate::parse::html) fn decoded<'a>(self, room: &'a mut Vec<u8>) -> &'a [u8]
    where
        't: 'a,
    {
        let written = self.written.as_bytes();
        room.clear();
        match self.kind {
            Kind::Plain => return written,
            Kind::References => unescape(written, room),
            // The parser drops NUL in markup, and nowhere else.
            Kind::MarkupWithNul => {
                for piece in written.split(|byte| *byte == b'\0') {
                    unescape(piece, room);
                }
            }
            Kind::RcData => unescape(self.written.replace('\0', "\u{fffd}").as_bytes(), room),
            Kind::RawText => {
                room.extend_from_slice(self.written.replace('\0', "\u{fffd}").as_bytes());
            }
        }
        room
    }
}

/// Appends the decoded text. No reference reaches beyond the next `&`.
fn unescape(mut text: &[u8], out: &mut Vec<u8>) {
    while let Some(at) = memchr(b'&', text) {
        let (before, rest) = text.split_at(at);
        out.extend_from_slice(before);
        let mut frequent = FREQUENT.into_iter();
        let length = match frequent.find(|(reference, _)| rest.starts_with(reference)) {
            Some((reference, meant)) => {
                out.extend_from_slice(meant);
                reference.len()
            }
            None => {
                let end = memchr(b'&', &rest[1..]).map_or(rest.len(), |end| end + 1);
                let meant = htmlize::unescape_bytes_in(&rest[..end], Context::General);
                out.extend_from_slice(&meant);
                end
            }
        };
        text = &rest[length..];
    }
    out.extend_from_slice(text);
}
