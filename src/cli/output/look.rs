//! How texts look where they are read.

use super::streams::Console;
use super::wrap::width_of;

/// How a text looks where it is read.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Look {
    /// Columns that prose is wrapped at.
    pub(in crate::cli) width: usize,
    /// Whether it is painted.
    pub(in crate::cli) color: bool,
}

impl Look {
    /// On standard output.
    pub(in crate::cli) fn of_stdout(console: &Console) -> Look {
        Look {
            width: width_of(console.stdout_width),
            color: console.stdout_color,
        }
    }

    /// On standard error, which is as wide as standard output where both are one terminal.
    pub(in crate::cli) fn of_people(console: &Console) -> Look {
        Look {
            color: console.people.color,
            ..Look::of_stdout(console)
        }
    }
}
