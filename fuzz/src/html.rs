//! The bytes of a page; and a page put together of pieces that they choose, judged by a document tree.

use std::collections::BTreeSet;

use gatecrawl::model::LinkKind;
use gatecrawl::parse::{decode, page};
use scraper::{Html, Selector};

use super::parts::text;

/// However broken a page is, what is kept of it is bounded; and of a page that a browser would mend
/// without dropping anything, the references of a tree are found.
pub fn check(bytes: &[u8]) {
    any_page(&decode(bytes, None).0);
    let made = made_of(bytes);
    any_page(&made);
    // An image has further references there, which only the streaming pass looks for here.
    if made.to_ascii_lowercase().contains("srcset") {
        return;
    }
    assert_eq!(by_streaming(&made), by_tree(&made), "{made:?}");
}

fn any_page(text: &str) {
    let page = page(text);
    assert!(page.references.len() <= 50_000);
    for reference in &page.references {
        assert!(reference.target.len() <= 8 * 1024);
        assert!(reference.anchor.chars().count() <= 255);
    }
    for headline in [&page.title, &page.h1].into_iter().flatten() {
        assert!(headline.chars().count() <= 1_024);
    }
    assert!(page.text_bytes <= 3 * text.len());
}

/// Where references stand here, by attribute.
const PLACES: [(&str, &str, LinkKind); 7] = [
    ("a", "href", LinkKind::Anchor),
    ("area", "href", LinkKind::Area),
    ("img", "src", LinkKind::Image),
    ("iframe", "src", LinkKind::Iframe),
    ("script", "src", LinkKind::Script),
    ("embed", "src", LinkKind::Embed),
    ("object", "data", LinkKind::Object),
];

/// What pages are put together of: no template and no open object, for where formatting is misnested
/// around one, a tree builder opens elements of it again outside. `@` is the text that follows in the input.
const PIECES: [&str; 32] = [
    "<a href=@>",
    "<a href='@'>",
    "<a\nHREF = \"@\" x>",
    "</a>",
    "<area href='@'/>",
    "<img src=@>",
    "<img src='@' alt='<a href=no>'>",
    "<iframe src='@'></iframe>",
    "<embed src='@'>",
    "<object data=\"@\"></object>",
    "<i>",
    "<script src='@'></script>",
    "<script>@</script>",
    "<style>@</style>",
    "<!-- @ -->",
    "<!--@-->",
    "<![CDATA[@]]>",
    "<?@>",
    "</@>",
    "@",
    "<div @>",
    "</div>",
    "<b>",
    "</b>",
    "<p title='@'>",
    "</p>",
    "<u>",
    "</u>",
    "<span x=@ @>",
    "</span>",
    "<textarea>@</textarea>",
    "&@;",
];

/// Each byte names a piece; those up to a byte of 128 and above are the text in it.
fn made_of(bytes: &[u8]) -> String {
    let mut made = String::from("<!doctype html><body>");
    let mut rest = &bytes[..bytes.len().min(2_000)];
    while let Some((first, after)) = rest.split_first() {
        let piece = PIECES[usize::from(first & 31)];
        let end = after.iter().position(|byte| *byte >= 128);
        let end = if piece.contains('@') {
            end.unwrap_or(after.len())
        } else {
            0
        };
        let (inner, after) = after.split_at(end.min(40));
        made += &piece.replace('@', &inside(inner));
        rest = after;
    }
    made
}

/// A text that opens no tag, for then the tree would drop or move what is in it.
fn inside(bytes: &[u8]) -> String {
    text(bytes)
        .chars()
        .filter(|c| *c != '<' && *c != '\0')
        .collect()
}

type Found = BTreeSet<(LinkKind, String)>;

fn by_streaming(made: &str) -> Found {
    let references = page(made).references.into_iter();
    let known = references.filter(|found| PLACES.iter().any(|(.., kind)| *kind == found.kind));
    known
        .map(|found| (found.kind, found.target.into_owned()))
        .collect()
}

fn by_tree(made: &str) -> Found {
    let tree = Html::parse_document(made);
    let mut found = Found::new();
    for (element, attribute, kind) in PLACES {
        let selector = Selector::parse(&format!("{element}[{attribute}]")).expect("a selector");
        for matched in tree.select(&selector) {
            let target = matched.attr(attribute).unwrap_or_default();
            let target = target.trim_matches(|c: char| c.is_ascii_whitespace());
            let counts = kind.is_hyperlink() || !target.is_empty();
            if counts && !target.to_ascii_lowercase().starts_with("data:") {
                found.insert((kind, target.to_owned()));
            }
        }
    }
    found
}
