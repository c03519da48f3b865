//! Noindex, canonical and title of pages, and their changes between two runs.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::super::sight::Pair;
use super::group::Group;
use super::moves::{folder, path};

/// Maximum sections and targets that are counted.
const MOST: usize = 1_000;

/// Minimum pages of a section that turned noindex, to say that the whole section did. Ours.
const WHOLE: u64 = 2;

/// Pages of one section that turned noindex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noindex {
    /// The pages.
    pub pages: Group,
    /// Whether they are all pages of the section; of the site if they have no common folder.
    pub whole: bool,
    /// Number of sections that they are in, if they are parts of several; otherwise 0.
    #[serde(default)]
    pub sections: u64,
}

/// Pages whose canonical link names another page now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canonical {
    /// The page that all of them name; absent if they name several.
    pub to: Option<String>,
    /// The pages.
    pub pages: Group,
}

/// What pages say to search engines now and did not before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarksChange {
    /// Pages that turned noindex, by section, the most pages first.
    pub noindex: Vec<Noindex>,
    /// Pages that had noindex and may be indexed now.
    pub indexable: Group,
    /// Pages whose canonical names another page.
    pub canonical: Option<Canonical>,
    /// Pages whose title changed, by section, the most pages first.
    pub titles: Vec<(String, u64)>,
}

/// Gathers these changes, in bounded memory.
#[derive(Clone, Debug, Default)]
pub(in crate::assess::compare) struct MarkChanges {
    /// By section: its pages that turned noindex, and the number of its pages that may or might be indexed.
    noindex: BTreeMap<String, (Group, u64)>,
    indexable: Group,
    canonical: Group,
    /// Pages that changed canonicals name, at most two: more than one is "several".
    to: BTreeSet<String>,
    titles: BTreeMap<String, u64>,
}

impl MarkChanges {
    /// Adds a pair. Only pages that answered 200-299 in both runs say something in both.
    pub(in crate::assess::compare) fn add(&mut self, pair: &Pair<'_>) {
        let (Some((old, new)), Some(was), Some(is)) =
            (pair.marks, pair.old.state(), pair.new.state())
        else {
            return;
        };
        if !was.is_fine() || !is.is_fine() {
            return;
        }
        let section = folder(path(pair.address));
        if !old.noindex && (self.noindex.len() < MOST || self.noindex.contains_key(section)) {
            let (turned, all) = self.noindex.entry(section.to_owned()).or_default();
            *all += 1;
            if new.noindex {
                turned.add(pair.address);
            }
        }
        if old.noindex && !new.noindex {
            self.indexable.add(pair.address);
        }
        let elsewhere = new.canonical.as_deref();
        let elsewhere = elsewhere.filter(|to| *to != pair.address);
        if let Some(to) = elsewhere.filter(|to| old.canonical.as_deref() != Some(*to)) {
            self.canonical.add(pair.address);
            if self.to.len() < 2 {
                self.to.insert(to.to_owned());
            }
        }
        if old.title.is_some()
            && new.title.is_some()
            && old.title != new.title
            && (self.titles.len() < MOST || self.titles.contains_key(section))
        {
            *self.titles.entry(section.to_owned()).or_default() += 1;
        }
    }

    /// Returns the changes.
    pub(in crate::assess::compare) fn finish(self) -> MarksChange {
        let most_first = |pages: u64| std::cmp::Reverse(pages);
        let turned_everywhere = (self.noindex.values()).all(|(turned, all)| turned.pages == *all);
        let mut noindex: Vec<Noindex> = (self.noindex.into_values())
            .filter(|(turned, _)| turned.pages > 0)
            .map(|(pages, all)| Noindex {
                whole: pages.pages == all && all >= WHOLE,
                pages,
                sections: 0,
            })
            .collect();
        parts_as_one(&mut noindex);
        noindex.sort_by_key(|found| most_first(found.pages.pages));
        // A site in which every section turned is one change.
        if turned_everywhere && noindex.len() > 1 {
            let mut site = Group::default();
            for found in &noindex {
                site.pages += found.pages.pages;
                site.examples.extend(found.pages.examples.first().cloned());
            }
            site.examples.truncate(3);
            noindex = vec![Noindex {
                pages: site,
                whole: true,
                sections: 0,
            }];
        }
        let mut titles: Vec<(String, u64)> = self.titles.into_iter().collect();
        titles.sort_by_key(|(_, pages)| most_first(*pages));
        let (canonical, to) = (self.canonical, self.to);
        MarksChange {
            noindex,
            indexable: self.indexable,
            canonical: (canonical.pages > 0).then(|| Canonical {
                to: (to.len() == 1).then(|| to.iter().map(|to| path(to)).collect()),
                pages: canonical,
            }),
            titles,
        }
    }
}

