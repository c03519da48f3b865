//! Pages of one host that were fine and never failed. The crawl requests one next to a failing URL:
//! if it fails as well, the failure is not that URL's alone.

use crate::model::CrawlUrl;

use super::suspects::Suspects;
use super::{Families, Family};

/// Maximum number of pages kept of a host, maximum number of each of its families, and the number
/// of pages from families without failures that is enough. Ours.
const MOST: usize = 12;
const MOST_OF_FAMILY: usize = 3;
const CLEAN: usize = 3;

/// The controls of one host: the page that was fine last is at the end, recently used ones are at
/// the front. It stores URLs and not their families, because families change as more URLs are
/// known.
#[derive(Debug, Default)]
pub struct Controls(Vec<CrawlUrl>);

/// The known families of a host.
#[derive(Clone, Copy, Debug)]
pub struct FamilyKnowledge<'a> {
    /// The families learned from the paths of URLs.
    pub families: &'a Families,
    /// The families with recent failures.
    pub suspects: &'a Suspects,
}

impl Controls {
    /// Returns whether more controls would be of use.
    pub fn are_few(&self) -> bool {
        self.0.len() < CLEAN
    }

    /// Adds a page that was fine. It replaces another if there are enough.
    pub fn was_fine(&mut self, url: &CrawlUrl, knowledge: FamilyKnowledge<'_>) {
        if self.0.contains(url) {
            return;
        }
        let family = knowledge.of(url);
        let mut of_family = (0..self.0.len()).filter(|at| knowledge.of(&self.0[*at]) == family);
        let first = of_family.next();
        if of_family.count() + 1 >= MOST_OF_FAMILY
            && let Some(first) = first
        {
            self.0.remove(first);
        } else if self.0.len() == MOST {
            let clean = self
                .0
                .iter()
                .filter(|good| knowledge.is_clean(good))
                .count();
            let oldest = self.0.iter().position(|good| knowledge.is_clean(good));
            let oldest = oldest.filter(|_| clean > CLEAN);
            self.0.remove(oldest.unwrap_or_default());
        }
        self.0.push(url.clone());
    }

    /// Removes a page that failed from the controls.
    pub fn failed(&mut self, url: &CrawlUrl) {
        self.0.retain(|good| good != url);
    }

    /// Returns the control for a URL: of a family without failures, else of another family than
    /// this URL's, else any; of another section, if there is one.
    pub fn control_for(&self, url: &CrawlUrl, knowledge: FamilyKnowledge<'_>) -> Option<CrawlUrl> {
        self.far(url, knowledge, &|_| true)
    }

    /// Returns pages to request at once when a URL fails that was fine before: one of its family,
    /// and one of another if there is one. If both are fine, the failure is the URL's own. Pages
    /// for which `best` returns true are preferred.
    pub fn companions(
        &mut self,
        url: &CrawlUrl,
        knowledge: FamilyKnowledge<'_>,
        best: &dyn Fn(&CrawlUrl) -> bool,
    ) -> Vec<CrawlUrl> {
        let family = knowledge.of(url);
        let others = self.0.iter().rev().filter(|good| *good != url);
        let mut near: Vec<&CrawlUrl> = others.filter(|good| knowledge.of(good) == family).collect();
        near.sort_by_key(|good| !best(good));
        let far = self.far(url, knowledge, best);
        let far = far.filter(|far| knowledge.of(far) != family);
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
        knowledge: FamilyKnowledge<'_>,
        best: &dyn Fn(&CrawlUrl) -> bool,
    ) -> Option<CrawlUrl> {
        let family = knowledge.of(url);
        let others = self.0.iter().rev().filter(|good| *good != url);
        let found = others.min_by_key(|good| {
            let is_near = knowledge.of(good) == family;
            // A page of another section shows whether the host is down, or this section alone.
            let is_of_section = good.section() == url.section();
            (
                is_near,
                !knowledge.is_clean(good),
                is_of_section,
                !best(good),
            )
        });
        found.cloned()
    }
}

impl FamilyKnowledge<'_> {
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

    fn controls(paths: &[&str], knowledge: FamilyKnowledge<'_>) -> Controls {
        let mut controls = Controls::default();
        for path in paths {
            controls.was_fine(&url(path), knowledge);
        }
        controls
    }

    #[test]
    fn a_control_is_of_a_family_without_failures_else_of_another_family_else_any() {
        let (families, mut suspects) = (learned(), Suspects::default());
        let failed = FirstAttempt {
            failed: true,
            took: Duration::ZERO,
            hung: false,
            announced: None,
        };
        suspects.note(families.of(&url("/blog/1")), failed, Moment::default());
        let knowledge = FamilyKnowledge {
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
            let found = controls(good, knowledge).control_for(&url("/shop/1"), knowledge);
            assert_eq!(found, expected.map(url), "{good:?}");
        }
    }

    #[test]
    fn a_control_is_of_another_section_if_there_is_one() {
        let families = learned();
        let suspects = Suspects::default();
        let knowledge = FamilyKnowledge {
            families: &families,
            suspects: &suspects,
        };
        let controls = controls(&["/blog/3", "/shop/list/", "/shop/"], knowledge);
        let control = controls.control_for(&url("/shop/7"), knowledge);
        assert_eq!(control, Some(url("/blog/3")));
    }

    #[test]
    fn companions_are_one_of_the_family_and_one_of_another_in_turn() {
        let (families, suspects) = (learned(), Suspects::default());
        let knowledge = FamilyKnowledge {
            families: &families,
            suspects: &suspects,
        };
        let good = ["/blog/1", "/blog/2", "/shop/1", "/shop/2"];
        let mut controls = controls(&good, knowledge);
        let mut chosen = || controls.companions(&url("/shop/9"), knowledge, &|_| true);
        let (first, second) = (chosen(), chosen());
        assert_eq!(first, [url("/shop/2"), url("/blog/2")]);
        assert_eq!(second, [url("/shop/1"), url("/blog/1")]);
        let best = |good: &CrawlUrl| *good == url("/shop/1") || *good == url("/blog/1");
        let best = controls.companions(&url("/shop/9"), knowledge, &best);
        assert_eq!(best, second);
    }

    #[test]
    fn few_controls_of_each_family_are_kept_and_none_that_failed() {
        let (families, suspects) = (learned(), Suspects::default());
        let knowledge = FamilyKnowledge {
            families: &families,
            suspects: &suspects,
        };
        let paths: Vec<String> = (0..9).map(|n| format!("/shop/{n}")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let mut controls = controls(&paths, knowledge);
        assert_eq!(controls.0, ["/shop/6", "/shop/7", "/shop/8"].map(url));
        controls.failed(&url("/shop/7"));
        assert_eq!(controls.0, ["/shop/6", "/shop/8"].map(url));
    }

    #[test]
    fn families_learned_later_count() {
        let suspects = Suspects::default();
        let before = Families::default();
        let nothing = FamilyKnowledge {
            families: &before,
            suspects: &suspects,
        };
        // Before anything is known of the site, both seem to be of one family.
        let controls = controls(&["/blog/1", "/shop/1"], nothing);
        let after = learned();
        let knowledge = FamilyKnowledge {
            families: &after,
            suspects: &suspects,
        };
        let found = controls.control_for(&url("/shop/2"), knowledge);
        assert_eq!(found, Some(url("/blog/1")));
    }
}
