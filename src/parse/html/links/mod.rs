//! References of a tag: one rule per element of HTML that names a URL.

pub(super) mod srcset;

use std::borrow::Cow;

use compact_str::CompactString;

use crate::model::{LinkKind, MAX_REL, Position, Reference, beginning};

use super::element::id::Id;
use super::facts::refresh;
use super::folded::Folded;
use super::folded::trim;
use super::nesting::OpenElements;
use super::report::{MAX_ANCHOR, MAX_REFERENCES};
use super::tag::{Attr, Tag};
use crate::parse::headers::rel::{is_nofollow, link_kinds};
use srcset::candidates;

const AREA: Id = Id::of(b"area");
const LINK: Id = Id::of(b"link");
const META: Id = Id::of(b"meta");
const IMG: Id = Id::of(b"img");
const IMAGE: Id = Id::of(b"image");
const SOURCE: Id = Id::of(b"source");
const VIDEO: Id = Id::of(b"video");
const AUDIO: Id = Id::of(b"audio");
const INPUT: Id = Id::of(b"input");
const IFRAME: Id = Id::of(b"iframe");
const FRAME: Id = Id::of(b"frame");
const SCRIPT: Id = Id::of(b"script");
const EMBED: Id = Id::of(b"embed");
const OBJECT: Id = Id::of(b"object");

/// The references found so far.
#[derive(Debug, Default)]
pub(super) struct Links<'t> {
    pub(super) found: Vec<Reference<'t>>,
    pub(super) left_out: usize,
    pub(super) overlong: usize,
}

impl<'t> Links<'t> {
    /// Adds the references of an HTML start tag, except `<a>`.
    pub(super) fn of_tag(&mut self, tag: &Tag<'t>, within: &OpenElements) {
        let position = within.position();
        match tag.id() {
            AREA => {
                let rel = tag.value(Attr::Rel).unwrap_or_default();
                self.add(
                    tag,
                    Attr::Href,
                    &Words::of(LinkKind::Area, tag, &rel, position),
                );
            }
            LINK => self.of_link(tag, within),
            META => {
                if let Some(target) = refresh(tag).and_then(|refresh| refresh.target) {
                    self.push(target.into(), &Words::none(LinkKind::MetaRefresh, position));
                }
            }
            IMG | IMAGE => {
                let alt = Words::of(LinkKind::Image, tag, "", position);
                self.add(tag, Attr::Src, &alt);
                self.add_candidates(tag, Attr::Srcset, &alt);
            }
            SOURCE => {
                if let Some(media) = within.media() {
                    self.add(tag, Attr::Src, &Words::none(media, position));
                }
                let image = Words::none(LinkKind::Image, position);
                self.add_candidates(tag, Attr::Srcset, &image);
            }
            VIDEO => {
                self.add(tag, Attr::Src, &Words::none(LinkKind::Video, position));
                self.add(tag, Attr::Poster, &Words::none(LinkKind::Image, position));
            }
            AUDIO => self.add(tag, Attr::Src, &Words::none(LinkKind::Audio, position)),
            INPUT => {
                let kind = tag.value(Attr::Type).unwrap_or_default();
                if kind.trim().eq_ignore_ascii_case("image") {
                    self.add(
                        tag,
                        Attr::Src,
                        &Words::of(LinkKind::Image, tag, "", position),
                    );
                }
            }
            // The browser shows its own text then, and fetches nothing.
            IFRAME if tag.has(Attr::Srcdoc) => {}
            IFRAME => self.add(tag, Attr::Src, &Words::none(LinkKind::Iframe, position)),
            FRAME => self.add(tag, Attr::Src, &Words::none(LinkKind::Frame, position)),
            SCRIPT => self.add(tag, Attr::Src, &Words::none(LinkKind::Script, position)),
            EMBED => self.add(tag, Attr::Src, &Words::none(LinkKind::Embed, position)),
            OBJECT => self.add(tag, Attr::Data, &Words::none(LinkKind::Object, position)),
            _ => {}
        }
    }

