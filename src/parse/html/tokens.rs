//! Between the tokenizer and the collector: gathers what belongs to one tag and hands it over whole,
//! passes text on as it is read, and throws comments away unread.

use std::convert::Infallible;

use html5gum::{Emitter, Error, State};

use super::collect::Collector;
use super::element::Id;
use super::tag::Tag;

/// Receives the tokenizer's events for a collector.
pub(super) struct Tokens<'a> {
    collector: &'a mut Collector,
    tag: Tag,
    /// The element whose content is text until its own end tag: script, title and their like.
    raw: Option<Id>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(collector: &'a mut Collector) -> Tokens<'a> {
        Tokens {
            collector,
            tag: Tag::new(),
            raw: None,
        }
    }
}

impl Emitter for Tokens<'_> {
    type Token = Infallible;

    fn emit_string(&mut self, piece: &[u8]) {
        self.collector.text(piece);
    }

    fn init_start_tag(&mut self) {
        self.tag.begin(false);
    }

    fn init_end_tag(&mut self) {
        self.tag.begin(true);
    }

    fn push_tag_name(&mut self, piece: &[u8]) {
        self.tag.push_name(piece);
    }

    fn init_attribute(&mut self) {
        self.tag.begin_attribute();
    }

    fn push_attribute_name(&mut self, piece: &[u8]) {
        self.tag.push_attribute(piece);
    }

    fn push_attribute_value(&mut self, piece: &[u8]) {
        self.tag.push_value(piece);
    }

    fn set_self_closing(&mut self) {
        self.tag.self_closing = true;
    }

    fn emit_current_tag(&mut self) -> Option<State> {
        self.tag.complete();
        if self.tag.is_end() {
            self.raw = None;
            self.collector.end_tag(&self.tag);
            return None;
        }
        let state = self.collector.start_tag(&self.tag);
        self.raw = state.map(|_| self.tag.id());
        state
    }

    fn current_is_appropriate_end_tag_token(&mut self) -> bool {
        self.tag.is_end() && self.raw == Some(Id::of(self.tag.name()))
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&mut self) -> bool {
        self.collector.is_in_foreign()
    }

    #[inline]
    fn should_emit_errors(&mut self) -> bool {
        false
    }

    fn pop_token(&mut self) -> Option<Infallible> {
        None
    }

    // What follows carries nothing that a crawl asks for.
    fn set_last_start_tag(&mut self, _: Option<&[u8]>) {}
    fn emit_eof(&mut self) {}
    fn emit_error(&mut self, _: Error) {}
    fn init_comment(&mut self) {}
    fn push_comment(&mut self, _: &[u8]) {}
    fn emit_current_comment(&mut self) {}
    fn init_doctype(&mut self) {}
    fn push_doctype_name(&mut self, _: &[u8]) {}
    fn set_force_quirks(&mut self) {}
    fn set_doctype_public_identifier(&mut self, _: &[u8]) {}
    fn set_doctype_system_identifier(&mut self, _: &[u8]) {}
    fn push_doctype_public_identifier(&mut self, _: &[u8]) {}
    fn push_doctype_system_identifier(&mut self, _: &[u8]) {}
    fn emit_current_doctype(&mut self) {}
}
