//! The streaming pass: handles every tag and every text in the order of the page.

use compact_str::CompactString;

use super::element::id::Id;
use super::facts;
use super::folded::{Digest, Folded};
use super::links::Links;
use super::markup::{Content, Markup, Text, Token};
use super::nesting::OpenElements;
use super::report::{MAX_ANCHOR, MAX_HEADLINE, Page};
use super::tag::{Attr, Tag};

const A: Id = Id::of(b"a");

/// Reads a page: its references and the facts about it. Total and linear in the text's length.
pub fn page(text: &str) -> Page<'_> {
    read(text, OpenElements::default())
}

/// Reads a page that was served with this `Content-Type`. By the rules of XML, a self-closing tag has no
/// content.
pub fn page_as<'t>(text: &'t str, content_type: Option<&str>) -> Page<'t> {
    let media_type = content_type.and_then(|value| value.split(';').next());
    let is_xml =
        media_type.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/xhtml+xml"));
    let elements = if is_xml {
        OpenElements::of_xml()
    } else {
        OpenElements::default()
    };
    read(text, elements)
}

fn read(text: &str, elements: OpenElements) -> Page<'_> {
    let mut markup = Markup::new(text);
    let mut collector = Collector::new(elements);
    while let Some(token) = markup.next(collector.elements.in_foreign()) {
        match token {
            Token::Text(text) => collector.text(text),
            Token::Tag if markup.tag().is_end => collector.end_tag(markup.tag()),
            Token::Tag => {
                if let Some(content) = collector.start_tag(markup.tag()) {
                    markup.enter(content);
                }
            }
        }
    }
    collector.finish()
}

/// The facts collected so far.
struct Collector<'t> {
    page: Page<'t>,
    links: Links<'t>,
    elements: OpenElements,
    /// The meaning of the text that follows.
    text_is: TextIs,
    visible: Digest,
    title: Folded,
    anchor: Caption,
    h1: Caption,
    /// Index of the reference that receives the text of the open anchor; `None` if none is open, or if it has
    /// no reference.
    anchor_of: Option<usize>,
    /// A buffer for decoded text.
    room: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TextIs {
    Visible,
    Title,
    Hidden,
}

/// The text of an element, or else the `alt` of the images in it.
struct Caption {
    text: Folded,
    alt: Folded,
}

impl Caption {
    fn new(max_chars: usize) -> Caption {
        Caption {
            text: Folded::new(max_chars),
            alt: Folded::new(max_chars),
        }
    }

    fn push_gap(&mut self) {
        self.text.push_gap();
        self.alt.push_gap();
    }

    fn is_clear(&self) -> bool {
        self.text.is_clear() && self.alt.is_clear()
    }

    fn clear(&mut self) {
        self.text.clear();
        self.alt.clear();
    }

    fn take(&mut self) -> CompactString {
        let (text, alt) = (self.text.take(), self.alt.take());
        if text.is_empty() { alt } else { text }
    }
}

// === Events ===

