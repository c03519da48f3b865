//! Extracts fields that the user selects by CSS selector. This needs a whole document tree, which
//! is an order of magnitude slower than the streaming pass. So it is built once per page, for all
//! fields, and only if its cost is known to be bounded.

use scraper::{Html, Selector};

use super::html::Page;

/// Maximum length of a text that gets a tree, in bytes: a tree takes about ten times the memory of
/// its text.
const MAX_TEXT: usize = 2 * 1024 * 1024;

/// Maximum depth of a page that gets a tree: the tree builder's time is quadratic in the depth.
/// Browsers stop nesting at 512 as well.
const MAX_NESTING: usize = 512;

/// Maximum number of elements of a page that gets a tree. A few hundred unclosed `<b>` are reopened
/// in every later paragraph, so a small text can need a tree of any size.
const MAX_ELEMENTS: u64 = 250_000;

/// A field to extract: the text, or one attribute, of the first element that matches a selector.
#[derive(Clone, Debug)]
pub struct FieldSelector {
    selector: Selector,
    attribute: Option<String>,
}

/// Why a text is not a field selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectorFault {
    /// The part before the `@` is not CSS.
    #[error("{0:?} is not a valid CSS selector, such as .price or #main h2")]
    Css(String),
    /// The part after the `@` is not the name of an attribute.
    #[error("{0:?} names no attribute after its \"@\", such as meta[itemprop=price]@content")]
    Attribute(String),
}

impl FieldSelector {
    /// Parses `CSS` or `CSS@attribute`. An `@` within brackets or quotes belongs to the CSS.
    pub fn parse(text: &str) -> Result<FieldSelector, SelectorFault> {
        let (css, attribute) = match text.rsplit_once('@') {
            Some((css, name)) if !name.contains(['"', '\'', ']', ')']) => (css, Some(name.trim())),
            _ => (text, None),
        };
        let is_name = |name: &str| {
            let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.');
            !name.is_empty() && name.chars().all(is_part)
        };
        if attribute.is_some_and(|name| !is_name(name)) {
            return Err(SelectorFault::Attribute(text.to_owned()));
        }
        // The parser's message names its internals and helps no user.
        let selector =
            Selector::parse(css.trim()).map_err(|_| SelectorFault::Css(text.to_owned()))?;
        Ok(FieldSelector {
            selector,
            attribute: attribute.map(str::to_ascii_lowercase),
        })
    }

    /// Returns the field's value with white space folded, or `None` if nothing matches or the
    /// attribute is absent.
    pub fn extract(&self, document: &Document) -> Option<String> {
        let element = document.html.select(&self.selector).next()?;
        if let Some(name) = &self.attribute {
            return element.attr(name).map(|value| value.trim().to_owned());
        }
        let text: String = element.text().collect();
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// The tree of one page. It stays on the thread that built it.
#[derive(Debug)]
pub struct Document {
    html: Html,
}

impl Document {
    /// Builds the tree of a text, unless the streaming pass found it too large, deep or tangled.
    pub fn build(text: &str, page: &Page) -> Option<Document> {
        let bounded = text.len() <= MAX_TEXT
            && page.max_nesting <= MAX_NESTING
            && page.elements <= MAX_ELEMENTS;
        bounded.then(|| Document {
            html: Html::parse_document(text),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::html::page;
    use super::*;

    const TEXT: &str = "<h1>  A <b>big</b>\ntitle </h1><p class=price data-eur=' 12.50 '>12,50</p>\
        <a href='mailto:a@b'>mail</a>";

    fn check(selector: &str, expected: Option<&str>) {
        let field = FieldSelector::parse(selector).expect("a valid selector");
        let document = Document::build(TEXT, &page(TEXT)).expect("a small page");
        assert_eq!(field.extract(&document).as_deref(), expected, "{selector}");
    }

    #[test]
    fn text_and_attributes_are_extracted() {
        check("h1", Some("A big title"));
        check("p.price @data-EUR", Some("12.50"));
        check("p@class", Some("price"));
        check("p@id", None);
        check("h2", None);
        check("a[href='mailto:a@b']", Some("mail"));
        check("a[href=\"mailto:a@b\"]@href", Some("mailto:a@b"));
    }

    #[test]
    fn a_fault_names_the_selector() {
        for text in ["", "p[", "..", "p@", "p@a b", "@href"] {
            let fault = FieldSelector::parse(text).expect_err("not a selector");
            assert!(fault.to_string().contains(&format!("{text:?}")), "{fault}");
        }
    }

    #[test]
    fn pages_whose_tree_would_explode_get_none() {
        let paragraphs = "<p>x".repeat(10_000);
        let unclosed = "<p><b></p><p><i></p>".repeat(100);
        let cases = [
            "<div>".repeat(MAX_NESTING + 1),
            " ".repeat(MAX_TEXT + 1),
            format!("{unclosed}{paragraphs}"),
        ];
        for text in cases {
            assert!(Document::build(&text, &page(&text)).is_none());
        }
    }

    #[test]
    fn long_lists_without_end_tags_are_not_deep() {
        let rows = "<tr><td><font>x<td>y".repeat(600);
        let text = format!("<ul>{}</ul><table>{rows}", "<li><b>x</b>".repeat(600));
        assert!(Document::build(&text, &page(&text)).is_some());
    }

    #[test]
    fn a_field_selector_can_be_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<FieldSelector>();
    }
}
