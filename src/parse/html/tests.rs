//! Tests of the pass as a whole.

use std::fmt::Write as _;
use std::time::Duration;

use proptest::prelude::*;

use crate::model::{LinkKind, Position, Reference};

use super::report::MAX_REFERENCES;
use super::{MetaRefresh, Page, page, page_as};

const LINKS: &str = include_str!("../../../fixtures/html/links.html");

fn reference(target: &str, kind: LinkKind) -> Reference<'static> {
    let mut found = page(LINKS).references.into_iter();
    found
        .find(|r| r.target == target && r.kind == kind)
        .unwrap_or_else(|| panic!("no {kind:?} to {target}"))
}

fn anchors(html: &str) -> Vec<String> {
    let found = page(html).references.into_iter();
    found
        .filter(|r| r.kind == LinkKind::Anchor)
        .map(|r| r.anchor.into_string())
        .collect()
}

#[test]
fn every_element_that_names_a_url_has_its_kind() {
    use LinkKind as K;
    let found: Vec<(K, String)> = page(LINKS)
        .references
        .into_iter()
        .filter(|r| !r.kind.is_hyperlink())
        .map(|r| (r.kind, r.target.into_owned()))
        .collect();
    let expected = [
        (K::Canonical, "https://shop.example/tools"),
        (K::Hreflang, "/de/tools"),
        (K::Next, "?page=2"),
        (K::Prev, "?page=2"),
        (K::Icon, "/favicon.ico"),
        (K::Preload, "/a.webp"),
        (K::Preload, "/a.webp"),
        (K::Preload, "/a2.webp"),
        (K::Amp, "/amp/tools"),
        (K::Stylesheet, "/contrast.css"),
        (K::Script, "/app.js"),
        (K::Stylesheet, "/plain.css"),
        (K::MetaRefresh, "/no-js"),
        (K::Image, "p.jpg"),
        (K::Image, "p.jpg"),
        (K::Image, "p2.jpg"),
        (K::Image, "w.webp"),
        (K::Image, "x.webp"),
        (K::Image, "w.jpg"),
        (K::Video, "v.mp4"),
        (K::Image, "v.jpg"),
        (K::Video, "v.webm"),
        (K::Audio, "s.ogg"),
        (K::Iframe, "/frame"),
        (K::Embed, "e.pdf"),
        (K::Object, "o.pdf"),
        (K::Image, "go.png"),
    ]
    .map(|(kind, target)| (kind, target.to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn links_have_their_position() {
    let cases = [
        (
            "https://shop.example/tools",
            LinkKind::Canonical,
            Position::Head,
        ),
        ("/plain.css", LinkKind::Stylesheet, Position::Head),
        ("/", LinkKind::Anchor, Position::Header),
        ("spades", LinkKind::Anchor, Position::Navigation),
        ("#top", LinkKind::Anchor, Position::Content),
        ("/by-role", LinkKind::Anchor, Position::Navigation),
        ("/imprint", LinkKind::Anchor, Position::Footer),
    ];
    for (target, kind, position) in cases {
        assert_eq!(reference(target, kind).position, position, "{target}");
    }
}

#[test]
fn a_broken_landmark_ends_with_its_parent() {
    let found =
        page("<div><nav><a href=1></div><a href=2></nav><a href=3><aside><nav></aside><a href=4>");
    let positions: Vec<Position> = found.references.iter().map(|r| r.position).collect();
    let (nav, content) = (Position::Navigation, Position::Content);
    assert_eq!(positions, [nav, content, content, content]);
}

#[test]
fn a_long_rel_is_cut_but_read_to_its_end() {
    let rel = format!("{} nofollow", "é".repeat(300));
    let html = format!("<a href=/a rel='{rel}'>a</a>");
    let found = page(&html);
    let link = &found.references[0];
    assert_eq!(link.rel, "é".repeat(255));
    assert!(link.nofollow);
}

#[test]
fn links_keep_their_words() {
    let link = reference("spades", LinkKind::Anchor);
    assert_eq!(link.anchor, "Spades & forks");
    assert_eq!(link.rel, "NoFollow noopener");
    assert!(link.nofollow);
    assert!(reference("/imprint", LinkKind::Anchor).nofollow);
    assert_eq!(reference("/de/tools", LinkKind::Hreflang).rel, "de");
    assert_eq!(reference("p.jpg", LinkKind::Image).anchor, "A picture");
    assert_eq!(reference("/area", LinkKind::Area).anchor, "North");
    assert_eq!(reference("?a=1&b=2&copy=3", LinkKind::Anchor).anchor, "Q");
}

#[test]
fn an_anchor_has_the_text_up_to_its_end() {
    let cases: [(&str, &[&str]); 9] = [
        ("<a href=x> a <b>b</b>\n<i>c</a> d", &["a b c"]),
        ("<a href=x>a<div>b</div>c<br>d</a>", &["a b c d"]),
        ("<a href=x>one<a href=y>two", &["one", "two"]),
        ("<a href=x><img alt=' an image '></a>", &["an image"]),
        ("<a href=x>&nbsp;<img alt=1><img alt=2></a>", &["1 2"]),
        ("<a href=x>text<img alt=image></a>", &["text"]),
        ("<a name=n>none</a><a href=x>some</a>", &["some"]),
        (
            "<a href=x><script>no()</script><!-- no -->yes<style>no</style></a>",
            &["yes"],
        ),
        ("<ul><li><a href=x>in<li>out</ul>", &["in"]),
    ];
    for (html, expected) in cases {
        assert_eq!(anchors(html), expected, "{html}");
    }
    let long = format!("<a href=x>{}</a>", "é ".repeat(5_000));
    assert!(anchors(&long)[0].chars().count() <= 255);
}

#[test]
fn facts_of_a_page_are_read() {
    let found = page(LINKS);
    assert_eq!(found.title.as_deref(), Some("Garden tools"));
    assert_eq!(found.h1.as_deref(), Some("Tools for all"));
    assert_eq!(found.lang.as_deref(), Some("en-GB"));
    assert_eq!(found.base.as_deref(), Some("/shop/"));
    assert_eq!(
        found.canonical.as_deref(),
        Some("https://shop.example/tools")
    );
    assert_eq!(found.meta_robots, "max-snippet:50, noarchive");
    let bots = [("googlebot".to_owned(), "nosnippet".to_owned())];
    assert_eq!(found.meta_bots, bots);
    assert!(found.robots(&["Googlebot"]).nosnippet);
    assert!(!found.robots(&["otherbot"]).nosnippet);
    // It stands in <noscript>.
    assert_eq!(found.meta_refresh, None);
}

#[test]
fn the_first_refresh_counts() {
    let found = page(include_str!("../../../fixtures/html/refresh.html"));
    let expected = MetaRefresh {
        delay: Duration::from_secs(5),
        target: Some("next.html".to_owned()),
    };
    assert_eq!(found.meta_refresh, Some(expected));
}

#[test]
fn only_visible_text_counts() {
    let shown = page("<h1>One</h1><p>two&amp;three</p>");
    let same = page(
        "<title>x</title><style>y</style><h1>One</h1>\n<!-- z --><script>q</script>
        <template>t</template><p>two&#38;three <svg><style>s</style><title>n</title></svg>",
    );
    assert_eq!(shown.text_hash, same.text_hash);
    assert_eq!((shown.text_bytes, same.text_bytes), (13, 13));
    assert_ne!(shown.text_hash, page("<h1>One</h1>two&three.").text_hash);
}

#[test]
fn the_estimated_depth_follows_implied_end_tags() {
    let cases = [
        ("", 2),
        ("<p>a<p>b<p>c", 3),
        ("<ul><li>a<li>b<li>c</ul>", 4),
        ("<div><div></div></div>", 4),
        ("<p><b><i></p><p><u>", 6),
        ("<td><div><td><div>", 4),
        ("<table><td><b></td><td>", 7),
        ("<ul><li><ul></li>x", 5),
        ("<table><td>a<td>b<tr><td>c</table>", 6),
        ("<br><img><hr>", 3),
    ];
    for (html, expected) in cases {
        assert_eq!(page(html).max_nesting, expected, "{html}");
    }
}

#[test]
fn references_beyond_the_bound_are_counted() {
    let html = "<a href=x>".repeat(MAX_REFERENCES + 5);
    let found = page(&html);
    assert_eq!(found.references.len(), MAX_REFERENCES);
    assert_eq!(found.left_out, 5);
}

#[test]
fn a_part_of_an_overlong_url_is_not_taken_for_a_url() {
    let long = "x".repeat(9_000);
    let data = format!("data:,{long}");
    let html = format!("<a href={long}>a</a><img src={data}><a href=y>b</a>");
    let found = page(&html);
    assert_eq!((found.references.len(), found.overlong), (1, 1));
    assert_eq!(found.references[0].anchor, "b");
    let many = "candidate.png 1x, ".repeat(5_000);
    let html = format!("<img srcset='{many}'>");
    let found = page(&html);
    assert_eq!(found.overlong, 1);
    assert!(found.references.iter().all(|r| r.target == "candidate.png"));
}

/// The work on such pages must not grow faster than they do. If it were quadratic, each would take
/// minutes.
#[test]
fn hostile_pages_take_linear_time() {
    let many = 30_000;
    let mut attributes = String::from("<a ");
    for n in 0..many {
        let _ = write!(attributes, "a{n}=1 ");
    }
    let pages = [
        "<div>".repeat(many),
        format!("{}{}", "<span>".repeat(many), "</x>".repeat(many)),
        "<li><p><b>".repeat(many),
        "<p><b></p></i>".repeat(many),
        "<h1><a href=x>".repeat(many),
        "<svg><title>".repeat(many),
        format!("<title>{}", "a ".repeat(10 * many)),
        format!("{attributes}href=x>"),
        format!("<a {}>", "href=x ".repeat(many)),
        format!("<!--{}", "<!-- -".repeat(many)),
        format!("<script>{}", "<!--<script>".repeat(many)),
        format!("<svg><![CDATA[{}", "]]".repeat(many)),
        "<".repeat(many),
        "&notit".repeat(many),
        "\0".repeat(100 * many),
        "\0&amp".repeat(many),
    ];
    for html in pages {
        let _: Page<'_> = page(&html);
    }
}

/// Generates markup that goes wrong more often than arbitrary text does.
fn markup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z]{1,3}",
        "<[a-z]{1,8}[ a-z='\"/]{0,12}>?",
        "</?(a|b|p|li|td|tr|table|svg|math|title|script|template|select|h1|nav)( href=é)?/?>",
        "<!(--|\\[CDATA\\[|doctype )?[a-z>-]{0,5}",
        "<(meta|link|img) (content|srcset|href|rel|http-equiv|name)=[\"']?[0-9a-z;,= é]{0,12}>",
        "&[a-z#x0-9]{0,6};?",
        "[ -~\u{0}\u{a0}é日🍎\r\n]{0,5}",
    ];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_causes_a_panic(text in any::<String>()) {
        page(&text);
    }

    #[test]
    fn no_markup_causes_a_panic(text in markup()) {
        let found = page(&text);
        prop_assert!(found.references.iter().all(|r| r.anchor.chars().count() <= 255));
        prop_assert_eq!(found, page(&text));
    }

    #[test]
    fn no_bytes_cause_a_panic_in_decoding(bytes in any::<Vec<u8>>(), label in "[ -~]{0,30}") {
        let (text, _) = crate::parse::decode(&bytes, Some(&label));
        page(&text);
    }
}

