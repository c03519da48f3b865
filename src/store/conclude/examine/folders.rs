//! Folders of which every page fails, such as a checkout in a shop that works: their pages have one finding, in
//! however many ways they fail.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::model::Outcome;
use crate::store::runs::id::RunId;

/// Minimum pages of such a folder (ours): of two, each may have a fault of its own.
const FEWEST: u32 = 3;

/// Maximum folders of failing pages that are examined.
const MOST: usize = 4_096;

/// Dead folders below the sections, by URL: every page that was requested in them failed.
#[derive(Debug, Default)]
pub(super) struct DeadFolders(HashMap<String, u32>);

impl DeadFolders {
    /// Finds the dead folders of a run: first the folders of pages that were never fine, then those of them without
    /// any other page. If no page fails every time, nothing is read twice.
    pub(super) fn of(connection: &Connection, run: RunId) -> rusqlite::Result<DeadFolders> {
        let mut known: HashMap<String, u32> = HashMap::new();
        pages(connection, run, Pages::Dead, |address| {
            for folder in below_section(address) {
                if let Some(pages) = known.get_mut(folder) {
                    *pages += 1;
                } else if known.len() < MOST {
                    known.insert(folder.to_owned(), 1);
                }
            }
        })?;
        known.retain(|_, pages| *pages >= FEWEST);
        if !known.is_empty() {
            pages(connection, run, Pages::Alive, |address| {
                for folder in below_section(address) {
                    known.remove(folder);
                }
            })?;
        }
        Ok(DeadFolders(known))
    }

    /// Returns the path of the widest dead folder that contains a page.
    pub(super) fn around<'a>(&self, address: &'a str, host: &str) -> Option<&'a str> {
        if self.0.is_empty() {
            return None;
        }
        let widest = below_section(address).find(|folder| self.0.contains_key(*folder));
        widest?.strip_prefix(host)
    }
}

/// Pages that were requested: those that failed each time, or the others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pages {
    Dead,
    Alive,
}

/// Passes the URLs of such pages.
fn pages(
    connection: &Connection,
    run: RunId,
    which: Pages,
    mut each: impl FnMut(&str),
) -> rusqlite::Result<()> {
    // An error page that says 200 is a fault of another kind.
    let mut statement = connection.prepare(
        "WITH fact AS (
            SELECT a.url AS url, min(o.failure AND a.outcome <> ?2) AS dead
            FROM evidence a CROSS JOIN outcome o ON o.code = a.outcome
            WHERE a.run = ?1 GROUP BY a.url
         )
         SELECT u.address FROM fact CROSS JOIN url u ON u.run = ?1 AND u.id = fact.url
         WHERE fact.dead = ?3 AND u.role = 3",
    )?;
    let soft = Outcome::SoftError200.code();
    let mut rows = statement.query((run, soft, which == Pages::Dead))?;
    while let Some(row) = rows.next()? {
        each(row.get_ref(0)?.as_str()?);
    }
    Ok(())
}

/// Returns the folders that a page lies in, with their hosts, from the widest below its section to its own.
fn below_section(address: &str) -> impl Iterator<Item = &str> {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let slashes = path.match_indices('/').map(|(at, _)| at);
    // Two of the scheme, one of the host, one of the section.
    slashes.skip(4).map(|at| &address[..=at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_below_a_section_are_those_of_the_path() {
        let of = |address| below_section(address).collect::<Vec<_>>();
        assert!(
            of("https://a.test/shop/").is_empty() && of("https://a.test/shop?a=/b/c/d").is_empty()
        );
        let folders = [
            "https://a.test/shop/checkout/",
            "https://a.test/shop/checkout/pay/",
        ];
        assert_eq!(of("https://a.test/shop/checkout/pay/card?x=/y/"), folders);
        let known = DeadFolders(folders.map(|folder| (folder.to_owned(), 3)).into());
        let around = |address| known.around(address, "https://a.test");
        assert_eq!(
            around("https://a.test/shop/checkout/pay/card"),
            Some("/shop/checkout/")
        );
        assert_eq!(around("https://a.test/shop/checkouts"), None);
    }
}
