use super::report::Kind;

/// The relevant elements. Prefixes are ignored: the meaning of an element follows from the one
/// around it, so a wrong or missing namespace does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// The root, whatever its name.
    Root,
    Channel,
    Url,
    Sitemap,
    /// `<item>` of RSS.
    Item,
    /// `<entry>` of Atom.
    Entry,
    Location,
    Lastmod,
    /// Image or video.
    Media,
    MediaLocation,
    Link,
    Guid,
    Other,
}

impl Tag {
    /// Returns the meaning of an element inside another.
    pub(super) fn inside(parent: Option<Tag>, name: &str) -> Tag {
        match (parent, name) {
            (None, _) => Tag::Root,
            (Some(Tag::Root), "url") => Tag::Url,
            (Some(Tag::Root), "sitemap") => Tag::Sitemap,
            (Some(Tag::Root), "entry") => Tag::Entry,
            (Some(Tag::Root), "channel") => Tag::Channel,
            (Some(Tag::Root | Tag::Channel), "item") => Tag::Item,
            (Some(Tag::Url | Tag::Sitemap), "loc") => Tag::Location,
            (Some(Tag::Url | Tag::Sitemap), "lastmod") | (Some(Tag::Entry), "updated") => {
                Tag::Lastmod
            }
            (Some(Tag::Url), "image" | "video") => Tag::Media,
            (Some(Tag::Media), "loc" | "content_loc" | "thumbnail_loc" | "player_loc") => {
                Tag::MediaLocation
            }
            (Some(Tag::Url | Tag::Item | Tag::Entry), "link") => Tag::Link,
            (Some(Tag::Item), "guid") => Tag::Guid,
            _ => Tag::Other,
        }
    }

    /// Returns the kind of URL that an element names, if it names one.
    pub(super) fn entry(self) -> Option<Kind> {
        match self {
            Tag::Url | Tag::Item | Tag::Entry => Some(Kind::Page),
            Tag::Sitemap => Some(Kind::Sitemap),
            _ => None,
        }
    }

    /// Returns whether its text is used.
    pub(super) fn has_text(self) -> bool {
        matches!(
            self,
            Tag::Location | Tag::Lastmod | Tag::MediaLocation | Tag::Link | Tag::Guid
        )
    }
}
