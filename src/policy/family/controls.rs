//! Pages of one host that were fine and never failed. Beside a URL that fails one of them is a judge:
//! if it fails as well, it is not that URL alone.

use crate::model::CrawlUrl;

use super::suspects::Suspects;
use super::{Families, Family};

/// Most pages that are kept of a host, and of each of its families, and how many of families without
/// failures are enough. Ours.
const MOST: usize = 12;
const MOST_OF_FAMILY: usize = 3;
const CLEAN: usize = 3;

/// The controls of one host: the one that was fine last at the end, those used lately at the front.
/// Addresses are kept and not their families, as what is learned of these changes.
#[derive(Debug, Default)]
pub struct Controls(Vec<CrawlUrl>);

/// What is known of the families of a host.
#[derive(Clone, Copy, Debug)]
pub struct Kinship<'a> {
    /// What was learned from addresses.
    pub families: &'a Families,
    /// Where something failed lately.
    pub suspects: &'a Suspects,
}

impl Controls {
    /// Whether so few are known that any further one is of use.
    pub fn are_few(&self) -> bool {
        self.0.len() < CLEAN
    }

    /// Keeps a page that was fine, in the place of another if there are enough.
    pub fn was_fine(&mut self, url: &CrawlUrl, kinship: Kinship<'_>) {
        if self.0.contains(url) {
            return;
        }
        let family = kinship.of(url);
        let mut of_family = (0..self.0.len()).filter(|at| kinship.of(&self.0[*at]) == family);
        let first = of_family.next();
        if of_family.count() + 1 >= MOST_OF_FAMILY
            && let Some(first) = first
        {
            self.0.remove(first);
        } else if self.0.len() == MOST {
            let clean = self.0.iter().filter(|good| kinship.is_clean(good)).count();
            let oldest = self.0.iter().position(|good| kinship.is_clean(good));
            let oldest = oldest.filter(|_| clean > CLEAN);
            self.0.remove(oldest.unwrap_or_default());
        }
        self.0.push(url.clone());
    }

    /// A page failed: it is no control any more.
    pub fn failed(&mut self, url: &CrawlUrl) {
        self.0.retain(|good| good != url);
    }

    /// The control for a URL: of a family without failures, else of another than this URL's, else any.
    pub fn control_for(&self, url: &CrawlUrl, kinship: Kinship<'_>) -> Option<CrawlUrl> {
        self.far(url, kinship, &|_| true)
    }

    /// Pages to request at once when a URL fails that was fine before: one of its family, and one of
    /// another if there is one. If both are fine, it is the URL's own failure. `best` tells which are
    /// rather taken than others.
    pub fn companions(
        &mut self,
        url: &CrawlUrl,
        kinship: Kinship<'_>,
        best: &dyn Fn(&CrawlUrl) -> bool,
    ) -> Vec<CrawlUrl> {
        let family = kinship.of(url);
        let others = self.0.iter().rev().filter(|good| *good != url);
        let mut near: Vec<&CrawlUrl> = others.filter(|good| kinship.of(good) == family).collect();
        near.sort_by_key(|good| !best(good));
        let far = self.far(url, kinship, best);
        let far = far.filter(|far| kinship.of(far) != family);
        let mut near = near.into_iter().cloned();
        let first = near.next();
        let second = far.or_else(|| near.next());
        let chosen: Vec<CrawlUrl> = first.into_iter().chain(second).collect();
        // In turn, so that no page is requested much more often than others.
        self.0.sort_by_key(|good| !chosen.contains(good));
        chosen
    }

    fn far(
        &self,
        url: &CrawlUrl,
        kinship: Kinship<'_>,
        best: &dyn Fn(&CrawlUrl) -> bool,
    ) -> Option<CrawlUrl> {
        let family = kinship.of(url);
        let others = self.0.iter().rev().filter(|good| *good != url);
        let found = others.min_by_key(|good| {
            let is_near = kinship.of(good) == family;
            (is_near, !kinship.is_clean(good), !best(good))
        });
        found.cloned()
    }
}

