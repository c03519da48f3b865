//! How much text a page has.

/// Bytes of a page that are read for its text, and bytes of its end for an error message.
pub(super) const LOOKED_AT: usize = 16 * 1024;
/// Maximum text of an error page, in bytes without white space. Longer pages are articles, forms or shops. Ours.
pub(super) const SHORT_TEXT: usize = 500;
/// Maximum text of a known error page, in bytes without white space; Squid's is the longest of those captured.
pub(super) const KNOWN_TEXT: usize = 1200;
/// A page with more links than this is a page of the site, with any heading.
pub(super) const FEW_LINKS: usize = 12;

/// Returns the length of a page's text, in bytes without white space. Returns `None` if that is longer
/// than a known error page, or if there are as many links as on a page of the site. The first kilobytes
/// decide most pages.
pub(super) fn text_length(body: &[u8]) -> Option<usize> {
    let mut rest = &body[..body.len().min(LOOKED_AT)];
    let (mut shown, mut links) = (0, 0);
    loop {
        let at = memchr::memchr(b'<', rest).unwrap_or(rest.len());
        let text = &rest[..at];
        shown += text.iter().filter(|b| !b.is_ascii_whitespace()).count();
        rest = &rest[at..];
        let kind = rest.get(1).map_or(0, u8::to_ascii_lowercase);
        links += usize::from(kind == b'a' && begins(rest, b"<a "));
        if shown > KNOWN_TEXT || links > FEW_LINKS {
            return None;
        }
        if rest.is_empty() {
            return Some(shown);
        }
        rest = match kind {
            b's' if begins(rest, b"<script") => after_end_tag(rest, b"</script"),
            b's' if begins(rest, b"<style") => after_end_tag(rest, b"</style"),
            b'!' if begins(rest, b"<!--") => after(rest, memchr::memmem::find(rest, b"-->"), 3),
            _ => after(rest, memchr::memchr(b'>', rest), 1),
        };
    }
}

fn begins(text: &[u8], with: &[u8]) -> bool {
    let start = text.get(..with.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(with))
}

fn after_end_tag<'a>(text: &'a [u8], tag: &[u8]) -> &'a [u8] {
    let mut starts = memchr::memchr_iter(b'<', text);
    let at = starts.find(|at| begins(&text[*at..], tag));
    after(text, at, tag.len())
}

/// Returns the text after a match of this length, or an empty one without a match.
fn after(text: &[u8], at: Option<usize>, length: usize) -> &[u8] {
    at.map_or(&[], |at| &text[at + length..])
}
