//! Link Score, 1..100: how well the links of the site lead to a page. The idea and the scale are
//! Screaming Frog's, whose formula is not published; the computation here is ours: PageRank
//! (damping 0.85, Brin and Page 1998) on a logarithmic scale.

/// Probability of following a link rather than starting at a random page (Brin and Page).
const DAMPING: f32 = 0.85;

/// Maximum passes over all links.
const MOST_WALKS: usize = 30;

/// Mean change of a rank (the mean rank is 1) below which another pass changes no score.
const SETTLED: f64 = 1e-3;

/// A rank above every unlinked page by less than this share counts as equal.
const ROUNDING: f64 = 1e-4;

/// Returns the score of each node: 1 for a page without links to it, 100 for the best linked page, and 0
/// for nodes that are not pages.
///
/// `each_page` passes on every page with the nodes that it links to, at most once in each pass; it is
/// called up to thirty times. A page's links to itself, repeated links and links to nodes that are not
/// pages do not count. Memory: 12 bytes for each node, and the links of one page.
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
        // The rank of pages without links is spread evenly over all pages, like that of random starts.
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

/// Passes every rank on along the links. Returns the sum that was passed on.
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

/// The fields that a pass reads for each link, next to each other: with many nodes every read waits for
/// memory.
struct Nodes {
    all: Vec<Node>,
    /// Pages read, over all passes.
    page: u32,
}

#[derive(Clone, Copy)]
struct Node {
    /// The rank that links passed on to it so far.
    passed_on: f32,
    /// The last page known to link to it. This is cheaper than sorting a page's links.
    by: u32,
}

impl Node {
    /// Marks a node that is not a page, in the field that holds the last page.
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

    /// Starts the next page, which counts as linked to itself. Returns false if the node is not a page.
    fn begin(&mut self, source: u32) -> bool {
        self.page += 1;
        self.is_new(source)
    }

    /// Returns whether the target is a page that the current page has not linked to yet.
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

/// Scales ranks from that of an unlinked page (1) to the highest (100), by orders of magnitude.
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
        // Every page links home, home links to two of them, and no page links to the last.
        let found = scores(&[(0, &[1, 2]), (1, &[0]), (2, &[0]), (3, &[0])], 4);
        assert_eq!((found[0], found[3]), (100, 1));
        assert_eq!(found[1], found[2]);
        assert!((2..100).contains(&found[1]));
    }

    #[test]
    fn pages_with_equal_links_have_equal_scores() {
        assert_eq!(
            scores(&[(0, &[1]), (1, &[2]), (2, &[0])], 3),
            [100, 100, 100]
        );
        assert_eq!(scores(&[], 2), [1, 1]);
        assert_eq!(scores(&[], 0), [0_u8; 0]);
    }

    #[test]
    fn repeated_links_self_links_and_unknown_nodes_do_not_count() {
        let plain = scores(&[(0, &[1, 2]), (1, &[0])], 3);
        let noisy = scores(&[(0, &[1, 1, 0, 2, 99]), (1, &[0, 1]), (77, &[2])], 3);
        assert_eq!(plain, noisy);
    }

    #[test]
    fn a_node_that_is_not_a_page_has_no_score_and_takes_no_rank() {
        let plain = scores(&[(0, &[1, 2]), (1, &[0])], 3);
        let mixed: &[(u32, &[u32])] = &[(0, &[2]), (1, &[0, 3, 4]), (3, &[1, 2]), (2, &[1])];
        let found = scores_of(mixed, &[false, true, false, true, true]);
        assert_eq!(found, [0, plain[0], 0, plain[1], plain[2]]);
    }

    #[test]
    fn an_error_while_reading_the_graph_is_returned() {
        let found: Result<Vec<u8>, &str> = link_score(&[true; 3], |_| Err("disk"));
        assert_eq!(found, Err("disk"));
    }
}
