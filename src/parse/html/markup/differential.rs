//! Compares the tokenizer with html5gum, which follows the standard: both must split a page into the
//! same tags and texts.

use std::convert::Infallible;

use html5gum::{Emitter, Error, State, Tokenizer};
use proptest::prelude::*;

use super::super::tag::Attr;
use super::{Content, Markup, Token};

const ASKED: [(Attr, &str); 4] = [
    (Attr::Href, "href"),
    (Attr::Rel, "rel"),
    (Attr::Alt, "alt"),
    (Attr::Content, "content"),
];

/// Parts of a page in a form common to both tokenizers.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// Neighbouring texts are merged, and so are neighbouring newlines, on which nothing depends.
    /// The parser handles NUL, so neither it nor its replacement is here.
    Text(Vec<u8>),
    Start(String, Vec<(String, String)>, bool),
    End(String),
}

#[derive(Debug, Default)]
struct Parts(Vec<Part>);

impl Parts {
    /// Adds text, which may arrive in parts of characters.
    fn text(&mut self, text: &[u8]) {
        if let Some(Part::Text(before)) = self.0.last_mut() {
            before.extend_from_slice(text);
        } else {
            self.0.push(Part::Text(text.to_vec()));
        }
    }

    fn normal(self) -> Vec<Part> {
        let normal = |part| match part {
            Part::Text(text) => {
                let mut text = string(&text)
                    .replace(['\0', '\u{fffd}'], "")
                    .replace('\r', "\n");
                while text.contains("\n\n") {
                    text = text.replace("\n\n", "\n");
                }
                (!text.is_empty()).then(|| Part::Text(text.into_bytes()))
            }
            tag => Some(tag),
        };
        self.0.into_iter().filter_map(normal).collect()
    }
}

/// Returns the content type of an element, wherever it is in the page.
fn content(name: &str) -> Option<Content> {
    Some(match name {
        "title" | "textarea" => Content::RcData,
        "style" | "iframe" => Content::RawText,
        "script" => Content::Script,
        "plaintext" => Content::PlainText,
        _ => return None,
    })
}

fn ours(text: &str, in_foreign: bool) -> Vec<Part> {
    let mut markup = Markup::new(text);
    let mut parts = Parts::default();
    while let Some(token) = markup.next(in_foreign) {
        match token {
            Token::Text(text) => parts.text(text.decoded(&mut Vec::new())),
            Token::Tag => {
                let tag = markup.tag();
                let name = tag.name().to_ascii_lowercase().replace('\0', "\u{fffd}");
                if tag.is_end {
                    parts.0.push(Part::End(name));
                    continue;
                }
                let attributes = ASKED
                    .into_iter()
                    .filter_map(|(attr, name)| {
                        Some((name.to_owned(), tag.value(attr)?.into_owned()))
                    })
                    .collect();
                let content = content(&name);
                parts
                    .0
                    .push(Part::Start(name, attributes, tag.self_closing));
                if let Some(content) = content {
                    markup.enter(content);
                }
            }
        }
    }
    parts.normal()
}

#[derive(Debug, Default)]
struct Theirs {
    parts: Parts,
    in_foreign: bool,
    name: Vec<u8>,
    is_end: bool,
    self_closing: bool,
    attributes: Vec<(Vec<u8>, Vec<u8>)>,
    last_start: Vec<u8>,
}

fn theirs(text: &str, in_foreign: bool) -> Vec<Part> {
    let mut theirs = Theirs {
        in_foreign,
        ..Theirs::default()
    };
    let Ok(()) = Tokenizer::new_with_emitter(text, &mut theirs).finish();
    theirs.parts.normal()
}

