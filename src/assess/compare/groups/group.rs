//! Pages in a few words: how many, where, and for example.

use serde::{Deserialize, Serialize};

use super::moves::{folder, path};

/// Maximum examples of a group.
const EXAMPLES: usize = 3;

/// Pages that changed in the same way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Number of pages.
    pub pages: u64,
    /// The first folder of their paths; absent if they are in several, or at the root of the site.
    pub folder: Option<String>,
    /// The paths of some of them.
    pub examples: Vec<String>,
}

impl Group {
    /// Adds a page.
    pub fn add(&mut self, address: &str) {
        let path = path(address);
        let own = Some(folder(path)).filter(|folder| *folder != "/");
        if self.pages == 0 {
            self.folder = own.map(str::to_owned);
        } else if self.folder.as_deref() != own {
            self.folder = None;
        }
        self.pages += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(path.to_owned());
        }
    }

    /// Returns a group of these pages.
    #[cfg(test)]
    pub(super) fn of(addresses: &[&str]) -> Group {
        let mut group = Group::default();
        for address in addresses {
            group.add(address);
        }
        group
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_names_its_folder_only_if_all_of_it_is_there() {
        let one = Group::of(&["https://a.test/b/1", "https://a.test/b/2?c=/d/"]);
        assert_eq!((one.pages, one.folder.as_deref()), (2, Some("/b/")));
        for several in [
            ["https://a.test/b/1", "https://a.test/c/1"],
            ["https://a.test/b/1", "https://a.test/x"],
            ["https://a.test/x", "https://a.test/b/1"],
        ] {
            assert_eq!(Group::of(&several).folder, None, "{several:?}");
        }
        let many = Group::of(&["https://a.test/b/1"; 5]);
        assert_eq!((many.pages, many.examples.len()), (5, 3));
    }
}
