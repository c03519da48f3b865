//! The output style of texts: their width and colours.

use super::streams::Console;
use super::wrap::width_of;

/// The output style of a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutputStyle {
    /// The width in columns at which prose is wrapped.
    pub(crate) width: usize,
    /// Whether it has colours.
    pub(crate) color: bool,
}

impl OutputStyle {
    /// Returns the style of standard output.
    pub(crate) fn of_stdout(console: &Console) -> OutputStyle {
        OutputStyle {
            width: width_of(console.stdout_width),
            color: console.stdout_color,
        }
    }

    /// Returns the style of standard error, which has the width of standard output: both are usually one terminal.
    pub(crate) fn of_people(console: &Console) -> OutputStyle {
        OutputStyle {
            color: console.people.color,
            ..OutputStyle::of_stdout(console)
        }
    }
}
