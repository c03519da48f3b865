//! The link graph of a run, read page by page. It gives the number of links to each URL, its clicks
//! from a seed, and its Link Score. Memory: about 28 bytes for each known URL, plus a bounded store of
//! links (`followed.rs`).

use std::collections::VecDeque;

use rusqlite::{Connection, Transaction};

use crate::assess::link_score;

use super::followed::{Followed, ROOM};
use crate::store::rows::ids::UrlId;
use crate::store::rows::links::{Packed, key, unpack};
use crate::store::runs::id::RunId;

/// Depth of a URL that no click reaches.
const NOWHERE: u16 = u16::MAX;

/// Link data of each URL; the index is `url.id`.
#[derive(Debug)]
pub(in crate::store) struct Graph {
    inlinks: Vec<Inlinks>,
    depths: Vec<u16>,
    /// 1 to 100; 0 for a URL that is not a page.
    scores: Vec<u8>,
}

/// Counts of links to a URL. They share a struct because with many URLs each access waits for memory.
#[derive(Clone, Copy, Debug, Default)]
struct Inlinks {
    all: u32,
    /// Links from different pages.
    unique: u32,
    /// The last page that linked here. URL numbers start at 1.
    last: UrlId,
}

impl Graph {
    pub(in crate::store) fn read(connection: &Connection, run: RunId) -> rusqlite::Result<Graph> {
        let highest: u32 = connection.query_row(
            "SELECT coalesce(max(id), 0) FROM url WHERE run = ?",
            [run],
            |row| row.get(0),
        )?;
        let size = highest as usize + 1;
        let mut graph = Graph {
            inlinks: vec![Inlinks::default(); size],
            depths: vec![NOWHERE; size],
            scores: Vec::new(),
        };
        let followed = graph.count(connection, run)?;
        graph.scores = scores(connection, run, &followed, size)?;
        drop(followed);
        graph.walk(connection, run)?;
        Ok(graph)
    }

    /// Counts links, and keeps those that pass rank on.
    fn count(&mut self, connection: &Connection, run: RunId) -> rusqlite::Result<Followed> {
        let mut followed = Followed::new(ROOM);
        let mut targets = Vec::new();
        each_page(connection, run, 0, |page, links| {
            targets.clear();
            for link in links {
                let kind = link.nature.kind;
                if !kind.is_hyperlink() && !kind.is_resource() {
                    continue;
                }
                let Some(inlinks) = self.inlinks.get_mut(link.target as usize) else {
                    continue;
                };
                inlinks.all += 1;
                inlinks.unique += u32::from(inlinks.last != page);
                inlinks.last = page;
                if kind.is_hyperlink() && link.nature.follow {
                    targets.push(link.target);
                }
            }
            followed.hold(page, &mut targets);
            Ok(())
        })?;
        Ok(followed)
    }

