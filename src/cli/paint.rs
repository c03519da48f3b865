//! Colours on a terminal, where they are wanted.

pub(super) const PLAIN: &str = "";
pub(super) const BOLD: &str = "1";
pub(super) const RED: &str = "31";
pub(super) const GREEN: &str = "32";
pub(super) const YELLOW: &str = "33";

/// The text in an ANSI style, if colours are wanted.
pub(super) fn paint(text: &str, style: &str, color: bool) -> String {
    if color && !style.is_empty() {
        format!("\x1b[{style}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}
