//! What the HTML standard says about elements by their names, as far as nesting depends on it.

/// An element's name as a number (FNV-1a, 64 bits), cheap to keep and compare. Names made to
/// collide can only spoil the nesting of the page they stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id(u64);

/// How an element takes part in nesting (HTML standard, section 13.2.4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Has no content and no end tag.
    Void,
    /// The start tag never opens anything new: html, head, body.
    Root,
    /// Reopened by the parser when another element's end cuts it short.
    Formatting,
    /// Everything without a rule of its own, such as `span`.
    Inline,
    /// Cannot be closed by an inline end tag.
    Block,
    /// Cannot be closed by an end tag of a block within which it stands.
    Boundary,
}

impl Id {
    pub(super) const fn of(name: &[u8]) -> Id {
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        let mut at = 0;
        while at < name.len() {
            hash = (hash ^ name[at] as u64).wrapping_mul(0x0100_0000_01b3);
            at += 1;
        }
        Id(hash)
    }

    /// h1 to h6, which close one another.
    pub(super) fn is_heading(self) -> bool {
        const HEADINGS: [Id; 6] = [
            Id::of(b"h1"),
            Id::of(b"h2"),
            Id::of(b"h3"),
            Id::of(b"h4"),
            Id::of(b"h5"),
            Id::of(b"h6"),
        ];
        HEADINGS.contains(&self)
    }
}

impl Class {
    #[rustfmt::skip]
    pub(super) fn of(name: &[u8]) -> Class {
        match name {
            b"area" | b"base" | b"basefont" | b"bgsound" | b"br" | b"col" | b"embed" | b"frame"
            | b"hr" | b"image" | b"img" | b"input" | b"keygen" | b"link" | b"meta" | b"param"
            | b"source" | b"track" | b"wbr" => Class::Void,

            b"html" | b"head" | b"body" => Class::Root,

            b"a" | b"b" | b"big" | b"code" | b"em" | b"font" | b"i" | b"nobr" | b"s" | b"small"
            | b"strike" | b"strong" | b"tt" | b"u" => Class::Formatting,

            b"address" | b"article" | b"aside" | b"blockquote" | b"button" | b"center"
            | b"colgroup" | b"dd" | b"details" | b"dialog" | b"dir" | b"div" | b"dl" | b"dt"
            | b"fieldset" | b"figcaption" | b"figure" | b"footer" | b"form"
            | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"header" | b"hgroup" | b"iframe"
            | b"li" | b"listing" | b"main" | b"menu" | b"nav" | b"noembed" | b"noframes"
            | b"noscript" | b"ol" | b"p" | b"plaintext" | b"pre" | b"script" | b"search"
            | b"section" | b"style" | b"summary" | b"tbody" | b"textarea" | b"tfoot"
            | b"thead" | b"title" | b"tr" | b"ul" | b"xmp" => Class::Block,

            b"applet" | b"caption" | b"frameset" | b"marquee" | b"object" | b"select" | b"table" | b"td" | b"template"
            | b"th" => Class::Boundary,

            _ => Class::Inline,
        }
    }
}

/// Whether a start tag ends an open paragraph.
#[rustfmt::skip]
pub(super) fn closes_paragraph(name: &[u8]) -> bool {
    matches!(name,
        b"address" | b"article" | b"aside" | b"blockquote" | b"center" | b"dd" | b"details"
        | b"dialog" | b"dir" | b"div" | b"dl" | b"dt" | b"fieldset" | b"figcaption" | b"figure"
        | b"footer" | b"form" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"header"
        | b"hgroup" | b"hr" | b"li" | b"listing" | b"main" | b"menu" | b"nav" | b"ol" | b"p"
        | b"plaintext" | b"pre" | b"search" | b"section" | b"summary" | b"table" | b"ul" | b"xmp")
}

/// Whether a start tag within SVG or MathML ends these (HTML standard, section 13.2.6.5).
#[rustfmt::skip]
pub(super) fn ends_foreign(name: &[u8]) -> bool {
    matches!(name,
        b"b" | b"big" | b"blockquote" | b"body" | b"br" | b"center" | b"code" | b"dd" | b"div"
        | b"dl" | b"dt" | b"em" | b"embed" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6"
        | b"head" | b"hr" | b"i" | b"img" | b"li" | b"listing" | b"menu" | b"meta" | b"nobr"
        | b"ol" | b"p" | b"pre" | b"ruby" | b"s" | b"small" | b"span" | b"strong" | b"strike"
        | b"sub" | b"sup" | b"table" | b"tt" | b"u" | b"ul" | b"var")
}

/// Whether a tag may stand before the body without beginning it.
#[rustfmt::skip]
pub(super) fn is_of_head(name: &[u8]) -> bool {
    matches!(name,
        b"html" | b"head" | b"base" | b"basefont" | b"bgsound" | b"link" | b"meta" | b"noframes"
        | b"noscript" | b"script" | b"style" | b"template" | b"title")
}

/// The languages that may stand within HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    Svg,
    MathMl,
}

/// Whether the content of an SVG or MathML element is HTML again. That of `annotation-xml` is so
/// only by an attribute that nobody writes.
pub(super) fn holds_html(name: &[u8], language: Foreign) -> bool {
    match language {
        Foreign::Svg => matches!(name, b"foreignobject" | b"desc" | b"title"),
        Foreign::MathMl => matches!(name, b"mi" | b"mo" | b"mn" | b"ms" | b"mtext"),
    }
}

/// Whether words before and after a tag are two words.
pub(super) fn parts_words(name: &[u8], class: Class) -> bool {
    matches!(class, Class::Block | Class::Boundary) || matches!(name, b"br" | b"hr")
}
