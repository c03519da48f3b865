//! Splits a page into tags and text like the HTML standard's tokenizer (section 13.2.5). It reads
//! each byte about once and copies none. Comments, doctypes and unused attributes are skipped. A
//! crawl spends most of its own time here.

mod bytes;
mod content;
#[cfg(test)]
mod differential;
pub(super) mod text;

use memchr::{memchr, memchr3, memmem};

use self::bytes::{ENDS_ATTRIBUTE_NAME, ENDS_TAG_NAME, ENDS_VALUE, SOLID, SORTS};
use self::text::Kind;
pub(super) use self::text::Text;
use super::element::id::Id;
use super::tag::Tag;
pub(super) use content::Content;

/// A part of a page.
#[derive(Debug)]
pub(super) enum Token<'t> {
    Text(Text<'t>),
    /// A tag; [`Markup::tag`] returns it.
    Tag,
}

/// A page that is read from start to end.
#[derive(Debug)]
pub(super) struct Markup<'t> {
    text: &'t str,
    /// Number of bytes read.
    at: usize,
    tag: Tag<'t>,
    /// Content type of the last tag's element, if it is not markup.
    content: Option<Content>,
}

impl<'t> Markup<'t> {
    pub(super) fn new(text: &'t str) -> Markup<'t> {
        Markup {
            text,
            at: 0,
            tag: Tag::none(),
            content: None,
        }
    }

    /// Returns the last tag.
    pub(super) fn tag(&self) -> &Tag<'t> {
        &self.tag
    }

    /// Reads the text after the last tag as this content, up to its end tag.
    pub(super) fn enter(&mut self, content: Content) {
        self.content = Some(content);
    }