#[test]
fn a_canonical_counts_in_the_head_only() {
    let canonical = |html: &str| {
        let found = page(html);
        let links = found.references.iter();
        let as_link = links.filter(|r| r.kind == LinkKind::Canonical).count();
        (found.canonical, as_link)
    };
    let there = (Some("/c".to_owned()), 1);
    assert_eq!(canonical("<head><link rel=canonical href=/c>"), there);
    assert_eq!(
        canonical("<title>x</title></head><link rel=canonical href=/c><body>"),
        there
    );
    for before in ["<body>", "<p>", "text", "<div></div>"] {
        let html = format!("<title>x</title>{before}<link rel=canonical href=/c>");
        assert_eq!(canonical(&html), (None, 0), "{before}");
    }
}

#[test]
fn a_frameset_has_frames_and_nothing_else() {
    let targets = |html: &str| {
        let found = page(html).references.into_iter();
        found.map(|r| r.target.into_owned()).collect::<Vec<_>>()
    };
    let html = "<title>x</title><frameset><frame src=/a><a href=/no>no</a><script>'</frameset>'</script>\
                <noframes><a href=/no>no</a></noframes></frameset><a href=/no>no</a>";
    assert_eq!(targets(html), ["/a"]);
    // In a body it has no effect, and the links are ordinary links.
    assert_eq!(
        targets("<p>text<frameset><a href=/a>a</a></frameset>"),
        ["/a"]
    );
    assert_eq!(
        targets("<noframes><a href=/no>no</a></noframes><a href=/a>a</a>"),
        ["/a"]
    );
}

#[test]
fn a_frame_with_its_own_text_fetches_nothing() {
    let found = page("<iframe srcdoc='<p>x' src=/no></iframe><iframe src=/a></iframe>");
    let targets: Vec<_> = found.references.iter().map(|r| &*r.target).collect();
    assert_eq!(targets, ["/a"]);
}

#[test]
fn in_xhtml_a_self_closing_tag_has_no_content() {
    let text = "<html><head><script src='/a.js'/><title>x</title></head><body><iframe src='/f'/><div/>\
                <p>Hello <a href='/b'/> you</p></body></html>";
    let xml = page_as(text, Some("application/xhtml+xml; charset=utf-8"));
    assert_eq!(xml.title.as_deref(), Some("x"));
    let targets: Vec<_> = xml.references.iter().map(|r| &*r.target).collect();
    assert_eq!(targets, ["/a.js", "/f", "/b"]);
    assert!(xml.references.iter().all(|r| r.anchor.is_empty()));
    // As HTML, the script continues to its end tag, which never comes.
    for content_type in [None, Some("text/html")] {
        assert_eq!(page_as(text, content_type).references.len(), 1);
    }
}