impl Kinship<'_> {
    fn of(&self, url: &CrawlUrl) -> Family {
        self.families.of(url)
    }

    fn is_clean(&self, url: &CrawlUrl) -> bool {
        !self.suspects.knows(self.of(url))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::suspects::FirstAttempt;
    use super::*;
    use crate::model::Moment;

    fn url(path: &str) -> CrawlUrl {
        CrawlUrl::parse(&format!("http://site.test{path}")).expect("a URL")
    }

    fn learned() -> Families {
        let mut families = Families::default();
        for section in ["shop", "blog", "help"] {
            for n in 0..20 {
                families.learn(&url(&format!("/{section}/{n}")));
            }
        }
        families
    }

    fn controls(paths: &[&str], kinship: Kinship<'_>) -> Controls {
        let mut controls = Controls::default();
        for path in paths {
            controls.was_fine(&url(path), kinship);
        }
        controls
    }

    #[test]
    fn a_control_is_of_a_family_without_failures_else_of_another_else_any() {
        let (families, mut suspects) = (learned(), Suspects::default());
        let failed = FirstAttempt {
            failed: true,
            took: Duration::ZERO,
            hung: false,
            announced: None,
        };
        suspects.note(families.of(&url("/blog/1")), failed, Moment::default());
        let kinship = Kinship {
            families: &families,
            suspects: &suspects,
        };
        let cases = [
            (&["/help/1", "/blog/1", "/shop/2"][..], Some("/help/1")),
            (&["/blog/1", "/shop/2"], Some("/blog/1")),
            (&["/shop/1", "/shop/2"], Some("/shop/2")),
            (&["/shop/1"], None),
        ];
        for (good, expected) in cases {
            let found = controls(good, kinship).control_for(&url("/shop/1"), kinship);
            assert_eq!(found, expected.map(url), "{good:?}");
        }
    }

    #[test]
    fn companions_are_one_of_the_family_and_one_of_another_in_turn() {
        let (families, suspects) = (learned(), Suspects::default());
        let kinship = Kinship {
            families: &families,
            suspects: &suspects,
        };
        let good = ["/blog/1", "/blog/2", "/shop/1", "/shop/2"];
        let mut controls = controls(&good, kinship);
        let mut chosen = || controls.companions(&url("/shop/9"), kinship, &|_| true);
        let (first, second) = (chosen(), chosen());
        assert_eq!(first, [url("/shop/2"), url("/blog/2")]);
        assert_eq!(second, [url("/shop/1"), url("/blog/1")]);
        let best = |good: &CrawlUrl| *good == url("/shop/1") || *good == url("/blog/1");
        let best = controls.companions(&url("/shop/9"), kinship, &best);
        assert_eq!(best, second);
    }

    #[test]
    fn few_of_each_family_are_kept_and_none_that_failed() {
        let (families, suspects) = (learned(), Suspects::default());
        let kinship = Kinship {
            families: &families,
            suspects: &suspects,
        };
        let paths: Vec<String> = (0..9).map(|n| format!("/shop/{n}")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let mut controls = controls(&paths, kinship);
        assert_eq!(controls.0, ["/shop/6", "/shop/7", "/shop/8"].map(url));
        controls.failed(&url("/shop/7"));
        assert_eq!(controls.0, ["/shop/6", "/shop/8"].map(url));
    }

    #[test]
    fn what_was_learned_later_counts() {
        let suspects = Suspects::default();
        let before = Families::default();
        let nothing = Kinship {
            families: &before,
            suspects: &suspects,
        };
        // Before anything is known of the site, both seem to be of one family.
        let controls = controls(&["/blog/1", "/shop/1"], nothing);
        let after = learned();
        let kinship = Kinship {
            families: &after,
            suspects: &suspects,
        };
        let found = controls.control_for(&url("/shop/2"), kinship);
        assert_eq!(found, Some(url("/blog/1")));
    }
}