    /// Returns the next token, or `None` at the end. Within SVG and MathML (`in_foreign`), CDATA
    /// sections are text.
    pub(super) fn next(&mut self, in_foreign: bool) -> Option<Token<'t>> {
        if let Some(content) = self.content.take() {
            let end = content.end(self.rest(), self.tag.name());
            let written = self.take(end);
            if !written.is_empty() {
                return Some(Token::Text(content.text(written)));
            }
        }
        loop {
            let rest = self.rest();
            let bytes = rest.as_bytes();
            match (bytes.first()?, bytes.get(1)) {
                (b'<', Some(letter)) if letter.is_ascii_alphabetic() => {
                    self.read_tag(1, false)?;
                    return Some(Token::Tag);
                }
                (b'<', Some(b'/')) => match bytes.get(2) {
                    Some(letter) if letter.is_ascii_alphabetic() => {
                        self.read_tag(2, true)?;
                        return Some(Token::Tag);
                    }
                    Some(_) => self.pass_bogus(),
                    None => return Some(self.text()),
                },
                (b'<', Some(b'!')) if rest.starts_with("<!--") => self.pass_comment(),
                (b'<', Some(b'!')) if in_foreign && rest.starts_with("<![CDATA[") => {
                    self.at += "<![CDATA[".len();
                    let end = memmem::find(self.rest().as_bytes(), b"]]>");
                    let written = self.take(end.unwrap_or(self.rest().len()));
                    self.skip("]]>".len());
                    if !written.is_empty() {
                        return Some(Token::Text(Text {
                            written,
                            kind: Kind::RawText,
                        }));
                    }
                }
                // A doctype ends where a bogus comment would.
                (b'<', Some(b'!' | b'?')) => self.pass_bogus(),
                _ => return Some(self.text()),
            }
        }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn take(&mut self, length: usize) -> &'t str {
        let taken = &self.rest()[..length];
        self.at += length;
        taken
    }

    fn skip(&mut self, length: usize) {
        self.at = (self.at + length).min(self.text.len());
    }

    /// Reads text up to the next `<` that starts a token.
    fn text(&mut self) -> Token<'t> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let mut kind = Kind::Plain;
        let mut from = 0;
        let end = loop {
            let Some(found) = memchr3(b'<', b'&', b'\0', &bytes[from..]) else {
                break bytes.len();
            };
            let at = from + found;
            match bytes[at] {
                b'\0' => kind = Kind::MarkupWithNul,
                b'&' if kind == Kind::Plain => kind = Kind::References,
                b'<' if begins(&bytes[at..]) => break at,
                _ => {}
            }
            from = at + 1;
        };
        Token::Text(Text {
            written: self.take(end),
            kind,
        })
    }

    /// Skips up to the next `>`.
    fn pass_bogus(&mut self) {
        let rest = self.rest();
        let end = memchr(b'>', rest.as_bytes());
        self.skip(end.map_or(rest.len(), |end| end + 1));
    }

    fn pass_comment(&mut self) {
        self.at += "<!--".len();
        let rest = self.rest();
        let closes = |end: &usize| {
            let content = &rest[..*end];
            content.is_empty()
                || content == "-"
                || content.ends_with("--")
                || content.ends_with("--!")
        };
        let end = memchr::memchr_iter(b'>', rest.as_bytes()).find(closes);
        self.skip(end.map_or(rest.len(), |end| end + 1));
    }

    /// Reads a tag whose name begins at `name`. Returns `None` if the page ends within it: then it
    /// is not a tag.
    fn read_tag(&mut self, name: usize, is_end: bool) -> Option<()> {
        let bytes = self.text.as_bytes();
        let start = self.at + name;
        let (id, end) = self.read_name(start, start, ENDS_TAG_NAME)?;
        self.tag.begin((&self.text[start..end], id), is_end);
        let mut at = end;
        loop {
            at += first(&bytes[at..], SOLID)?;
            match bytes[at] {
                b'>' => {
                    self.at = at + 1;
                    return Some(());
                }
                b'/' => {
                    at += 1;
                    self.tag.self_closing = *bytes.get(at)? == b'>';
                }
                _ => at = self.read_attribute(at)?,
            }
        }
    }

    /// Returns the name that begins at `start` and its end, which is at least `least`. Returns
    /// `None` if the page ends before.
    fn read_name(&self, start: usize, least: usize, ends: u8) -> Option<(Id, usize)> {
        let bytes = self.text.as_bytes();
        let end = least + first(bytes.get(least..)?, ends)?;
        Some((Id::at_the_beginning(&bytes[start..], end - start), end))
    }

    /// Reads the attribute that begins at `start`. Returns its end, or `None` if the page ends
    /// before.
    fn read_attribute(&mut self, start: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        // Its first character is part of the name even if it is `=`.
        let (name, end) = self.read_name(start, start + 1, ENDS_ATTRIBUTE_NAME)?;
        let after = end + first(&bytes[end..], SOLID)?;
        if bytes[after] != b'=' {
            self.tag.add(name, "");
            return Some(after);
        }
        let from = after + 1;
        let from = from + first(&bytes[from..], SOLID)?;
        let (value, end) = match bytes[from] {
            quote @ (b'"' | b'\'') => {
                let value = from + 1;
                let length = memchr(quote, &bytes[value..])?;
                (value..value + length, value + length + 1)
            }
            _ => {
                let end = from + first(&bytes[from..], ENDS_VALUE)?;
                (from..end, end)
            }
        };
        self.tag.add(name, &self.text[value]);
        Some(end)
    }
}

/// Returns whether a `<` starts a tag, a comment or the like, and is not text.
fn begins(bytes: &[u8]) -> bool {
    match bytes.get(1) {
        Some(b'/') => bytes.len() > 2,
        Some(b'!' | b'?') => true,
        Some(letter) => letter.is_ascii_alphabetic(),
        None => false,
    }
}

/// Returns the index of the first byte of this sort.
fn first(bytes: &[u8], sort: u8) -> Option<usize> {
    bytes
        .iter()
        .position(|byte| SORTS[usize::from(*byte)] & sort != 0)
}
