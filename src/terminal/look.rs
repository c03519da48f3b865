//! How texts look where they are read.

use super::streams::Console;
use super::wrap::width_of;

/// How a text looks where it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// Columns that prose is wrapped at.
    pub(crate) width: usize,
    /// Whether it is painted.
    pub(crate) color: bool,
}

impl Look {
    /// On standard output.
    pub(crate) fn of_stdout(console: &Console) -> Look {
        Look {
            width: width_of(console.stdout_width),
            color: console.stdout_color,
        }
    }

    /// On standard error, which is as wide as standard output where both are one terminal.
    pub(crate) fn of_people(console: &Console) -> Look {
        Look {
            color: console.people.color,
            ..Look::of_stdout(console)
        }
    }
}