impl<'t> Collector<'t> {
    fn new(elements: OpenElements) -> Collector<'t> {
        Collector {
            page: Page::default(),
            links: Links::default(),
            elements,
            text_is: TextIs::Visible,
            visible: Digest::new(),
            title: Folded::new(MAX_HEADLINE),
            anchor: Caption::new(MAX_ANCHOR),
            h1: Caption::new(MAX_HEADLINE),
            anchor_of: None,
            room: Vec::new(),
        }
    }

    fn text(&mut self, text: Text<'_>) {
        let mut room = std::mem::take(&mut self.room);
        match self.text_is {
            TextIs::Title => self.title.push(text.decoded(&mut room)),
            // A frameset has no text.
            TextIs::Visible if self.elements.is_frameset() => {}
            TextIs::Visible if !self.elements.in_template() => {
                self.visible(text.decoded(&mut room));
            }
            TextIs::Visible | TextIs::Hidden => {}
        }
        self.room = room;
    }

    fn visible(&mut self, text: &[u8]) {
        let is_white = text.iter().all(u8::is_ascii_whitespace);
        if !is_white {
            self.elements.enter_body();
        }
        if self.elements.hides_text() {
            // The title of an SVG image serves as its `alt`.
            if self.elements.in_foreign_title() && self.elements.in_anchor() {
                self.anchor.alt.push(text);
            }
        } else if !is_white {
            self.visible.push(text);
            if self.elements.in_anchor() {
                self.anchor.text.push(text);
            }
            if self.elements.in_h1() {
                self.h1.text.push(text);
            }
        } else if !text.is_empty() {
            // Most texts are just the end of a line between two tags.
            self.visible.push_gap();
            if self.elements.in_anchor() {
                self.anchor.text.push_gap();
            }
            if self.elements.in_h1() {
                self.h1.text.push_gap();
            }
        }
    }

    /// Handles a start tag. Returns the type of its content, if that is not markup.
    fn start_tag(&mut self, tag: &Tag<'t>) -> Option<Content> {
        if self.elements.is_frameset() && !tag.element().is_of_frameset() {
            return None;
        }
        self.part_words(tag);
        let is_html = self.elements.open(tag);
        // An open anchor may have ended by implication, and another one begun.
        if tag.id() == A || !self.elements.in_anchor() {
            self.end_anchor();
        }
        if !self.elements.in_h1() {
            self.end_h1();
        }
        if !self.elements.in_template() {
            if is_html && tag.element().has_references_or_facts() {
                facts::of_tag(&mut self.page, tag, &self.elements);
                self.alt(tag);
                self.links.of_tag(tag, &self.elements);
            }
            if tag.id() == A {
                self.anchor_of = self.links.of_anchor(tag, self.elements.position());
            }
        }
        let is_raw = is_html && tag.element().is_raw() && !self.elements.closes_itself(tag);
        is_raw.then(|| self.enter_raw(tag))
    }

    fn end_tag(&mut self, tag: &Tag<'_>) {
        if self.text_is == TextIs::Title {
            self.page.title = Some(self.title.take().into_string());
        }
        self.text_is = TextIs::Visible;
        self.part_words(tag);
        self.elements.close(tag);
        if !self.elements.in_anchor() {
            self.end_anchor();
        }
        if !self.elements.in_h1() {
            self.end_h1();
        }
    }

    fn finish(mut self) -> Page<'t> {
        if self.text_is == TextIs::Title {
            self.page.title = Some(self.title.take().into_string());
        }
        self.end_anchor();
        self.end_h1();
        (self.page.text_hash, self.page.text_bytes) = self.visible.finish();
        Page {
            references: self.links.found,
            left_out: self.links.left_out,
            overlong: self.links.overlong,
            max_nesting: self.elements.deepest(),
            elements: self.elements.elements(),
            ..self.page
        }
    }
}

// === Text ===

impl Collector<'_> {
    /// Handles elements whose content the tokenizer must not read as markup. With scripts off, as here,
    /// `noscript` is markup.
    fn enter_raw(&mut self, tag: &Tag<'_>) -> Content {
        const TITLE: Id = Id::of(b"title");
        const TEXTAREA: Id = Id::of(b"textarea");
        const SCRIPT: Id = Id::of(b"script");
        const XMP: Id = Id::of(b"xmp");
        const PLAINTEXT: Id = Id::of(b"plaintext");
        let (content, text) = match tag.id() {
            TITLE if self.page.title.is_none() => (Content::RcData, TextIs::Title),
            TITLE | TEXTAREA => (Content::RcData, TextIs::Hidden),
            SCRIPT => (Content::Script, TextIs::Hidden),
            XMP => (Content::RawText, TextIs::Visible),
            PLAINTEXT => (Content::PlainText, TextIs::Visible),
            // style, iframe, noembed, noframes
            _ => (Content::RawText, TextIs::Hidden),
        };
        let hidden = self.elements.in_template();
        self.text_is = if hidden { TextIs::Hidden } else { text };
        content
    }

    fn part_words(&mut self, tag: &Tag<'_>) {
        if tag.element().separates_words() {
            self.visible.push_gap();
            if self.elements.in_anchor() {
                self.anchor.push_gap();
            }
            if self.elements.in_h1() {
                self.h1.push_gap();
            }
        }
    }

    /// Uses the alternative text of an image for an anchor or a heading without text.
    fn alt(&mut self, tag: &Tag<'_>) {
        const IMG: Id = Id::of(b"img");
        const IMAGE: Id = Id::of(b"image");
        if !matches!(tag.id(), IMG | IMAGE) {
            return;
        }
        let Some(alt) = tag.value(Attr::Alt) else {
            return;
        };
        if self.elements.in_anchor() {
            self.anchor.alt.push_gap();
            self.anchor.alt.push(alt.as_bytes());
        }
        if self.elements.in_h1() {
            self.h1.alt.push_gap();
            self.h1.alt.push(alt.as_bytes());
        }
    }

    fn end_anchor(&mut self) {
        if let Some(at) = self.anchor_of.take() {
            self.links.found[at].anchor = self.anchor.take();
        } else {
            self.anchor.clear();
        }
    }

    fn end_h1(&mut self) {
        if self.h1.is_clear() {
            return;
        }
        let text = self.h1.take();
        if self.page.h1.is_none() && !text.is_empty() {
            self.page.h1 = Some(text.into_string());
        }
    }
}
