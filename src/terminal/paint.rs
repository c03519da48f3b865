//! Colours on a terminal.

pub(crate) const PLAIN: &str = "";
pub(crate) const BOLD: &str = "1";
pub(crate) const RED: &str = "31";
pub(crate) const GREEN: &str = "32";
pub(crate) const YELLOW: &str = "33";

/// Returns the text in an ANSI style, if colours are enabled.
pub(crate) fn paint(text: &str, style: &str, color: bool) -> String {
    if color && !style.is_empty() {
        format!("\x1b[{style}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}
