//! References of a page.

use std::borrow::Cow;

use compact_str::CompactString;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The kind of a page's reference to another URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are those of HTML")]
pub enum LinkKind {
    Anchor = 1,
    Area = 2,
    Iframe = 3,
    Frame = 4,
    Canonical = 5,
    Next = 6,
    Prev = 7,
    Alternate = 8,
    Hreflang = 9,
    Amp = 10,
    MetaRefresh = 11,
    Redirect = 12,
    Stylesheet = 13,
    Icon = 14,
    Preload = 15,
    Image = 16,
    Script = 17,
    Video = 18,
    Audio = 19,
    Embed = 20,
    Object = 21,
}

impl LinkKind {
    /// Every kind.
    pub const ALL: [LinkKind; 21] = [
        LinkKind::Anchor,
        LinkKind::Area,
        LinkKind::Iframe,
        LinkKind::Frame,
        LinkKind::Canonical,
        LinkKind::Next,
        LinkKind::Prev,
        LinkKind::Alternate,
        LinkKind::Hreflang,
        LinkKind::Amp,
        LinkKind::MetaRefresh,
        LinkKind::Redirect,
        LinkKind::Stylesheet,
        LinkKind::Icon,
        LinkKind::Preload,
        LinkKind::Image,
        LinkKind::Script,
        LinkKind::Video,
        LinkKind::Audio,
        LinkKind::Embed,
        LinkKind::Object,
    ];

    /// Returns the stored number; numbers never change, new ones are only appended.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Returns the kind with a stored number.
    pub fn from_code(code: u8) -> Option<LinkKind> {
        LinkKind::ALL
            .get(usize::from(code).checked_sub(1)?)
            .copied()
    }

    /// Returns the kind with a name.
    pub fn from_name(name: &str) -> Option<LinkKind> {
        LinkKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Returns the name in `links` and in the `Type` column, after Screaming Frog where it has one.
    pub const fn name(self) -> &'static str {
        match self {
            LinkKind::Anchor => "Hyperlink",
            LinkKind::Area => "Area",
            LinkKind::Iframe => "Iframe",
            LinkKind::Frame => "Frame",
            LinkKind::Canonical => "Canonical",
            LinkKind::Next => "Rel Next",
            LinkKind::Prev => "Rel Prev",
            LinkKind::Alternate => "Alternate",
            LinkKind::Hreflang => "Hreflang",
            LinkKind::Amp => "AMP",
            LinkKind::MetaRefresh => "Meta Refresh",
            LinkKind::Redirect => "HTTP Redirect",
            LinkKind::Stylesheet => "CSS",
            LinkKind::Icon => "Icon",
            LinkKind::Preload => "Preload",
            LinkKind::Image => "Image",
            LinkKind::Script => "JavaScript",
            LinkKind::Video => "Video",
            LinkKind::Audio => "Audio",
            LinkKind::Embed => "Embed",
            LinkKind::Object => "Object",
        }
    }

    /// Returns whether it leads to a part of the page rather than to another page.
    pub const fn is_resource(self) -> bool {
        self.code() >= LinkKind::Stylesheet.code()
    }

    /// Returns whether it is a link that a person can follow. Inlinks of a page count these.
    pub const fn is_hyperlink(self) -> bool {
        matches!(self, LinkKind::Anchor | LinkKind::Area)
    }

    /// Returns the clicks that a person needs from the page to the target, or `None` if no click
    /// leads there.
    pub const fn clicks(self) -> Option<u16> {
        match self {
            LinkKind::Redirect => Some(0),
            LinkKind::Anchor
            | LinkKind::Area
            | LinkKind::Iframe
            | LinkKind::Frame
            | LinkKind::MetaRefresh => Some(1),
            _ => None,
        }
    }
}

impl Serialize for LinkKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for LinkKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<LinkKind, D::Error> {
        let name = String::deserialize(deserializer)?;
        let unknown = || D::Error::custom(format_args!("unknown kind of link {name}"));
        LinkKind::from_name(&name).ok_or_else(unknown)
    }
}

/// The part of a page in which a link stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are those of HTML")]
pub enum Position {
    #[default]
    Content = 0,
    Head = 1,
    Header = 2,
    Navigation = 3,
    Aside = 4,
    Footer = 5,
    /// The HTTP header, before any HTML.
    HttpHeader = 6,
}

impl Position {
    /// Returns the stored number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Returns the position with a stored number; content, if it is unknown.
    pub const fn from_code(code: u8) -> Position {
        match code {
            1 => Position::Head,
            2 => Position::Header,
            3 => Position::Navigation,
            4 => Position::Aside,
            5 => Position::Footer,
            6 => Position::HttpHeader,
            _ => Position::Content,
        }
    }

    /// Returns the name in the `Link Position` column.
    pub const fn name(self) -> &'static str {
        match self {
            Position::Content => "Content",
            Position::Head => "Head",
            Position::Header => "Header",
            Position::Navigation => "Navigation",
            Position::Aside => "Aside",
            Position::Footer => "Footer",
            Position::HttpHeader => "HTTP Header",
        }
    }
}

/// Maximum characters kept of a `rel`, as of an anchor's text. All its words count nevertheless.
pub const MAX_REL: usize = 255;

/// A reference as the page wrote it, not yet resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference<'t> {
    /// The kind of the reference.
    pub kind: LinkKind,
    /// The attribute's value without surrounding white space, entities decoded; if possible,
    /// borrowed from the page's text.
    pub target: Cow<'t, str>,
    /// The anchor's text, or an image's `alt`; white space folded, at most 255 characters.
    pub anchor: CompactString,
    /// The `rel` attribute as written, at most [`MAX_REL`] characters (for hreflang: the language).
    pub rel: CompactString,
    /// Its position on the page.
    pub position: Position,
    /// Whether `rel` contains nofollow, ugc or sponsored (Google treats the three as hints of one
    /// kind).
    pub nofollow: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_back() {
        for kind in LinkKind::ALL {
            assert_eq!(LinkKind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(LinkKind::from_code(0), None);
        assert_eq!(LinkKind::from_code(22), None);
        for code in 0..7 {
            assert_eq!(Position::from_code(code).code(), code);
        }
    }
}
