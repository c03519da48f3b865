//! What the HTML standard says about elements by their names, as far as links, text and nesting
//! depend on it.

/// An element's or attribute's name in lower case as a number, cheap to keep and compare: its bytes
/// up to eight, a hash of what does not fit. Names made to collide can only spoil the reading of the
/// page they stand on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Id(u64);

/// An element's name and what is known by it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    pub(super) id: Id,
    pub(super) class: Class,
    traits: u8,
}

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

/// The languages that may stand within HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    Svg,
    MathMl,
}

// === impl Id ===

impl Id {
    /// Whether a name's bytes are its number: a NUL in front would be lost.
    pub(super) const fn packs(name: &[u8]) -> bool {
        name.len() <= 8 && !matches!(name, [0, ..])
    }

    /// The number of a name with one more byte, from nothing on; for names that pack.
    pub(super) const fn and(self, byte: u8) -> Id {
        Id(self.0 << 8 | byte.to_ascii_lowercase() as u64)
    }

    /// The number of a name, in whatever case.
    pub(super) const fn of(name: &[u8]) -> Id {
        let mut at = 0;
        if Id::packs(name) {
            let mut packed = Id(0);
            while at < name.len() {
                packed = packed.and(name[at]);
                at += 1;
            }
            return packed;
        }
        // FNV-1a, 64 bits.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        while at < name.len() {
            hash = (hash ^ name[at].to_ascii_lowercase() as u64).wrapping_mul(0x0100_0000_01b3);
            at += 1;
        }
        Id(hash | 1 << 63)
    }
}

// === impl Element ===

impl Element {
    /// What is known of the element with this name.
    pub(super) fn of(id: Id) -> Element {
        let (class, traits) = KNOWN[find(&KNOWN, id)].map_or((Class::Inline, 0), |it| it.1);
        Element { id, class, traits }
    }

    /// h1 to h6, which close one another.
    pub(super) fn is_heading(self) -> bool {
        self.has(HEADING)
    }

    /// Whether a start tag ends an open paragraph.
    pub(super) fn closes_paragraph(self) -> bool {
        self.has(CLOSES_PARAGRAPH)
    }

    /// Whether a start tag within SVG or MathML ends these (HTML standard, section 13.2.6.5).
    pub(super) fn ends_foreign(self) -> bool {
        self.has(ENDS_FOREIGN)
    }

    /// Whether a tag may stand before the body without beginning it.
    pub(super) fn is_of_head(self) -> bool {
        self.has(OF_HEAD)
    }

    /// Whether it is a table or a part of one.
    pub(super) fn is_of_table(self) -> bool {
        self.has(OF_TABLE)
    }

    /// Whether its attributes may refer to something or say something about the page; `a` aside.
    pub(super) fn speaks(self) -> bool {
        self.has(SPEAKS)
    }

    /// Whether its content is no markup.
    pub(super) fn is_raw(self) -> bool {
        self.has(RAW)
    }

    /// Whether words before and after a tag are two words.
    pub(super) fn parts_words(self) -> bool {
        matches!(self.class, Class::Block | Class::Boundary) || matches!(self.id, BR | HR)
    }

    /// Whether the content of an SVG or MathML element is HTML again. That of `annotation-xml` is
    /// so only by an attribute that nobody writes.
    pub(super) fn holds_html(self, language: Foreign) -> bool {
        const IN_SVG: [Id; 3] = [Id::of(b"foreignobject"), Id::of(b"desc"), Id::of(b"title")];
        const IN_MATH: [Id; 5] = [
            Id::of(b"mi"),
            Id::of(b"mo"),
            Id::of(b"mn"),
            Id::of(b"ms"),
            Id::of(b"mtext"),
        ];
        match language {
            Foreign::Svg => IN_SVG.contains(&self.id),
            Foreign::MathMl => IN_MATH.contains(&self.id),
        }
    }

    fn has(self, sort: u8) -> bool {
        self.traits & sort != 0
    }
}

// === What is known ===

const BR: Id = Id::of(b"br");
const HR: Id = Id::of(b"hr");

const CLASSES: [(Class, &str); 5] = [
    (
        Class::Void,
        "area base basefont bgsound br col embed frame hr image img input keygen link meta param \
         source track wbr",
    ),
    (Class::Root, "html head body"),
    (
        Class::Formatting,
        "a b big code em font i nobr s small strike strong tt u",
    ),
    (
        Class::Block,
        "address article aside blockquote button center colgroup dd details dialog dir div dl dt \
         fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup iframe li listing \
         main menu nav noembed noframes noscript ol p plaintext pre script search section style \
         summary tbody textarea tfoot thead title tr ul xmp",
    ),
    (
        Class::Boundary,
        "applet caption frameset marquee object select table td template th",
    ),
];

