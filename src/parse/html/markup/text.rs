//! Characters that are no markup.

use htmlize::Context;
use memchr::memchr;

/// Character references of which pages are full.
const FREQUENT: [(&[u8], &[u8]); 6] = [
    (b"&amp;", b"&"),
    (b"&lt;", b"<"),
    (b"&gt;", b">"),
    (b"&quot;", b"\""),
    (b"&nbsp;", b"\xc2\xa0"),
    (b"&#39;", b"'"),
];

/// Characters that are no markup, up to the next tag, comment or end.
#[derive(Clone, Copy, Debug)]
pub(in crate::parse::html) struct Text<'t> {
    pub(super) written: &'t str,
    /// What it has besides characters that mean themselves.
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    /// Character references.
    References,
    /// NUL, and references perhaps.
    MarkupWithNul,
    /// NUL, and references that count.
    RcData,
    /// NUL; references do not count.
    RawText,
}

impl<'t> Text<'t> {
    /// The characters that are meant, in UTF-8; where that is not what is written, `room` holds them.
    pub(in crate::parse::html) fn decoded<'a>(self, room: &'a mut Vec<u8>) -> &'a [u8]
    where
        't: 'a,
    {
        let written = self.written.as_bytes();
        room.clear();
        match self.kind {
            Kind::Plain => return written,
            Kind::References => unescape(written, room),
            // The parser drops NUL where there is markup, and nowhere else.
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

/// Appends what a text means. No reference reaches beyond the next `&`.
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
