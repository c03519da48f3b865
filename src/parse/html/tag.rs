//! A tag and the attributes that the rules read. Nothing is copied: values lie in the page's text,
//! and their character references are decoded on access.

use std::borrow::Cow;

use htmlize::Context;

use super::element::Element;
use super::element::id::Id;
use super::element::known::Class;

/// Maximum length of an attribute's value, in bytes: servers refuse request lines above 8 KiB.
const MAX_VALUE: usize = 8 * 1024;

/// Maximum length of a `srcset`, in bytes: it holds many URLs.
const MAX_SRCSET: usize = 64 * 1024;

/// The attributes that link rules and facts read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Attr {
    Href,
    Src,
    Srcset,
    ImageSrcset,
    Rel,
    Hreflang,
    Content,
    HttpEquiv,
    Name,
    Lang,
    Role,
    Alt,
    Type,
    Data,
    Poster,
    XlinkHref,
    Srcdoc,
}

const ATTRS: usize = Attr::Srcdoc as usize + 1;

/// A start or end tag.
#[derive(Debug)]
pub(super) struct Tag<'t> {
    name: &'t str,
    element: Element,
    pub(super) is_end: bool,
    pub(super) self_closing: bool,
    /// The attributes that it has, one bit for each.
    present: u32,
    values: [&'t str; ATTRS],
}

impl Attr {
    fn of(name: Id) -> Option<Attr> {
        macro_rules! by_name {
            ($($name:literal => $attr:ident,)*) => {
                match name {
                    $(id if id == const { Id::of($name) } => Some(Attr::$attr),)*
                    _ => None,
                }
            };
        }
        by_name! {
            b"href" => Href,
            b"src" => Src,
            b"srcset" => Srcset,
            b"imagesrcset" => ImageSrcset,
            b"rel" => Rel,
            b"hreflang" => Hreflang,
            b"content" => Content,
            b"http-equiv" => HttpEquiv,
            b"name" => Name,
            b"lang" => Lang,
            b"role" => Role,
            b"alt" => Alt,
            b"type" => Type,
            b"data" => Data,
            b"poster" => Poster,
            b"xlink:href" => XlinkHref,
            b"srcdoc" => Srcdoc,
        }
    }

    const fn max_len(self) -> usize {
        match self {
            Attr::Srcset | Attr::ImageSrcset => MAX_SRCSET,
            _ => MAX_VALUE,
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u8
    }
}

// === Filling ===

impl<'t> Tag<'t> {
    /// Creates an empty tag.
    pub(super) fn none() -> Tag<'t> {
        Tag {
            name: "",
            element: Element::of(Id::default()),
            is_end: false,
            self_closing: false,
            present: 0,
            values: [""; ATTRS],
        }
    }

    /// Starts a new tag without attributes.
    pub(super) fn begin(&mut self, (name, id): (&'t str, Id), is_end: bool) {
        self.name = name;
        self.element = Element::of(id);
        self.is_end = is_end;
        self.self_closing = false;
        self.present = 0;
    }

    /// Adds an attribute as written.
    pub(super) fn add(&mut self, name: Id, value: &'t str) {
        // Of a repeated attribute the first counts.
        if let Some(attr) = Attr::of(name)
            && self.present & attr.bit() == 0
        {
            self.present |= attr.bit();
            self.values[attr as usize] = value;
        }
    }
}

// === Queries ===

impl<'t> Tag<'t> {
    /// Returns the name as written.
    pub(super) fn name(&self) -> &'t str {
        self.name
    }

    pub(super) fn element(&self) -> Element {
        self.element
    }

    pub(super) fn id(&self) -> Id {
        self.element.id
    }

    pub(super) fn class(&self) -> Class {
        self.element.class
    }

    /// Returns an attribute's value with decoded character references, cut at the longest useful
    /// length.
    pub(super) fn value(&self, attr: Attr) -> Option<Cow<'t, str>> {
        let value = decoded(self.raw(attr)?);
        if value.len() <= attr.max_len() {
            return Some(value);
        }
        let end = value.floor_char_boundary(attr.max_len());
        Some(match value {
            Cow::Borrowed(value) => Cow::Borrowed(&value[..end]),
            Cow::Owned(mut value) => {
                value.truncate(end);
                Cow::Owned(value)
            }
        })
    }

    pub(super) fn has(&self, attr: Attr) -> bool {
        self.present & attr.bit() != 0
    }

    /// Returns whether the value was longer than the kept part.
    pub(super) fn is_cut(&self, attr: Attr) -> bool {
        self.raw(attr)
            .is_some_and(|raw| raw.len() > attr.max_len() && decoded(raw).len() > attr.max_len())
    }

    fn raw(&self, attr: Attr) -> Option<&'t str> {
        self.has(attr).then(|| self.values[attr as usize])
    }
}

/// Decodes a value (HTML standard, sections 13.2.3.5 and 13.2.5.36).
fn decoded(raw: &str) -> Cow<'_, str> {
    if memchr::memchr3(b'&', b'\r', b'\0', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let plain = raw
        .replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\0', "\u{fffd}");
    Cow::Owned(htmlize::unescape_in(plain, Context::Attribute).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag<'t>(attributes: &[(&str, &'t str)]) -> Tag<'t> {
        let mut tag = Tag::none();
        for (name, value) in attributes {
            tag.add(Id::of(name.as_bytes()), value);
        }
        tag
    }

    #[test]
    fn the_first_of_repeated_attributes_counts() {
        let tag = tag(&[("HREF", ""), ("href", "b"), ("x", "y"), ("src", "é")]);
        assert_eq!(tag.value(Attr::Href).as_deref(), Some(""));
        assert_eq!(tag.value(Attr::Src).as_deref(), Some("é"));
        assert_eq!(tag.value(Attr::Rel), None);
    }

    #[test]
    fn values_are_decoded() {
        let cases = [
            ("a&amp;b", "a&b"),
            ("?a=1&copy=2", "?a=1&copy=2"),
            ("&#x2F;&#0;&#128;", "/\u{fffd}€"),
            ("a\r\nb\rc\0", "a\nb\nc\u{fffd}"),
        ];
        for (written, meant) in cases {
            let tag = tag(&[("href", written)]);
            assert_eq!(tag.value(Attr::Href).as_deref(), Some(meant), "{written}");
        }
    }

    #[test]
    fn long_values_are_cut_and_marked() {
        let long = "a".repeat(MAX_VALUE + 1);
        let found = tag(&[("href", &long), ("rel", "x")]);
        assert_eq!(found.value(Attr::Href).map(|v| v.len()), Some(MAX_VALUE));
        assert!(found.is_cut(Attr::Href) && !found.is_cut(Attr::Rel));
        assert!(!tag(&[("href", &long[1..])]).is_cut(Attr::Href));
        let references = "&amp;".repeat(MAX_VALUE);
        assert!(!tag(&[("href", &references)]).is_cut(Attr::Href));
        let wide = "é".repeat(MAX_VALUE);
        let found = tag(&[("alt", &wide)]);
        assert_eq!(found.value(Attr::Alt).map(|v| v.len()), Some(MAX_VALUE));
    }
}
