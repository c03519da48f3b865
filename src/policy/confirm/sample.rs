//! The choice of pages that are requested once more though they never failed: a random sample,
//! stratified by family.

use crate::model::CrawlUrl;

use super::shuffle::shuffle;
use crate::policy::family::Families;

/// Chooses at most `most` of these URLs, as indexes into the list, in random order. Each URL is as
/// likely as any other, and each family has its share: it orders them by family, and randomly
/// within it, and takes every n-th (systematic sampling). `roll` returns a random number below its
/// argument.
pub fn stratified(
    urls: &[&CrawlUrl],
    most: usize,
    roll: &mut dyn FnMut(usize) -> usize,
) -> Vec<usize> {
    let count = urls.len();
    let most = most.min(count);
    if most == 0 {
        return Vec::new();
    }
    let mut families = Families::default();
    for url in urls {
        families.learn(url);
    }
    let mut order: Vec<(u64, usize, usize)> = urls
        .iter()
        .enumerate()
        .map(|(at, url)| (families.of(url).get(), roll(usize::MAX), at))
        .collect();
    order.sort_unstable();
    let start = roll(count);
    let mut chosen: Vec<usize> = (0..most)
        .map(|number| order[(start + number * count / most) % count].2)
        .collect();
    // The requests follow this order and stop when time runs out: no family may always be the last.
    shuffle(&mut chosen, roll);
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_its_share_and_no_page_is_chosen_twice() {
        let shop = (0..300).map(|n| format!("http://site.test/shop/{n}"));
        let blog = (0..100).map(|n| format!("http://site.test/blog/{n}"));
        let urls: Vec<CrawlUrl> = shop
            .chain(blog)
            .map(|text| CrawlUrl::parse(&text).expect("a URL"))
            .collect();
        let urls: Vec<&CrawlUrl> = urls.iter().collect();
        for seed in 0..20 {
            let mut dice = fastrand::Rng::with_seed(seed);
            let mut chosen = stratified(&urls, 40, &mut |below| dice.usize(..below));
            let blog = chosen.iter().filter(|at| **at >= 300).count();
            assert!((9..=11).contains(&blog), "{blog} of 40");
            // The blog's ten pages are not all among the first or the last fifteen.
            let of_blog = |part: &[usize]| part.iter().filter(|at| **at >= 300).count();
            assert!(of_blog(&chosen[..15]) < 9 && of_blog(&chosen[25..]) < 9);
            chosen.sort_unstable();
            chosen.dedup();
            assert_eq!(chosen.len(), 40);
        }
        let all = stratified(&urls[..3], 40, &mut |_| 0);
        assert_eq!(all.len(), 3);
        assert!(stratified(&[], 40, &mut |_| 0).is_empty());
    }
}
