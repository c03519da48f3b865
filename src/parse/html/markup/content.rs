//! Content that is not markup: where it ends, and what its characters mean.

use memchr::{memchr_iter, memchr2, memchr2_iter};

use super::bytes::ends_tag_name;
use super::text::{Kind, Text};

/// The type of an element's content, if it is not markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Content {
    /// Text with character references, as in a title.
    RcData,
    /// Text without character references.
    RawText,
    /// A script, which may contain an end tag in a comment.
    Script,
    /// Everything to the end of the page.
    PlainText,
}

impl Content {
    /// Returns where the end tag of the element of this name begins.
    pub(super) fn end(self, text: &str, name: &str) -> usize {
        let bytes = text.as_bytes();
        let end = match self {
            Content::PlainText => None,
            Content::Script => end_of_script(bytes, name),
            Content::RcData | Content::RawText => {
                memchr_iter(b'<', bytes).find(|at| is_end_tag(&bytes[*at..], name))
            }
        };
        end.unwrap_or(bytes.len())
    }

    pub(super) fn text(self, written: &str) -> Text<'_> {
        let bytes = written.as_bytes();
        let kind = match self {
            Content::RcData if memchr2(b'&', b'\0', bytes).is_some() => Kind::RcData,
            Content::RcData => Kind::Plain,
            _ if bytes.contains(&b'\0') => Kind::RawText,
            _ => Kind::Plain,
        };
        Text { written, kind }
    }
}

/// The state within a script, by its comments and the scripts in them (HTML standard, sections
/// 13.2.5.15 to 13.2.5.31: "script data", "escaped", "double escaped").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Script,
    Comment,
    ScriptInComment,
}

fn end_of_script(text: &[u8], name: &str) -> Option<usize> {
    let mut within = Within::Script;
    // The dashes that begin a comment may end it: `<!-->`.
    let mut dashes_from = 0;
    for at in memchr2_iter(b'<', b'>', text) {
        if text[at] == b'>' {
            if text[dashes_from..at].ends_with(b"--") {
                within = Within::Script;
            }
            continue;
        }
        let rest = &text[at..];
        within = match within {
            Within::Script if rest.starts_with(b"<!--") => {
                dashes_from = at + "<!".len();
                Within::Comment
            }
            Within::Script | Within::Comment if is_end_tag(rest, name) => return Some(at),
            Within::Comment if is_start_tag(rest, name) => Within::ScriptInComment,
            Within::ScriptInComment if is_end_tag(rest, name) => Within::Comment,
            other => other,
        };
    }
    None
}

fn is_start_tag(text: &[u8], name: &str) -> bool {
    text.strip_prefix(b"<")
        .is_some_and(|text| is_name(text, name))
}

fn is_end_tag(text: &[u8], name: &str) -> bool {
    text.strip_prefix(b"</")
        .is_some_and(|text| is_name(text, name))
}

fn is_name(text: &[u8], name: &str) -> bool {
    text.get(..name.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
        && text.get(name.len()).is_some_and(|end| ends_tag_name(*end))
}
