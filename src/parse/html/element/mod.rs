//! What the HTML standard says about elements by their names, as far as links, text and nesting
//! depend on it.

pub(super) mod id;
pub(super) mod known;

use id::Id;
use known::Class;
use known::{CLOSES_PARAGRAPH, ENDS_FOREIGN, HEADING, OF_HEAD, OF_TABLE, RAW, SPEAKS};

/// An element's name and what is known by it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    pub(super) id: Id,
    pub(super) class: Class,
    traits: u8,
}

/// The languages that may stand within HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    Svg,
    MathMl,
}

// === impl Element ===

impl Element {
    /// What is known of the element with this name.
    pub(super) fn of(id: Id) -> Element {
        let (class, traits) = known::of(id);
        Element { id, class, traits }
    }

    /// h1 to h6, which close one another.
    pub(super) fn is_heading(self) -> bool {
        self.has(HEADING)
    }

    /// Whether a start tag ends an open paragraph.
    pub(super) fn closes_paragraph(self) -> bool {
        self.has(CLOSES_PARAGRAPH)
    }

    /// Whether a start tag within SVG or MathML ends these (HTML standard, section 13.2.6.5).
    pub(super) fn ends_foreign(self) -> bool {
        self.has(ENDS_FOREIGN)
    }

    /// Whether a tag may stand before the body without beginning it.
    pub(super) fn is_of_head(self) -> bool {
        self.has(OF_HEAD)
    }

    /// Whether it is a table or a part of one.
    pub(super) fn is_of_table(self) -> bool {
        self.has(OF_TABLE)
    }

    /// Whether its attributes may refer to something or say something about the page; `a` aside.
    pub(super) fn speaks(self) -> bool {
        self.has(SPEAKS)
    }

    /// Whether it may stand in a frameset; the parser ignores all others there.
    pub(super) fn is_of_frameset(self) -> bool {
        const FRAME: Id = Id::of(b"frame");
        const FRAMESET: Id = Id::of(b"frameset");
        const NOFRAMES: Id = Id::of(b"noframes");
        matches!(self.id, FRAME | FRAMESET | NOFRAMES)
    }

    /// Whether its content is no markup.
    pub(super) fn is_raw(self) -> bool {
        self.has(RAW)
    }

    /// Whether words before and after a tag are two words.
    pub(super) fn parts_words(self) -> bool {
        const BR: Id = Id::of(b"br");
        const HR: Id = Id::of(b"hr");
        matches!(self.class, Class::Block | Class::Boundary) || matches!(self.id, BR | HR)
    }

    /// Whether the content of an SVG or MathML element is HTML again. That of `annotation-xml` is
    /// so only by an attribute that nobody writes.
    pub(super) fn holds_html(self, language: Foreign) -> bool {
        const IN_SVG: [Id; 3] = [Id::of(b"foreignobject"), Id::of(b"desc"), Id::of(b"title")];
        const IN_MATH: [Id; 5] = [
            Id::of(b"mi"),
            Id::of(b"mo"),
            Id::of(b"mn"),
            Id::of(b"ms"),
            Id::of(b"mtext"),
        ];
        match language {
            Foreign::Svg => IN_SVG.contains(&self.id),
            Foreign::MathMl => IN_MATH.contains(&self.id),
        }
    }

    fn has(self, sort: u8) -> bool {
        self.traits & sort != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(name: &str) -> Element {
        Element::of(Id::of(name.as_bytes()))
    }

    #[test]
    fn a_name_that_a_text_begins_with_is_that_name() {
        let texts = [
            "Hreflang=\"",
            "Z[@`z{\0é",
            "\0bcdefghij",
            "imagesrcset=",
            "a>",
        ];
        for text in texts.map(str::as_bytes) {
            for length in 0..text.len() {
                let name = Id::of(&text[..length]);
                assert_eq!(
                    Id::at_the_beginning(text, length),
                    name,
                    "{text:?} {length}"
                );
            }
        }
    }

    #[test]
    fn names_are_told_apart_in_any_case() {
        let names = [
            "",
            "a",
            "b",
            "ab",
            "ba",
            "template",
            "templates",
            "blockquote",
            "figcaption",
            "\0a",
            "\0\0a",
        ];
        for (n, name) in names.iter().enumerate() {
            for other in &names[..n] {
                assert_ne!(Id::of(name.as_bytes()), Id::of(other.as_bytes()));
            }
            assert_eq!(
                Id::of(name.as_bytes()),
                Id::of(name.to_uppercase().as_bytes())
            );
        }
    }

    #[test]
    fn elements_are_known_by_their_names() {
        let h1 = element("h1");
        assert!(h1.class == Class::Block && h1.is_heading() && h1.closes_paragraph());
        assert!(element("br").class == Class::Void && element("br").parts_words());
        assert!(element("blockquote").ends_foreign());
        assert!(element("td").is_of_table() && element("td").class == Class::Boundary);
        for unknown in ["span", "my-element", "x", ""] {
            assert_eq!(element(unknown).class, Class::Inline, "{unknown}");
            assert!(!element(unknown).closes_paragraph(), "{unknown}");
        }
    }
}
