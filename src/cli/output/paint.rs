//! Colours on a terminal, where they are wanted.

pub(in crate::cli) const PLAIN: &str = "";
pub(in crate::cli) const BOLD: &str = "1";
pub(in crate::cli) const RED: &str = "31";
pub(in crate::cli) const GREEN: &str = "32";
pub(in crate::cli) const YELLOW: &str = "33";

/// The text in an ANSI style, if colours are wanted.
pub(in crate::cli) fn paint(text: &str, style: &str, color: bool) -> String {
    if color && !style.is_empty() {
        format!("\x1b[{style}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}
