//! The open elements, as the standard's tree construction would see them, but without a tree: with
//! implied end tags, and misnested and missing ones. They show where on the page a tag stands, and
//! how deep and large a tree of the page would be.

mod implied;
mod landmark;

use crate::model::{LinkKind, Position};

use super::element::Foreign;
use super::element::id::Id;
use super::element::known::Class;
use super::tag::Tag;
use landmark::landmark;

/// Number of innermost elements that an end tag searches. This keeps the time linear on pages of a
/// million open elements, and browsers nest no deeper either.
const LOOK_BACK: usize = 512;

const A: Id = Id::of(b"a");
const H1: Id = Id::of(b"h1");
const P: Id = Id::of(b"p");
const LI: Id = Id::of(b"li");
const TABLE: Id = Id::of(b"table");
const SELECT: Id = Id::of(b"select");
const TEMPLATE: Id = Id::of(b"template");
const NOSCRIPT: Id = Id::of(b"noscript");
const TITLE: Id = Id::of(b"title");
const FRAMESET: Id = Id::of(b"frameset");
const SVG: Id = Id::of(b"svg");
const MATH: Id = Id::of(b"math");

/// Elements whose text is never shown, although it is not raw text: SVG has such.
const HIDING: [Id; 5] = [
    Id::of(b"style"),
    Id::of(b"script"),
    Id::of(b"desc"),
    Id::of(b"metadata"),
    TITLE,
];

/// The open elements, outermost first, without html, head and body.
#[derive(Debug, Default)]
pub(super) struct OpenElements {
    stack: Vec<Open>,
    landmarks: Vec<Position>,
    anchors: usize,
    headings: usize,
    paragraphs: usize,
    tables: usize,
    templates: usize,
    noscripts: usize,
    /// Formatting elements that were cut short. The parser opens them again in the following
    /// content.
    reopened: Vec<Id>,
    /// Whether the page is XML.
    is_xml: bool,
    in_body: bool,
    is_frameset: bool,
    deepest: usize,
    elements: u64,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    id: Id,
    class: Class,
    is_heading: bool,
    hides_text: bool,
    landmark: Option<Position>,
    /// The language of the content, if it is SVG or MathML.
    foreign: Option<Foreign>,
    /// Number of formatting elements cut short before this one.
    reopened: usize,
}

// === Queries ===

impl OpenElements {
    pub(super) fn position(&self) -> Position {
        match self.landmarks.last() {
            Some(position) => *position,
            None if self.in_body => Position::Content,
            None => Position::Head,
        }
    }

    pub(super) fn in_anchor(&self) -> bool {
        self.anchors > 0
    }

    pub(super) fn in_h1(&self) -> bool {
        self.headings > 0
    }

    pub(super) fn in_template(&self) -> bool {
        self.templates > 0
    }

    pub(super) fn in_noscript(&self) -> bool {
        self.noscripts > 0
    }

    /// Creates the open elements of an XML page.
    pub(super) fn of_xml() -> OpenElements {
        OpenElements {
            is_xml: true,
            ..OpenElements::default()
        }
    }

    /// Returns whether an HTML element has no content because its tag is self-closing, which counts
    /// only in XML.
    pub(super) fn closes_itself(&self, tag: &Tag<'_>) -> bool {
        self.is_xml && tag.self_closing
    }

    /// Returns whether the head is over.
    pub(super) fn in_body(&self) -> bool {
        self.in_body
    }

    /// Returns whether the page has frames in place of a body.
    pub(super) fn is_frameset(&self) -> bool {
        self.is_frameset
    }

    pub(super) fn in_foreign(&self) -> bool {
        self.language().is_some()
    }

    /// Returns the kind of media to which a `<source>` here belongs.
    pub(super) fn media(&self) -> Option<LinkKind> {
        const AUDIO: Id = Id::of(b"audio");
        const VIDEO: Id = Id::of(b"video");
        let at = self.find(|o| o.id == AUDIO || o.id == VIDEO, |_| false)?;
        Some(match self.stack[at].id {
            AUDIO => LinkKind::Audio,
            _ => LinkKind::Video,
        })
    }

    /// Returns whether text here is never shown, although it is not raw text: SVG has such
    /// elements.
    pub(super) fn hides_text(&self) -> bool {
        self.stack.last().is_some_and(|o| o.hides_text)
    }

    /// Returns whether text here is the name of an SVG image.
    pub(super) fn in_foreign_title(&self) -> bool {
        self.stack.last().is_some_and(|o| o.id == TITLE)
    }

    fn language(&self) -> Option<Foreign> {
        self.stack.last()?.foreign
    }

    /// Returns the deepest nesting so far, including reopened elements.
    pub(super) fn deepest(&self) -> usize {
        // html and body are always open.
        self.deepest.max(2)
    }

    /// Returns the number of elements so far, including reopened ones.
    pub(super) fn elements(&self) -> u64 {
        self.elements
    }
}

// === Following the page ===

impl OpenElements {
    /// Records that the body has started, perhaps by text.
    pub(super) fn enter_body(&mut self) {
        self.in_body = true;
    }

