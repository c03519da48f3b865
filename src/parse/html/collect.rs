//! The pass itself: every tag and every piece of text, in the order of the page.

use html5gum::{State, Tokenizer};

use super::element::parts_words;
use super::facts;
use super::folded::{Digest, Folded};
use super::links::Links;
use super::nesting::OpenElements;
use super::report::{MAX_ANCHOR, MAX_HEADLINE, Page};
use super::tag::{Attr, Tag};
use super::tokens::Tokens;

/// Reads a page: its references and the facts about it. Total and linear in the text's length.
pub fn page(text: &str) -> Page {
    let mut collector = Collector::new();
    let tokens = Tokens::new(&mut collector);
    let Ok(()) = Tokenizer::new_with_emitter(text, tokens).finish();
    collector.finish()
}

/// What is known of the page so far.
pub(super) struct Collector {
    page: Page,
    links: Links,
    elements: OpenElements,
    /// What the text that comes next is.
    text_is: TextIs,
    visible: Digest,
    title: Folded,
    anchor: Caption,
    h1: Caption,
    /// Where the text of the open anchor goes; none if none is open, or it has no reference.
    anchor_of: Option<usize>,
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

    fn take(&mut self) -> String {
        let (text, alt) = (self.text.take(), self.alt.take());
        if text.is_empty() { alt } else { text }
    }
}

// === Events ===

impl Collector {
    fn new() -> Collector {
        Collector {
            page: Page::default(),
            links: Links::default(),
            elements: OpenElements::default(),
            text_is: TextIs::Visible,
            visible: Digest::new(),
            title: Folded::new(MAX_HEADLINE),
            anchor: Caption::new(MAX_ANCHOR),
            h1: Caption::new(MAX_HEADLINE),
            anchor_of: None,
        }
    }

    pub(super) fn is_in_foreign(&self) -> bool {
        self.elements.in_foreign()
    }

    pub(super) fn text(&mut self, piece: &[u8]) {
        match self.text_is {
            TextIs::Hidden => {}
            TextIs::Title => self.title.push(piece),
            TextIs::Visible => {
                // The parser drops NUL, which the tokenizer passes on alone.
                if piece == b"\0" || self.elements.in_template() {
                    return;
                }
                if !piece.iter().all(u8::is_ascii_whitespace) {
                    self.elements.enter_body();
                }
                if self.elements.hides_text() {
                    // The title of an SVG image does what `alt` does for others.
                    if self.elements.in_foreign_title() && self.elements.in_anchor() {
                        self.anchor.alt.push(piece);
                    }
                    return;
                }
                self.visible.push(piece);
                if self.elements.in_anchor() {
                    self.anchor.text.push(piece);
                }
                if self.elements.in_h1() {
                    self.h1.text.push(piece);
                }
            }
        }
    }

    /// Follows a start tag; the state for its content, if that is not markup.
    pub(super) fn start_tag(&mut self, tag: &Tag) -> Option<State> {
        self.part_words(tag);
        let is_html = self.elements.open(tag);
        // An open anchor may have ended by implication, and another one begun.
        if tag.name() == b"a" || !self.elements.in_anchor() {
            self.end_anchor();
        }
        if !self.elements.in_h1() {
            self.end_h1();
        }
        if !self.elements.in_template() {
            if is_html {
                facts::of_tag(&mut self.page, tag, self.elements.in_noscript());
                self.alt(tag);
                self.links.of_tag(tag, &self.elements);
            }
            if tag.name() == b"a" {
                self.anchor_of = self.links.of_anchor(tag, self.elements.position());
            }
        }
        if is_html { self.enter_raw(tag) } else { None }
    }

    pub(super) fn end_tag(&mut self, tag: &Tag) {
        if self.text_is == TextIs::Title {
            self.page.title = Some(self.title.take());
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

    fn finish(mut self) -> Page {
        if self.text_is == TextIs::Title {
            self.page.title = Some(self.title.take());
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

impl Collector {
    /// Elements whose content the tokenizer must not take for markup. With scripts off, as here,
    /// `noscript` and `noframes` are markup.
    fn enter_raw(&mut self, tag: &Tag) -> Option<State> {
        let (state, text) = match tag.name() {
            b"title" if self.page.title.is_none() => (State::RcData, TextIs::Title),
            b"title" | b"textarea" => (State::RcData, TextIs::Hidden),
            b"script" => (State::ScriptData, TextIs::Hidden),
            b"style" | b"iframe" | b"noembed" => (State::RawText, TextIs::Hidden),
            b"xmp" => (State::RawText, TextIs::Visible),
            b"plaintext" => (State::PlainText, TextIs::Visible),
            _ => return None,
        };
        let hidden = self.elements.in_template();
        self.text_is = if hidden { TextIs::Hidden } else { text };
        Some(state)
    }

    fn part_words(&mut self, tag: &Tag) {
        if parts_words(tag.name(), tag.class()) {
            self.visible.push_gap();
            self.anchor.push_gap();
            self.h1.push_gap();
        }
    }

    /// What an image says stands for the text that an anchor or a heading does not have.
    fn alt(&mut self, tag: &Tag) {
        if !matches!(tag.name(), b"img" | b"image") {
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
            self.anchor.take();
        }
    }

    fn end_h1(&mut self) {
        let text = self.h1.take();
        if self.page.h1.is_none() && !text.is_empty() {
            self.page.h1 = Some(text);
        }
    }
}
