//! Facts about a page from the elements of its head.

use super::element::id::Id;
use super::folded::trim;
use super::nesting::OpenElements;
use super::report::{MAX_BOT_RULES, MAX_ROBOTS, MetaRefresh, Page};
use super::tag::{Attr, Tag};
use crate::parse::headers::refresh::parse_refresh;

/// Reads the facts from an HTML start tag.
pub(super) fn of_tag(page: &mut Page<'_>, tag: &Tag<'_>, within: &OpenElements) {
    const HTML: Id = Id::of(b"html");
    const BASE: Id = Id::of(b"base");
    const LINK: Id = Id::of(b"link");
    const META: Id = Id::of(b"meta");
    match tag.id() {
        // A later html tag adds the attributes that the first one lacks.
        HTML if page.lang.is_none() => page.lang = filled(tag, Attr::Lang),
        BASE if page.base.is_none() => {
            page.base = tag.value(Attr::Href).map(|href| trim(&href).to_owned());
        }
        // In the body, anyone may have written it, for example in a comment, so search engines ignore it
        // there (Google, "Consolidate duplicate URLs").
        LINK if page.canonical.is_none() && !within.in_body() => {
            let rel = tag.value(Attr::Rel).unwrap_or_default();
            let mut words = rel.split_ascii_whitespace();
            if words.any(|word| word.eq_ignore_ascii_case("canonical")) && !tag.is_cut(Attr::Href) {
                page.canonical = filled(tag, Attr::Href);
            }
        }
        META => {
            // Search engines run scripts, so a refresh in `noscript` does not redirect them. Of several
            // refreshes the first one counts ("will declaratively refresh").
            if page.meta_refresh.is_none() && !within.in_noscript() {
                page.meta_refresh = refresh(tag);
            }
            robots(page, tag);
        }
        _ => {}
    }
}

/// Reads a `<meta http-equiv=refresh>`.
pub(super) fn refresh(tag: &Tag<'_>) -> Option<MetaRefresh> {
    let pragma = tag.value(Attr::HttpEquiv)?;
    if !trim(&pragma).eq_ignore_ascii_case("refresh") || tag.is_cut(Attr::Content) {
        return None;
    }
    let content = tag.value(Attr::Content)?;
    let (delay, target) = parse_refresh(&content)?;
    Some(MetaRefresh {
        delay,
        target: target.map(str::to_owned),
    })
}

fn robots(page: &mut Page<'_>, tag: &Tag<'_>) {
    let (Some(name), Some(content)) = (tag.value(Attr::Name), tag.value(Attr::Content)) else {
        return;
    };
    let name = trim(&name).to_ascii_lowercase();
    let content = trim(&content);
    if name == "robots" {
        let all = &mut page.meta_robots;
        if all.len() + content.len() < MAX_ROBOTS {
            if !all.is_empty() {
                all.push_str(", ");
            }
            all.push_str(content);
        }
    } else if is_crawler(&name)
        && page.meta_bots.len() < MAX_BOT_RULES
        && content.len() < MAX_ROBOTS
    {
        page.meta_bots.push((name, content.to_owned()));
    }
}

/// Returns whether a meta element of this name addresses one crawler.
fn is_crawler(name: &str) -> bool {
    name.starts_with("googlebot")
        || name.ends_with("bot")
        || matches!(name, "slurp" | "yandex" | "baiduspider")
}

fn filled(tag: &Tag<'_>, attr: Attr) -> Option<String> {
    let value = tag.value(attr)?;
    Some(trim(&value).to_owned()).filter(|value| !value.is_empty())
}
