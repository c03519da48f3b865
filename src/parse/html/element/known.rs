//! The names for which the HTML standard has rules, in a table that the compiler fills.

use super::id::Id;

/// The role of an element in nesting (HTML standard, section 13.2.4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::parse::html) enum Class {
    /// Has no content and no end tag.
    Void,
    /// The start tag never opens anything new: html, head, body.
    Root,
    /// Reopened by the parser when the end of another element cuts it short.
    Formatting,
    /// Without a rule of its own, such as `span`.
    Inline,
    /// Not closed by an inline end tag.
    Block,
    /// Not closed by an end tag of a block around it.
    Boundary,
}

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

pub(super) const HEADING: u8 = 1;
pub(super) const CLOSES_PARAGRAPH: u8 = 1 << 1;
pub(super) const ENDS_FOREIGN: u8 = 1 << 2;
pub(super) const OF_HEAD: u8 = 1 << 3;
pub(super) const OF_TABLE: u8 = 1 << 4;
pub(super) const SPEAKS: u8 = 1 << 5;
pub(super) const RAW: u8 = 1 << 6;

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
        "iframe noembed noframes plaintext script style textarea title xmp",
    ),
];

/// Returns the class of the element with this name, and its sorts.
pub(super) fn of(id: Id) -> (Class, u8) {
    KNOWN[find(&KNOWN, id)].map_or((Class::Inline, 0), |it| it.1)
}

/// A known element by its name.
type Entry = Option<(Id, (Class, u8))>;

/// Slots of a hash table that is four times as large as its content.
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

/// Records a property of all names in a list separated by spaces.
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

/// Returns the index of a name in the table, or of its free slot.
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

    #[test]
    fn the_table_has_room() {
        let known = KNOWN.iter().flatten().count();
        assert!(known > 100 && known < SLOTS / 2, "{known}");
    }
}