/// Puts parts of several sections together: one cause is likelier than as many as there are sections.
fn parts_as_one(noindex: &mut Vec<Noindex>) {
    let (parts, whole): (Vec<_>, Vec<_>) = noindex.drain(..).partition(|found| !found.whole);
    *noindex = whole;
    match parts.as_slice() {
        [] | [_] => noindex.extend(parts),
        parts => {
            let examples = parts.iter().filter_map(|part| part.pages.examples.first());
            noindex.push(Noindex {
                pages: Group {
                    pages: parts.iter().map(|part| part.pages.pages).sum(),
                    folder: None,
                    examples: examples.take(3).cloned().collect(),
                },
                whole: false,
                sections: parts.len() as u64,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::sight::{Marks, PageState, Sight};
    use super::*;

    fn changes(pages: &[(&str, Marks, Marks)]) -> MarksChange {
        let mut changes = MarkChanges::default();
        for (address, old, new) in pages {
            changes.add(&Pair {
                address,
                old_address: address,
                old: Sight::Seen(PageState::unlisted()),
                new: Sight::Seen(PageState::unlisted()),
                unlinked: false,
                target: None,
                marks: Some((old, new)),
                states: &[],
            });
        }
        changes.finish()
    }

    fn noindex() -> Marks {
        Marks {
            noindex: true,
            ..Marks::default()
        }
    }

    #[test]
    fn a_section_turns_noindex_as_a_whole_or_in_part() {
        let fine = Marks::default;
        let found = changes(&[
            ("https://a.test/b/1", fine(), noindex()),
            ("https://a.test/b/2", fine(), noindex()),
            ("https://a.test/b/3", noindex(), noindex()),
            ("https://a.test/c/1", fine(), noindex()),
            ("https://a.test/c/2", fine(), fine()),
            ("https://a.test/d/1", noindex(), fine()),
        ]);
        let told: Vec<_> = (found.noindex.iter())
            .map(|found| {
                (
                    found.pages.pages,
                    found.pages.folder.as_deref(),
                    found.whole,
                )
            })
            .collect();
        assert_eq!(told, [(2, Some("/b/"), true), (1, Some("/c/"), false)]);
        assert_eq!(found.indexable, Group::of(&["https://a.test/d/1"]));
    }

    #[test]
    fn a_site_that_turned_noindex_is_one_change() {
        let fine = Marks::default;
        let found = changes(&[
            ("https://a.test/", fine(), noindex()),
            ("https://a.test/b/1", fine(), noindex()),
            ("https://a.test/b/2", fine(), noindex()),
        ]);
        let [site] = found.noindex.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(
            (site.pages.pages, &site.pages.folder, site.whole),
            (3, &None, true)
        );
    }

    #[test]
    fn canonicals_and_titles_are_compared() {
        let page = |canonical: &str, title: &str| Marks {
            noindex: false,
            canonical: (!canonical.is_empty()).then(|| format!("https://a.test{canonical}")),
            title: (!title.is_empty()).then(|| title.to_owned()),
        };
        let found = changes(&[
            ("https://a.test/b/1", page("", "One"), page("/", "Shop")),
            ("https://a.test/b/2", page("/b/2", "Two"), page("/", "Two")),
            // Its own canonical, as before, and no title before.
            ("https://a.test/b/3", page("/", ""), page("/b/3", "Three")),
            ("https://a.test/c/4", page("/x", ""), page("/x", "")),
        ]);
        let canonical = found.canonical.expect("a change");
        assert_eq!(
            (canonical.pages.pages, canonical.to.as_deref()),
            (2, Some("/"))
        );
        assert_eq!(found.titles, [("/b/".to_owned(), 1)]);
        assert_eq!(found.noindex, []);
    }
}