fn string(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Emitter for &mut Theirs {
    type Token = Infallible;

    fn emit_string(&mut self, piece: &[u8]) {
        self.parts.text(piece);
    }

    fn init_start_tag(&mut self) {
        self.name.clear();
        self.attributes.clear();
        (self.is_end, self.self_closing) = (false, false);
    }

    fn init_end_tag(&mut self) {
        self.init_start_tag();
        self.is_end = true;
    }

    fn push_tag_name(&mut self, piece: &[u8]) {
        self.name.extend_from_slice(piece);
    }

    fn init_attribute(&mut self) {
        self.attributes.push((Vec::new(), Vec::new()));
    }

    fn push_attribute_name(&mut self, piece: &[u8]) {
        if let Some((name, _)) = self.attributes.last_mut() {
            name.extend_from_slice(piece);
        }
    }

    fn push_attribute_value(&mut self, piece: &[u8]) {
        if let Some((_, value)) = self.attributes.last_mut() {
            value.extend_from_slice(piece);
        }
    }

    fn set_self_closing(&mut self) {
        self.self_closing = true;
    }

    fn emit_current_tag(&mut self) -> Option<State> {
        let name = string(&self.name);
        if self.is_end {
            self.parts.0.push(Part::End(name));
            return None;
        }
        let value = |name: &str| {
            let mut all = self.attributes.iter();
            let (_, value) = all.find(|(key, _)| key == name.as_bytes())?;
            Some((name.to_owned(), string(value)))
        };
        let attributes = ASKED.into_iter().filter_map(|(_, name)| value(name));
        let state = content(&name).map(|content| match content {
            Content::RcData => State::RcData,
            Content::RawText => State::RawText,
            Content::Script => State::ScriptData,
            Content::PlainText => State::PlainText,
        });
        let attributes = attributes.collect();
        self.parts
            .0
            .push(Part::Start(name, attributes, self.self_closing));
        self.last_start.clone_from(&self.name);
        state
    }

    fn current_is_appropriate_end_tag_token(&mut self) -> bool {
        self.is_end && self.name == self.last_start
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&mut self) -> bool {
        self.in_foreign
    }

    fn should_emit_errors(&mut self) -> bool {
        false
    }

    fn pop_token(&mut self) -> Option<Infallible> {
        None
    }

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

/// Generates markup that enters and leaves every state of the tokenizer in many ways.
fn markup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z <>/!?&;=\"'-]{1,6}",
        2 => "</?(a|b|script|style|title|textarea|SCRIPT|Title|svg|x)( href=[\"']?[a&;é/ ]{0,4}[\"']?)?[ /]{0,2}>?",
        2 => "<[a-zA-Z]{1,10}([ \t\r\n/]{1,2}(href|HREF|rel|alt|content|x|=)( ?= ?([\"'][^\"']{0,6}[\"']|[a-z&;<=]{0,4}))?){0,3}[ /]?>",
        2 => prop_oneof![
            Just("<!--"), Just("-->"), Just("--!>"), Just("<!"), Just("->"), Just("--"), Just("<!-->"),
            Just("<!doctype html>"), Just("<![CDATA["), Just("]]>"), Just("]]"), Just("<?xml ?>"),
            Just("<script>"), Just("</script>"), Just("</script "), Just("<script"), Just("</"), Just("<"),
        ].prop_map(str::to_owned),
        1 => "&(amp|lt|copy|notit|nbsp|Aacute|#[0-9]{1,5}|#x[0-9a-fA-F]{1,6}|[a-z]{1,4});?[a-z=]?",
        1 => "[\u{0}\u{a0}é日🍎\r\n\t ]{1,3}",
        1 => Just("<plaintext>".to_owned()),
        1 => "</?[a-z\u{0}\u{b}é]{1,10}([ \t\u{b}\u{c}/]{1,2}[\u{0}\u{b}é\"'<=&]{0,2}(href|rel|alt|content|x)[\u{0}\u{b}é\"'<]{0,2}(=[\"']?[a-z\u{0}\r\n&;é\u{b}]{0,4}[\"']?)?){0,3}[ /]?>",
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn both_tokenizers_split_markup_alike(text in markup(), in_foreign in any::<bool>()) {
        prop_assert_eq!(ours(&text, in_foreign), theirs(&text, in_foreign));
    }
}

#[test]
fn both_tokenizers_split_pages_alike() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/html");
    let mut tags = 0;
    for entry in std::fs::read_dir(folder).expect("a folder of fixtures") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("a readable file");
        let (text, _) = crate::parse::decode(&bytes, None);
        let parts = ours(&text, false);
        assert_eq!(parts, theirs(&text, false), "{}", path.display());
        tags += parts
            .iter()
            .filter(|part| !matches!(part, Part::Text(_)))
            .count();
    }
    assert!(tags > 300, "only {tags} tags");
}
