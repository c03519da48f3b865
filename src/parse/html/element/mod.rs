//! Properties of elements by their names in the HTML standard, as far as links, text and nesting
//! depend on them.

pub(super) mod id;
pub(super) mod known;

use id::Id;
use known::Class;
use known::{CLOSES_PARAGRAPH, ENDS_FOREIGN, HEADING, OF_HEAD, OF_TABLE, RAW, SPEAKS};

/// An element's name, and its properties.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    pub(super) id: Id,
    pub(super) class: Class,
    traits: u8,
}

/// The languages that may be embedded in HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    Svg,
    MathMl,
}

// === impl Element ===

impl Element {
    /// Returns the element with this name.
    pub(super) fn of(id: Id) -> Element {
        let (class, traits) = known::of(id);
        Element { id, class, traits }
    }

    /// Returns whether it is h1 to h6, which close one another.
    pub(super) fn is_heading(self) -> bool {
        self.has(HEADING)
    }

    /// Returns whether its start tag ends an open paragraph.
    pub(super) fn closes_paragraph(self) -> bool {
        self.has(CLOSES_PARAGRAPH)
    }

    /// Returns whether its start tag ends SVG or MathML around it (HTML standard, section
    /// 13.2.6.5).
    pub(super) fn ends_foreign(self) -> bool {
        self.has(ENDS_FOREIGN)
    }

    /// Returns whether the element belongs in `<head>`: its tag does not open `<body>`.
    pub(super) fn belongs_in_head(self) -> bool {
        self.has(OF_HEAD)
    }

    /// Returns whether it is a table or a part of one.
    pub(super) fn is_of_table(self) -> bool {
        self.has(OF_TABLE)
    }

    /// Returns whether its attributes may refer to something or describe the page; `a` aside.
    pub(super) fn has_references_or_facts(self) -> bool {
        self.has(SPEAKS)
    }

    /// Returns whether it may stand in a frameset, where the parser ignores all others.
    pub(super) fn is_of_frameset(self) -> bool {
        const FRAME: Id = Id::of(b"frame");
        const FRAMESET: Id = Id::of(b"frameset");
        const NOFRAMES: Id = Id::of(b"noframes");
        matches!(self.id, FRAME | FRAMESET | NOFRAMES)
    }

    /// Returns whether its content is not markup.
    pub(super) fn is_raw(self) -> bool {
        self.has(RAW)
    }

    /// Returns whether its tag separates words.
    pub(super) fn separates_words(self) -> bool {
        const BR: Id = Id::of(b"br");
        const HR: Id = Id::of(b"hr");
        matches!(self.class, Class::Block | Class::Boundary) || matches!(self.id, BR | HR)
    }

    /// Returns whether the content of an SVG or MathML element is HTML again. For `annotation-xml`
    /// this depends on an attribute that is not used in practice.
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
    fn a_name_at_the_beginning_of_a_text_is_read() {
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
    fn names_are_distinct_in_any_case() {
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
        assert!(element("br").class == Class::Void && element("br").separates_words());
        assert!(element("blockquote").ends_foreign());
        assert!(element("td").is_of_table() && element("td").class == Class::Boundary);
        for unknown in ["span", "my-element", "x", ""] {
            assert_eq!(element(unknown).class, Class::Inline, "{unknown}");
            assert!(!element(unknown).closes_paragraph(), "{unknown}");
        }
    }
}
