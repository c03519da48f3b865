//! Prints texts in the output style of stdout.

use std::io::Write;

use crate::settings::failure::Failure;
use crate::terminal::streams::Console;
use crate::terminal::text::{tame, tame_but_colors};
use crate::terminal::wrap::width_of;

/// Prints a text in the output style of stdout. Texts of servers cannot control the terminal.
pub(super) fn show(
    text: impl Fn(usize, bool) -> String,
    console: &mut Console,
) -> Result<(), Failure> {
    let color = console.stdout_color;
    let text = text(width_of(console.stdout_width), color);
    let text = if color {
        tame_but_colors(&text)
    } else {
        tame(&text)
    };
    console.stdout.write_all(text.as_bytes())?;
    Ok(())
}
