//! Link Score, 1..100: how well the links of the site lead to a page. The idea and the scale are
//! Screaming Frog's, whose formula is not published; the computation here is ours: PageRank
//! (damping 0.85, Brin and Page 1998) on a logarithmic scale.

/// Chance to follow a link rather than to start anew (Brin and Page).
const DAMPING: f32 = 0.85;

/// Most walks over all links.
const MOST_WALKS: usize = 30;

/// Mean change of a rank (the mean rank is 1) below which walking on changes no score.
const SETTLED: f64 = 1e-3;

/// Above every unlinked page by less than this share is not above it.
const ROUNDING: f64 = 1e-4;

/// The score of each node that is a page: 1 where no link leads, 100 for the best linked. 0 for what
/// is no page.
///
/// `each_page` hands over every page with the nodes it links to, once a walk and each page at most
/// once; it is called up to thirty times. A page's links to itself, repeated links and links to
/// what is no page do not count. Memory: 12 bytes a node, and the links of one page.
pub fn link_score<E>(
    is_page: &[bool],
    mut each_page: impl FnMut(&mut dyn FnMut(u32, &[u32])) -> Result<(), E>,
) -> Result<Vec<u8>, E> {
    let pages = is_page.iter().filter(|is_page| **is_page).count();
    let mut ranks: Vec<f32> = is_page.iter().map(|page| f32::from(*page)).collect();
    let mut nodes = Nodes::of(is_page);
    let mut base = 1.0;
    for _ in 0..MOST_WALKS {
        let passed_on = walk(&ranks, &mut nodes, &mut each_page)?;
        // What pages without links hold goes to all alike, as does what starts anew.
        let stuck = (pages as f64 - passed_on).max(0.0) / pages.max(1) as f64;
        base = f64::from(1.0 - DAMPING) + f64::from(DAMPING) * stuck;
        let mut change = 0.0;
        for (rank, node) in ranks.iter_mut().zip(&mut nodes.all) {
            if node.is_page() {
                let fresh = std::mem::take(&mut node.passed_on) + base as f32;
                change += f64::from((fresh - *rank).abs());
                *rank = fresh;
            }
        }
        if change <= SETTLED * pages as f64 {
            break;
        }
    }
    drop(nodes);
    Ok(scale(&ranks, is_page, base))
}

/// Passes every rank on along the links; returns how much had somewhere to go.
fn walk<E>(
    ranks: &[f32],
    nodes: &mut Nodes,
    each_page: &mut impl FnMut(&mut dyn FnMut(u32, &[u32])) -> Result<(), E>,
) -> Result<f64, E> {
    let mut passed_on = 0.0;
    let mut targets: Vec<u32> = Vec::new();
    each_page(&mut |source, links| {
        if !nodes.begin(source) {
            return;
        }
        targets.clear();
        for target in links {
            if nodes.is_new(*target) {
                targets.push(*target);
            }
        }
        if targets.is_empty() {
            return;
        }
        let rank = ranks[source as usize];
        passed_on += f64::from(rank);
        let part = DAMPING * rank / targets.len() as f32;
        for target in &targets {
            nodes.all[*target as usize].passed_on += part;
        }
    })?;
    Ok(passed_on)
}

/// What a walk looks at for each link. It is side by side: with many nodes every look waits for
/// memory.
struct Nodes {
    all: Vec<Node>,
    /// Pages looked at, over all walks.
    page: u32,
}

#[derive(Clone, Copy)]
struct Node {
    /// What links passed on to it so far.
    passed_on: f32,
    /// The last page that was seen to link to it: cheaper than to sort a page's links.
    by: u32,
}

impl Node {
    /// In place of the last page, where links do not count.
    const NO_PAGE: u32 = u32::MAX;

    const fn is_page(self) -> bool {
        self.by != Node::NO_PAGE
    }
}

impl Nodes {
    fn of(is_page: &[bool]) -> Nodes {
        let node = |is_page: &bool| Node {
            passed_on: 0.0,
            by: if *is_page { 0 } else { Node::NO_PAGE },
        };
        Nodes {
            all: is_page.iter().map(node).collect(),
            page: 0,
        }
    }

    /// Looks at the next page, which has seen itself; false if it is none.
    fn begin(&mut self, source: u32) -> bool {
        self.page += 1;
        self.is_new(source)
    }

    /// Whether it is a page that the one looked at was not seen to link to before.
    fn is_new(&mut self, target: u32) -> bool {
        let Some(node) = self.all.get_mut(target as usize) else {
            return false;
        };
        let is_new = node.is_page() && node.by != self.page;
        if is_new {
            node.by = self.page;
        }
        is_new
    }
}

/// From the rank of an unlinked page (1) to the highest (100), by orders of magnitude.
fn scale(ranks: &[f32], is_page: &[bool], base: f64) -> Vec<u8> {
    let highest = ranks.iter().copied().fold(0.0_f32, f32::max);
    let range = (f64::from(highest) / base).ln();
    let score = |(rank, is_page): (&f32, &bool)| {
        if !is_page {
            return 0;
        }
        let above = (f64::from(*rank) / base).ln();
        if range <= ROUNDING || above <= ROUNDING {
            return 1;
        }
        (1.0 + 99.0 * above / range).round().clamp(1.0, 100.0) as u8
    };
    ranks.iter().zip(is_page).map(score).collect()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn scores(pages: &[(u32, &[u32])], nodes: usize) -> Vec<u8> {
        scores_of(pages, &vec![true; nodes])
    }

    fn scores_of(pages: &[(u32, &[u32])], is_page: &[bool]) -> Vec<u8> {
        let found: Result<_, Infallible> = link_score(is_page, |each| {
            for (source, links) in pages {
                each(*source, links);
            }
            Ok(())
        });
        match found {
            Ok(all) => all,
            Err(never) => match never {},
        }
    }

    #[test]
    fn the_best_linked_page_has_100_and_an_unlinked_one_1() {
        // Every page links home, home links to two of them, nobody to the last.
        let found = scores(&[(0, &[1, 2]), (1, &[0]), (2, &[0]), (3, &[0])], 4);
        assert_eq!((found[0], found[3]), (100, 1));
        assert_eq!(found[1], found[2]);
        assert!((2..100).contains(&found[1]));
    }

    #[test]
    fn pages_linked_alike_score_alike() {
        assert_eq!(
            scores(&[(0, &[1]), (1, &[2]), (2, &[0])], 3),
            [100, 100, 100]
        );
        assert_eq!(scores(&[], 2), [1, 1]);
        assert_eq!(scores(&[], 0), [0_u8; 0]);
    }

    #[test]
    fn repeated_links_self_links_and_strangers_do_not_count() {
        let plain = scores(&[(0, &[1, 2]), (1, &[0])], 3);
        let noisy = scores(&[(0, &[1, 1, 0, 2, 99]), (1, &[0, 1]), (77, &[2])], 3);
        assert_eq!(plain, noisy);
    }

    #[test]
    fn what_is_no_page_has_no_score_and_takes_none() {
        let plain = scores(&[(0, &[1, 2]), (1, &[0])], 3);
        let mixed: &[(u32, &[u32])] = &[(0, &[2]), (1, &[0, 3, 4]), (3, &[1, 2]), (2, &[1])];
        let found = scores_of(mixed, &[false, true, false, true, true]);
        assert_eq!(found, [0, plain[0], 0, plain[1], plain[2]]);
    }

    #[test]
    fn a_graph_that_cannot_be_read_is_our_own_failure() {
        let found: Result<Vec<u8>, &str> = link_score(&[true; 3], |_| Err("disk"));
        assert_eq!(found, Err("disk"));
    }
}