    /// Handles a start tag. Returns whether it makes an HTML element rather than one of SVG or
    /// MathML.
    pub(super) fn open(&mut self, tag: &Tag<'_>) -> bool {
        let element = tag.element();
        let (id, class) = (element.id, element.class);
        self.is_frameset |= id == FRAMESET && !self.in_body;
        self.in_body |= !element.belongs_in_head();
        if self.in_foreign() && element.ends_foreign() {
            while self.in_foreign() {
                self.pop();
            }
        }
        let in_foreign = self.in_foreign();
        let is_stray = element.is_of_table() && id != TABLE && self.tables + self.templates == 0;
        if !in_foreign && is_stray {
            // Without a table the parser ignores its parts.
            return true;
        }
        if !in_foreign {
            self.close_implied(element);
        }
        self.elements += 1 + self.reopened.len() as u64;
        // Two more for html and body, one for the element itself.
        self.deepest = (self.deepest).max(self.stack.len() + self.reopened.len() + 3);
        let foreign = match (id, self.language()) {
            (SVG, None | Some(Foreign::Svg)) => Some(Foreign::Svg),
            (MATH, None | Some(Foreign::MathMl)) => Some(Foreign::MathMl),
            (_, language) => language.filter(|language| !element.holds_html(*language)),
        };
        let has_content = if in_foreign || foreign.is_some() {
            !tag.self_closing
        } else {
            !matches!(class, Class::Void | Class::Root) && !self.closes_itself(tag)
        };
        if has_content {
            let landmark = landmark(tag).filter(|_| class != Class::Formatting);
            let class = match (in_foreign, foreign.is_some()) {
                (false, _) => class,
                (true, true) => Class::Inline,
                // Where HTML begins within SVG or MathML, end tags reach no further out.
                (true, false) => Class::Boundary,
            };
            self.push(Open {
                id,
                class,
                is_heading: element.is_heading(),
                hides_text: HIDING.contains(&id),
                landmark,
                foreign,
                reopened: self.reopened.len(),
            });
        }
        !in_foreign
    }

    /// Handles an end tag. One without its start tag changes nothing.
    pub(super) fn close(&mut self, tag: &Tag<'_>) {
        let (id, class) = (tag.id(), tag.class());
        match class {
            Class::Void | Class::Root if !self.in_foreign() => {}
            Class::Formatting => match self.find(|o| o.id == id, |o| o.class == Class::Boundary) {
                Some(at) => self.remove(at),
                None => self.forget_reopened(id),
            },
            Class::Inline => {
                let stop = |o: &Open| matches!(o.class, Class::Block | Class::Boundary);
                self.close_to(|o| o.id == id, stop);
            }
            _ if id == Id::of(b"form") => {
                // The parser removes the form and leaves its content open.
                if let Some(at) = self.find(|o| o.id == id, |o| o.class == Class::Boundary) {
                    self.remove(at);
                }
            }
            _ if id == LI || id == P => {
                let walls: [Id; 2] = if id == P {
                    [Id::of(b"button"); 2]
                } else {
                    [Id::of(b"ul"), Id::of(b"ol")]
                };
                self.close_to(
                    |o| o.id == id,
                    |o| o.class == Class::Boundary || walls.contains(&o.id),
                );
            }
            _ if id == TEMPLATE => self.close_to(|o| o.id == id, |_| false),
            _ if tag.element().is_of_table() => {
                let stop = |o: &Open| o.id == TABLE || o.id == TEMPLATE;
                self.close_to(|o| o.id == id, stop);
            }
            _ if tag.element().is_heading() => {
                self.close_to(|o| o.is_heading, |o| o.class == Class::Boundary);
            }
            _ => self.close_to(|o| o.id == id, |o| o.class == Class::Boundary),
        }
    }

    /// Closes the innermost element that `wanted` accepts and everything within it, unless `stop`
    /// accepts one in between.
    fn close_to(&mut self, wanted: impl Fn(&Open) -> bool, stop: impl Fn(&Open) -> bool) {
        let Some(at) = self.find(&wanted, stop) else {
            return;
        };
        while self.stack.len() > at {
            let Some(open) = self.pop() else { break };
            match open.class {
                Class::Formatting if !wanted(&open) => self.reopened.push(open.id),
                // A cell or an object keeps its formatting to itself.
                Class::Boundary if open.id != TABLE && open.id != SELECT => {
                    self.reopened.truncate(open.reopened);
                }
                _ => {}
            }
        }
    }

    fn forget_reopened(&mut self, id: Id) {
        let mut innermost = self.reopened.iter().rev().take(LOOK_BACK);
        if let Some(distance) = innermost.position(|reopened| *reopened == id) {
            self.reopened.remove(self.reopened.len() - 1 - distance);
        }
    }

    fn find(&self, wanted: impl Fn(&Open) -> bool, stop: impl Fn(&Open) -> bool) -> Option<usize> {
        let innermost = self.stack.iter().enumerate().rev().take(LOOK_BACK);
        for (at, open) in innermost {
            if wanted(open) {
                return Some(at);
            }
            if stop(open) {
                return None;
            }
        }
        None
    }

    fn push(&mut self, open: Open) {
        self.landmarks.extend(open.landmark);
        if let Some(count) = self.count(open.id) {
            *count += 1;
        }
        self.stack.push(open);
    }

    fn pop(&mut self) -> Option<Open> {
        let open = self.stack.pop()?;
        self.forget(open);
        Some(open)
    }

    /// Removes one element and leaves its content open.
    fn remove(&mut self, at: usize) {
        let open = self.stack.remove(at);
        self.forget(open);
    }

    fn forget(&mut self, open: Open) {
        if open.landmark.is_some() {
            self.landmarks.pop();
        }
        if let Some(count) = self.count(open.id) {
            *count -= 1;
        }
    }

    /// Returns the counter of an element whose presence is queried.
    fn count(&mut self, id: Id) -> Option<&mut usize> {
        match id {
            A => Some(&mut self.anchors),
            H1 => Some(&mut self.headings),
            P => Some(&mut self.paragraphs),
            TABLE => Some(&mut self.tables),
            TEMPLATE => Some(&mut self.templates),
            NOSCRIPT => Some(&mut self.noscripts),
            _ => None,
        }
    }
}
