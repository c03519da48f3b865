//! Compares the streaming pass with a whole document tree: both must find the same references.

use std::collections::BTreeSet;

use scraper::{ElementRef, Html, Selector};

use crate::model::LinkKind;

use super::links::srcset;
use super::page;
use crate::parse::headers::refresh::parse_refresh;
use crate::parse::headers::rel::link_kinds;

type Found = BTreeSet<(LinkKind, String)>;

fn by_streaming(text: &str) -> Found {
    let references = page(text).references;
    references
        .into_iter()
        .map(|r| (r.kind, r.target.into_owned()))
        .collect()
}

fn by_tree(text: &str) -> Found {
    let mut found = Found::new();
    of_tree(&Html::parse_document(text), &mut found);
    found
}

fn of_tree(html: &Html, found: &mut Found) {
    let mut put = |kind: LinkKind, target: &str| {
        let target = target.trim_matches(|c: char| c.is_ascii_whitespace());
        let counts = kind.is_hyperlink() || !target.is_empty();
        if counts && !target.to_ascii_lowercase().starts_with("data:") {
            found.insert((kind, target.to_owned()));
        }
    };
    let attributes = [
        ("a", "href", LinkKind::Anchor),
        ("area", "href", LinkKind::Area),
        ("iframe:not([srcdoc])", "src", LinkKind::Iframe),
        ("frame", "src", LinkKind::Frame),
        ("img", "src", LinkKind::Image),
        ("input[type=image i]", "src", LinkKind::Image),
        ("video", "poster", LinkKind::Image),
        ("video, video source", "src", LinkKind::Video),
        ("audio, audio source", "src", LinkKind::Audio),
        ("script", "src", LinkKind::Script),
        ("embed", "src", LinkKind::Embed),
        ("object", "data", LinkKind::Object),
    ];
    for (css, attribute, kind) in attributes {
        for element in elements(html, css) {
            if let Some(value) = element.attr(attribute) {
                put(kind, value);
            }
        }
    }
    for element in elements(html, "img, source") {
        for url in srcset::candidates(element.attr("srcset").unwrap_or_default()) {
            put(LinkKind::Image, url);
        }
    }
    for element in elements(html, "link[rel]") {
        let hreflang = element
            .attr("hreflang")
            .is_some_and(|l| !l.trim().is_empty());
        let in_body = element
            .ancestors()
            .filter_map(ElementRef::wrap)
            .any(|outer| outer.value().name() == "body");
        for kind in link_kinds(element.attr("rel").unwrap_or_default(), hreflang) {
            if kind == LinkKind::Canonical && in_body {
                continue;
            }
            put(kind, element.attr("href").unwrap_or_default());
            if kind == LinkKind::Preload {
                for url in srcset::candidates(element.attr("imagesrcset").unwrap_or_default()) {
                    put(kind, url);
                }
            }
        }
    }
    for element in elements(html, "meta[http-equiv=refresh i]") {
        let content = element.attr("content").unwrap_or_default();
        if let Some((_, Some(target))) = parse_refresh(content) {
            put(LinkKind::MetaRefresh, target);
        }
    }
    // The tree builder assumes that scripts run and keeps this as text.
    for element in elements(html, "noscript") {
        let inner: String = element.text().collect();
        of_tree(&Html::parse_fragment(&inner), found);
    }
}

/// Returns the elements that match a selector outside of templates, which are not part of the page.
fn elements<'t>(html: &'t Html, css: &str) -> Vec<ElementRef<'t>> {
    let selector = Selector::parse(css).expect("a valid selector");
    let in_template = |element: &ElementRef<'_>| {
        let mut outer = element.ancestors().filter_map(ElementRef::wrap);
        outer.any(|outer| outer.value().name() == "template")
    };
    html.select(&selector).filter(|e| !in_template(e)).collect()
}

/// Returns what only the streaming pass found, and what only the tree has.
fn differences(text: &str) -> (Found, Found) {
    let (streaming, tree) = (by_streaming(text), by_tree(text));
    (
        streaming.difference(&tree).cloned().collect(),
        tree.difference(&streaming).cloned().collect(),
    )
}

#[test]
fn the_streaming_pass_finds_the_references_of_the_tree() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/html");
    let mut pages = 0;
    let mut different = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of fixtures") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("a readable file");
        let (text, _) = crate::parse::decode(&bytes, None);
        let found = differences(&text);
        if found != (Found::new(), Found::new()) {
            different.push((path.display().to_string(), found));
        }
        let streaming = by_streaming(&text);
        assert!(!streaming.is_empty(), "{}", path.display());
        // In the fixtures, a name with "no..." marks text, comments or templates in a browser.
        let wrong = streaming
            .iter()
            .find(|(_, target)| target.starts_with("no"));
        assert_eq!(wrong, None, "{}", path.display());
        pages += 1;
    }
    assert!(different.is_empty(), "{different:#?}");
    assert!(pages >= 10, "only {pages} fixtures");
}
