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

/// The score of each of `nodes` pages: 1 where no link leads, 100 for the best linked.
///
/// `each_page` hands over every page with the pages it links to, once a walk and each page at most
/// once; it is called up to thirty times. A page's links to itself, repeated links and nodes out
/// of range do not count. Memory: 12 bytes a node, and the links of one page.
pub fn link_score<E>(
    nodes: usize,
    mut each_page: impl FnMut(&mut dyn FnMut(u32, &[u32])) -> Result<(), E>,
) -> Result<Vec<u8>, E> {
    let mut ranks = vec![1.0_f32; nodes];
    let mut next = vec![0.0_f32; nodes];
    let mut seen = Seen::among(nodes);
    let mut base = 1.0;
    for _ in 0..MOST_WALKS {
        let passed_on = walk(&ranks, &mut next, &mut seen, &mut each_page)?;
        // What pages without links hold goes to all alike, as does what starts anew.
        let stuck = (nodes as f64 - passed_on).max(0.0) / nodes.max(1) as f64;
        base = f64::from(1.0 - DAMPING) + f64::from(DAMPING) * stuck;
        let mut change = 0.0;
        for (rank, fresh) in ranks.iter().zip(&mut next) {
            *fresh += base as f32;
            change += f64::from((*fresh - *rank).abs());
        }
        std::mem::swap(&mut ranks, &mut next);
        if change <= SETTLED * nodes as f64 {
            break;
        }
    }
    drop((next, seen));
    Ok(scale(&ranks, base))
}

/// Passes every rank on along the links into `next`; returns how much had somewhere to go.
fn walk<E>(
    ranks: &[f32],
    next: &mut [f32],
    seen: &mut Seen,
    each_page: &mut impl FnMut(&mut dyn FnMut(u32, &[u32])) -> Result<(), E>,
) -> Result<f64, E> {
    next.fill(0.0);
    let mut passed_on = 0.0;
    let mut targets: Vec<u32> = Vec::new();
    each_page(&mut |source, links| {
        let Some(rank) = ranks.get(source as usize) else {
            return;
        };
        targets.clear();
        seen.begin(source);
        targets.extend(links.iter().filter(|target| seen.is_new(**target)));
        if targets.is_empty() {
            return;
        }
        passed_on += f64::from(*rank);
        let part = DAMPING * rank / targets.len() as f32;
        for target in &targets {
            next[*target as usize] += part;
        }
    })?;
    Ok(passed_on)
}

/// Which nodes a page was seen to link to: cheaper than to sort its links.
struct Seen {
    /// The last page that was seen to, by node.
    by: Vec<u32>,
    /// Pages looked at, over all walks.
    page: u32,
}

impl Seen {
    fn among(nodes: usize) -> Seen {
        Seen {
            by: vec![0; nodes],
            page: 0,
        }
    }

    /// Looks at the next page, which has seen itself.
    fn begin(&mut self, source: u32) {
        self.page = self.page.wrapping_add(1);
        self.is_new(source);
    }

    /// Whether it is a node that the page was not seen to link to before.
    fn is_new(&mut self, target: u32) -> bool {
        let Some(by) = self.by.get_mut(target as usize) else {
            return false;
        };
        std::mem::replace(by, self.page) != self.page
    }
}

/// From the rank of an unlinked page (1) to the highest (100), by orders of magnitude.
fn scale(ranks: &[f32], base: f64) -> Vec<u8> {
    let highest = ranks.iter().copied().fold(0.0_f32, f32::max);
    let range = (f64::from(highest) / base).ln();
    let score = |rank: &f32| {
        let above = (f64::from(*rank) / base).ln();
        if range <= ROUNDING || above <= ROUNDING {
            return 1;
        }
        (1.0 + 99.0 * above / range).round().clamp(1.0, 100.0) as u8
    };
    ranks.iter().map(score).collect()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn scores(pages: &[(u32, &[u32])], nodes: usize) -> Vec<u8> {
        let found: Result<_, Infallible> = link_score(nodes, |each| {
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
    fn a_graph_that_cannot_be_read_is_our_own_failure() {
        let found: Result<Vec<u8>, &str> = link_score(3, |_| Err("disk"));
        assert_eq!(found, Err("disk"));
    }
}