    /// Walks breadth first from the seeds along the links that a person can follow.
    fn walk(&mut self, connection: &Connection, run: RunId) -> rusqlite::Result<()> {
        let mut queue: VecDeque<UrlId> = connection
            .prepare("SELECT id FROM url WHERE run = ? AND seed = 1")?
            .query_map([run], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for seed in &queue {
            self.depths[*seed as usize] = 0;
        }
        let mut links_of = connection.prepare("SELECT links FROM page_links WHERE page = ?")?;
        while let Some(page) = queue.pop_front() {
            let depth = self.depths[page as usize];
            let mut rows = links_of.query([key(run, page)])?;
            let Some(row) = rows.next()? else { continue };
            for link in unpack(row.get_ref(0)?.as_blob()?) {
                let Some(step) = link.nature.kind.clicks() else {
                    continue;
                };
                let reached = depth.saturating_add(step).min(NOWHERE - 1);
                let Some(known) = self.depths.get_mut(link.target as usize) else {
                    continue;
                };
                if reached < *known {
                    *known = reached;
                    if step == 0 {
                        queue.push_front(link.target);
                    } else {
                        queue.push_back(link.target);
                    }
                }
            }
        }
        Ok(())
    }

    /// Stores the results with the URLs.
    pub(in crate::store) fn store(&self, tx: &Transaction<'_>, run: RunId) -> rusqlite::Result<()> {
        let mut update = tx.prepare(
            "UPDATE url SET depth = ?3, inlinks = ?4, unique_inlinks = ?5, link_score = ?6
             WHERE run = ?1 AND id = ?2",
        )?;
        let all = self.depths.iter().zip(&self.inlinks).zip(&self.scores);
        for (id, ((depth, inlinks), score)) in (0_u32..).zip(all) {
            let depth = Some(*depth).filter(|depth| *depth != NOWHERE);
            let score = Some(*score).filter(|score| *score > 0);
            update.execute((run, id, depth, inlinks.all, inlinks.unique, score))?;
        }
        Ok(())
    }
}

/// Returns the Link Score of each page, by `url.id`; 0 for a URL that is not a page.
fn scores(
    connection: &Connection,
    run: RunId,
    followed: &Followed,
    size: usize,
) -> rusqlite::Result<Vec<u8>> {
    let mut is_page = vec![false; size];
    let mut statement =
        connection.prepare("SELECT id FROM url WHERE run = ? AND role = 3 AND state <> 3")?;
    let mut rows = statement.query([run])?;
    while let Some(row) = rows.next()? {
        let id: UrlId = row.get(0)?;
        is_page[id as usize] = true;
    }
    let mut targets = Vec::new();
    link_score(&is_page, |each| {
        followed.each(each);
        each_page(connection, run, followed.end(), |source, links| {
            targets.clear();
            for link in links {
                if link.nature.kind.is_hyperlink() && link.nature.follow {
                    targets.push(link.target);
                }
            }
            each(source, &targets);
            Ok(())
        })
    })
}

/// Passes the pages of a run with their links to `each`, starting at a given page.
pub(in crate::store) fn each_page(
    connection: &Connection,
    run: RunId,
    first: UrlId,
    mut each: impl FnMut(UrlId, Packed<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT page - ?1, links FROM page_links WHERE page BETWEEN ?2 AND ?3 ORDER BY page",
    )?;
    let mut rows = statement.query((key(run, 0), key(run, first), key(run, u32::MAX)))?;
    while let Some(row) = rows.next()? {
        each(row.get(0)?, unpack(row.get_ref(1)?.as_blob()?))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LinkKind, Position};
    use crate::store::rows::links::{Nature, PackedLink, pack};

    /// Returns the graph of URLs 1.., of which the first is the seed, for these links.
    fn graph(links: &[(UrlId, LinkKind, UrlId)], highest: UrlId) -> Graph {
        let connection = Connection::open_in_memory().expect("opened");
        connection
            .execute_batch(
                "CREATE TABLE url (run, id, seed, role, state);
                 CREATE TABLE page_links (page INTEGER PRIMARY KEY, links);",
            )
            .expect("made");
        for id in 1..=highest {
            connection
                .execute("INSERT INTO url VALUES (1, ?, ?, 3, 2)", (id, id == 1))
                .expect("stored");
            let of_page: Vec<PackedLink> = links
                .iter()
                .filter(|(source, _, _)| *source == id)
                .map(|(_, kind, target)| PackedLink {
                    target: *target,
                    anchor: 0,
                    nature: Nature {
                        kind: *kind,
                        position: Position::Content,
                        follow: true,
                        rel: 0,
                    },
                })
                .collect();
            let mut bytes = Vec::new();
            pack(&of_page, &mut bytes);
            connection
                .execute(
                    "INSERT INTO page_links VALUES (?, ?)",
                    (key(RunId(1), id), bytes),
                )
                .expect("stored");
        }
        Graph::read(&connection, RunId(1)).expect("read")
    }

    fn depths(links: &[(UrlId, LinkKind, UrlId)], highest: UrlId) -> Vec<Option<u16>> {
        let graph = graph(links, highest);
        let depths = graph.depths[1..].iter();
        depths
            .map(|depth| Some(*depth).filter(|depth| *depth != NOWHERE))
            .collect()
    }

    #[test]
    fn clicks_count_only_links_that_a_person_can_follow() {
        let followed = [
            (1, LinkKind::Anchor, 2),
            (2, LinkKind::Redirect, 3),
            (3, LinkKind::Iframe, 4),
            (4, LinkKind::MetaRefresh, 5),
            (1, LinkKind::Anchor, 4),
        ];
        let expected = [0, 1, 1, 1, 2].map(Some);
        assert_eq!(depths(&followed, 5), expected);
        for kind in [
            LinkKind::Canonical,
            LinkKind::Next,
            LinkKind::Prev,
            LinkKind::Hreflang,
            LinkKind::Stylesheet,
            LinkKind::Image,
        ] {
            assert_eq!(depths(&[(1, kind, 2)], 2), [Some(0), None], "{kind:?}");
        }
    }

    #[test]
    fn inlinks_count_uses_of_resources_and_clicks_alone_pass_rank() {
        let links = [
            (1, LinkKind::Stylesheet, 3),
            (2, LinkKind::Stylesheet, 3),
            (2, LinkKind::Image, 3),
            (1, LinkKind::Anchor, 2),
            (1, LinkKind::Canonical, 2),
        ];
        let graph = graph(&links, 3);
        let counts: Vec<_> = graph.inlinks.iter().map(|it| (it.all, it.unique)).collect();
        assert_eq!(counts[1..], [(0, 0), (1, 1), (3, 2)]);
    }
}
