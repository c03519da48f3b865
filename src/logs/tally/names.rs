//! Names as small numbers, up to a bound.

use std::collections::HashMap;

/// Maximum names; further ones count as [`NO_NAME`]. Ours: backends and the like are few; a log with more names
/// something else there.
const MOST: usize = 1_000;

/// A number that stands for no name.
pub(in crate::logs) const NO_NAME: u16 = u16::MAX;

/// Names and their numbers.
#[derive(Clone, Debug, Default)]
pub(in crate::logs) struct Names {
    by_name: HashMap<Vec<u8>, u16>,
    all: Vec<String>,
    last: Vec<u8>,
    last_number: u16,
}

impl Names {
    /// Returns the number of a name; [`NO_NAME`] for none, and beyond the bound.
    pub(in crate::logs) fn number(&mut self, name: &[u8]) -> u16 {
        if name.is_empty() {
            return NO_NAME;
        }
        if name == self.last {
            return self.last_number;
        }
        let number = match self.by_name.get(name) {
            Some(number) => *number,
            None if self.all.len() >= MOST => return NO_NAME,
            None => {
                let number = self.all.len() as u16;
                self.by_name.insert(name.to_vec(), number);
                self.all.push(String::from_utf8_lossy(name).into_owned());
                number
            }
        };
        self.last = name.to_vec();
        self.last_number = number;
        number
    }

    /// Returns the name of a number.
    pub(in crate::logs) fn name(&self, number: u16) -> Option<&str> {
        self.all.get(usize::from(number)).map(String::as_str)
    }

    /// Returns all names in the order of their numbers.
    pub(in crate::logs) fn all(&self) -> &[String] {
        &self.all
    }
}
