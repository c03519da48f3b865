//! Pages that moved: what redirects now and did not, put together by where it was and where it went.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;

/// Maximum moves from one folder to another: while counting, and in the result.
const MOST_PLACES: usize = 1_000;
const MOST_KEPT: usize = 20;

/// Maximum targets of moves, and maximum new pages, that are remembered, as one number each.
const MOST_TARGETS: usize = 100_000;

/// Pages that moved from one folder or origin to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Move {
    /// Number of pages.
    pub pages: u64,
    /// The folder they were in, with the origin if that changed; of a single page its URL.
    pub from: String,
    /// Where they are now.
    pub to: String,
}

/// Gathers moves, in bounded memory.
#[derive(Clone, Debug, Default)]
pub(in crate::assess::compare) struct Moves {
    places: BTreeMap<(String, String), (u64, String, String)>,
    targets: HashSet<u64>,
    appeared: HashSet<u64>,
}

impl Moves {
    /// Takes in that a page redirects to another one now.
    pub(in crate::assess::compare) fn moved(&mut self, address: &str, target: &str) {
        remember(&mut self.targets, target);
        let place = places(address, target);
        if self.places.len() < MOST_PLACES || self.places.contains_key(&place) {
            let (pages, ..) = self
                .places
                .entry(place)
                .or_insert_with(|| (0, path(address).to_owned(), path(target).to_owned()));
            *pages += 1;
        }
    }

    /// Takes in that a page is there for the first time and is fine.
    pub(in crate::assess::compare) fn appeared(&mut self, address: &str) {
        remember(&mut self.appeared, address);
    }

    /// Returns the moves, the greatest first, and how many of the pages that appeared are where others moved to.
    pub(in crate::assess::compare) fn finish(self) -> (Vec<Move>, u64) {
        let arrived = self.targets.intersection(&self.appeared).count() as u64;
        let all = self.places.into_iter();
        let mut moves: Vec<Move> = all
            .map(|((from, to), (pages, old, new))| match pages {
                1 => Move {
                    pages,
                    from: old,
                    to: new,
                },
                pages => Move { pages, from, to },
            })
            .collect();
        moves.sort_by_key(|found| std::cmp::Reverse(found.pages));
        moves.truncate(MOST_KEPT);
        (moves, arrived)
    }
}

fn remember(known: &mut HashSet<u64>, address: &str) {
    if known.len() < MOST_TARGETS {
        let mut hasher = DefaultHasher::new();
        address.hash(&mut hasher);
        known.insert(hasher.finish());
    }
}

/// Returns where a page was and where it is now: the first folders of the paths, or the origins if they differ.
fn places(old: &str, new: &str) -> (String, String) {
    let (old_origin, old_path) = split(old);
    let (new_origin, new_path) = split(new);
    let (from, to) = (folder(old_path), folder(new_path));
    if old_origin == new_origin {
        return (from.to_owned(), to.to_owned());
    }
    let of = |origin: &str, folder: &str| {
        if from == to {
            origin.to_owned()
        } else {
            format!("{origin}{folder}")
        }
    };
    (of(old_origin, from), of(new_origin, to))
}

pub(super) fn path(address: &str) -> &str {
    split(address).1
}

/// Returns the origin and the path of a URL.
pub(super) fn split(address: &str) -> (&str, &str) {
    let host = address.find("://").map_or(0, |at| at + 3);
    let path = address[host..]
        .find('/')
        .map_or(address.len(), |at| host + at);
    let path = address.split_at(path);
    if path.1.is_empty() {
        (path.0, "/")
    } else {
        path
    }
}

/// Returns the first folder of a path: `/help/` of `/help/a/b`, `/` of `/a`.
pub(super) fn folder(path: &str) -> &str {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let end = path[1..].find('/').map_or(1, |at| at + 2);
    &path[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_are_put_together_by_folder_and_origin() {
        let mut moves = Moves::default();
        for n in 0..3 {
            let (old, new) = (
                format!("https://a.test/help/{n}"),
                format!("https://a.test/support/x/{n}"),
            );
            moves.moved(&old, &new);
            moves.appeared(&new);
        }
        moves.moved("https://a.test/b?c=/d/", "https://a.test/e");
        moves.moved("https://a.test/f/1", "https://b.test/f/1");
        moves.moved("https://a.test/f/2", "https://b.test/f/2");
        moves.appeared("https://a.test/new");
        let (moves, arrived) = moves.finish();
        let told: Vec<_> = (moves.iter())
            .map(|found| (found.pages, found.from.as_str(), found.to.as_str()))
            .collect();
        let expected = [
            (3, "/help/", "/support/"),
            (2, "https://a.test", "https://b.test"),
            (1, "/b?c=/d/", "/e"),
        ];
        assert_eq!((told.as_slice(), arrived), (&expected[..], 3));
    }
}