    /// Adds an `<a>`, of HTML or of SVG. Returns the index of the reference that receives its text.
    pub(super) fn of_anchor(&mut self, tag: &Tag<'t>, position: Position) -> Option<usize> {
        let href = if tag.has(Attr::Href) {
            Attr::Href
        } else {
            Attr::XlinkHref
        };
        let rel = tag.value(Attr::Rel).unwrap_or_default();
        let words = Words {
            kind: LinkKind::Anchor,
            anchor: CompactString::default(),
            rel,
            position,
        };
        let before = self.found.len();
        self.add(tag, href, &words);
        (self.found.len() > before).then_some(before)
    }

    fn of_link(&mut self, tag: &Tag<'t>, within: &OpenElements) {
        let Some(rel) = tag.value(Attr::Rel) else {
            return;
        };
        let language = tag.value(Attr::Hreflang).unwrap_or_default();
        let language = language.trim();
        let position = within.position();
        for kind in link_kinds(&rel, !language.is_empty()) {
            if kind == LinkKind::Canonical && within.in_body() {
                continue;
            }
            let rel = if kind == LinkKind::Hreflang {
                language
            } else {
                &rel
            };
            let words = Words {
                rel: Cow::Borrowed(rel),
                ..Words::none(kind, position)
            };
            self.add(tag, Attr::Href, &words);
            if kind == LinkKind::Preload {
                self.add_candidates(tag, Attr::ImageSrcset, &words);
            }
        }
    }

    /// Adds the URL of one attribute, if the tag has it.
    fn add(&mut self, tag: &Tag<'t>, attr: Attr, words: &Words<'_>) {
        let Some(value) = tag.value(attr) else {
            return;
        };
        let target = trimmed(value);
        // An empty link leads to its own page; an empty resource is ignored (HTML standard).
        if target.is_empty() && !words.kind.is_hyperlink() {
            return;
        }
        if tag.is_cut(attr) && !is_data(&target) {
            self.overlong += 1;
        } else {
            self.push(target, words);
        }
    }

    /// Adds every URL of a `srcset`.
    fn add_candidates(&mut self, tag: &Tag<'t>, attr: Attr, words: &Words<'_>) {
        let Some(value) = tag.value(attr) else {
            return;
        };
        let mut length = value.len();
        if tag.is_cut(attr) {
            self.overlong += 1;
            // The last URL may be incomplete.
            length = value.rfind(',').unwrap_or(0);
        }
        match value {
            Cow::Borrowed(value) => {
                for target in candidates(&value[..length]) {
                    self.push(target.into(), words);
                }
            }
            Cow::Owned(value) => {
                for target in candidates(&value[..length]) {
                    self.push(target.to_owned().into(), words);
                }
            }
        }
    }

    fn push(&mut self, target: Cow<'t, str>, words: &Words<'_>) {
        if is_data(&target) {
            return;
        }
        if self.found.len() >= MAX_REFERENCES {
            self.left_out += 1;
            return;
        }
        self.found.push(Reference {
            kind: words.kind,
            target,
            anchor: words.anchor.clone(),
            rel: beginning(&words.rel, MAX_REL).into(),
            position: words.position,
            // For a language, `rel` has no room for other words.
            nofollow: words.kind != LinkKind::Hreflang && is_nofollow(&words.rel),
        });
    }
}

/// Properties of a reference besides its URL.
struct Words<'a> {
    kind: LinkKind,
    anchor: CompactString,
    rel: Cow<'a, str>,
    position: Position,
}

impl<'a> Words<'a> {
    fn none(kind: LinkKind, position: Position) -> Words<'a> {
        Words {
            kind,
            anchor: CompactString::default(),
            rel: Cow::Borrowed(""),
            position,
        }
    }

    /// Uses the `alt` of an image or of an area of one.
    fn of(kind: LinkKind, tag: &Tag<'_>, rel: &'a str, position: Position) -> Words<'a> {
        let mut alt = Folded::new(MAX_ANCHOR);
        alt.push(tag.value(Attr::Alt).unwrap_or_default().as_bytes());
        Words {
            anchor: alt.take(),
            rel: Cow::Borrowed(rel),
            ..Words::none(kind, position)
        }
    }
}

fn trimmed(value: Cow<'_, str>) -> Cow<'_, str> {
    match value {
        Cow::Borrowed(value) => Cow::Borrowed(trim(value)),
        Cow::Owned(value) => Cow::Owned(trim(&value).to_owned()),
    }
}

fn is_data(target: &str) -> bool {
    target
        .get(..5)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
}