const HEADING: u8 = 1;
const CLOSES_PARAGRAPH: u8 = 1 << 1;
const ENDS_FOREIGN: u8 = 1 << 2;
const OF_HEAD: u8 = 1 << 3;
const OF_TABLE: u8 = 1 << 4;
const SPEAKS: u8 = 1 << 5;
const RAW: u8 = 1 << 6;

const TRAITS: [(u8, &str); 7] = [
    (HEADING, "h1 h2 h3 h4 h5 h6"),
    (
        CLOSES_PARAGRAPH,
        "address article aside blockquote center dd details dialog dir div dl dt fieldset \
         figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr li listing main menu nav \
         ol p plaintext pre search section summary table ul xmp",
    ),
    (
        ENDS_FOREIGN,
        "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img \
         li listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul \
         var",
    ),
    (
        OF_HEAD,
        "html head base basefont bgsound link meta noframes noscript script style template title",
    ),
    (
        OF_TABLE,
        "table caption colgroup tbody thead tfoot tr td th",
    ),
    (
        SPEAKS,
        "area audio base embed frame html iframe image img input link meta object script source \
         video",
    ),
    (
        RAW,
        "iframe noembed plaintext script style textarea title xmp",
    ),
];

/// A known element by its name.
type Entry = Option<(Id, (Class, u8))>;

/// A hash table four times as large as its content, which the compiler fills.
const SLOTS: usize = 512;
static KNOWN: [Entry; SLOTS] = known();

const fn known() -> [Entry; SLOTS] {
    let mut table = [None; SLOTS];
    let mut list = 0;
    while list < CLASSES.len() {
        let (class, names) = CLASSES[list];
        add(&mut table, names.as_bytes(), Some(class), 0);
        list += 1;
    }
    let mut list = 0;
    while list < TRAITS.len() {
        let (sort, names) = TRAITS[list];
        add(&mut table, names.as_bytes(), None, sort);
        list += 1;
    }
    table
}

/// Notes what is true of all names in a list with blanks between them.
const fn add(table: &mut [Entry; SLOTS], names: &[u8], class: Option<Class>, sort: u8) {
    let mut rest = names;
    while !rest.is_empty() {
        let mut end = 0;
        while end < rest.len() && rest[end] != b' ' {
            end += 1;
        }
        let (name, after) = rest.split_at(end);
        if !name.is_empty() {
            let id = Id::of(name);
            let slot = find(table, id);
            let (before, sorts) = match table[slot] {
                Some((_, known)) => known,
                None => (Class::Inline, 0),
            };
            let class = match class {
                Some(class) => class,
                None => before,
            };
            table[slot] = Some((id, (class, sorts | sort)));
        }
        rest = match after.split_first() {
            Some((_, after)) => after,
            None => after,
        };
    }
}

/// Where a name is in the table, or would be.
const fn find(table: &[Entry; SLOTS], id: Id) -> usize {
    // The golden ratio spreads names that differ in few bits.
    let mut slot =
        (id.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - SLOTS.ilog2())) as usize;
    while let Some((other, _)) = table[slot] {
        if other.0 == id.0 {
            break;
        }
        slot = (slot + 1) % SLOTS;
    }
    slot
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(name: &str) -> Element {
        Element::of(Id::of(name.as_bytes()))
    }

    #[test]
    fn names_are_told_apart_in_any_case() {
        let names = [
            "",
            "a",
            "b",
            "ab",
            "ba",
            "template",
            "templates",
            "blockquote",
            "figcaption",
            "\0a",
            "\0\0a",
        ];
        for (n, name) in names.iter().enumerate() {
            for other in &names[..n] {
                assert_ne!(Id::of(name.as_bytes()), Id::of(other.as_bytes()));
            }
            assert_eq!(
                Id::of(name.as_bytes()),
                Id::of(name.to_uppercase().as_bytes())
            );
        }
    }

    #[test]
    fn elements_are_known_by_their_names() {
        let h1 = element("h1");
        assert!(h1.class == Class::Block && h1.is_heading() && h1.closes_paragraph());
        assert!(element("br").class == Class::Void && element("br").parts_words());
        assert!(element("blockquote").ends_foreign());
        assert!(element("td").is_of_table() && element("td").class == Class::Boundary);
        for unknown in ["span", "my-element", "x", ""] {
            assert_eq!(element(unknown).class, Class::Inline, "{unknown}");
            assert!(!element(unknown).closes_paragraph(), "{unknown}");
        }
        let known = KNOWN.iter().flatten().count();
        assert!(known > 100 && known < SLOTS / 2, "{known}");
    }
}
