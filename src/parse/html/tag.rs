//! One tag as the tokenizer reads it. The same value is filled again for every tag of a page, so a
//! tag costs no allocation, and an attribute nobody asks for costs only the reading of its bytes.

use std::borrow::Cow;

use super::element::{Class, Id};

/// Names longer than this are cut: no element or attribute with a meaning is as long.
const MAX_NAME: usize = 32;

/// Longest value of an attribute, in bytes: servers refuse request lines above 8 KiB.
const MAX_VALUE: usize = 8 * 1024;

/// Longest `srcset`, in bytes: it holds many URLs.
const MAX_SRCSET: usize = 64 * 1024;

/// The attributes that link rules and facts ask for.
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
}

const ATTRS: usize = Attr::XlinkHref as usize + 1;

/// A start or end tag.
#[derive(Debug)]
pub(super) struct Tag {
    name: Vec<u8>,
    id: Id,
    class: Class,
    is_end: bool,
    pub(super) self_closing: bool,
    attribute: Vec<u8>,
    reading: Reading,
    values: Vec<u8>,
    slots: [Option<Slot>; ATTRS],
}

/// Where a value lies in the common buffer.
#[derive(Clone, Copy, Debug)]
struct Slot {
    start: u32,
    end: u32,
    cut: bool,
}

#[derive(Clone, Copy, Debug)]
enum Reading {
    Name,
    Value(Attr),
    /// Nothing, or the value of an attribute without a meaning, or of a repeated one.
    Nothing,
}

impl Attr {
    fn of(name: &[u8]) -> Option<Attr> {
        Some(match name {
            b"href" => Attr::Href,
            b"src" => Attr::Src,
            b"srcset" => Attr::Srcset,
            b"imagesrcset" => Attr::ImageSrcset,
            b"rel" => Attr::Rel,
            b"hreflang" => Attr::Hreflang,
            b"content" => Attr::Content,
            b"http-equiv" => Attr::HttpEquiv,
            b"name" => Attr::Name,
            b"lang" => Attr::Lang,
            b"role" => Attr::Role,
            b"alt" => Attr::Alt,
            b"type" => Attr::Type,
            b"data" => Attr::Data,
            b"poster" => Attr::Poster,
            b"xlink:href" => Attr::XlinkHref,
            _ => return None,
        })
    }

    const fn max_len(self) -> usize {
        match self {
            Attr::Srcset | Attr::ImageSrcset => MAX_SRCSET,
            _ => MAX_VALUE,
        }
    }
}

// === Filling ===

impl Tag {
    pub(super) fn new() -> Tag {
        Tag {
            name: Vec::with_capacity(MAX_NAME),
            id: Id::of(b""),
            class: Class::Inline,
            is_end: false,
            self_closing: false,
            attribute: Vec::with_capacity(MAX_NAME),
            reading: Reading::Nothing,
            values: Vec::with_capacity(1024),
            slots: [const { None }; ATTRS],
        }
    }

    pub(super) fn begin(&mut self, is_end: bool) {
        self.name.clear();
        self.is_end = is_end;
        self.self_closing = false;
        self.reading = Reading::Nothing;
        self.values.clear();
        self.slots.fill(None);
    }

    pub(super) fn push_name(&mut self, piece: &[u8]) {
        push_cut(&mut self.name, piece, MAX_NAME);
    }

    pub(super) fn begin_attribute(&mut self) {
        self.end_attribute();
        self.attribute.clear();
        self.reading = Reading::Name;
    }

    pub(super) fn push_attribute(&mut self, piece: &[u8]) {
        push_cut(&mut self.attribute, piece, MAX_NAME);
    }

    pub(super) fn push_value(&mut self, piece: &[u8]) {
        if matches!(self.reading, Reading::Name) {
            self.begin_value();
        }
        let Reading::Value(attr) = self.reading else {
            return;
        };
        if let Some(slot) = &mut self.slots[attr as usize] {
            let room = attr.max_len() - (slot.end - slot.start) as usize;
            slot.cut |= piece.len() > room;
            self.values
                .extend_from_slice(&piece[..piece.len().min(room)]);
            slot.end = self.values.len() as u32;
        }
    }

    /// The tag is complete.
    pub(super) fn complete(&mut self) {
        self.end_attribute();
        self.id = Id::of(&self.name);
        self.class = Class::of(&self.name);
    }

    /// The attribute is complete; it may have had no value.
    fn end_attribute(&mut self) {
        if matches!(self.reading, Reading::Name) {
            self.begin_value();
        }
        self.reading = Reading::Nothing;
    }

    fn begin_value(&mut self) {
        self.reading = Reading::Nothing;
        // Of a repeated attribute the first counts.
        if let Some(attr) = Attr::of(&self.attribute)
            && let slot @ None = &mut self.slots[attr as usize]
        {
            // The bounds of all values together stay far below 4 GiB.
            let at = self.values.len() as u32;
            *slot = Some(Slot {
                start: at,
                end: at,
                cut: false,
            });
            self.reading = Reading::Value(attr);
        }
    }
}

// === Asking ===

impl Tag {
    pub(super) fn is_end(&self) -> bool {
        self.is_end
    }

    /// In lower case.
    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    pub(super) fn id(&self) -> Id {
        self.id
    }

    pub(super) fn class(&self) -> Class {
        self.class
    }

    /// An attribute's value as written, entities decoded.
    pub(super) fn value(&self, attr: Attr) -> Option<Cow<'_, str>> {
        let slot = self.slots[attr as usize].as_ref()?;
        Some(String::from_utf8_lossy(
            &self.values[slot.start as usize..slot.end as usize],
        ))
    }

    /// Whether the value was longer than what is kept of it.
    pub(super) fn is_cut(&self, attr: Attr) -> bool {
        self.slots[attr as usize].as_ref().is_some_and(|s| s.cut)
    }
}

/// A cut name matches nothing: none that has a meaning is as long as the bound.
fn push_cut(name: &mut Vec<u8>, piece: &[u8], max: usize) {
    let room = max - name.len().min(max);
    name.extend_from_slice(&piece[..piece.len().min(room)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(attributes: &[(&str, &str)]) -> Tag {
        let mut tag = Tag::new();
        tag.begin(false);
        tag.push_name(b"a");
        for (name, value) in attributes {
            tag.begin_attribute();
            tag.push_attribute(name.as_bytes());
            for byte in value.bytes() {
                tag.push_value(&[byte]);
            }
        }
        tag.complete();
        tag
    }

    #[test]
    fn the_first_of_repeated_attributes_counts() {
        let tag = tag(&[("href", ""), ("href", "b"), ("x", "y"), ("src", "é")]);
        assert_eq!(tag.value(Attr::Href).as_deref(), Some(""));
        assert_eq!(tag.value(Attr::Src).as_deref(), Some("é"));
        assert_eq!(tag.value(Attr::Rel), None);
    }

    #[test]
    fn long_values_are_cut_and_say_so() {
        let long = "a".repeat(MAX_VALUE + 1);
        let found = tag(&[("href", &long), ("rel", "x")]);
        assert_eq!(found.value(Attr::Href).map(|v| v.len()), Some(MAX_VALUE));
        assert!(found.is_cut(Attr::Href) && !found.is_cut(Attr::Rel));
        assert!(!tag(&[("href", &long[1..])]).is_cut(Attr::Href));
    }
}
