//! Landmarks: the parts of a page that its own markup names.

use crate::model::Position;

use super::super::tag::{Attr, Tag};
use crate::parse::html::element::id::Id;

const HEADER: Id = Id::of(b"header");
const NAV: Id = Id::of(b"nav");
const ASIDE: Id = Id::of(b"aside");
const FOOTER: Id = Id::of(b"footer");

/// Returns the part of the page that an element starts, by its name or its ARIA role.
pub(super) fn landmark(tag: &Tag<'_>) -> Option<Position> {
    if let Some(role) = tag.value(Attr::Role) {
        let role = role.split_ascii_whitespace().next().unwrap_or_default();
        let roles = [
            ("navigation", Position::Navigation),
            ("banner", Position::Header),
            ("contentinfo", Position::Footer),
            ("complementary", Position::Aside),
        ];
        let known = roles
            .iter()
            .find(|(name, _)| role.eq_ignore_ascii_case(name));
        if let Some((_, position)) = known {
            return Some(*position);
        }
    }
    match tag.id() {
        HEADER => Some(Position::Header),
        NAV => Some(Position::Navigation),
        ASIDE => Some(Position::Aside),
        FOOTER => Some(Position::Footer),
        _ => None,
    }
}
